package orm

import (
	"context"
	"errors"
	"io"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
)

// errStop ends a stream whose loop was left.
var errStop = errors.New("orm: the loop was left")

// stream yields records frame by frame.
func (q *core) stream(ctx context.Context, yield func(unsafe.Pointer, error) bool) {
	err := q.chunks(ctx, func(p *plan, cols, n int, cells string) error {
		d, err := p.decoder(q.info)
		if err != nil {
			return err
		}
		ps, err := d.rows(nil, n, cols, cells)
		if err != nil {
			return err
		}
		q.recognize(ps)
		if len(q.prefetch) > 0 {
			if err := prefetch(ctx, q.info, ps, q.prefetch); err != nil {
				return err
			}
		}
		for _, p := range ps {
			if !yield(p, nil) {
				return errStop
			}
		}
		return nil
	})
	if err != nil && err != errStop {
		yield(nil, err)
	}
}

// chunks opens a stream and calls f for each frame of rows.
func (q *core) chunks(ctx context.Context, f func(p *plan, cols, n int, cells string) error) error {
	e, err := q.encoded()
	if err != nil {
		return err
	}
	s, err := q.reading(ctx)
	if err != nil || q.none {
		return err
	}
	if err := s.accepts(e); err != nil {
		return err
	}
	p := s.plan(e.shape)
	for {
		rc, err := s.port.Open(ctx, abi.OpStream, s.message(nil, e, p))
		if err != nil {
			return fromHost(err)
		}
		err = s.readStream(ctx, rc, e, p, f)
		if cerr := rc.Close(); err == nil && cerr != nil && ctx.Err() != nil {
			err = ctx.Err()
		}
		if forgotten(err) && p != nil {
			s.drop(e.shape)
			p = nil
			continue
		}
		return fromHost(err)
	}
}

func (s session) readStream(ctx context.Context, rc io.Reader, e *encoded, p *plan, f func(p *plan, cols, n int, cells string) error) error {
	r := pieces{r: rc}
	p, cols, err := s.streamHead(&r, e, p)
	if err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		kind, err := r.need(1)
		if err != nil {
			return err
		}
		switch kind[0] {
		case abi.FrameEnd:
			_, err := r.need(16)
			return err
		case abi.FrameError:
			rest, err := io.ReadAll(io.LimitReader(r.remaining(), 1<<20))
			if err != nil {
				return err
			}
			return abi.ReadBytes(rest).OpError()
		case abi.FrameRows:
			head, err := r.need(8)
			if err != nil {
				return err
			}
			n, size := int(abi.U32(head)), int(abi.U32(head[4:]))
			if n > size || n*cols > size {
				return abi.ErrMessage
			}
			cells, err := r.own(size)
			if err != nil {
				return err
			}
			if err := f(p, cols, n, cells); err != nil {
				return err
			}
		default:
			return abi.ErrMessage
		}
	}
}

func (s session) streamHead(r *pieces, e *encoded, p *plan) (*plan, int, error) {
	first, err := r.need(1)
	if err != nil {
		return nil, 0, err
	}
	if first[0] != abi.ResultOK {
		rest, err := io.ReadAll(io.LimitReader(r.remaining(), 1<<20))
		if err != nil {
			return nil, 0, err
		}
		return nil, 0, abi.ReadBytes(rest).OpError()
	}
	b, err := r.need(4)
	if err != nil {
		return nil, 0, err
	}
	handle := abi.U32(b)
	size := 0
	for shift := 0; ; shift += 7 {
		b, err := r.need(1)
		if err != nil {
			return nil, 0, err
		}
		if shift > 21 {
			return nil, 0, abi.ErrMessage
		}
		size |= int(b[0]&0x7f) << shift
		if b[0] < 0x80 {
			break
		}
	}
	layout, err := r.own(size)
	if err != nil {
		return nil, 0, err
	}
	if b, err = r.need(2); err != nil {
		return nil, 0, err
	}
	cols := int(abi.U16(b))
	p, err = s.learn(e, p, handle, layout)
	return p, cols, err
}

// pieces reads items of known length from a reader that gives what it has.
type pieces struct {
	r    io.Reader
	buf  [4096]byte
	a, b int // unread part of buf
}

// need returns the next n bytes, at most 16, valid until the next call.
func (p *pieces) need(n int) ([]byte, error) {
	if p.b-p.a < n {
		copy(p.buf[:], p.buf[p.a:p.b])
		p.a, p.b = 0, p.b-p.a
		for p.b < n {
			got, err := p.r.Read(p.buf[p.b:])
			p.b += got
			if err != nil && p.b < n {
				return nil, early(err)
			}
		}
	}
	s := p.buf[p.a : p.a+n]
	p.a += n
	return s, nil
}

// own returns the next n bytes in memory of their own.
func (p *pieces) own(n int) (string, error) {
	// A forged size must not cost more memory than arrives.
	b := make([]byte, 0, min(n, 1<<20))
	for len(b) < n {
		if p.a < p.b {
			k := min(n-len(b), p.b-p.a)
			b = append(b, p.buf[p.a:p.a+k]...)
			p.a += k
			continue
		}
		if cap(b) == len(b) {
			b = append(b, 0)[:len(b)]
		}
		got, err := p.r.Read(b[len(b):min(cap(b), n)])
		b = b[:len(b)+got]
		if err != nil && len(b) < n {
			return "", early(err)
		}
	}
	return unsafe.String(unsafe.SliceData(b), len(b)), nil
}

func (p *pieces) remaining() io.Reader {
	rest := p.buf[p.a:p.b]
	p.a = p.b
	return io.MultiReader(&byteReader{rest}, p.r)
}

func early(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

type byteReader struct{ b []byte }

func (r *byteReader) Read(p []byte) (int, error) {
	if len(r.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.b)
	r.b = r.b[n:]
	return n, nil
}
