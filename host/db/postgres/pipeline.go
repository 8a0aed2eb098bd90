package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// A run is what is sent before its first answer is read. It fits into the
// buffers of a connection: otherwise both sides could wait for each other to read.
const (
	maxRun      = 64
	maxRunBytes = 32 << 10
)

// run is statements whose answers are awaited in their order, each with a Sync
// of its own, so that the failure of one is not the others'.
type run struct {
	c     *conn
	items []*running
	again []*db.Item // are to run once more, alone

	mu       sync.Mutex
	at       int  // whose answer comes now
	waiting  int  // for how many of the items somebody waits
	over     bool // all answers are here
	stopping bool // the server is told to stop what it does
	hit      bool // it was, so that a neighbour may have been stopped
	late     *time.Timer
}

type running struct {
	*db.Item
	st    *stmt
	fresh bool
	left  bool // nobody waits for it any more
}

// finish delivers the result when nothing else has ended the item.
func (it *running) finish(out []byte, err error) {
	it.Unwatch() // first: its ctx may end with it
	it.End(out, err)
}

// Pipeline implements db.Pipeline.
func (c *conn) Pipeline(ctx context.Context, items []*db.Item) {
	defer func() {
		if p := recover(); p != nil {
			c.lose()
			for _, it := range items {
				it.Unwatch()
				it.End(nil, &abi.OpError{Code: abi.CodeInternal, Message: fmt.Sprint("database: the driver failed: ", p)})
			}
		}
	}()
	if c.db.cfg.Pooler { // statements are not kept
		c.oneByOne(ctx, items)
		return
	}
	for rest := items; len(rest) > 0; {
		r := &run{c: c}
		n := r.collect(ctx, rest)
		if len(r.items) > 0 {
			n -= r.do(ctx)
		}
		for _, it := range r.again {
			it.Run(ctx, c)
		}
		rest = rest[n:]
	}
}

// collect prepares what can be sent at once, and returns how many items are
// dealt with thereby.
func (r *run) collect(ctx context.Context, items []*db.Item) (n int) {
	c := r.c
	for _, it := range items {
		if len(r.items) == maxRun {
			break
		}
		err := c.ready(ctx)
		switch {
		case it.Over():
			n++
			continue
		case it.Ctx.Err() != nil:
			err = db.CtxError(it.Ctx)
		case err == nil && ctx.Err() != nil:
			err = db.CtxError(ctx)
		case err == nil:
			err = db.CheckArgs(len(it.Args), maxArgs)
		}
		if err != nil {
			it.End(nil, err)
			n++
			continue
		}
		st, fresh := c.cache.get(it.SQL, it.Args), false
		if st == nil {
			large := len(it.SQL) > keepSQL || len(it.Args) > keepArgs
			// In a transaction the attempt to prepare may end it for those ahead.
			if len(r.items) > 0 && (large || c.tx) {
				break
			}
			if large {
				it.Run(ctx, c)
				n++
				continue
			}
			end := c.watch(it.Ctx, c.interrupt)
			st, fresh, err = c.prepare(it.SQL, it.Args)
			c.unwatch(end)
			if err != nil {
				cu := cursor{c: c, q: it.Statement, fresh: true}
				it.End(nil, cu.ended(it.Ctx, err))
				n++
				continue
			}
		}
		c.traces = c.traces || st.traces || it.Raw && st.calls
		r.items = append(r.items, &running{Item: it, st: st, fresh: fresh})
		n++
	}
	return n
}

// do sends the items and reads their answers. It returns how many did not fit.
func (r *run) do(ctx context.Context) (left int) {
	c, size := r.c, 0
	sent := r.items[:0]
	for i, it := range r.items {
		if err := c.params.encode(it.Args, it.st.types); err != nil {
			it.End(nil, opError(err))
			continue
		}
		if size += len(c.params.buf) + 64; len(sent) > 0 && size > maxRunBytes {
			left = len(r.items) - i
			break
		}
		c.out.SendBind(&pgproto3.Bind{
			PreparedStatement: it.st.name, ParameterFormatCodes: c.params.formats, Parameters: c.params.values, ResultFormatCodes: it.st.formats,
		})
		c.out.SendExecute(&pgproto3.Execute{})
		c.out.SendSync(&pgproto3.Sync{})
		sent = append(sent, it)
	}
	if r.items = sent; len(sent) == 0 {
		return left
	}
	if r.waiting = len(sent); r.waiting > 1 && sent[0].Sent != nil {
		sent[0].Sent(r.waiting)
	}
	for i, it := range sent {
		it.Watch(func() { r.gone(i) })
	}
	stop := context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.stop()
	})
	err := c.flush()
	for i, it := range sent {
		if !c.broken {
			r.begin(i)
			r.read(ctx, it)
			r.answered(i)
			continue
		}
		cu := cursor{c: c, q: it.Statement, st: it.st, fresh: true}
		if err == nil {
			err = errLost
		}
		it.End(nil, cu.ended(it.Ctx, err))
	}
	stop()
	r.end()
	return left
}

