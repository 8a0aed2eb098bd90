package log

import (
	"context"
	"log/slog"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest"
)

// Handler is a slog.Handler.
type Handler struct {
	level  slog.Leveler
	prefix string
	attrs  []abi.Header
}

var _ slog.Handler = (*Handler)(nil)

// New returns a handler for records from level on; nil means slog.LevelInfo.
func New(level slog.Leveler) *Handler {
	if level == nil {
		level = slog.LevelInfo
	}
	return &Handler{level: level}
}

// Enabled implements slog.Handler.
func (h *Handler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level.Level() }

// Handle implements slog.Handler.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	attrs := h.attrs[:len(h.attrs):len(h.attrs)]
	r.Attrs(func(a slog.Attr) bool {
		attrs = appendAttr(attrs, h.prefix, a)
		return true
	})
	guest.LogRecord(ctx, int32(r.Level), r.Message, attrs)
	return nil
}

// WithAttrs implements slog.Handler.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.attrs = h.attrs[:len(h.attrs):len(h.attrs)]
	for _, a := range attrs {
		c.attrs = appendAttr(c.attrs, h.prefix, a)
	}
	return &c
}

// WithGroup implements slog.Handler.
func (h *Handler) WithGroup(name string) slog.Handler {
	c := *h
	if name != "" {
		c.prefix += name + "."
	}
	return &c
}

func appendAttr(out []abi.Header, prefix string, a slog.Attr) []abi.Header {
	v := a.Value.Resolve()
	if v.Kind() != slog.KindGroup {
		if a.Equal(slog.Attr{}) {
			return out
		}
		return append(out, abi.Header{Name: prefix + a.Key, Value: v.String()})
	}
	if a.Key != "" {
		prefix += a.Key + "."
	}
	for _, sub := range v.Group() {
		out = appendAttr(out, prefix, sub)
	}
	return out
}
