package service

import (
	"context"

	"github.com/vinyl-edge/vinyl/host/db"
)

// chain is operations of one transaction, in the order in which they were
// begun. Statements between its savepoints go together.
type chain struct {
	s     *Session
	token uint64
	links []link
}

// link is a statement or another operation.
type link struct {
	call *call
	op   *Op
}

func (t *chain) add(l link) { t.links = append(t.links, l) }

func (t *chain) run() {
	for rest := t.links; len(rest) > 0; {
		if rest[0].op != nil {
			rest[0].op.run()
			rest = rest[1:]
			continue
		}
		n := 0
		var calls []*call
		for n < len(rest) && rest[n].call != nil {
			calls = append(calls, rest[n].call)
			n++
		}
		t.s.inTxAll(t.token, calls)
		rest = rest[n:]
	}
}

// inTxAll runs statements in their transaction.
func (s *Session) inTxAll(token uint64, calls []*call) {
	t, err := s.tx(token)
	var items []*db.Item
	for _, c := range calls {
		refused := err
		if err == nil {
			refused = t.accepts(&c.st)
		}
		switch {
		case refused != nil:
			c.End(nil, refused)
		case c.st.empty:
			out, err := c.st.nothing()
			c.End(out, err)
		default:
			c.tx = t
			items = append(items, &c.Item)
		}
	}
	if s.trace != nil {
		for _, c := range calls {
			c.st.together = len(items) // it is read only by those that are items
		}
	}
	if len(items) > 0 {
		s.together(calls[0].life, t, items)
	}
}

// together runs items when it is their turn in t.
func (s *Session) together(ctx context.Context, t *tx, items []*db.Item) {
	defer s.svc.rescue(items)
	for _, it := range items {
		it.Watch(nil)
	}
	err := t.use(ctx, func(ctx context.Context, c db.Conn) error {
		for _, it := range items {
			it.Unwatch()
		}
		db.Together(ctx, c, items)
		return nil
	})
	for _, it := range items {
		it.Unwatch()
		it.End(nil, err) // where it was never their turn
	}
}
