package guest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"sync"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/templ"
)

// Component is what templ generates; anything that renders itself will do.
type Component interface {
	Render(ctx context.Context, w io.Writer) error
}

// Response is what a view answers. Make one with Text, HTML, Render, JSON,
// Redirect, Stream and their like.
type Response struct {
	Status int
	Reason string // instead of the status's own text
	Header Header

	body      []byte
	buffer    *bytes.Buffer // owns body, goes back to the pool
	component Component
	stream    func(*Writer) error
	cookies   cookieJar
	exempt    exemptions
	wire      abi.ResponseHead
}

type exemptions uint8

const exemptFrame exemptions = 1

const htmlType, textType = "text/html; charset=utf-8", "text/plain; charset=utf-8"

// NewResponse makes a response with a body of some content type.
func NewResponse(status int, contentType string, body []byte) *Response {
	r := &Response{Status: status, body: body}
	if contentType == htmlType || contentType == textType {
		r.Header.add("content-type", contentType)
	} else {
		r.Header.Set("content-type", contentType)
	}
	return r
}

// Text answers plain text.
func Text(s string) *Response { return NewResponse(200, textType, stringBytes(s)) }

// HTML answers markup as it is: escape what came from outside, or use Render.
func HTML(s string) *Response { return NewResponse(200, htmlType, stringBytes(s)) }

// Bytes answers a body of another content type.
func Bytes(contentType string, b []byte) *Response { return NewResponse(200, contentType, b) }

// Render answers a templ component. It is rendered to a buffer first, so that
// an error on the way is a clean error page. The error is a *templ.Error, which
// names the line of the .templ file.
func Render(c Component) *Response {
	r := NewResponse(200, htmlType, nil)
	r.component = c
	return r
}

// NoContent answers 204.
func NoContent() *Response { return &Response{Status: 204} }

// NotModified answers 304.
func NotModified() *Response { return &Response{Status: 304} }

// MethodNotAllowed answers 405 and names the methods that would do.
func MethodNotAllowed(methods ...string) *Response {
	r := NewResponse(405, htmlType, nil)
	r.Header.Set("allow", joinComma(methods))
	return r
}

// WithStatus sets the status and returns r.
func (r *Response) WithStatus(code int) *Response { r.Status = code; return r }

// WithHeader sets a header field and returns r.
func (r *Response) WithHeader(name, value string) *Response { r.Header.Set(name, value); return r }

// Body returns the body; nil for a stream or a component not rendered yet.
func (r *Response) Body() []byte { return r.body }

// SetBody replaces the body, whatever it was.
func (r *Response) SetBody(b []byte) {
	r.body, r.component, r.stream = b, nil, nil
}

// IsStream tells whether the body is made while it is sent.
func (r *Response) IsStream() bool { return r.stream != nil }

// Err tells what keeps the response from being sent: a status that is none, or
// a header or cookie that was refused. It is answered with a 500.
func (r *Response) Err() error {
	if r.Status < 100 || r.Status > 599 {
		return errors.New("guest: " + strconv.Itoa(r.Status) + " is no status: use 100 to 599")
	}
	return r.Header.err
}

// ReasonPhrase returns the text of the status line.
func (r *Response) ReasonPhrase() string {
	if r.Reason != "" {
		return r.Reason
	}
	return StatusText(r.Status)
}

// XFrameOptionsExempt lets other sites frame this response.
func (r *Response) XFrameOptionsExempt() *Response { r.exempt |= exemptFrame; return r }

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled keeps one huge page from pinning its memory for ever.
const maxPooled = 256 << 10

// render makes the body of a component.
func (r *Response) render(ctx context.Context) error {
	c := r.component
	if c == nil {
		return nil
	}
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	if err := templ.Render(ctx, b, c); err != nil {
		release(b)
		return err
	}
	r.component, r.buffer, r.body = nil, b, b.Bytes()
	return nil
}

func release(b *bytes.Buffer) {
	if b != nil && b.Cap() <= maxPooled {
		buffers.Put(b)
	}
}

// stringBytes views s as bytes, which nobody may change.
func stringBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

func joinComma(list []string) string {
	out := ""
	for i, s := range list {
		if i > 0 {
			out += ", "
		}
		out += s
	}
	return out
}
