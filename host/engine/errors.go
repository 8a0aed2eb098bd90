package engine

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/sys"
)

// ErrClosed is the end of an instance that its host has closed.
var ErrClosed = errors.New("the instance was closed")

// ErrStuck is the end of a blocking instance whose view can never go on.
var ErrStuck = errors.New("the view waits for something that can't happen any more (a channel or mutex): the guest is deadlocked")

// ErrOverdue is the end of a blocking instance whose view went on although it
// was cancelled.
var ErrOverdue = errors.New("the view went on long after it was cancelled: a view must end when its ctx does")

// ErrUnread is the end of an instance whose guest does not look at its events.
var ErrUnread = errors.New("the guest has not read its events for a long time: it sleeps, or is stuck")

// CPUError is the end of an instance whose guest ran for too long.
type CPUError struct {
	Request uint32        // to blame, 0 if it isn't known
	Label   string        // its method and path
	Used    time.Duration // CPU time
}

func (e *CPUError) Error() string {
	who := "the guest"
	if e.Label != "" {
		who = e.Label
	}
	return fmt.Sprintf("%s used %s of CPU time without a pause: it was stopped (the limit is the CPU budget)", who, e.Used.Round(time.Millisecond))
}

// ContractError is the end of an instance whose guest broke a rule of the ABI.
type ContractError struct{ What string }

func (e *ContractError) Error() string { return "the guest broke the contract: " + e.What }

// GuestError is a guest that ended by itself.
type GuestError struct {
	Reason string // "exited with code 2", "trapped: unreachable"
	Output string // first line it wrote about it
	cause  error
}

func (e *GuestError) Error() string {
	s := "the guest " + e.Reason
	if e.Output != "" {
		s += ": " + e.Output
	}
	return s
}

func (e *GuestError) Unwrap() error { return e.cause }

// classify explains why a call into the guest came to its end.
func classify(err error, out *output) error {
	var (
		cpu      *CPUError
		contract *ContractError
		exit     *sys.ExitError
	)
	switch {
	case err == nil:
		return &GuestError{Reason: "returned from a function that must not return", Output: out.fatal()}
	case errors.Is(err, ErrClosed):
		return ErrClosed
	case errors.As(err, &cpu):
		return cpu
	case errors.As(err, &contract):
		return contract
	case errors.As(err, &exit):
		return &GuestError{Reason: fmt.Sprintf("exited with code %d", exit.ExitCode()), Output: out.fatal(), cause: err}
	}
	if s := out.fatal(); s != "" { // Go's runtime ends with a trap
		return &GuestError{Reason: "crashed", Output: s, cause: err}
	}
	reason, _, _ := strings.Cut(err.Error(), "\n")
	return &GuestError{Reason: "trapped: " + strings.TrimPrefix(reason, "wasm error: "), cause: err}
}