var errLost = errors.New("it broke while statements ahead of this one were answered")

// read reads the answer of one item.
func (r *run) read(ctx context.Context, it *running) {
	c := r.c
	cu := &cursor{c: c, q: it.Statement, st: it.st, fresh: it.fresh}
	c.live = cu
	began, room := time.Now(), it.Room()
	b, err, ready := db.AppendColumns(it.Out, it.Statement, cu), error(nil), false
	first := len(b)
	for !ready {
		frame := len(b)
		if b, ready, err = cu.receive(b, db.DefaultLimits); err != nil {
			break
		}
		b = it.Moments(b, frame, cu.Columns())
		if room > 0 && len(b)-len(it.Out) > room && !it.Over() {
			it.End(nil, db.TooLarge())
			r.gone(r.at)
		}
		if it.Over() {
			b = b[:first] // the rest is read all the same
		}
	}
	cu.finish()
	if err == nil {
		err = cu.failure
	}
	if err == nil {
		c.db.paces.of(it.SQL).took(time.Since(began))
	}
	switch {
	case err == nil:
		b = cu.end(b)
		it.Spend(len(b) - len(it.Out))
		it.finish(b, nil)
	case !c.broken && !c.tx && cu.stale(err):
		c.drop(it.st)
		r.again = append(r.again, it.Item)
	case !c.broken && !c.tx && r.astray(err):
		r.again = append(r.again, it.Item)
	case c.tx && ctx.Err() != nil:
		it.finish(nil, cu.ended(ctx, err))
	default:
		it.finish(nil, cu.ended(it.Ctx, err))
	}
}

// astray tells whether err is a cancellation that was meant for a neighbour.
func (r *run) astray(err error) bool {
	var pg *pgconn.PgError
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hit && errors.As(err, &pg) && serverError(pg).Code == abi.CodeCancelled
}

// begin makes the nth item the one whose answer comes.
func (r *run) begin(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at = n; r.items[n].Over() {
		r.abandon(n)
	}
}

// gone hears that nobody waits for the nth item any more.
func (r *run) gone(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.over || !r.leave(n):
	case r.waiting == 0:
		r.stop()
	case r.at == n:
		r.abandon(n)
	}
}

// leave takes the nth item from those that somebody waits for. mu is held.
func (r *run) leave(n int) bool {
	it := r.items[n]
	if it.left {
		return false
	}
	it.left = true
	r.waiting--
	return true
}

// abandon stops an item that the others wait behind, unless it is soon over. In
// a transaction that would be the end of theirs too. mu is held.
func (r *run) abandon(n int) {
	if r.c.tx || r.waiting == 0 || r.late != nil {
		return
	}
	r.late = time.AfterFunc(patience, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !r.over && r.at == n && r.late != nil {
			r.stop()
		}
	})
}

// stop makes the server stop what it does now. mu is held.
func (r *run) stop() {
	if !r.stopping && !r.over {
		r.stopping, r.hit = true, true
		go r.c.interrupt()
	}
}

// answered ends a cancellation of the nth item, before the next one's turn.
func (r *run) answered(n int) {
	r.mu.Lock()
	if r.late != nil {
		r.late.Stop()
		r.late = nil
	}
	last := n == len(r.items)-1
	stopping := r.stopping && r.waiting > 0 && !last
	if stopping {
		r.stopping = false
	}
	if r.leave(n); r.waiting == 0 && !last {
		r.stop()
	}
	r.at = n + 1
	r.mu.Unlock()
	if stopping {
		r.calm()
	}
}

// end waits for cancellations, so that none arrives at what comes next.
func (r *run) end() {
	for _, it := range r.items {
		it.Unwatch()
	}
	r.mu.Lock()
	r.over = true
	stopping := r.stopping
	r.mu.Unlock()
	if stopping {
		r.calm()
	}
}

func (r *run) calm() {
	r.c.quit <- struct{}{}
	_ = r.c.pg.Conn().SetDeadline(time.Time{})
}
