package orm

import (
	"errors"

	"github.com/vinyl-edge/vinyl/abi"
)

// Retryable tells whether an error undid a transaction that may well succeed
// when all of it is run again: it and another one waited for each other, or
// could not be put in one order. Call Atomic again, not only what failed in it:
// nothing of the transaction has stayed.
func Retryable(err error) bool {
	var op *abi.OpError
	if !errors.As(err, &op) || op.Code != abi.CodeBusy || len(op.Detail) == 0 {
		return false
	}
	return op.Detail[0] == "deadlock" || op.Detail[0] == "serialization"
}
