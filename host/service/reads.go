package service

import (
	"context"

	"github.com/vinyl-edge/vinyl/host/db"
)

// reading is reading statements outside of transactions, in one database.
type reading struct {
	s     *Session
	db    db.DB
	items []*db.Item
	calls []*call // those that have spans
}

func (r *reading) add(c *call) {
	r.items = append(r.items, &c.Item)
	if c.op.Session.trace != nil {
		r.calls = append(r.calls, c)
	}
}

func (r *reading) run() {
	for _, c := range r.calls {
		c.st.together = len(r.items)
	}
	defer r.s.svc.rescue(r.items)
	if d, ok := r.db.(db.Reader); ok {
		d.ReadAll(r.items)
		return
	}
	onOne(r.db, db.Read, r.items, func(c db.Conn) { db.Together(context.Background(), c, r.items) })
}

// onOne runs f with a connection, which is waited for as long as somebody waits
// for the items.
func onOne(d db.DB, mode db.Mode, items []*db.Item, f func(db.Conn)) {
	for _, it := range items {
		it.Watch(nil)
	}
	c, err := acquireFor(d, mode, items)
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
	f(c)
}

// acquireFor may return neither a connection nor an error, when nobody waits
// any more.
func acquireFor(d db.DB, mode db.Mode, items []*db.Item) (db.Conn, error) {
	for _, it := range items {
		if it.Over() {
			continue
		}
		c, err := d.Acquire(it.Ctx, mode)
		if err == nil || it.Ctx.Err() == nil {
			return c, err
		}
	}
	return nil, nil
}
