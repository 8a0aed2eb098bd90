package main

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"unicode"
)

// stackAttr is the attribute under which the stack of a panic is logged.
const stackAttr = "stack"

// textLog is slog's text form, but a stack stands below its line: quoted into
// one, nobody can read it.
func textLog(w io.Writer) slog.Handler {
	return &textHandler{Handler: slog.NewTextHandler(w, nil), w: w, mu: &sync.Mutex{}}
}

type textHandler struct {
	slog.Handler
	w  io.Writer
	mu *sync.Mutex // keeps a line and its stack together
}

// Handle is part of slog.Handler.
func (h *textHandler) Handle(ctx context.Context, r slog.Record) error {
	stack := ""
	rest := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == stackAttr && a.Value.Kind() == slog.KindString {
			stack = a.Value.String()
		} else {
			rest.AddAttrs(a)
		}
		return true
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.Handler.Handle(ctx, rest)
	if err == nil && stack != "" {
		_, err = io.WriteString(h.w, below(stack))
	}
	return err
}

// below indents every line, so that a guest can't write lines of its own into
// the log, nor what a terminal obeys.
func below(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("    ")
		for _, c := range strings.TrimSuffix(line, "\n") {
			if c != '\t' && !unicode.IsPrint(c) {
				c = unicode.ReplacementChar
			}
			b.WriteRune(c)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// WithAttrs is part of slog.Handler.
func (h *textHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &textHandler{Handler: h.Handler.WithAttrs(attrs), w: h.w, mu: h.mu}
}

// WithGroup is part of slog.Handler.
func (h *textHandler) WithGroup(name string) slog.Handler {
	return &textHandler{Handler: h.Handler.WithGroup(name), w: h.w, mu: h.mu}
}
