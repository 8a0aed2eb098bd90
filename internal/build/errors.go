package build

import (
	"errors"
	"strconv"
	"strings"
)

// Error is a problem of the app or of the machine, with the way out of it.
type Error struct {
	File   string // where, when it is in a file
	Line   int
	Reason string
	Remedy string
	Err    error
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			b.WriteString(":" + strconv.Itoa(e.Line))
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Reason)
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Remedy != "" {
		b.WriteString("\n  " + strings.ReplaceAll(e.Remedy, "\n", "\n  "))
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// CompileError is what the Go toolchain said.
type CompileError struct {
	Output string // with paths relative to the working directory
	Remedy string // where its own words don't lead there
}

func (e *CompileError) Error() string {
	s := "the app does not compile:\n" + strings.TrimRight(e.Output, "\n")
	if e.Remedy != "" {
		s += "\n  " + strings.ReplaceAll(e.Remedy, "\n", "\n  ")
	}
	return s
}

// ErrNoGo is wrapped by the error for a machine without a Go toolchain.
var ErrNoGo = errors.New("no Go toolchain")
