package fetch

import (
	"context"
	"io"
	"strconv"

	"github.com/vinyl-edge/vinyl/abi"
)

// Do sends a request and returns the response once its head is there. ctx is
// the view's, or derived from it. The response's Body must be closed, unless it
// is read to its end or by Bytes, Text or JSON; at the latest it is with the
// view's own request.
func Do(ctx context.Context, r *Request) (*Response, error) {
	hop := *r
	if hop.Method == "" {
		hop.Method = "GET"
	}
	most := hop.Redirects
	if most == 0 {
		most = 10
	}
	for n := 0; ; n++ {
		res, err := hop.send(ctx)
		if err != nil {
			return nil, err
		}
		location := res.redirect()
		if location == "" || most < 0 {
			return res, nil
		}
		_ = res.Body.Close()
		if n == most {
			return nil, hop.error(ErrRedirects, "redirected more than "+strconv.Itoa(most)+" times, at last to "+shown(location), nil)
		}
		hop = hop.redirected(res.Status, location)
	}
}

// send makes one exchange.
func (r *Request) send(ctx context.Context) (*Response, error) {
	port, err := abi.PortFrom(ctx)
	if err != nil {
		return nil, r.invalid(err.Error(), err)
	}
	m := abi.FetchRequest{Method: r.Method, URL: r.URL, Headers: r.Header.list}
	src, err := port.Open(ctx, abi.OpFetch, append(m.Append(make([]byte, 0, 512+len(r.Body))), r.Body...))
	if err != nil {
		if err == abi.ErrTooLarge {
			return nil, r.error(ErrTooLarge, "a request with a body of "+strconv.Itoa(len(r.Body))+" bytes is more than the host takes", err)
		}
		return nil, r.failure(ctx, err)
	}
	b := &body{ctx: ctx, req: *r, src: src}
	b.req.Body = nil
	head, err := b.head()
	if err != nil {
		_ = src.Close()
		return nil, r.failure(ctx, err)
	}
	res := &Response{Status: int(head.Status), Header: Header{head.Headers}, URL: r.URL, Body: b, req: &b.req}
	b.left = res.length()
	if b.left == 0 {
		_ = src.Close()
	}
	return res, nil
}

// body is a response's body as it arrives.
type body struct {
	ctx  context.Context
	req  Request // for errors
	src  io.ReadCloser
	rest []byte // of what came with the head
	left int64  // -1 if it isn't known
	err  error  // for all further reads
}

// head reads what comes before the body.
func (b *body) head() (h abi.ResponseHead, err error) {
	msg := make([]byte, 0, 4096)
	for ended := false; ; {
		if whole, n := headOf(msg); n > 0 {
			b.rest = msg[n:]
			return abi.ReadResponseHead(whole)
		}
		if ended {
			if err := abi.ReadBytes(msg).Begin(); err != nil && len(msg) > 0 {
				return h, err
			}
			return h, io.ErrUnexpectedEOF
		}
		if len(msg) == cap(msg) {
			msg = append(msg, 0)[:len(msg)]
		}
		n, err := b.src.Read(msg[len(msg):cap(msg)])
		msg = msg[:len(msg)+n]
		if err != nil && err != io.EOF {
			return h, err
		}
		ended = err == io.EOF
	}
}

// headOf returns the message with the head that msg begins with, and where it
// ends; 0 if it isn't whole, or if msg is an error, which goes to the end.
func headOf(msg []byte) (head string, end int) {
	r := abi.ReadBytes(msg)
	if r.Begin() != nil {
		return "", 0
	}
	head = r.String()
	if r.Err() != nil {
		return "", 0
	}
	return head, len(msg) - r.Len()
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (n int, err error) {
	switch {
	case b.err != nil:
		return 0, b.err
	case b.left == 0:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	case b.left > 0:
		p = p[:min(int64(len(p)), b.left)]
	}
	if len(b.rest) > 0 {
		n = copy(p, b.rest)
		b.rest = b.rest[n:]
	} else if n, err = b.src.Read(p); err == io.EOF && b.left > 0 && int64(n) < b.left {
		err = io.ErrUnexpectedEOF
	}
	if b.left > 0 {
		b.left -= int64(n)
	}
	if err == io.EOF || b.left == 0 {
		b.left = 0
		_ = b.src.Close()
		if n > 0 {
			err = nil
		}
		return n, err
	}
	if err != nil {
		b.err = b.req.failure(b.ctx, err)
		_ = b.src.Close()
		return n, b.err
	}
	return n, nil
}

// Close implements io.Closer.
func (b *body) Close() error {
	if b.err == nil && b.left != 0 {
		b.err = io.ErrClosedPipe
	}
	return b.src.Close()
}
