package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/vinyl-edge/vinyl/conformance/replay"
)

// marks is a log that knows which statements belong to which operation: the
// app writes a record before and after each.
type marks struct {
	mu       sync.Mutex
	inside   bool
	current  []string
	done     [][]string // of operations whose outcome has not arrived
	problems []string
}

func (m *marks) trace(sql string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.inside {
		m.current = append(m.current, sql)
	}
}

// take returns the statements of the next operation.
func (m *marks) take() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.done) == 0 {
		return nil
	}
	list := m.done[0]
	m.done = m.done[1:]
	return list
}

func (m *marks) problem() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.problems, "\n")
}

// Enabled implements slog.Handler.
func (m *marks) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs implements slog.Handler.
func (m *marks) WithAttrs([]slog.Attr) slog.Handler { return m }

// WithGroup implements slog.Handler.
func (m *marks) WithGroup(string) slog.Handler { return m }

// Handle implements slog.Handler.
func (m *marks) Handle(_ context.Context, r slog.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.Message != replay.Mark {
		if r.Level >= slog.LevelWarn {
			text := r.Message
			r.Attrs(func(a slog.Attr) bool { text += fmt.Sprint(" ", a); return true })
			m.problems = append(m.problems, text)
		}
		return nil
	}
	r.Attrs(func(a slog.Attr) bool {
		switch {
		case a.Key != "op":
		case a.Value.String() == "begin":
			m.inside, m.current = true, nil
		default:
			m.inside = false
			m.done = append(m.done, m.current)
		}
		return true
	})
	return nil
}

// bench is what an in-process host needs of a test.
type bench struct {
	cleanup []func()
	err     error
}

func (b *bench) Helper()                           {}
func (b *bench) Logf(string, ...any)               {}
func (b *bench) Errorf(format string, args ...any) { b.err = fmt.Errorf(format, args...) }
func (b *bench) Fatalf(format string, args ...any) { b.err = fmt.Errorf(format, args...) }
func (b *bench) Cleanup(f func())                  { b.cleanup = append(b.cleanup, f) }

func (b *bench) end() {
	for i := len(b.cleanup) - 1; i >= 0; i-- {
		b.cleanup[i]()
	}
}
