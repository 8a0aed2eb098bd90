package sqlite

import (
	"errors"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"zombiezen.com/go/sqlite"
)

// opError translates an error of SQLite.
func opError(err error) *abi.OpError {
	if err == nil {
		return nil
	}
	var op *abi.OpError
	if errors.As(err, &op) {
		return op
	}
	code, msg := sqlite.ErrCode(err), message(err)
	e := &abi.OpError{Code: abi.CodeDatabase, Message: "database: " + msg}
	if kind := constraints[code]; kind != "" {
		e.Code, e.Detail = abi.CodeIntegrity, append([]string{kind}, constraintNames(kind, msg)...)
		return e
	}
	if code == sqlite.ResultReadOnlyDBMoved {
		return errMoved // SQLite notices before the file has a WAL
	}
	switch code.ToPrimary() {
	case sqlite.ResultBusy, sqlite.ResultLocked:
		e.Code, e.Detail = abi.CodeBusy, []string{db.BusyLock}
		e.Message = "database is locked by another process or transaction: keep transactions short, or raise busy_timeout"
	case sqlite.ResultReadOnly, sqlite.ResultPerm:
		e.Code = abi.CodeReadOnly
		e.Message = "database is read-only: check mode=ro and the rights of the file and its folder (" + msg + ")"
	case sqlite.ResultCantOpen:
		e.Message = "the database file, or the -wal and -shm files beside it, can't be opened: check the rights of the file and its folder; on a read-only disk use immutable=1"
	case sqlite.ResultNoMem:
		e.Code = abi.CodeNotSupported
		e.Message = "this needs more memory than SQLite may have here: read less at a time"
	case sqlite.ResultFull:
		e.Code = abi.CodeFull
		e.Message = "database or disk is full: free some space (" + msg + ")"
	case sqlite.ResultCorrupt:
		e.Code = abi.CodeCorrupt
		e.Message = "database file is damaged: restore a backup (" + msg + ")"
	case sqlite.ResultNotADB:
		e.Code = abi.CodeCorrupt
		e.Message = "the file is not a SQLite database (or is encrypted): check the database URL"
	case sqlite.ResultInterrupt:
		e.Code = abi.CodeCancelled
		e.Message = "the query was cancelled"
	case sqlite.ResultConstraint:
		e.Code, e.Detail = abi.CodeIntegrity, []string{"check"}
	case sqlite.ResultAbort:
		e.Code = abi.CodeTxDone
		e.Message = "the transaction was rolled back while the query ran"
	case sqlite.ResultAuth:
		e.Code = abi.CodeForbidden
		e.Message = "this SQL is not allowed here: transactions, pragmas and attached databases belong to the host (" + msg + ")"
	case sqlite.ResultTooBig, sqlite.ResultRange, sqlite.ResultMismatch:
		e.Code = abi.CodeValue
	case sqlite.ResultMisuse:
		e.Code = abi.CodeInternal
	}
	return e
}

var constraints = map[sqlite.ResultCode]string{
	sqlite.ResultConstraintUnique:     "unique",
	sqlite.ResultConstraintPrimaryKey: "primary_key",
	sqlite.ResultConstraintRowID:      "primary_key",
	sqlite.ResultConstraintForeignKey: "foreign_key",
	sqlite.ResultConstraintNotNull:    "not_null",
	sqlite.ResultConstraintCheck:      "check",
}

// message takes away what the binding puts before SQLite's own words.
func message(err error) string {
	msg := err.Error()
	for _, p := range [...]string{"sqlite: ", "step: ", "prepare: ", "reset: "} {
		msg = strings.TrimPrefix(msg, p)
	}
	return msg
}

// constraintNames reads the constraint, or its columns in one and then each,
// from "UNIQUE constraint failed: t.a, t.b"; SQLite does not name foreign keys.
func constraintNames(kind, msg string) []string {
	if kind == "foreign_key" {
		return nil
	}
	const before = "constraint failed: " // SQLite may say so twice
	at := strings.LastIndex(msg, before)
	if at < 0 {
		return nil
	}
	names := strings.TrimPrefix(msg[at+len(before):], "index ")
	if kind == "check" || strings.HasPrefix(names, "'") {
		return []string{strings.Trim(names, "'")}
	}
	var columns []string
	for _, n := range strings.Split(names, ", ") {
		if _, col, ok := strings.Cut(n, "."); ok {
			n = col
		}
		columns = append(columns, n)
	}
	return append([]string{strings.Join(columns, ", ")}, columns...)
}
