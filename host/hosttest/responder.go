package hosttest

import (
	"log/slog"
	"net/http"
	"strconv"
	"sync"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/httpabi"
)

// responder is the abi.ResponseWriter of one request.
type responder struct {
	method string
	log    *slog.Logger
	ended  chan struct{} // closed at the end of the body

	mu   sync.Mutex
	w    http.ResponseWriter // nil once net/http takes no more
	head bool
	code int // of the head
	done bool
	skip bool // the body is not sent
}

// Head implements abi.ResponseWriter.
func (r *responder) Head(h *abi.ResponseHead, body []byte, end bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.head:
		return abi.ErrState
	case r.w == nil:
		return abi.ErrGone
	}
	size := int64(-1)
	if end {
		size = int64(len(body))
	}
	head, err := httpabi.Check(r.method, h, size)
	if err != nil {
		r.log.Error(err.Error())
		return abi.ErrMessage
	}
	r.head, r.code, r.skip = true, head.Status, head.Bodyless(r.method)
	if end && !r.skip && head.Length < 0 {
		r.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	head.Send(r.w)
	if len(body) > 0 && !r.skip {
		if _, err := r.w.Write(body); err != nil {
			return abi.ErrGone
		}
	}
	if end {
		r.finish()
		return nil
	}
	return r.flush()
}

// Write implements abi.ResponseWriter.
func (r *responder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !r.head || r.done:
		return 0, abi.ErrState
	case r.w == nil:
		return 0, abi.ErrGone
	case r.skip:
		return len(p), nil
	}
	n, err := r.w.Write(p)
	if err == nil {
		err = r.flush()
	}
	if err != nil {
		return n, abi.ErrGone
	}
	return n, nil
}

// End implements abi.ResponseWriter.
func (r *responder) End() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.head || r.done {
		return abi.ErrState
	}
	r.finish()
	return nil
}

func (r *responder) finish() {
	r.done = true
	close(r.ended)
}

func (r *responder) flush() error {
	if err := http.NewResponseController(r.w).Flush(); err != nil {
		return abi.ErrGone
	}
	return nil
}

// leave ends net/http's part. A view that answered nothing made a mistake; one
// that did not end its body has broken it off.
func (r *responder) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.w
	r.w = nil
	switch {
	case r.done:
	case r.head:
		panic(http.ErrAbortHandler)
	default:
		r.code = http.StatusInternalServerError
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
	}
}

// status is the response's, 0 if there was none.
func (r *responder) status() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.code
}
