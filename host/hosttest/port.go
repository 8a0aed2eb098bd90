package hosttest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"runtime"
	"sync"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/service"
)

// port is a request's abi.Port by direct calls.
type port struct {
	session *service.Session
	log     *slog.Logger
}

// Do runs an operation.
func (p *port) Do(ctx context.Context, kind abi.OpKind, msg []byte) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	out := p.session.Do(ctx, kind, msg)
	if ctx.Err() != nil && len(out) > 1 && out[0] == abi.ResultError {
		if c := abi.ErrorCode(out[1]); c == abi.CodeCancelled || c == abi.CodeTimeout {
			return nil, context.Cause(ctx)
		}
	}
	return out, nil
}

// WantsRoute implements what guest.App looks for.
func (p *port) WantsRoute() bool { return true }

// Route tells which view answers.
func (p *port) Route(pattern, view string) {
	p.session.Do(context.Background(), abi.OpRoute, abi.AppendString(abi.AppendString(nil, pattern), view))
}

// Open starts an operation.
func (p *port) Open(ctx context.Context, kind abi.OpKind, msg []byte) (io.ReadCloser, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return p.session.Open(ctx, kind, msg), nil
}

// Yield lets other goroutines run, of which there are always some.
func (p *port) Yield() bool {
	runtime.Gosched()
	return true
}

// Log writes a record of the app to the host's log, with the request's id.
func (p *port) Log(level int32, msg string, attrs []abi.Header) {
	args := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		args[i] = slog.String(a.Name, a.Value)
	}
	p.log.LogAttrs(context.Background(), slog.Level(level), msg, args...)
}

// logWriter writes to the test's log until the test has ended.
type logWriter struct {
	mu sync.Mutex
	tb TB
}

func (w *logWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tb != nil {
		w.tb.Logf("%s", bytes.TrimRight(b, "\n"))
	}
	return len(b), nil
}

func (w *logWriter) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tb = nil
}
