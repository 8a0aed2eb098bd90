package guest

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
)

// Levels of Log, with slog's numbers.
const (
	LevelDebug = -4
	LevelInfo  = 0
	LevelWarn  = 4
	LevelError = 8
)

// Logger is what a runtime's Port offers besides operations: the host adds the
// request's id to the record.
type Logger interface {
	Log(level int32, msg string, attrs []abi.Header)
}

// Log writes to the host's log, under the request that ctx belongs to. Attrs
// are names and values by turns. Package guest/log does the same for slog.
func Log(ctx context.Context, level int32, msg string, attrs ...string) {
	hs := make([]abi.Header, 0, (len(attrs)+1)/2)
	for i := 0; i < len(attrs); i += 2 {
		h := abi.Header{Name: attrs[i]}
		if i+1 < len(attrs) {
			h.Value = attrs[i+1]
		}
		hs = append(hs, h)
	}
	LogRecord(ctx, level, msg, hs)
}

// LogRecord is Log with attributes already paired.
func LogRecord(ctx context.Context, level int32, msg string, attrs []abi.Header) {
	p, _ := abi.PortFrom(ctx)
	if l, ok := p.(Logger); ok {
		l.Log(level, msg, attrs)
		return
	}
	var b strings.Builder
	b.WriteString("level=")
	b.WriteString(strconv.Itoa(int(level)))
	b.WriteString(" msg=")
	b.WriteString(strconv.Quote(msg))
	if req := RequestFrom(ctx); req != nil && req.ID() != "" {
		b.WriteString(" request=")
		b.WriteString(strconv.Quote(req.ID()))
	}
	for _, a := range attrs {
		b.WriteString(" " + a.Name + "=" + strconv.Quote(a.Value))
	}
	b.WriteByte('\n')
	print(b.String()) // the one way to stderr that costs a guest nothing
}

// logError reports an error that became a 5xx, an attack that became a 4xx, or
// why a view called a request bad.
func logError(req *Request, status int, err error) {
	var s *suspicious
	var e *Error
	level, msg := int32(LevelError), "view failed"
	switch {
	case errors.As(err, &s):
		level, msg = LevelWarn, "suspicious request refused"
	case status == 400 && errors.As(err, &e) && e.Reason != "":
		level, msg = LevelWarn, "bad request"
	case status < 500, errors.Is(err, context.Canceled) && !errors.Is(context.Cause(req.ctx), context.DeadlineExceeded):
		return // the client's fault, or nobody waits for the answer
	case status == 503:
		level = LevelWarn
	}
	attrs := []abi.Header{
		{Name: "error", Value: err.Error()},
		{Name: "method", Value: req.Method},
		{Name: "path", Value: req.Path},
	}
	var p *panicError
	if errors.As(err, &p) {
		msg = "view panicked"
		attrs = append(attrs, abi.Header{Name: "stack", Value: p.stack})
	}
	LogRecord(req.ctx, level, msg, attrs)
}
