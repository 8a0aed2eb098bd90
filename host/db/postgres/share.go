package postgres

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/internal/pool"
)

// share is the short reading statements that wait for a connection, whoever
// asks them. As long as there are any, a few connections take them by the dozen.
type share struct {
	size   int           // connections for reading
	wait   time.Duration // that a statement may wait for one
	most   int           // those that may share
	active atomic.Int32  // those that do; changed under mu

	mu     sync.Mutex
	closed bool
	queue  []queued
	clock  *time.Timer         // ends what has waited too long
	runs   map[*conn]time.Time // what is under way, and since when
}

type queued struct {
	*db.Item
	since time.Time
}

// shareRounds is how often a connection takes from the queue before those that
// wait for one of their own have their turn.
const shareRounds = 64

// stuck is the age of a run that is no reason for others to wait.
const stuck = 2 * time.Millisecond

func (s *share) init(readers int, wait time.Duration) {
	s.size, s.wait, s.runs = readers, wait, map[*conn]time.Time{}
	s.most = max(1, min(runtime.GOMAXPROCS(0), readers-1, 8))
}

// take returns the next items for c. With none c has no part in the sharing
// any more.
func (s *share) take(c *conn) (items []*db.Item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := (len(s.queue) + s.most - 1) / s.most
	if n = min(max(n, 8), len(s.queue), maxRun); n == 0 {
		s.leave(c)
		return nil
	}
	s.runs[c] = time.Now()
	return s.first(n)
}

// first takes the first n items. mu is held.
func (s *share) first(n int) (items []*db.Item) {
	for _, q := range s.queue[:n] {
		items = append(items, q.Item)
	}
	s.queue = slices.Delete(s.queue, 0, n)
	return items
}

// expire ends what has waited too long for a connection.
func (s *share) expire() {
	s.mu.Lock()
	n := 0
	for n < len(s.queue) && time.Since(s.queue[n].since) >= s.wait {
		n++
	}
	items := s.first(n)
	if s.clock = nil; len(s.queue) > 0 {
		s.clock = time.AfterFunc(s.wait-time.Since(s.queue[0].since), s.expire)
	}
	s.mu.Unlock()
	refuse(items, pool.Late(s.wait))
}

// leave ends c's part. mu is held.
func (s *share) leave(c *conn) {
	delete(s.runs, c)
	s.active.Add(-1)
}

// join tells whether another connection should share. mu is held.
func (s *share) join() bool {
	if len(s.queue) == 0 {
		return false
	}
	most := s.most
	for _, since := range s.runs {
		if time.Since(since) > stuck {
			most++
		}
	}
	return int(s.active.Load()) < min(most, s.size)
}

// enqueue gives items to the connections that share.
func (d *DB) enqueue(items ...*db.Item) {
	for _, it := range items {
		it.Watch(nil)
	}
	s := &d.shared
	s.mu.Lock()
	closed := s.closed
	if !closed {
		now := time.Now()
		for _, it := range items {
			s.queue = append(s.queue, queued{it, now})
		}
		if s.clock == nil {
			s.clock = time.AfterFunc(s.wait, s.expire)
		}
	}
	s.mu.Unlock()
	if closed {
		refuse(items, db.ErrClosed)
		return
	}
	d.kick()
}

func refuse(items []*db.Item, err error) {
	for _, it := range items {
		it.Unwatch()
		it.End(nil, err)
	}
}

// close ends what waits.
func (s *share) close() {
	s.mu.Lock()
	items := s.first(len(s.queue))
	if s.closed = true; s.clock != nil {
		s.clock.Stop()
	}
	s.mu.Unlock()
	refuse(items, db.ErrClosed)
}

// kick has a free connection look at the queue. It is called when something was
// added to that, and when a connection has become free.
func (d *DB) kick() {
	s := &d.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.join() && d.pools.Read.Try() {
		s.active.Add(1)
		go d.serve()
	}
}

// serve takes from the queue until it is empty. The place in the pool is taken
// already.
func (d *DB) serve() {
	s := &d.shared
	c, err := d.pools.Read.Take(background)
	if err != nil {
		d.unserved(err)
		return
	}
	c.acquired = true
	defer c.Release()
	for range shareRounds {
		items := s.take(c)
		if items == nil {
			return
		}
		for _, it := range items {
			it.Unwatch()
		}
		c.Pipeline(background, items)
		if c.broken {
			break
		}
	}
	s.mu.Lock()
	s.leave(c)
	s.mu.Unlock()
}

// unserved is what becomes of the queue when there is no connection: others may
// take it, else it fails.
func (d *DB) unserved(err error) {
	s := &d.shared
	var items []*db.Item
	s.mu.Lock()
	if s.active.Add(-1) == 0 {
		items = s.first(len(s.queue))
	}
	s.mu.Unlock()
	refuse(items, err)
	d.kick()
}
