package host

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/vinyl-edge/vinyl/host/engine"
)

// free are the blocking instances without a request, and the requests without
// an instance. An instance that becomes free begins the next request by itself;
// one that finds none is the first to be taken later: the caches know it.
type free struct {
	mu      sync.Mutex
	idle    []*engine.Instance
	waiting []*waiter // the longest first
}

// waiter is a request that waits for an instance.
type waiter struct {
	x     *engine.Exchange
	begun atomic.Bool
}

// put takes an instance without a request.
func (f *free) put(in *engine.Instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.waiting) == 0 {
		f.idle = append(f.idle, in)
		return
	}
	w := f.waiting[0]
	if in.Serve(w.x) == nil { // else it is dead
		w.begun.Store(true)
		f.waiting[0] = nil
		f.waiting = f.waiting[1:]
	}
}

// send gives x to an instance, or has it wait for one.
func (f *free) send(x *engine.Exchange) *waiter {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := len(f.idle); n > 0; n = len(f.idle) {
		in := f.idle[n-1]
		f.idle = f.idle[:n-1]
		if in.Serve(x) == nil {
			return nil
		}
	}
	w := &waiter{x: x}
	f.waiting = append(f.waiting, w)
	return w
}

// leave gives up w, and tells whether it still waited.
func (f *free) leave(w *waiter) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.Index(f.waiting, w)
	if i >= 0 {
		f.waiting = slices.Delete(f.waiting, i, i+1)
	}
	return i >= 0
}
