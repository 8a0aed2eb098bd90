package engine

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"

	"github.com/vinyl-edge/vinyl/abi"
)

// bodyChunk is read ahead of a suspending guest.
const bodyChunk = 32 << 10

// body is a request's body. A suspending instance must not wait for the
// client: one goroutine at a time reads the next chunk for it.
type body struct {
	r io.Reader

	mu   sync.Mutex
	buf  []byte // read and not yet taken
	off  int
	err  error // after buf
	busy bool  // a chunk is being read
	want bool  // the guest was told to wait
	left bool  // the request is over
	idle *sync.Cond
}

// read answers body_read for a suspending instance.
func (b *body) read(x *Exchange, p []byte) abi.Status {
	if b.r == nil || len(p) == 0 {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.off < len(b.buf) {
		n := copy(p, b.buf[b.off:])
		b.off += n
		return abi.Status(n)
	}
	if b.err != nil {
		return bodyStatus(b.err)
	}
	if b.left {
		return abi.ErrGone
	}
	if b.want {
		return abi.ErrState
	}
	b.want = true
	if !b.busy {
		b.busy = true
		go b.next(x)
	}
	return abi.Pending
}

func (b *body) next(x *Exchange) {
	if cap(b.buf) < bodyChunk {
		b.buf = make([]byte, bodyChunk)
	}
	n, err := b.r.Read(b.buf[:bodyChunk])
	b.mu.Lock()
	b.buf, b.off, b.err, b.busy = b.buf[:n], 0, err, false
	want := b.want && (n > 0 || err != nil)
	if n == 0 && err == nil { // allowed by io.Reader: ask again
		b.busy = true
		go b.next(x)
	}
	if want {
		b.want = false
	}
	if b.idle != nil {
		b.idle.Broadcast()
	}
	b.mu.Unlock()
	if want {
		x.in.post(abi.Event{Kind: abi.EventBody, ID: x.id})
	}
}

// readNow answers body_read for a blocking instance.
func (b *body) readNow(p []byte) abi.Status {
	if b.r == nil || len(p) == 0 {
		return 0
	}
	for {
		b.mu.Lock()
		err, left := b.err, b.left
		b.busy = err == nil && !left
		b.mu.Unlock()
		if err != nil {
			return bodyStatus(err)
		}
		if left {
			return abi.ErrGone
		}
		n, err := b.r.Read(p)
		b.mu.Lock()
		b.err, b.busy = err, false
		if b.idle != nil {
			b.idle.Broadcast()
		}
		b.mu.Unlock()
		if n > 0 {
			return abi.Status(n)
		}
	}
}

// leave makes further reads fail.
func (b *body) leave() {
	b.mu.Lock()
	b.left = true
	b.mu.Unlock()
}

// Idle waits until nothing reads the body any more: the front must not return
// before. A front that can't wait makes the read fail first.
func (x *Exchange) Idle() {
	b := &x.body
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.idle == nil {
		b.idle = sync.NewCond(&b.mu)
	}
	for b.busy {
		b.idle.Wait()
	}
}

func bodyStatus(err error) abi.Status {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, io.EOF):
		return 0
	case errors.As(err, &tooLarge):
		return abi.ErrTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return abi.ErrTimeout
	}
	return abi.ErrGone
}
