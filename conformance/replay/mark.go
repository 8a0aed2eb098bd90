package replay

import (
	"context"

	"github.com/vinyl-edge/vinyl/abi"
)

// Mark is the message of the log records around every operation: begin and end
// tell whoever drives the app which statements belong to it.
const Mark = "replay"

// logger is the part of a port that writes to the host's log.
type logger interface {
	Log(level int32, msg string, attrs []abi.Header)
}

func mark(ctx context.Context, what string) {
	if port, err := abi.PortFrom(ctx); err == nil {
		if l, ok := port.(logger); ok {
			l.Log(0, Mark, []abi.Header{{Name: "op", Value: what}})
		}
	}
}
