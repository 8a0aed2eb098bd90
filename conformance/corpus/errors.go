package corpus

import "fmt"

// ErrUnsupported is wrapped by everything that the query language lacks.
var ErrUnsupported = fmt.Errorf("unsupported")

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrUnsupported}, args...)...)
}

// CallError is a call that Django refuses because of its arguments' types or
// number, and that can't be written here: Go's compiler, or the functions that
// take arguments of any type, refuse it before there is a query.
type CallError struct {
	Class  string // Django's exception
	Reason string
}

func (e *CallError) Error() string { return e.Reason }

func typeError(format string, args ...any) error {
	return &CallError{Class: "TypeError", Reason: fmt.Sprintf(format, args...)}
}

func argumentError(format string, args ...any) error {
	return &CallError{Class: "ValueError", Reason: fmt.Sprintf(format, args...)}
}
