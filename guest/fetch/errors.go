package fetch

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest/internal/uri"
)

// What an Error is, for errors.Is. A request that its ctx has ended is
// ErrTimeout and context.DeadlineExceeded, or context.Canceled.
var (
	ErrNotAllowed = errors.New("the host doesn't allow to fetch from there")
	ErrInvalid    = errors.New("no valid request")
	ErrTimeout    = errors.New("not answered in time")
	ErrNetwork    = errors.New("the other site can't be reached, or broke off") // ErrRefused too
	ErrRefused    = errors.New("nobody listens there")
	ErrTooLarge   = errors.New("too large")
	ErrRedirects  = errors.New("redirected too often")
)

// Error is a request without an answer, or with one that can't be read.
type Error struct {
	Method string
	URL    string // without its query, which may hold secrets
	Kind   error  // ErrNotAllowed and the like
	Reason string
	Err    error // what the host says, if it does
}

// Error names the request and the reason.
func (e *Error) Error() string { return "fetch: " + e.Method + " " + e.URL + ": " + e.Reason }

// Is makes e what its Kind is.
func (e *Error) Is(target error) bool {
	return target == e.Kind || target == ErrNetwork && e.Kind == ErrRefused
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Timeout tells whether more time might have helped.
func (e *Error) Timeout() bool { return e.Kind == ErrTimeout }

// HTTPStatus is what a view that fails with e is answered with: 502 and 504 say
// that another site is to blame.
func (e *Error) HTTPStatus() int {
	switch e.Kind {
	case ErrNotAllowed, ErrInvalid:
		return 500
	case ErrTimeout:
		return 504
	case context.Canceled:
		return 503
	}
	return 502
}

func (r *Request) error(kind error, reason string, err error) *Error {
	return &Error{Method: r.Method, URL: shown(r.URL), Kind: kind, Reason: reason, Err: err}
}

func (r *Request) invalid(reason string, err error) *Error { return r.error(ErrInvalid, reason, err) }

// shown is a URL without what may be secret.
func shown(url string) string {
	u := uri.Split(url)
	u.Query, u.Fragment = "", ""
	u.Host = u.Host[strings.LastIndexByte(u.Host, '@')+1:]
	return u.String()
}

// failure makes an Error of what the port says.
func (r *Request) failure(ctx context.Context, err error) *Error {
	var op *abi.OpError
	var status abi.Status
	isOp, isStatus := errors.As(err, &op), errors.As(err, &status)
	code := abi.ErrorCode(0)
	if isOp {
		code = op.Code
	}
	cut := code == abi.CodeCancelled || code == abi.CodeTimeout || isStatus && (status == abi.ErrGone || status == abi.ErrTimeout)
	if ended := ending(ctx); ended != nil && (cut || !isOp && !isStatus) {
		if errors.Is(ended, context.DeadlineExceeded) {
			return r.error(ErrTimeout, "not answered before the deadline of its ctx", ended)
		}
		return r.error(context.Canceled, "cancelled, as its ctx was", ended)
	}
	reason := err.Error()
	if isOp {
		reason = strings.TrimPrefix(op.Message, "vinyl fetch: ")
	}
	switch {
	case code == abi.CodeForbidden:
		return r.error(ErrNotAllowed, reason, err)
	case code == abi.CodeTimeout:
		return r.error(ErrTimeout, reason, err)
	case code == abi.CodeCancelled:
		return r.error(context.Canceled, reason, err)
	case code == abi.CodeNetwork && has(op, abi.FetchRefused):
		return r.error(ErrRefused, reason, err)
	case code == abi.CodeNetwork && has(op, abi.FetchLarge):
		return r.error(ErrTooLarge, reason, err)
	case code == abi.CodeValue:
		return r.error(ErrInvalid, reason, err)
	case isStatus && status == abi.ErrTooLarge:
		return r.error(ErrTooLarge, "the answer is larger than the host allows: serve the app with a larger --max-fetch", err)
	case isStatus && status == abi.ErrTimeout:
		return r.error(ErrTimeout, "the answer didn't come to its end in the host's time: serve the app with a longer --fetch-timeout if that is too short", err)
	case isStatus && status == abi.ErrGone, errors.Is(err, io.ErrUnexpectedEOF):
		return r.error(ErrNetwork, "the answer broke off before its end", err)
	}
	return r.error(ErrNetwork, reason, err)
}

// ending is why ctx has ended, nil if it has not. Under a blocking host the
// deadline can be over before the timer could run.
func ending(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d, ok := ctx.Deadline(); ok && !time.Now().Before(d) {
		return context.DeadlineExceeded
	}
	return nil
}

func has(e *abi.OpError, detail string) bool { return len(e.Detail) > 0 && e.Detail[0] == detail }
