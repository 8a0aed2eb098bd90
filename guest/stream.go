package guest

import (
	"context"
	"errors"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/templ"
)

// Stream answers a body that f writes while it is sent. An error before the
// first flush is a clean error page; a later one breaks the connection off.
func Stream(contentType string, f func(*Writer) error) *Response {
	r := NewResponse(200, contentType, nil)
	r.stream = f
	return r
}

// StreamBuffer is how much a Writer collects before it sends by itself.
const StreamBuffer = 16 << 10

// Writer sends a streamed body. Writing waits when the client reads slowly.
type Writer struct {
	req      *Request
	resp     *Response
	w        abi.ResponseWriter
	buf      []byte
	headSent bool
	err      error
}

var errStreamed = errors.New("guest: a response can be sent only once")

// Context is the request's.
func (w *Writer) Context() context.Context { return w.req.ctx }

// Write adds p to the body.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	w.buf = append(w.buf, p...)
	if len(w.buf) >= StreamBuffer {
		return len(p), w.Flush()
	}
	return len(p), nil
}

// WriteString is Write for a string.
func (w *Writer) WriteString(s string) (int, error) { return w.Write(stringBytes(s)) }

// Render adds a component's markup.
func (w *Writer) Render(c Component) error { return templ.Render(w.req.ctx, w, c) }

// Flush sends what has been written so far.
func (w *Writer) Flush() error {
	if w.err == nil {
		w.err = w.req.ctx.Err()
	}
	if w.err == nil && !w.headSent {
		w.err = w.sendHead()
	}
	if w.err == nil && len(w.buf) > 0 && w.hasBody() {
		_, w.err = w.w.Write(w.buf)
	}
	w.buf = w.buf[:0]
	return w.err
}

func (w *Writer) hasBody() bool { return w.req.Method != "HEAD" && !bodyless(w.resp.Status) }

func (w *Writer) sendHead() error {
	h, err := w.resp.head()
	if err != nil {
		return err
	}
	w.headSent = true
	return w.w.Head(h, nil, false)
}

// run calls the view's function and catches its panic.
func (w *Writer) run() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{v, stack()}
		}
	}()
	f := w.resp.stream
	if f == nil {
		return errStreamed
	}
	w.resp.stream = nil
	return f(w)
}

func (w *Writer) end() error {
	if err := w.Flush(); err != nil {
		if errors.Is(err, context.Canceled) {
			return nil
		}
		return clientLeft(err)
	}
	return clientLeft(w.w.End())
}
