package host

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/host/httpabi"
)

// prefetch is the largest body that is read before the guest sees the request:
// a view that parses a form then never waits for a slow client.
const prefetch = 64 << 10

// body prepares the request's body: a small one is read at once.
func (f *flight) body() (io.Reader, bool) {
	r, limit := f.r, f.h.cfg.MaxBody
	switch n := r.ContentLength; {
	case n == 0 || r.Body == nil || r.Body == http.NoBody:
		return nil, true
	case n > limit:
		httpabi.HangUp(f.w)
		f.answer(http.StatusRequestEntityTooLarge, "the request's body is larger than "+strconv.FormatInt(limit, 10)+" bytes")
		return nil, false
	case n > 0 && n <= prefetch:
		b, ok := f.fetch(n)
		return bytes.NewReader(b), ok
	}
	_ = f.rc.EnableFullDuplex()
	f.slow = &slowBody{f: f, left: limit}
	return f.slow, true
}

func (f *flight) fetch(n int64) ([]byte, bool) {
	b := make([]byte, n)
	_ = f.rc.SetReadDeadline(time.Now().Add(f.h.cfg.RequestTimeout))
	_, err := io.ReadFull(f.r.Body, b)
	if err == nil {
		_ = f.rc.SetReadDeadline(time.Time{})
		return b, true
	}
	httpabi.HangUp(f.w)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		f.answer(http.StatusRequestTimeout, "the request's body did not arrive in time")
	} else {
		f.answer(http.StatusBadRequest, "the request's body broke off")
	}
	return nil, false
}

// slowBody gives a client so long to send the next bytes.
type slowBody struct {
	f     *flight
	left  int64       // that may come
	ended atomic.Bool // nothing of it is left on the connection
	broke atomic.Bool // the client left in its midst
}

func (b *slowBody) Read(p []byte) (int, error) {
	_ = b.f.rc.SetReadDeadline(time.Now().Add(b.f.h.cfg.IdleTimeout))
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one more tells whether there is more
	}
	n, err := b.f.r.Body.Read(p)
	if int64(n) > b.left {
		return int(b.left), &http.MaxBytesError{Limit: b.f.h.cfg.MaxBody}
	}
	b.left -= int64(n)
	switch err {
	case io.EOF:
		b.ended.Store(true)
		_ = b.f.rc.SetReadDeadline(time.Time{}) // one left over would look like a client that leaves
	case io.ErrUnexpectedEOF:
		b.broke.Store(true)
	}
	return n, err
}

// leave lets nothing of the request outlive its handler.
func (f *flight) leave() {
	f.x.Leave()
	if f.slow == nil || f.slow.ended.Load() {
		return
	}
	_ = f.rc.SetReadDeadline(time.Unix(1, 0))
	f.x.Idle()
	httpabi.HangUp(f.w)
}
