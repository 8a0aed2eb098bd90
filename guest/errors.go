package guest

import (
	"context"
	"errors"
	"strconv"
)

// Error is an error that a view answers with a status. Wrap it, or give any
// error of your own a method HTTPStatus() int.
type Error struct {
	Status int
	Reason string // for the log and for debug pages, never for production's answers
}

// Error returns the reason, or the status's own text.
func (e *Error) Error() string {
	if e.Reason != "" {
		return e.Reason
	}
	return strconv.Itoa(e.Status) + " " + StatusText(e.Status)
}

// HTTPStatus returns the status.
func (e *Error) HTTPStatus() int { return e.Status }

// Is makes every Error with the same status the same to errors.Is.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Status == e.Status && (t.Reason == "" || t.Reason == e.Reason)
}

// Errors that views return as they are.
var (
	ErrNotFound         = &Error{Status: 404}
	ErrPermissionDenied = &Error{Status: 403}
	ErrBadRequest       = &Error{Status: 400}
	ErrTooLarge         = &Error{Status: 413}
)

// NotFound is Django's Http404: reason appears on the debug page only.
func NotFound(reason string) error { return &Error{404, reason} }

// PermissionDenied is answered with 403.
func PermissionDenied(reason string) error { return &Error{403, reason} }

// BadRequest is answered with 400.
func BadRequest(reason string) error { return &Error{400, reason} }

// SuspiciousOperation is answered with 400 and logged as a possible attack.
func SuspiciousOperation(reason string) error { return &suspicious{&Error{400, reason}} }

type suspicious struct{ err *Error }

func (s *suspicious) Error() string { return s.err.Reason }
func (s *suspicious) Unwrap() error { return s.err }

// statusOf is the status that err is answered with.
func statusOf(err error) int {
	var s interface{ HTTPStatus() int }
	switch {
	case errors.As(err, &s):
		if n := s.HTTPStatus(); n >= 400 && n <= 599 {
			return n
		}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return 503
	}
	return 500
}

// panicError is a panic that was caught in a view.
type panicError struct {
	value any
	stack string
}

func (p *panicError) Error() string { return "panic: " + panicText(p.value) }

func (p *panicError) Unwrap() error {
	err, _ := p.value.(error)
	return err
}

// HTTPStatus is 500 whatever the panic's value would be as a returned error.
func (p *panicError) HTTPStatus() int { return 500 }

func panicText(v any) string {
	switch v := v.(type) {
	case error:
		return v.Error()
	case string:
		return v
	case interface{ String() string }:
		return v.String()
	case int:
		return strconv.Itoa(v)
	}
	return "a value that is no error or string"
}
