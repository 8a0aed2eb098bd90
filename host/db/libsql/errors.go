package libsql

import (
	"net/http"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// serverError is what a server says. Over a WebSocket there is a message only.
type serverError struct {
	message string
	code    string
	status  int // of HTTP, 0 = the error is a statement's
}

func (e *serverError) Error() string { return e.message }

// says tells whether the code is one of those given, or the message contains one
// of them.
func (e *serverError) says(words ...string) bool {
	for _, w := range words {
		if e.code == w || strings.Contains(e.message, w) {
			return true
		}
	}
	return false
}

// expired tells whether the server had closed the stream before it saw the
// statement: nothing has run.
func (e *serverError) expired() bool {
	return e.says("STREAM_EXPIRED", "STREAM_CLOSED", "BATON_INVALID", "BATON_REUSED", "stream has expired", "stream expired", "stream not found", "invalid baton", "stream is closed")
}

// ends tells whether the transaction may be gone after the error, with all that
// follows running outside of it.
func (e *serverError) ends() bool {
	return e.expired() || e.status != 0 || e.says("TRANSACTION_TIMEOUT", "REQUEST_TIMEOUT", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_NOMEM", "SQLITE_INTERRUPT", "SQLITE_CORRUPT",
		"SQLITE_ABORT", "ransaction timed", "lasted for too long", "disk is full", "disk I/O error", "out of memory", "interrupted", "malformed")
}

// constraints are the kinds of broken constraints by SQLite's words.
var constraints = []struct{ words, kind string }{
	{"UNIQUE constraint failed: ", "unique"}, {"NOT NULL constraint failed: ", "not_null"}, {"CHECK constraint failed: ", "check"}, {"FOREIGN KEY constraint failed", "foreign_key"},
}

// opError translates what a server says.
func (e *serverError) opError() *abi.OpError {
	msg := e.message
	for _, p := range [...]string{"SQLite error: ", "SQLite input error: "} {
		msg = strings.TrimPrefix(msg, p)
	}
	out := &abi.OpError{Code: abi.CodeDatabase, Message: "database: " + msg}
	for _, c := range constraints {
		_, names, ok := strings.Cut(msg, c.words)
		if !ok {
			continue
		}
		out.Code, out.Detail = abi.CodeIntegrity, []string{c.kind}
		switch c.kind {
		case "check":
			out.Detail = append(out.Detail, names)
		case "unique", "not_null":
			if e.code == "SQLITE_CONSTRAINT_PRIMARYKEY" || e.code == "SQLITE_CONSTRAINT_ROWID" {
				out.Detail[0] = "primary_key"
			}
			if strings.HasPrefix(names, "index '") {
				out.Detail = append(out.Detail, strings.Trim(strings.TrimPrefix(names, "index "), "'"))
				break
			}
			var columns []string
			for _, n := range strings.Split(names, ", ") {
				if _, col, ok := strings.Cut(n, "."); ok {
					n = col
				}
				columns = append(columns, n)
			}
			out.Detail = append(append(out.Detail, strings.Join(columns, ", ")), columns...)
		}
		return out
	}
	switch {
	case e.status == http.StatusUnauthorized || e.status == http.StatusForbidden || e.says("UNAUTHORIZED"):
		out.Code = abi.CodeForbidden
		out.Message = "the libSQL server refuses: " + msg + ": check the token in the database URL (authToken) or in " + TokenVariable
	case e.expired():
		out.Code = abi.CodeTxDone
		out.Message = "the transaction is lost: the server closed its stream, which had waited for too long or was cut off (STREAM_EXPIRED): nothing is committed; keep transactions short"
	case e.says("TRANSACTION_TIMEOUT", "ransaction timed", "the transaction lasted for too long"):
		out.Code = abi.CodeTimeout
		out.Message = "the server rolled the transaction back because it lasted for too long: keep slow work out of Atomic"
	case e.says("REQUEST_TIMEOUT", "the request lasted for too long", "SQLITE_INTERRUPT", "interrupted"):
		out.Code = abi.CodeTimeout
	case e.says("SQLITE_BUSY", "SQLITE_LOCKED", "database is locked", "database table is locked"):
		out.Code, out.Detail = abi.CodeBusy, []string{db.BusyLock}
		out.Message = "the database is locked by another transaction on the server: keep transactions short, or raise busy_timeout"
	case e.says("TOO_MANY_STREAMS") || e.status == http.StatusTooManyRequests || e.status == http.StatusServiceUnavailable:
		out.Code, out.Detail = abi.CodeBusy, []string{db.BusyQueue}
		out.Message += ": lower readers, holds and writers in the database URL, or raise the server's limit"
	case e.says("RESPONSE_TOO_LARGE", "esponse is too large", "answer is too large"):
		out.Code = abi.CodeNotSupported
		out.Message = "the result is larger than a libSQL server sends at once, and there are no streams of rows over libSQL: slice the query"
	case e.says("SQLITE_READONLY", "readonly database"):
		out.Code = abi.CodeReadOnly
	case e.says("SQLITE_AUTH", "not authorized"):
		out.Code = abi.CodeForbidden
		out.Message = "the libSQL server does not allow this SQL: " + msg
	case e.says("SQLITE_FULL", "disk is full"):
		out.Code = abi.CodeFull
	case e.says("SQLITE_CORRUPT", "SQLITE_NOTADB", "malformed"):
		out.Code = abi.CodeCorrupt
	case strings.Contains(msg, "no such function"):
		out.Code = abi.CodeNotSupported
		out.Message += ": libSQL servers have SQLite's own functions only: do without it, or compute it in the view"
	case e.says("SQLITE_TOOBIG", "SQLITE_MISMATCH", "ARGS_INVALID", "VALUE_INVALID", "datatype mismatch", "too big"):
		out.Code = abi.CodeValue
	}
	return out
}
