package postgres

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/host/db"
)

var _ db.Reader = (*DB)(nil)

// Read implements db.Reader: on a connection of its own if one is free.
func (d *DB) Read(ctx context.Context, st db.Statement, out []byte, max int) ([]byte, error) {
	p := d.paces.of(st.SQL)
	if d.shares(p, &st) && !d.free() {
		return d.readShared(ctx, st, out, max)
	}
	c, err := d.Acquire(ctx, db.Read)
	if err != nil {
		return out, err
	}
	defer c.Release()
	began := time.Now()
	b, err := db.All(ctx, c, st, out, max)
	if err == nil {
		p.took(time.Since(began))
	}
	return b, err
}

// free tells whether a connection can be had at once, and nothing is shared.
func (d *DB) free() bool { return d.shared.active.Load() == 0 && d.pools.Read.Free() > 0 }

// readShared waits for the answer to a statement that shares a connection.
func (d *DB) readShared(ctx context.Context, st db.Statement, out []byte, max int) ([]byte, error) {
	if ctx.Err() != nil {
		return out, db.CtxError(ctx)
	}
	type answer struct {
		out []byte
		err error
	}
	got := make(chan answer, 1)
	it := &db.Item{Ctx: ctx, Statement: st, Out: out, Done: func(out []byte, err error) { got <- answer{out, err} }}
	if max > 0 {
		it.Left = &atomic.Int64{}
		it.Left.Store(int64(max))
	}
	d.enqueue(it)
	a := <-got
	return a.out, a.err
}

// ReadAll implements db.Reader. What one asks goes together, but for what is
// known to be slow. When there are fewer connections than callers, they share.
func (d *DB) ReadAll(items []*db.Item) {
	var units [][]*db.Item
	for from := 0; from < len(items); {
		to := from + 1
		for to < len(items) && items[to].Of == items[from].Of {
			to++
		}
		var unit []*db.Item
		for _, it := range items[from:to] {
			if d.paces.of(it.SQL).apart() {
				go d.readTogether([]*db.Item{it})
			} else {
				unit = append(unit, it)
			}
		}
		if len(unit) > 0 {
			units = append(units, unit)
		}
		from = to
	}
	crowd := d.shared.active.Load() > 0 || len(units) > d.pools.Read.Free()
	var shared []*db.Item
	var own [][]*db.Item
	for _, unit := range units {
		if crowd && d.short(unit) {
			shared = append(shared, unit...)
		} else {
			own = append(own, unit)
		}
	}
	if len(shared) > 0 {
		d.enqueue(shared...)
	}
	for i, unit := range own {
		if i < len(own)-1 {
			go d.readTogether(unit)
		} else {
			d.readTogether(unit)
		}
	}
}

// short tells whether others may wait behind the items.
func (d *DB) short(items []*db.Item) bool {
	for _, it := range items {
		if !d.shares(d.paces.of(it.SQL), &it.Statement) {
			return false
		}
	}
	return true
}

// shares tells whether a statement may be sent among those of others: not if it
// may change a session that is theirs too.
func (d *DB) shares(p *pace, st *db.Statement) bool {
	return p.short() && !(st.Raw && p.calls) && !d.cfg.Pooler
}

// readTogether runs items on a connection that is theirs.
func (d *DB) readTogether(items []*db.Item) {
	for _, it := range items {
		it.Watch(nil)
	}
	c, err := d.acquireFor(items)
	for _, it := range items {
		it.Unwatch()
		if err != nil {
			it.End(nil, err)
		}
	}
	if c == nil {
		return
	}
	defer c.Release()
	c.Pipeline(background, items)
}

// acquireFor waits for a connection as long as somebody waits for the items.
func (d *DB) acquireFor(items []*db.Item) (*conn, error) {
	for _, it := range items {
		if it.Over() {
			continue
		}
		c, err := d.Acquire(it.Ctx, db.Read)
		if err == nil {
			return c.(*conn), nil
		}
		if it.Ctx.Err() == nil {
			return nil, err
		}
	}
	return nil, nil
}
