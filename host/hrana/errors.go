package hrana

import (
	"errors"
	"net/http"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db/sqlite"
)

// Error is what a client is told. Codes of SQLite are its own names.
type Error struct {
	Message string `json:"message"`
	Code    string `json:"code"`

	status int // of HTTP, where the error ends the request; 0 = 400
}

func (e *Error) Error() string { return e.Message }

// Codes of errors that are not SQLite's.
const (
	CodeStreamExpired    = "STREAM_EXPIRED"
	CodeStreamClosed     = "STREAM_CLOSED"
	CodeBatonInvalid     = "BATON_INVALID"
	CodeBatonReused      = "BATON_REUSED"
	CodeTooManyStreams   = "TOO_MANY_STREAMS"
	CodeTxTimeout        = "TRANSACTION_TIMEOUT"
	CodeTooLarge         = "RESPONSE_TOO_LARGE"
	CodeTimeout          = "REQUEST_TIMEOUT"
	CodeProtocol         = "PROTOCOL_ERROR"
	CodeUnauthorized     = "UNAUTHORIZED"
	CodeArgs             = "ARGS_INVALID"
	CodeNoStatement      = "SQL_NO_STATEMENT"
	CodeManyStatements   = "SQL_MANY_STATEMENTS"
	CodeSQLNotFound      = "SQL_STORE_NOT_FOUND"
	CodeSQLStoreFull     = "SQL_STORE_TOO_MANY"
	CodeInvalidValue     = "VALUE_INVALID"
	CodeStreamExists     = "STREAM_EXISTS"
	CodeStreamNotFound   = "STREAM_NOT_FOUND"
	CodeRequestTooLarge  = "REQUEST_TOO_LARGE"
	CodeShuttingDown     = "SHUTTING_DOWN"
	CodeInternal         = "INTERNAL_ERROR"
	codeBusy             = "SQLITE_BUSY"
	codeReadOnly         = "SQLITE_READONLY"
	codeForbidden        = "SQLITE_AUTH"
	codeMemory           = "SQLITE_NOMEM"
	codeSQLite           = "SQLITE_ERROR"
	messageTooManyRows   = "the result is larger than this server sends at once: read less at a time, with LIMIT or by a cursor (POST /v3/cursor)"
	messageStreamExpired = "the stream has expired: it waited for too long, and what it had not committed is undone; open another one"
)

func fail(code, message string) *Error { return &Error{Message: message, Code: code} }

func protocol(message string) *Error { return fail(CodeProtocol, message) }

// asError makes what a client is told of any error.
func asError(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	if name, msg := sqlite.ResultName(err); name != "" {
		return fail(name, "SQLite error: "+msg)
	}
	var op *abi.OpError
	if !errors.As(err, &op) {
		return &Error{Message: err.Error(), Code: CodeInternal, status: http.StatusInternalServerError}
	}
	code := codeSQLite
	switch op.Code {
	case abi.CodeBusy:
		code = codeBusy
	case abi.CodeReadOnly:
		code = codeReadOnly
	case abi.CodeForbidden:
		code = codeForbidden
	case abi.CodeTimeout, abi.CodeCancelled:
		code = CodeTimeout
	case abi.CodeNotSupported:
		code = codeMemory
	case abi.CodeValue:
		code = CodeInvalidValue
	}
	return fail(code, op.Message)
}
