package orm

import (
	"context"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
)

// herd is the fetches of one relation that goroutines of one request wait for
// at the same time, in the same database and block: they become one query.
type herd struct {
	kind    want // whose key does not count
	waiting []*waiter
	alive   int
	cancel  context.CancelFunc
}

// herdKey tells what may go together.
type herdKey struct {
	port   abi.Port
	conn   *conn
	tx     *tx
	target *modelInfo
	path   string
	far    *accessor
	from   databaseID
}

// waiter is one who waits for a record.
type waiter struct {
	key  Key
	gone bool // its ctx has ended
	done chan struct{}
	p    unsafe.Pointer
	err  error
	own  bool // it has to ask for itself
}

// fetch returns the record, together with what other goroutines of the request
// want that can run before any of them has to wait.
func (w *want) fetch(ctx context.Context, far *accessor) (unsafe.Pointer, error) {
	h, _ := ctx.Value(connKey{}).(*hub)
	if h == nil || !w.plain() {
		return w.alone(ctx)
	}
	port, err := abi.PortFrom(ctx)
	if err != nil {
		return nil, err
	}
	y, ok := port.(abi.Yielder)
	if !ok {
		return w.alone(ctx)
	}
	s, err := w.base.reading(ctx)
	if err != nil {
		return nil, err
	}
	key := herdKey{port, s.conn, s.tx, w.base.info, w.path, far, w.base.from}
	me := &waiter{key: w.key}
	h.mu.Lock()
	if g := h.herds[key]; g != nil {
		g.join(me)
		if len(g.waiting) == chunk {
			delete(h.herds, key)
		}
		h.mu.Unlock()
		return me.wait(ctx, h, g, w)
	}
	g := &herd{kind: *w}
	g.join(me)
	if h.herds == nil {
		h.herds = map[herdKey]*herd{}
	}
	h.herds[key] = g
	h.mu.Unlock()
	h.settle(y, g)
	h.mu.Lock()
	if h.herds[key] == g {
		delete(h.herds, key)
	}
	lone := len(g.waiting) == 1
	h.mu.Unlock()
	if lone {
		return w.alone(ctx)
	}
	all, cancel := context.WithCancel(context.WithoutCancel(ctx))
	h.mu.Lock()
	if g.cancel = cancel; g.alive == 0 {
		cancel()
	}
	h.mu.Unlock()
	go h.run(all, g, s.tx != nil)
	return me.wait(ctx, h, g, w)
}

// settle lets others run until two turns have brought nobody more. (Go's
// scheduler may give back one turn early, but not two.)
func (h *hub) settle(y abi.Yielder, g *herd) {
	for n, still := 1, 0; still < 2 && y.Yield(); {
		h.mu.Lock()
		m := len(g.waiting)
		h.mu.Unlock()
		if still++; m != n {
			n, still = m, 0
		}
	}
}

// join adds who waits. The hub's mu is held.
func (g *herd) join(me *waiter) {
	me.done = make(chan struct{})
	g.waiting = append(g.waiting, me)
	g.alive++
}

// wait waits for the record, or until ctx ends.
func (me *waiter) wait(ctx context.Context, h *hub, g *herd, w *want) (unsafe.Pointer, error) {
	select {
	case <-me.done:
	case <-ctx.Done():
		h.mu.Lock()
		me.gone = true
		if g.alive--; g.alive == 0 && g.cancel != nil {
			g.cancel()
		}
		h.mu.Unlock()
		return nil, ctx.Err()
	}
	if me.own {
		return w.alone(ctx)
	}
	return me.p, me.err
}

// run asks for what the herd wants and answers everybody in it.
func (h *hub) run(ctx context.Context, g *herd, inTx bool) {
	defer g.cancel()
	var ws wanted
	h.mu.Lock()
	var rest []*waiter
	for _, me := range g.waiting {
		if !me.gone {
			rest = append(rest, me)
			w := g.kind
			w.key = me.key
			ws.add(&w)
		}
	}
	h.mu.Unlock()
	if len(rest) == 0 {
		return
	}
	defer func() { // a panic goes on by itself
		for _, me := range rest {
			me.own = true
			close(me.done)
		}
	}()
	got, err := ws.ask(ctx)
	for len(rest) > 0 {
		me := rest[0]
		switch {
		case err == nil:
			var known bool
			me.p, known, me.err = got.pick(me.key)
			me.own = !known
		case !inTx && single(err):
			me.own = true
		default:
			me.err = err
		}
		rest = rest[1:]
		close(me.done)
	}
}

// ask runs the query.
func (ws *wanted) ask(ctx context.Context) (*harvest, error) {
	q := ws.query()
	e, err := q.encoded()
	if err != nil {
		return nil, err
	}
	e.saved = ws.saved()
	s, err := q.reading(ctx)
	if err != nil {
		return nil, err
	}
	res, err := s.query(ctx, e)
	if err != nil {
		return nil, err
	}
	return ws.read(res)
}
