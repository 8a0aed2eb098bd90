package postgres

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// What is slow has its connection for itself: no other request waits behind it.
// It stays slow until it has been fast so often that it is rarely slow. What the
// same request asks waits behind it unless it is always slow: on a busy machine
// anything is now and then.
const (
	slowAfter = 4 * time.Millisecond
	slowRow   = 3
	slowDebt  = 200
	slowMost  = 1000
	maxPaces  = 4096
)

// pace is what is known of a statement.
type pace struct {
	traces bool // it may change the session, so it shares none
	calls  bool // it may if an app wrote it
	seen   atomic.Bool
	debt   atomic.Int32
	row    atomic.Int32 // how often it was slow since it was fast
}

// short tells whether others may wait behind the statement.
func (p *pace) short() bool { return !p.traces && p.seen.Load() && p.debt.Load() == 0 }

// apart tells whether it is better off alone, also beside what the same
// request asks.
func (p *pace) apart() bool { return p.traces || p.row.Load() >= slowRow }

func (p *pace) took(d time.Duration) {
	p.seen.Store(true)
	usually.note(d)
	debt := p.debt.Load()
	if d >= slowAfter && usually.exceeds(d) {
		p.debt.Store(min(debt+slowDebt, slowMost))
		p.row.Add(1)
		return
	}
	p.row.Store(0)
	if debt > 0 {
		p.debt.Store(debt - 1)
	}
}

// paces are those of all statements, by their SQL.
type paces struct {
	mu sync.RWMutex
	m  map[string]*pace
}

func (ps *paces) of(sql string) *pace {
	ps.mu.RLock()
	p := ps.m[sql]
	ps.mu.RUnlock()
	if p != nil {
		return p
	}
	_, traces, calls, err := inspect(sql)
	p = &pace{traces: traces || err != nil, calls: calls}
	if len(sql) > keepSQL { // it is prepared each time
		p.traces = true
		return p
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if known := ps.m[sql]; known != nil {
		return known
	}
	if ps.m == nil || len(ps.m) >= maxPaces {
		ps.m = map[string]*pace{}
	}
	ps.m[strings.Clone(sql)] = p
	return p
}
