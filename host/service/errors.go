package service

import (
	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

func fail(code abi.ErrorCode, msg string, detail ...string) *abi.OpError {
	return &abi.OpError{Code: code, Message: msg, Detail: detail}
}

var (
	errMessage = fail(abi.CodeBadMessage, "vinyl: the host cannot read this operation's message: guest and host may differ in version")
	errClosed  = fail(abi.CodeCancelled, "vinyl: the request has ended: operations must finish before it")
	errNoDB    = fail(abi.CodeNotSupported, "vinyl: this app has no database: give one to serve with --db")
	errTxDone  = fail(abi.CodeTxDone, "vinyl: the transaction has ended, or belongs to another request")
)

// failed makes the result of a failed operation.
func failed(err error) []byte {
	return db.AsOpError(err).Append([]byte{abi.ResultError})
}
