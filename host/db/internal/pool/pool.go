// Package pool keeps and bounds a driver's connections.
package pool

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// Config says how a pool treats its connections.
type Config[C any] struct {
	Size int // at most
	// Wait is how long a free connection is waited for, 0 = until ctx is done.
	Wait time.Duration
	Open func(ctx context.Context) (C, error)
	// Close is called without a lock held.
	Close func(C)
	// Alive looks at a connection that was idle for a while, nil = it is.
	Alive func(c C, idle time.Duration) bool
	// Idle is when an unused connection is closed, 0 = never.
	Idle time.Duration
	// Done is closed when the database closes.
	Done <-chan struct{}
}

// Pool bounds connections and keeps idle ones, the last used first: its caches
// are the warmest.
type Pool[C any] struct {
	cfg Config[C]
	sem chan struct{}

	mu     sync.Mutex
	idle   []entry[C]
	reaper *time.Timer
}

type entry[C any] struct {
	c     C
	since time.Time
}

// New returns an empty pool.
func New[C any](cfg Config[C]) *Pool[C] {
	return &Pool[C]{cfg: cfg, sem: make(chan struct{}, cfg.Size)}
}

// Get waits for a free place until ctx is done or the pool's time has passed.
func (p *Pool[C]) Get(ctx context.Context) (c C, err error) {
	if ctx.Err() != nil {
		return c, db.CtxError(ctx)
	}
	select {
	case p.sem <- struct{}{}:
	default:
		if err := p.queue(ctx); err != nil {
			return c, err
		}
	}
	return p.Take(ctx)
}

// Try takes a free place, if there is one. Take must follow.
func (p *Pool[C]) Try() bool {
	select {
	case p.sem <- struct{}{}:
		return true
	default:
		return false
	}
}

// Free is about how many places are free.
func (p *Pool[C]) Free() int { return cap(p.sem) - len(p.sem) }

// Take returns a connection for a place that has been taken, which it gives
// back if it fails.
func (p *Pool[C]) Take(ctx context.Context) (c C, err error) {
	for {
		e, ok := p.pop()
		if !ok {
			break
		}
		if p.cfg.Alive == nil || p.cfg.Alive(e.c, time.Since(e.since)) {
			return e.c, nil
		}
		p.cfg.Close(e.c)
	}
	if c, err = p.cfg.Open(ctx); err != nil {
		<-p.sem
	}
	return c, err
}

func (p *Pool[C]) pop() (e entry[C], ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle) - 1
	if n < 0 {
		return e, false
	}
	e, p.idle[n] = p.idle[n], e
	p.idle = p.idle[:n]
	return e, true
}

func (p *Pool[C]) queue(ctx context.Context) error {
	var late <-chan time.Time
	if p.cfg.Wait > 0 {
		t := time.NewTimer(p.cfg.Wait)
		defer t.Stop()
		late = t.C
	}
	select {
	case p.sem <- struct{}{}:
		return nil
	case <-ctx.Done():
		e := db.CtxError(ctx)
		if e.Code == abi.CodeTimeout {
			e.Message += ", in which no connection to the database became free: keep transactions and streams short, or raise the number of connections in the database URL"
			e.Detail = []string{db.BusyQueue}
		}
		return e
	case <-p.cfg.Done:
		return db.ErrClosed
	case <-late:
		return Late(p.cfg.Wait)
	}
}

// Late is the error of who has waited for so long.
func Late(wait time.Duration) *abi.OpError {
	return &abi.OpError{
		Code:    abi.CodeBusy,
		Message: "the database is busy: no connection became free within " + wait.String() + ": keep transactions and streams short, or raise queue_timeout in the database URL, or the number of its connections",
		Detail:  []string{db.BusyQueue},
	}
}

// Put gives c back; a broken one is closed.
func (p *Pool[C]) Put(c C, broken bool) {
	if broken {
		p.cfg.Close(c)
		<-p.sem
		return
	}
	e := entry[C]{c: c}
	if p.cfg.Alive != nil || p.cfg.Idle > 0 {
		e.since = time.Now()
	}
	p.mu.Lock()
	p.idle = append(p.idle, e)
	if p.cfg.Idle > 0 && p.reaper == nil {
		p.reaper = time.AfterFunc(p.cfg.Idle, p.reap)
	}
	p.mu.Unlock()
	<-p.sem
}

// reap closes what nobody has needed for a while.
func (p *Pool[C]) reap() {
	p.mu.Lock()
	n := 0
	for n < len(p.idle) && time.Since(p.idle[n].since) >= p.cfg.Idle {
		n++
	}
	old := slices.Clone(p.idle[:n])
	p.idle = slices.Delete(p.idle, 0, n)
	p.reaper = nil
	if len(p.idle) > 0 {
		p.reaper = time.AfterFunc(p.cfg.Idle-time.Since(p.idle[0].since), p.reap)
	}
	p.mu.Unlock()
	for _, e := range old {
		p.cfg.Close(e.c)
	}
}

// Close waits for every connection and closes it.
func (p *Pool[C]) Close() {
	for range cap(p.sem) {
		p.sem <- struct{}{}
	}
	p.mu.Lock()
	if p.reaper != nil {
		p.reaper.Stop()
	}
	p.mu.Unlock()
	p.Drop()
}

// Drop closes the idle connections.
func (p *Pool[C]) Drop() {
	for e, ok := p.pop(); ok; e, ok = p.pop() {
		p.cfg.Close(e.c)
	}
}
