package engine

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
)

const (
	maxLine  = 8 << 10
	maxLines = 200 // per instance: a crash writes the stacks of all goroutines
)

// output logs what a guest writes to stdout and stderr, line by line.
type output struct {
	log   *slog.Logger
	mu    sync.Mutex
	line  []byte
	lines int
	first string // line that says why the guest crashed
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for rest := p; len(rest) > 0 && o.lines <= maxLines; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			o.line = append(o.line, rest[:min(len(rest), maxLine-len(o.line))]...)
			break
		}
		o.line = append(o.line, rest[:min(i, maxLine-len(o.line))]...)
		o.flush()
		rest = rest[i+1:]
	}
	return len(p), nil
}

func (o *output) flush() {
	s := strings.ToValidUTF8(string(o.line), "\uFFFD")
	o.line = o.line[:0]
	if o.first == "" && (strings.HasPrefix(s, "panic: ") || strings.HasPrefix(s, "fatal error: ")) {
		o.first = s
	}
	switch o.lines++; {
	case o.lines < maxLines:
		o.log.LogAttrs(context.Background(), slog.LevelWarn, "guest output", slog.String("line", s))
	case o.lines == maxLines:
		o.log.Warn("guest output: the rest of this instance's output is dropped")
	}
}

func (o *output) fatal() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.first
}
