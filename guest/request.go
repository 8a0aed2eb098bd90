package guest

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest/internal/route"
	"github.com/vinyl-edge/vinyl/guest/internal/uri"
)

// Request is one HTTP request. It belongs to its view and must not be used
// after the view and its After functions have returned.
type Request struct {
	Method string
	Path   string // decoded, begins with /

	head  *abi.RequestHead
	app   *App
	own   requestContext
	ctx   context.Context
	body  io.Reader
	match *route.Match

	query   *QueryDict
	cookies map[string]string
	form    *formData
	raw     []byte
	rawRead bool
	needs   int64 // bytes of the body, and of what was made of it
	kept    int64 // that count for the app's
	after   []func(context.Context) error
}

// NewRequest makes the request that app would see; runtimes and tests use it.
func NewRequest(ctx context.Context, app *App, head *abi.RequestHead, body io.Reader) *Request {
	if body == nil {
		body = strings.NewReader("")
	}
	req := &Request{Method: head.Method, Path: uri.Path(head.Path), head: head, app: app, body: body}
	req.own = requestContext{ctx, req}
	req.ctx = &req.own
	return req
}

type requestKey struct{}

// requestContext knows its request.
type requestContext struct {
	context.Context
	req *Request
}

func (c *requestContext) Value(key any) any {
	if key == (requestKey{}) {
		return c.req
	}
	return c.Context.Value(key)
}

// RequestFrom returns the request that ctx belongs to, nil when there is none:
// components reach it through the ctx they are rendered with.
func RequestFrom(ctx context.Context) *Request {
	req, _ := ctx.Value(requestKey{}).(*Request)
	return req
}

// Context ends when the client goes away, the deadline passes, or the view and
// the sending of its response are over. Every fetch takes it.
func (r *Request) Context() context.Context { return r.ctx }

// SetContext replaces the context, for middleware that adds values. ctx must
// come from Context.
func (r *Request) SetContext(ctx context.Context) { r.ctx = ctx }

// ID names the request in logs.
func (r *Request) ID() string { return r.head.ID }

// Proto is the protocol of the client's connection, HTTP/1.1 or HTTP/2.0.
func (r *Request) Proto() string { return r.head.Proto }

// Settings returns the app's settings, which must not be changed.
func (r *Request) Settings() *Settings { return &r.app.settings }

// Header returns the value of a header field, "" without one; several fields
// of a name are joined.
func (r *Request) Header(name string) string {
	name = lower(name)
	for i := range r.head.Headers {
		if r.head.Headers[i].Name == name {
			return r.joined(name, i)
		}
	}
	return ""
}

// joined returns the value of the field at i, with those of later fields of
// the same name, as RFC 9110 combines them.
func (r *Request) joined(name string, i int) string {
	v := r.head.Headers[i].Value
	sep := ","
	if name == "cookie" {
		sep = "; "
	}
	for _, h := range r.head.Headers[i+1:] {
		if h.Name == name {
			v += sep + h.Value
		}
	}
	return v
}

// Headers ranges over all header fields.
func (r *Request) Headers(yield func(name, value string) bool) {
	for _, h := range r.head.Headers {
		if !yield(h.Name, h.Value) {
			return
		}
	}
}

func (r *Request) hasHeader(name string) bool {
	for i := range r.head.Headers {
		if r.head.Headers[i].Name == name {
			return true
		}
	}
	return false
}

// RawQuery is the query string as sent.
func (r *Request) RawQuery() string { return r.head.Query }

// RemoteAddr is the client's address without port, as the host knows it.
func (r *Request) RemoteAddr() string {
	a := r.head.Remote
	if i := strings.LastIndexByte(a, ':'); i >= 0 && (strings.IndexByte(a, ':') == i || strings.HasPrefix(a, "[")) {
		a = a[:i]
	}
	return strings.TrimSuffix(strings.TrimPrefix(a, "["), "]")
}

// Param returns the path's parameter name as text, "" when the route has none.
func (r *Request) Param(name string) string {
	v := r.Value(name)
	if v == nil {
		return ""
	}
	s, _ := route.Text(v)
	return s
}

// Int returns the path's parameter name as a number: for <int:name>, and for
// any other whose text is a number; else 0.
func (r *Request) Int(name string) int64 {
	switch v := r.Value(name).(type) {
	case int64:
		return v
	case int:
		return int64(v)
	case string:
		n, _ := strconv.ParseInt(v, 10, 64)
		return n
	}
	return 0
}

// Value returns the path's parameter as its converter made it, or the extra
// argument of the pattern; nil when there is none.
func (r *Request) Value(name string) any {
	if r.match != nil {
		for i := range r.match.Kwargs {
			if r.match.Kwargs[i].Name == name {
				return r.match.Kwargs[i].Value
			}
		}
	}
	return nil
}

// Args returns what the unnamed groups of a RePath matched.
func (r *Request) Args() []string {
	if r.match == nil {
		return nil
	}
	return r.match.Args
}

// Match returns the pattern that the path resolved to.
func (r *Request) Match() Match {
	if r.match == nil {
		return Match{}
	}
	m := r.match
	return Match{Name: m.URLName, ViewName: m.ViewName(), Route: m.Route, AppNames: m.AppNames, Namespaces: m.Namespaces}
}

// Match tells which pattern a path resolved to.
type Match struct {
	Name, ViewName, Route string
	AppNames, Namespaces  []string
}
