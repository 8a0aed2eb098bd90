package host

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/engine"
	"github.com/vinyl-edge/vinyl/host/httpabi"
	"github.com/vinyl-edge/vinyl/host/internal/tracing"
)

var (
	errTimeout  = errors.New("the app did not answer in time")
	errStopping = errors.New("the host stops")
	errLong     = errors.New("the body is longer than its content-length says")
)

// flight is one request in the front.
type flight struct {
	h     *Host
	w     http.ResponseWriter
	r     *http.Request
	rc    *http.ResponseController
	x     *engine.Exchange
	id    string
	trace *tracing.Request
	slow  *slowBody    // a body that is read while the guest runs
	head  httpabi.Head // of the response, once accept has seen it
	whole bool         // the head came with all of the body
	wrong bool         // a head was refused
	code  int          // sent, 0 none
	bytes int64        // sent
	spare []byte

	by        atomic.Int64 // when the response has to have begun, in ns since 1970, 0 any time
	cancelled bool         // since it had not
}

// serve has the app answer.
func (f *flight) serve() {
	if f.h.stopping() {
		f.w.Header().Set("Connection", "close")
		f.fail(http.StatusServiceUnavailable, errStopping)
		return
	}
	body, ok := f.body()
	if !ok {
		return
	}
	defer f.leave()
	timeout := f.h.cfg.RequestTimeout
	head := httpabi.Request(f.r, f.h.proxies, f.id, uint32(min(timeout/time.Millisecond, 1<<32-1)))
	f.x = engine.NewExchange(head.Append(make([]byte, 0, head.Size())), body, f.r.Method+" "+f.r.URL.Path, f.id)
	f.x.Accept = f.accept
	if f.trace != nil {
		f.trace.Head(&head)
		f.x.NewSession = func() engine.Session { return f.h.service.SessionIn(f.id, f.trace) }
	}
	until := time.Now().Add(timeout)
	f.by.Store(until.UnixNano())
	defer f.h.watch.add(f).remove(f)
	if err := f.h.pool.send(f.r.Context().Done(), until, f.x); err != nil {
		f.fail(http.StatusServiceUnavailable, err)
		return
	}
	f.relay()
}

// relay passes the response on while it is made.
func (f *flight) relay() {
	gone := f.r.Context().Done()
	for {
		select {
		case <-f.x.News():
		case <-gone:
			f.lost()
		}
		head, body, end, err := f.x.Take(f.spare)
		if f.slow != nil && f.slow.broke.Load() {
			f.lost() // whether net/http has said so yet or not
		}
		if head != nil {
			f.begin(body, end)
		}
		if err == nil && f.code == 0 {
			if f.over() {
				return
			}
			continue
		}
		if len(body) > 0 {
			if wrote := f.write(body, end); errors.Is(wrote, http.ErrContentLength) {
				err = errLong
			} else if wrote != nil {
				f.lost()
			}
		}
		f.spare = body
		if end && err == nil {
			err = f.short()
		}
		if end && err == nil {
			return
		}
		if err != nil {
			f.broken(err)
			return
		}
		if f.over() {
			return
		}
	}
}

// over ends a request that the host gives up: its time is over, or the host
// can't wait any longer.
func (f *flight) over() bool {
	select {
	case <-f.h.cut:
		f.broken(errStopping)
		return true
	default:
	}
	switch by := f.by.Load(); {
	case by == 0 || time.Now().UnixNano() < by:
	case f.code != 0: // it is for the response to begin
		f.by.Store(0)
	case f.r.Context().Err() != nil: // the client left
	case f.cancelled:
		f.fail(http.StatusServiceUnavailable, errTimeout)
		return true
	default:
		f.cancelled = true
		f.x.Cancel(abi.CancelDeadline)
		grace := min(f.h.cfg.RequestTimeout/10, time.Second) // the app may have a page for it
		f.by.Store(time.Now().Add(grace).UnixNano())
	}
	return false
}

// lost ends a request whose client has left. It doesn't return: net/http would
// make what has been sent look complete to a client that has only stopped
// sending.
func (f *flight) lost() {
	if f.x != nil {
		f.x.Cancel(abi.CancelClient)
	}
	panic(http.ErrAbortHandler)
}

// accept checks a response's head while the guest can still send another.
func (f *flight) accept(msg []byte, size int64) error {
	head, err := abi.ReadResponseHead(string(msg))
	if err == nil {
		f.head, err = httpabi.Check(f.r.Method, &head, size)
	}
	f.whole = size >= 0
	if err != nil && !f.wrong { // a guest may try again and again
		f.wrong = true
		f.h.cfg.Log.Error("response refused", "request", f.id, "method", f.r.Method, "path", f.r.URL.Path, "reason", err)
	}
	return err
}

// begin sends the head.
func (f *flight) begin(body []byte, end bool) {
	switch {
	case f.head.Bodyless(f.r.Method):
	case f.whole && f.head.Length < 0:
		f.w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	case f.head.Length < 0:
		// A stream that has already ended looks like any other: what is
		// answered must not depend on who was faster.
		f.w.Header()["Transfer-Encoding"] = []string{"chunked"}
	}
	f.code = f.head.Status
	f.head.Send(f.w)
	if !end && len(body) == 0 {
		_ = f.rc.Flush() // the body may take its time
	}
}

func (f *flight) write(body []byte, end bool) error {
	if f.head.Bodyless(f.r.Method) {
		return nil
	}
	n, err := f.w.Write(body)
	f.bytes += int64(n)
	if err == nil && !end {
		err = f.rc.Flush()
	}
	return err
}

// short finds that less was sent than the head has promised.
func (f *flight) short() error {
	if n := f.head.Length; n > f.bytes && !f.head.Bodyless(f.r.Method) {
		return fmt.Errorf("the body has %d bytes, its content-length says %d", f.bytes, n)
	}
	return nil
}

// broken ends a response that will not be completed.
func (f *flight) broken(err error) {
	if f.code == 0 {
		code := http.StatusServiceUnavailable // the instance died
		if errors.Is(err, engine.ErrNoResponse) {
			code = http.StatusInternalServerError
		}
		f.fail(code, err)
		return
	}
	f.h.cfg.Log.Error("response broken off", "request", f.id, "method", f.r.Method, "path", f.r.URL.Path, "reason", err)
	panic(http.ErrAbortHandler)
}

// fail logs why and answers in the app's stead.
func (f *flight) fail(code int, why error) {
	if f.r.Context().Err() != nil {
		f.lost()
	}
	f.h.cfg.Log.Error("request failed", "request", f.id, "method", f.r.Method, "path", f.r.URL.Path, "status", code, "reason", why)
	if code == http.StatusServiceUnavailable {
		f.w.Header().Set("Retry-After", "1")
	}
	f.answer(code, strings.ToLower(http.StatusText(code)))
}

func (f *flight) answer(code int, text string) {
	f.code = code
	header := f.w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Length", strconv.Itoa(len(text)+1))
	f.w.WriteHeader(code)
	n, _ := io.WriteString(f.w, text+"\n")
	f.bytes += int64(n)
}
