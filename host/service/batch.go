package service

import (
	"context"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// batch answers OpBatch: the items run in their order, each with its own
// result. Neighbours outside of a transaction share a connection.
func (s *Session) batch(ctx context.Context, msg []byte) ([]byte, error) {
	items, err := readBatch(msg)
	if err != nil {
		return nil, err
	}
	b := batch{s: s}
	defer b.release()
	out := make([]byte, 1, 1024)
	for _, it := range items {
		at := len(out)
		out = abi.AppendU32(out, 0)
		if len(out) > s.svc.cfg.MaxResult {
			out = errFull.Append(append(out, abi.ResultError))
		} else if out, err = b.item(ctx, it, out); err != nil {
			out = db.AsOpError(err).Append(append(out[:at+4], abi.ResultError))
		}
		abi.PutU32(out[at:], uint32(len(out)-at-4))
	}
	return out, nil
}

// errFull is the result of an item for which a batch's result has no room. It is
// short: there may be millions of them.
var errFull = fail(abi.CodeNotSupported, "too large")

func readBatch(msg []byte) ([]string, error) {
	r := abi.ReadBytes(msg)
	n := r.U32()
	if int64(n) > int64(r.Len()/5) {
		return nil, errMessage
	}
	items := make([]string, n)
	rest := r.Rest()
	for i := range items {
		if len(rest) < 5 {
			return nil, errMessage
		}
		size := uint64(abi.NewReader(rest).U32())
		if size < 1 || size > uint64(len(rest)-4) {
			return nil, errMessage
		}
		items[i], rest = rest[4:4+size], rest[4+size:]
	}
	if rest != "" {
		return nil, errMessage
	}
	return items, nil
}

// batch holds the connection that neighbours share.
type batch struct {
	s     *Session
	conn  db.Conn
	write bool
	db    db.DB
}

func (b *batch) release() {
	if b.conn != nil {
		b.conn.Release()
		b.conn = nil
	}
}

// item appends the result of one item.
func (b *batch) item(ctx context.Context, msg string, out []byte) (_ []byte, err error) {
	defer b.s.svc.contain(abi.OpBatch, &err)
	if ctx.Err() != nil {
		return out, db.CtxError(ctx)
	}
	r := abi.NewReader(msg)
	if k := abi.OpKind(r.U8()); k != abi.OpQuery && k != abi.OpExec {
		return out, fail(abi.CodeBadMessage, "vinyl: a batch holds queries and execs only")
	}
	st, err := b.s.prepare(r, out)
	if err != nil {
		return out, err
	}
	limit := max(b.s.svc.cfg.MaxResult-len(out), 1)
	if st.tx != 0 {
		// The connection might be what the transaction's end waits for.
		b.release()
		t, err := b.s.txFor(&st)
		if err != nil {
			return out, err
		}
		if st.empty {
			return st.nothing()
		}
		res := st.head
		err = t.use(ctx, func(ctx context.Context, c db.Conn) (err error) {
			res, err = st.all(ctx, c, limit)
			return err
		})
		return res, err
	}
	if st.empty {
		return st.nothing()
	}
	if b.conn != nil && (b.write != st.Write || b.db != st.reg.db) {
		b.release()
	}
	if b.conn == nil {
		mode := db.Read
		if b.write = st.Write; b.write {
			mode = db.Write
		}
		b.db = st.reg.db
		if b.conn, err = b.db.Acquire(ctx, mode); err != nil {
			b.conn = nil
			return out, err
		}
	}
	return st.all(ctx, b.conn, limit)
}
