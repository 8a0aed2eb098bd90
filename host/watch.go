package host

import (
	"sync"
	"sync/atomic"
	"time"
)

// watch looks at everything that has a deadline a few times in the time that
// the shortest one takes: a timer for each request and each read would cost more
// than many a view.
type watch struct {
	tick   time.Duration
	shards [8]flights
	next   atomic.Uint32
	end    chan struct{}
	over   sync.WaitGroup
}

// flights are requests in the front.
type flights struct {
	mu sync.Mutex
	m  map[*flight]struct{}
}

// watchTick is how late a deadline may be noticed.
const watchTick = 100 * time.Millisecond

func newWatch(shortest time.Duration) *watch {
	w := &watch{tick: max(time.Millisecond, min(watchTick, shortest/16)), end: make(chan struct{})}
	for i := range w.shards {
		w.shards[i].m = map[*flight]struct{}{}
	}
	return w
}

// add has f looked at until remove.
func (w *watch) add(f *flight) *flights {
	s := &w.shards[w.next.Add(1)%uint32(len(w.shards))]
	s.mu.Lock()
	s.m[f] = struct{}{}
	s.mu.Unlock()
	return s
}

func (s *flights) remove(f *flight) {
	s.mu.Lock()
	delete(s.m, f)
	s.mu.Unlock()
}

// run calls sweep, and wakes the flights whose time is over, until stop.
func (w *watch) run(sweep func(now time.Time)) {
	w.over.Go(func() {
		tick := time.NewTicker(w.tick)
		defer tick.Stop()
		for {
			select {
			case <-w.end:
				return
			case now := <-tick.C:
				sweep(now)
				w.each(func(f *flight) {
					if by := f.by.Load(); now.UnixNano() >= by && by != 0 {
						f.x.Wake()
					}
				})
			}
		}
	})
}

func (w *watch) each(do func(*flight)) {
	for i := range w.shards {
		s := &w.shards[i]
		s.mu.Lock()
		for f := range s.m {
			do(f)
		}
		s.mu.Unlock()
	}
}

func (w *watch) stop() {
	close(w.end)
	w.over.Wait()
}
