package templ

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strconv"
	"strings"
)

// Component is templ's: anything that renders itself.
type Component interface {
	Render(ctx context.Context, w io.Writer) error
}

// Error is the failure of a component, with its place.
type Error struct {
	File string // the .templ file; the Go file if there is no other
	Line int
	Err  error
}

func (e *Error) Error() string {
	return e.File + ":" + strconv.Itoa(e.Line) + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Render renders c to w. If c panics with an error, which is how the ORM
// answers the reading of what was not fetched where no error can be returned,
// or if an expression of it returns one, the error is returned with the
// component's line. Other panics, and those of the Go runtime, are bugs and go on.
func Render(ctx context.Context, w io.Writer, c Component) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		cause, ok := v.(error)
		if _, bug := v.(runtime.Error); bug || !ok {
			panic(v)
		}
		err = locate(cause)
	}()
	return placed(c.Render(ctx, w))
}

// placed makes an Error of templ's own, which an expression's error is
// returned in. There are two of them, the lean runtime's and a-h/templ's, and
// this package can import neither: it reads the place from their words.
func placed(err error) error {
	cause := errors.Unwrap(err)
	if cause == nil {
		return err
	}
	place, ok := strings.CutSuffix(err.Error(), ": "+cause.Error())
	file, at, found := strings.Cut(place, ".templ: error at line ")
	digits, _, _ := strings.Cut(at, ",")
	line, bad := strconv.Atoi(digits)
	if !ok || !found || bad != nil {
		return err
	}
	return &Error{File: file + ".templ", Line: line, Err: cause}
}

// locate adds the place of the innermost component on the stack.
func locate(cause error) error {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		switch {
		// Guests are built with the lines of the components.
		case strings.HasSuffix(f.File, ".templ"):
			return &Error{File: f.File, Line: f.Line, Err: cause}
		case strings.HasSuffix(f.File, "_templ.go"):
			file, line := source(f.File, f.Line)
			return &Error{File: file, Line: line, Err: cause}
		}
		if !more {
			return cause
		}
	}
}
