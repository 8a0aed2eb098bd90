package db

import (
	"context"
	"errors"
	"strconv"

	"github.com/vinyl-edge/vinyl/abi"
)

// ErrClosed is returned by a closed database.
var ErrClosed = &abi.OpError{Code: abi.CodeDatabase, Message: "vinyl db: the database is closed: the host is shutting down"}

// The first detail of an error with CodeBusy says what was in the way.
const (
	BusyLock          = "lock"          // another transaction or process holds a lock
	BusyQueue         = "queue"         // no connection became free
	BusyDeadlock      = "deadlock"      // transactions waited for each other
	BusySerialization = "serialization" // a transaction cannot be put in one order with others
)

// The first detail of an error with CodeTimeout names the limit of the database
// that was reached; without it the operation's own time was over.
const (
	TimeoutStatement = "statement_timeout"
	TimeoutLock      = "lock_timeout"
)

// LostConnection is the first detail of an error with CodeDatabase or
// CodeUnknown after the connection to the server broke.
const LostConnection = "connection"

// Retryable tells whether err undid a transaction that may well succeed when
// all of it is run again.
func Retryable(err error) bool {
	e := AsOpError(err)
	if e == nil || e.Code != abi.CodeBusy || len(e.Detail) == 0 {
		return false
	}
	return e.Detail[0] == BusyDeadlock || e.Detail[0] == BusySerialization
}

// CheckArgs refuses a statement with more parameters than the database takes,
// before it is sent.
func CheckArgs(n, most int) error {
	if n <= most {
		return nil
	}
	return &abi.OpError{Code: abi.CodeDatabase, Message: "vinyl db: too many parameters: the statement has " + strconv.Itoa(n) + " and the database takes " +
		strconv.Itoa(most) + ": split the list of values, or give a queryset in its place"}
}

// CtxError makes an error of a done ctx.
func CtxError(ctx context.Context) *abi.OpError {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &abi.OpError{Code: abi.CodeTimeout, Message: "vinyl db: the operation's time is over"}
	}
	return &abi.OpError{Code: abi.CodeCancelled, Message: "vinyl db: the operation was cancelled"}
}

// AsOpError returns err as an operation's error.
func AsOpError(err error) *abi.OpError {
	var e *abi.OpError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return &abi.OpError{Code: abi.CodeTimeout, Message: "vinyl db: the operation's time is over"}
	case errors.Is(err, context.Canceled):
		return &abi.OpError{Code: abi.CodeCancelled, Message: "vinyl db: the operation was cancelled"}
	}
	return &abi.OpError{Code: abi.CodeInternal, Message: err.Error()}
}
