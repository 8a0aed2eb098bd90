package guesttest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest"
)

// TB is the part of testing.TB that is needed.
type TB interface {
	Helper()
	Fatal(args ...any)
}

// Client sends requests to one app and keeps its cookies.
type Client struct {
	t       TB
	app     *guest.App
	ctx     context.Context
	Host    string
	Scheme  string
	Headers map[string]string // sent with every request
	Cookies map[string]string
}

// New sets app up and returns a client for it.
func New(t TB, app *guest.App) *Client { return NewContext(context.Background(), t, app) }

// NewContext is New with the context that requests derive from: one with a
// Port when views need the database.
func NewContext(ctx context.Context, t TB, app *guest.App) *Client {
	t.Helper()
	if err := app.Setup(ctx); errors.Is(err, abi.ErrNoPort) {
		t.Fatal("app setup: the app has models and no host to describe them to: test it with package host/hosttest")
	} else if err != nil {
		t.Fatal("app setup: " + err.Error())
	}
	return &Client{t: t, app: app, ctx: ctx, Host: "localhost", Scheme: "http", Headers: map[string]string{}, Cookies: map[string]string{}}
}

// Get requests a path, with a query string if it has one.
func (c *Client) Get(path string, headers ...string) *Response {
	return c.Do("GET", path, "", headers...)
}

// PostForm posts URL-encoded fields, names and values by turns.
func (c *Client) PostForm(path string, fields ...string) *Response {
	c.t.Helper()
	if len(fields)%2 != 0 {
		c.t.Fatal("PostForm " + path + ": the field " + fields[len(fields)-1] + " has no value: names and values take turns")
	}
	q := &guest.QueryDict{}
	for i := 0; i+1 < len(fields); i += 2 {
		q.Add(fields[i], fields[i+1])
	}
	return c.Do("POST", path, q.Encode(""), "content-type", "application/x-www-form-urlencoded")
}

// Do sends a request; headers are names and values by turns.
func (c *Client) Do(method, path, body string, headers ...string) *Response {
	c.t.Helper()
	if len(headers)%2 != 0 {
		c.t.Fatal(method + " " + path + ": the header " + headers[len(headers)-1] + " has no value: names and values take turns")
	}
	head := &abi.RequestHead{Method: method, Scheme: c.Scheme, Host: c.Host, Remote: "127.0.0.1:50000", Proto: "HTTP/1.1", ID: "test", Body: int64(len(body))}
	head.Path, head.Query, _ = strings.Cut(path, "?")
	for k, v := range c.Headers {
		head.Headers = append(head.Headers, abi.Header{Name: strings.ToLower(k), Value: v})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		head.Headers = append(head.Headers, abi.Header{Name: strings.ToLower(headers[i]), Value: headers[i+1]})
	}
	for k, v := range c.Cookies {
		head.Headers = append(head.Headers, abi.Header{Name: "cookie", Value: k + "=" + v})
	}
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	r := &Recorder{}
	c.app.Serve(ctx, head, strings.NewReader(body), r)
	resp := r.Response()
	for _, h := range resp.Header {
		if h.Name != "set-cookie" {
			continue
		}
		pair, rest, _ := strings.Cut(h.Value, ";")
		if name, value, ok := strings.Cut(pair, "="); ok && strings.Contains(rest+";", "Max-Age=0;") {
			delete(c.Cookies, name)
		} else if ok {
			c.Cookies[name] = value
		}
	}
	return resp
}

// Response is what the app answered.
type Response struct {
	Status   int
	Header   []abi.Header
	Body     []byte
	Complete bool // false when the app broke the response off
}

// Get returns the value of a header field.
func (r *Response) Get(name string) string {
	for _, h := range r.Header {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// Text returns the body.
func (r *Response) Text() string { return string(r.Body) }

// Recorder is an abi.ResponseWriter that keeps everything and insists on the
// order of calls that the contract asks for.
type Recorder struct {
	head    *abi.ResponseHead
	body    bytes.Buffer
	ended   bool
	Flushes int // number of calls of Write
}

var _ abi.ResponseWriter = (*Recorder)(nil)

// ErrOrder is returned for a call that the contract forbids.
var ErrOrder = errors.New("guesttest: Head comes first and once, nothing after the end")

// Head implements abi.ResponseWriter.
func (r *Recorder) Head(h *abi.ResponseHead, body []byte, end bool) error {
	if r.head != nil {
		return ErrOrder
	}
	r.head = &abi.ResponseHead{Status: h.Status, Headers: append([]abi.Header(nil), h.Headers...)}
	r.body.Write(body)
	r.ended = end
	return nil
}

// Write implements abi.ResponseWriter.
func (r *Recorder) Write(p []byte) (int, error) {
	if r.head == nil || r.ended {
		return 0, ErrOrder
	}
	r.Flushes++
	return r.body.Write(p)
}

// End implements abi.ResponseWriter.
func (r *Recorder) End() error {
	if r.head == nil || r.ended {
		return ErrOrder
	}
	r.ended = true
	return nil
}

// Response returns what was recorded.
func (r *Recorder) Response() *Response {
	if r.head == nil {
		return &Response{}
	}
	return &Response{Status: int(r.head.Status), Header: r.head.Headers, Body: r.body.Bytes(), Complete: r.ended}
}

var _ io.Writer = (*Recorder)(nil)
