package pool

import (
	"context"
	"sync"

	"github.com/vinyl-edge/vinyl/host/db"
)

// Modes are a database's connections, a pool for each use of them.
type Modes[C any] struct {
	Read, Hold, Write *Pool[C]

	once sync.Once
	done chan struct{}
}

// Init makes the pools.
func (m *Modes[C]) Init(pool func(db.Mode) Config[C]) {
	m.done = make(chan struct{})
	for _, mode := range []db.Mode{db.Read, db.Hold, db.Write} {
		cfg := pool(mode)
		cfg.Done = m.done
		*m.at(mode) = New(cfg)
	}
}

func (m *Modes[C]) at(mode db.Mode) **Pool[C] {
	switch mode {
	case db.Write:
		return &m.Write
	case db.Hold:
		return &m.Hold
	}
	return &m.Read
}

// Of is the pool for a mode.
func (m *Modes[C]) Of(mode db.Mode) *Pool[C] { return *m.at(mode) }

// Get waits for a connection of that mode's pool.
func (m *Modes[C]) Get(ctx context.Context, mode db.Mode) (c C, err error) {
	if m.Closed() {
		return c, db.ErrClosed
	}
	return m.Of(mode).Get(ctx)
}

// Drop closes the idle connections of all pools, those that write last.
func (m *Modes[C]) Drop() {
	m.Read.Drop()
	m.Hold.Drop()
	m.Write.Drop()
}

// Closed tells whether Close was called.
func (m *Modes[C]) Closed() bool {
	select {
	case <-m.done:
		return true
	default:
		return false
	}
}

// Close waits for every connection and closes it, those that write last. before
// runs once no more are given out. Only the first call does anything.
func (m *Modes[C]) Close(before func()) {
	m.once.Do(func() {
		close(m.done)
		if before != nil {
			before()
		}
		m.Read.Close()
		m.Hold.Close()
		m.Write.Close()
	})
}
