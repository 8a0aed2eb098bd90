package service

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/internal/tracing"
)

// maxTogether is how many items of a batch are planned before they run.
const maxTogether = 64

// batch answers OpBatch: the items run in their order, each with its own
// result. Neighbours of one kind share a connection.
func (s *Session) batch(ctx context.Context, msg []byte) ([]byte, error) {
	rest, err := readBatch(msg)
	if err != nil {
		return nil, err
	}
	b := batch{s: s, ctx: ctx}
	if s.trace.Sampled() {
		var span *tracing.Span
		b.above, span = s.trace.Batch(len(rest))
		defer span.End(nil)
	}
	out := make([]byte, 1, 1024)
	for len(rest) > 0 {
		b.left.Store(int64(s.svc.cfg.MaxResult - len(out)))
		group, n := b.group(rest)
		rest = rest[n:]
		b.run(group)
		for _, e := range group {
			at := len(out)
			out = abi.AppendU32(out, 0)
			if e.err != nil {
				out = db.AsOpError(e.err).Append(append(out, abi.ResultError))
			} else {
				out = append(out, e.out...)
			}
			abi.PutU32(out[at:], uint32(len(out)-at-4))
		}
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

// batch is a batch under way.
type batch struct {
	s     *Session
	ctx   context.Context
	left  atomic.Int64    // bytes of results
	next  *entry          // planned already, but not of the group before it
	above context.Context // of the batch's span, nil if there is none
}

// entry is an item of a batch and its result.
type entry struct {
	db.Item
	st   prepared
	over bool
	out  []byte
	err  error
}

func (e *entry) end(out []byte, err error) *entry {
	e.over, e.out, e.err = true, out, err
	return e
}

// along tells whether e can run where f does. What is large has a connection
// before its parameters are read.
func (e *entry) along(f *entry) bool {
	a, b := &e.st, &f.st
	if a.params != nil || b.params != nil {
		return false
	}
	return a.tx == b.tx && a.reg.db == b.reg.db && (a.tx != 0 || a.Write == b.Write)
}

// group plans items until one has to run elsewhere, and tells how many.
func (b *batch) group(rest []string) (group []*entry, n int) {
	var first *entry
	for n < min(len(rest), maxTogether) {
		e := b.next
		if e == nil {
			e = b.plan(rest[n])
		}
		b.next = nil
		if !e.over {
			if first == nil {
				first = e
			} else if !first.along(e) {
				b.next = e
				break
			}
		}
		group = append(group, e)
		n++
	}
	return group, n
}

// plan reads and plans an item.
func (b *batch) plan(msg string) (e *entry) {
	e = &entry{}
	switch {
	case b.left.Load() <= 0:
		return e.end(nil, errFull)
	case b.ctx.Err() != nil:
		return e.end(nil, db.CtxError(b.ctx))
	}
	r := abi.NewReader(msg)
	if k := abi.OpKind(r.U8()); k != abi.OpQuery && k != abi.OpExec {
		return e.end(nil, fail(abi.CodeBadMessage, "vinyl: a batch holds queries and execs only"))
	}
	var err error
	if e.st, err = b.s.planned(abi.OpBatch, r); err != nil {
		if b.above != nil {
			b.s.trace.Refused(b.above, abi.OpQuery, time.Now(), err)
		}
		return e.end(nil, err)
	}
	if e.st.parent = b.above; e.st.empty && e.st.tx == 0 {
		return e.end(e.st.nothing())
	}
	return e
}

// run runs a group.
func (b *batch) run(group []*entry) {
	var wait sync.WaitGroup
	var items []*db.Item
	start := time.Now()
	var st *prepared
	for _, e := range group {
		if e.over {
			continue
		}
		if st = &e.st; st.params != nil || st.empty {
			e.end(b.s.run(b.ctx, &e.st, b.room()))
			continue
		}
		e.Ctx, e.Statement, e.Out, e.Left, e.Of, e.Sent = b.ctx, st.Statement, st.head, &b.left, b, b.s.svc.cfg.Batched
		e.Done = func(out []byte, err error) {
			b.s.ended(&e.st, start, &err)
			e.end(out, err)
			wait.Done()
		}
		wait.Add(1)
		items = append(items, &e.Item)
	}
	if len(items) == 0 {
		return
	}
	for _, e := range group {
		e.st.together = len(items)
	}
	b.s.runAll(b.ctx, st, items)
	wait.Wait()
}

func (b *batch) room() int { return int(max(b.left.Load(), 1)) }

// runAll runs items of which each could be st's neighbour.
func (s *Session) runAll(ctx context.Context, st *prepared, items []*db.Item) {
	switch {
	case st.tx != 0:
		t, err := s.txFor(st)
		if err != nil {
			for _, it := range items {
				it.End(nil, err)
			}
			return
		}
		s.together(ctx, t, items)
	case st.Write:
		onOne(st.reg.db, db.Write, items, func(c db.Conn) {
			for _, it := range items {
				it.Run(ctx, c)
			}
		})
	case s.svc.cfg.NoBatch:
		onOne(st.reg.db, db.Read, items, func(c db.Conn) {
			for _, it := range items {
				it.Run(ctx, c)
			}
		})
	default:
		(&reading{s: s, db: st.reg.db, items: items}).run()
	}
}
