package service

import (
	"context"
	"io"
	"sync"

	"github.com/vinyl-edge/vinyl/host/db"
)

// pipe hands chunks from an operation to its reader: one waits in it, so that
// the operation can work on the next, and no more.
type pipe struct {
	chunks chan []byte
	free   chan []byte // for reuse
	stop   context.CancelFunc
	sent   bool  // by the operation alone
	frames bool  // errors can be told in a frame
	broken error // set before chunks is closed

	mu  sync.Mutex // of Read
	cur []byte
	buf []byte // cur's whole
}

func newPipe(stop context.CancelFunc) *pipe {
	return &pipe{chunks: make(chan []byte, 1), free: make(chan []byte, 3), stop: stop}
}

// buffer returns an empty buffer for the next chunk.
func (p *pipe) buffer() []byte {
	select {
	case b := <-p.free:
		return b[:0]
	default:
		return nil
	}
}

// write hands b over.
func (p *pipe) write(ctx context.Context, b []byte) error {
	if ctx.Err() != nil {
		return db.CtxError(ctx)
	}
	select {
	case p.chunks <- b:
		p.sent = true
		return nil
	case <-ctx.Done():
		return db.CtxError(ctx)
	}
}

// end closes the result. A failure comes as a result of its own if nothing
// was sent, else in a frame, else as an error of Read.
func (p *pipe) end(err error) {
	if err != nil {
		var tail []byte
		switch {
		case !p.sent:
			tail = failed(err)
		case p.frames:
			tail = db.AppendFailure(nil, db.AsOpError(err))
		default:
			p.broken = err
		}
		if tail != nil {
			p.tail(tail)
		}
	}
	close(p.chunks)
}

// tail adds a last chunk without waiting: behind the one that may wait, or
// together with it.
func (p *pipe) tail(b []byte) {
	for {
		select {
		case p.chunks <- b:
			return
		case c := <-p.chunks:
			b = append(c, b...)
		}
	}
}

// Read reads from the result.
func (p *pipe) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(b) == 0 {
		return 0, nil
	}
	for len(p.cur) == 0 {
		if p.buf != nil {
			select {
			case p.free <- p.buf:
			default:
			}
			p.buf = nil
		}
		c, ok := <-p.chunks
		if !ok {
			if p.broken != nil {
				return 0, p.broken
			}
			return 0, io.EOF
		}
		p.cur, p.buf = c, c
	}
	n := copy(b, p.cur)
	p.cur = p.cur[n:]
	return n, nil
}

// Close cancels the operation.
func (p *pipe) Close() error {
	p.stop()
	return nil
}
