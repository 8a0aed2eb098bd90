package service

import (
	"context"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// Op is one of the operations that guests began before they had to wait.
type Op struct {
	Session *Session
	Ctx     context.Context
	Kind    abi.OpKind
	Msg     []byte
	Done    func(res []byte) // called once; it must not wait
}

func (op *Op) run() { op.Done(op.Session.Do(op.Ctx, op.Kind, op.Msg)) }

// DoAll runs operations that were begun at the same time. The statements of a
// session that may go to the database together do so, those of a transaction in
// their order. Everything else is as if each had been given to Do.
func (s *Service) DoAll(ops []Op) {
	if len(ops) == 1 || s.cfg.NoBatch {
		for i := range ops[1:] {
			go ops[1+i].run()
		}
		ops[0].run()
		return
	}
	var g gathered
	for i := range ops {
		s.sort(&ops[i], &g)
	}
	var work []func()
	for _, t := range g.txs {
		work = append(work, t.run)
	}
	for _, c := range g.writes {
		work = append(work, c.write)
	}
	for _, op := range g.single {
		work = append(work, op.run)
	}
	for _, r := range g.reads {
		work = append(work, r.run)
	}
	for i, f := range work {
		if i < len(work)-1 {
			go f()
		} else {
			f()
		}
	}
}

// gathered is operations by what may go together.
type gathered struct {
	txs    []*chain
	writes []*call
	reads  []*reading
	single []*Op
}

// sort finds out what an operation may go together with.
func (s *Service) sort(op *Op, g *gathered) {
	switch op.Kind {
	case abi.OpQuery, abi.OpExec:
		if len(op.Msg) > bindLater {
			break
		}
		c := s.call(op)
		switch {
		case c == nil: // it has been answered
		case c.st.tx != 0:
			g.chain(op.Session, c.st.tx).add(link{call: c})
		case c.st.Write:
			g.writes = append(g.writes, c)
		default:
			g.read(op.Session, c.st.reg.db).add(c)
		}
		return
	case abi.OpCommit, abi.OpRollback, abi.OpSavepoint:
		if len(op.Msg) >= 8 { // all of them begin with the transaction
			g.chain(op.Session, abi.U64(op.Msg)).add(link{op: op})
			return
		}
	}
	g.single = append(g.single, op)
}

func (g *gathered) chain(s *Session, tx uint64) *chain {
	for _, t := range g.txs {
		if t.s == s && t.token == tx {
			return t
		}
	}
	t := &chain{s: s, token: tx}
	g.txs = append(g.txs, t)
	return t
}

// read finds those that c may go with: of the same request; of any, where the
// database knows how to keep them apart.
func (g *gathered) read(s *Session, d db.DB) *reading {
	_, any := d.(db.Reader)
	for _, r := range g.reads {
		if r.db == d && (any || r.s == s) {
			return r
		}
	}
	r := &reading{s: s, db: d}
	g.reads = append(g.reads, r)
	return r
}

// call is a statement that is on its way to a neighbour.
type call struct {
	db.Item
	op     *Op
	st     prepared
	start  time.Time
	life   context.Context // of the session
	cancel context.CancelFunc
	end    context.CancelFunc // of its time
	left   atomic.Int64
	tx     *tx
}

// call admits a statement and plans it. It returns nil if that has been the end.
func (s *Service) call(op *Op) *call {
	life, err := op.Session.begin()
	if err != nil {
		op.Done(failed(err))
		return nil
	}
	c := &call{op: op, start: time.Now(), life: life}
	c.left.Store(int64(s.cfg.MaxResult))
	c.Ctx, c.cancel = joined(op.Ctx, life)
	leave := c.cancel
	c.Ctx, c.end, err = op.Session.admit(c.Ctx, op.Kind, op.Msg)
	c.cancel = func() { c.end(); leave() }
	c.Done, c.Sent, c.Of, c.Left = c.done, s.cfg.Batched, op.Session, &c.left
	if err != nil {
		c.End(nil, err)
		return nil
	}
	if c.st, err = op.Session.planned(op.Kind, abi.ReadBytes(op.Msg)); err != nil {
		c.End(nil, err)
		return nil
	}
	if c.st.empty && c.st.tx == 0 {
		out, err := c.st.nothing()
		c.End(out, err)
		return nil
	}
	c.Statement, c.Out = c.st.Statement, c.st.head
	return c
}

// planned is prepare, which no panic leaves.
func (s *Session) planned(kind abi.OpKind, r *abi.Reader) (st prepared, err error) {
	defer s.svc.contain(kind, &err)
	return s.prepare(r, make([]byte, 0, 256))
}

// done answers the operation.
func (c *call) done(out []byte, err error) {
	if err != nil && c.tx != nil {
		if cause := context.Cause(c.tx.life); cause != nil {
			err = cause
		}
	}
	s := c.op.Session
	if err == nil {
		err = s.charge(c.op.Kind, out)
	}
	err = s.large(s.late(c.Ctx, err))
	s.svc.observe(c.op.Kind, c.start, err)
	if c.st.reg == nil {
		s.refused(c.op.Kind, c.start, err)
	}
	s.ended(&c.st, c.start, &err)
	if err != nil {
		out = failed(err)
	}
	c.cancel()
	s.wg.Done()
	c.op.Done(out)
}

// write runs a statement that writes, outside of a transaction: it may wait for
// a lock, and nobody shall wait with it.
func (c *call) write() {
	defer c.op.Session.svc.rescue([]*db.Item{&c.Item})
	out, err := c.st.write(c.Ctx, c.op.Session.svc.cfg.MaxResult)
	c.End(out, err)
}

// rescue answers what a panic has left without an answer.
func (s *Service) rescue(items []*db.Item) {
	p := recover()
	if p == nil {
		return
	}
	s.cfg.Log.Error("operations panicked", "app", s.cfg.App, "panic", p, "stack", string(debug.Stack()))
	for _, it := range items {
		it.Unwatch()
		it.End(nil, errPanic)
	}
}

var errPanic = fail(abi.CodeInternal, "vinyl: the host failed in this operation; its log says why")
