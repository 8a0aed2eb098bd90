package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/engine"
)

// pool keeps the instances alive and gives requests to them.
type pool struct {
	host *Host
	log  *slog.Logger

	mu      sync.Mutex
	slots   []*engine.Instance // nil while a new one starts
	next    int
	changed chan struct{} // closed when an instance starts
	closed  bool

	free    *free // Blocking: instances without a request
	keepers sync.WaitGroup
	ctx     context.Context // ends with the pool
	cancel  context.CancelFunc
}

// Restarts wait between these after instances that did not start, or died young
// and by themselves.
const (
	restartMin = 10 * time.Millisecond
	restartMax = 5 * time.Second
	matureAge  = 10 * time.Second

	// graceAfter is for a view to end once it has been cancelled.
	graceAfter = time.Second
)

func newPool(ctx context.Context, h *Host) (*pool, error) {
	n := h.cfg.Instances
	p := &pool{
		host: h, log: h.cfg.Log, slots: make([]*engine.Instance, n), changed: make(chan struct{}),
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if h.cfg.Variant == Blocking {
		p.free = &free{}
	}
	// The first instance creates tables, or finds what is wrong for all.
	first, err := h.engine.Start(ctx)
	if err != nil {
		return nil, err
	}
	p.place(0, first)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i := 1; i < n; i++ {
		g.Go(func() error {
			in, err := h.engine.Start(gctx)
			if err == nil {
				p.place(i, in)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		for _, in := range p.slots {
			if in != nil {
				in.Close()
			}
		}
		return nil, err
	}
	for i, in := range p.slots {
		p.keepers.Go(func() { p.keep(i, in) })
	}
	p.keepers.Go(p.sweep)
	return p, nil
}

func (p *pool) place(i int, in *engine.Instance) bool {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		in.Close()
		return false
	}
	p.slots[i] = in
	close(p.changed)
	p.changed = make(chan struct{})
	p.mu.Unlock()
	p.release(in)
	return true
}

// release makes a blocking instance available.
func (p *pool) release(in *engine.Instance) {
	if p.free != nil && in.Err() == nil {
		p.free.put(in)
	}
}

// keep replaces the instance of a slot whenever it dies.
func (p *pool) keep(i int, in *engine.Instance) {
	pause := restartMin
	for {
		born := time.Now()
		<-in.Ended()
		p.mu.Lock()
		p.slots[i] = nil
		closed := p.closed
		p.mu.Unlock()
		if closed {
			return
		}
		p.host.metrics.restarts.Inc()
		p.log.Error("an instance ended and is replaced", "reason", in.Err())
		// A view that ends its instance again and again must not keep others
		// waiting; a guest that dies by itself must not keep the machine busy.
		if in.Used() || time.Since(born) > matureAge {
			pause = restartMin
		}
		if in = p.restart(&pause); in == nil || !p.place(i, in) {
			return
		}
	}
}

func (p *pool) restart(pause *time.Duration) *engine.Instance {
	for {
		select {
		case <-time.After(*pause):
		case <-p.ctx.Done():
			return nil
		}
		*pause = min(*pause*2, restartMax)
		in, err := p.host.engine.Start(p.ctx)
		if err == nil {
			return in
		}
		if p.ctx.Err() != nil {
			return nil
		}
		p.log.Error("an instance did not start", "reason", err, "retry_in", *pause)
	}
}

// sweep bounds the work after responses.
func (p *pool) sweep() {
	limit := p.host.cfg.AfterTimeout
	tick := time.NewTicker(max(10*time.Millisecond, min(time.Second, limit/2)))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.each(func(in *engine.Instance) { in.EndAfter(limit, graceAfter) })
		case <-p.ctx.Done():
			return
		}
	}
}

// errNoInstance is a request that found no instance in time.
var errNoInstance = errors.New("no instance of the app is free")

// send gives x to an instance and waits for one if need be, until the client
// is gone or it is late.
func (p *pool) send(gone <-chan struct{}, until time.Time, x *engine.Exchange) error {
	if p.free != nil {
		return p.sendFree(gone, until, x)
	}
	for {
		in, changed := p.least()
		if in != nil {
			if err := in.Serve(x); err == nil {
				return nil
			}
			changed = in.Ended() // it dies: wait until its slot knows
		}
		late := time.NewTimer(time.Until(until))
		defer late.Stop()
		select {
		case <-changed:
		case <-gone:
			return errNoInstance
		case <-late.C:
			return errNoInstance
		case <-p.ctx.Done():
			return errNoInstance
		}
	}
}

// least returns the live instance with the fewest requests.
func (p *pool) least() (best *engine.Instance, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next++
	for i := range p.slots {
		in := p.slots[(p.next+i)%len(p.slots)]
		if in != nil && in.Err() == nil && (best == nil || in.Load() < best.Load()) {
			best = in
		}
	}
	return best, p.changed
}

// sendFree is send for blocking instances. x must be watched: News then comes
// when its time is over, too.
func (p *pool) sendFree(gone <-chan struct{}, until time.Time, x *engine.Exchange) error {
	x.Over = p.release // its work after the response is over too
	w := p.free.send(x)
	if w == nil {
		return nil
	}
	for {
		select {
		case <-x.News():
			if w.begun.Load() {
				x.Wake() // for who takes the response
				return nil
			}
			if time.Now().Before(until) {
				continue
			}
		case <-gone:
		case <-p.ctx.Done():
		}
		if p.free.leave(w) {
			return errNoInstance
		}
		return nil
	}
}

func (p *pool) each(f func(*engine.Instance)) {
	p.mu.Lock()
	live := append([]*engine.Instance(nil), p.slots...)
	p.mu.Unlock()
	for _, in := range live {
		if in != nil {
			f(in)
		}
	}
}

func (p *pool) alive() (n int) {
	p.each(func(in *engine.Instance) {
		if in.Err() == nil {
			n++
		}
	})
	return n
}

func (p *pool) drain() { p.each((*engine.Instance).Drain) }

// quiet waits until no instance has a request.
func (p *pool) quiet(ctx context.Context) error {
	for {
		load := 0
		p.each(func(in *engine.Instance) { load += in.Load() })
		if load == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d requests were not finished: %w", load, ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (p *pool) cancelAll(reason abi.CancelReason) {
	p.each(func(in *engine.Instance) { in.CancelAll(reason) })
}

func (p *pool) close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	p.mu.Unlock()
	p.cancel()
	p.each((*engine.Instance).Close)
	p.keepers.Wait()
}
