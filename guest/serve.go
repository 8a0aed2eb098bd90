package guest

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/vinyl-edge/vinyl/abi"
)

// Serve answers one request. Runtimes call it.
func (a *App) Serve(ctx context.Context, head *abi.RequestHead, body io.Reader, w abi.ResponseWriter) {
	req := NewRequest(a.Context(ctx), a, head, body)
	defer req.letGo()
	resp, _ := a.handler(req)
	if err := a.send(req, resp, w); err != nil {
		logError(req, 500, err)
	}
	release(resp.buffer)
	req.runAfter()
}

// Respond runs the request through middleware and view, for tests.
func (a *App) Respond(req *Request) *Response {
	resp, _ := a.handler(req)
	return resp
}

// send writes resp, whose stream may still turn it into an error page.
func (a *App) send(req *Request, resp *Response, w abi.ResponseWriter) error {
	if resp.component != nil { // a middleware's own
		if err := resp.render(req.ctx); err != nil {
			resp = a.errorResponse(req, err)
		}
	}
	if err := resp.Header.err; err != nil {
		resp = a.errorResponse(req, err)
	}
	if resp.stream == nil {
		return a.sendWhole(req, resp, w)
	}
	sw := &Writer{req: req, resp: resp, w: w}
	err := sw.run()
	if err == nil {
		return sw.end()
	}
	if sw.headSent { // too late: without End the host breaks the connection off
		return clientLeft(&wrapped{"stream broken off: " + err.Error(), err})
	}
	return a.sendWhole(req, a.errorResponse(req, err), w)
}

func (a *App) sendWhole(req *Request, resp *Response, w abi.ResponseWriter) error {
	h, err := resp.head()
	if err != nil {
		resp = a.errorResponse(req, err)
		if h, err = resp.head(); err != nil {
			h, resp = &abi.ResponseHead{Status: 500}, &Response{Status: 500}
		}
	}
	body := resp.body
	if req.Method == "HEAD" || bodyless(resp.Status) {
		body = nil
	}
	return clientLeft(w.Head(h, body, true))
}

// clientLeft makes nothing of the error of a client that has gone.
func clientLeft(err error) error {
	if errors.Is(err, abi.ErrGone) {
		return nil
	}
	return err
}

func bodyless(status int) bool { return status == 204 || status == 304 || status < 200 }

// head is what goes over the wire before the body.
func (r *Response) head() (*abi.ResponseHead, error) {
	if err := r.Err(); err != nil {
		return nil, err
	}
	if r.Status < 200 {
		return nil, errors.New("guest: " + strconv.Itoa(r.Status) + " is no status of a final response")
	}
	list := r.Header.list
	if i := r.Header.index("content-length"); i >= 0 && bodyless(r.Status) {
		list = append(list[:i:i], list[i+1:]...)
	}
	for i := range r.cookies.list {
		list = append(list, abi.Header{Name: "set-cookie", Value: r.cookies.list[i].String()})
	}
	r.wire = abi.ResponseHead{Status: uint16(r.Status), Headers: list}
	return &r.wire, nil
}
