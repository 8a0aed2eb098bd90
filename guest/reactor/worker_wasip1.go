package reactor

import (
	"runtime"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// A worker is a pooled goroutine: its grown stack makes the next request
// cheaper. One worker is the leader: it reads the ring and runs views on its
// own stack, so that a view that never waits costs no switch. A view that
// waits for the host gives leadership away first. When a view blocks on
// anything else nobody reads the ring, and the host rings for the standby.
type worker struct {
	role chan role
	req  *request // whose view runs on this worker while it leads
}

type role uint8

const (
	lead role = iota
	standby
)

const (
	maxIdle     = 1024 // idle workers kept
	waitMicros  = 1000 // longest wait in the host: timers are that much late at worst
	ownRoutines = 3    // run, leader, standby
)

var (
	leader  *worker
	idle    []*worker
	ringPos uint32
	ringAt  time.Time // about when the requests in the ring came; zero: the host was not yet asked
)

// hire gives the role to an idle worker or a new one. mu is held.
func hire(as role) *worker {
	if n := len(idle); n > 0 {
		w := idle[n-1]
		idle = idle[:n-1]
		w.role <- as
		return w
	}
	w := &worker{role: make(chan role, 1)}
	w.role <- as
	go w.main()
	return w
}

func (w *worker) main() {
	for {
		if <-w.role == standby {
			polls := 0
			_ = bellStandby.Read(func(uintptr) bool { polls++; return polls > 1 })
			mu.Lock()
			displace()
			leader = w
			hire(standby)
			mu.Unlock()
		}
		w.lead()
		mu.Lock()
		if len(idle) >= maxIdle {
			mu.Unlock()
			return
		}
		idle = append(idle, w)
		mu.Unlock()
	}
}

// handOff makes another worker the leader if r's view runs on the present one.
func handOff(r *request) {
	mu.Lock()
	if leader != nil && leader.req == r {
		displace()
		leader = hire(lead)
	}
	mu.Unlock()
}

// displace makes the request on the leader's stack reachable by events: from
// now on another worker may read some for it. mu is held.
func displace() {
	if leader == nil {
		return
	}
	if r := leader.req; r != nil && !r.ended {
		requests[r.id] = r
	}
}

// lead reads events until another worker has become the leader.
func (w *worker) lead() {
	for {
		mu.Lock()
		if leader != w {
			mu.Unlock()
			return
		}
		e, ok := nextEvent(func(abi.Event) bool { return true })
		if !ok {
			alone := runtime.NumGoroutine()-len(idle) <= ownRoutines
			mu.Unlock()
			setCurrent(0)
			if !alone || hostWait(waitMicros) == 0 {
				_ = bellLeader.Read(untilRing)
			}
			continue
		}
		if e.Kind != abi.EventRequest {
			deliver(e)
			mu.Unlock()
			continue
		}
		r, head := newRequest(e)
		w.req = r
		mu.Unlock()
		setCurrent(e.ID)
		r.serve(head)
		w.req = nil
	}
}

// waitAlone waits in the host for a moment if r's view runs on the leader and
// is all that goes on here: most operations are over before leadership could
// have been handed on. It delivers the events up to a new request, and tells
// whether there were any.
func waitAlone(r *request) bool {
	mu.Lock()
	if leader == nil || leader.req != r || ringUsed() != 0 || runtime.NumGoroutine()-len(idle) > ownRoutines {
		mu.Unlock()
		return false
	}
	displace() // events for r may come
	mu.Unlock()
	if hostWait(waitMicros) == 0 {
		return false
	}
	mu.Lock()
	defer mu.Unlock()
	for {
		e, ok := nextEvent(func(e abi.Event) bool { return e.Kind != abi.EventRequest })
		if !ok {
			return true
		}
		deliver(e)
	}
}

// nextEvent takes the ring's first event if there is one and take wants it. mu
// is held.
func nextEvent(take func(abi.Event) bool) (e abi.Event, ok bool) {
	used := ringUsed()
	if used == 0 {
		return e, false
	}
	if ringPos == 0 {
		ringAt = time.Time{}
	}
	if e = abi.GetEvent(ring[abi.RingHeader+ringPos:]); !take(e) {
		return e, false
	}
	if ringPos += abi.EventSize; ringPos >= used {
		ringPos = 0
		abi.PutU32(ring, 0)
	}
	return e, true
}

// deliver passes an event to whom it concerns; events of what has ended
// meanwhile are dropped. mu is held.
func deliver(e abi.Event) {
	switch e.Kind {
	case abi.EventDone, abi.EventReadable:
		if o := operations[e.ID]; o != nil {
			if e.Kind == abi.EventDone {
				o.ready, o.more = e.A, e.Flags&abi.EventMore != 0
			}
			o.rung = true
			ring1(o.bell)
		}
	case abi.EventBody:
		if r := requests[e.ID]; r != nil {
			ring1(r.bodyBell)
		}
	case abi.EventWritable:
		if r := requests[e.ID]; r != nil {
			ring1(r.writeBell)
		}
	case abi.EventCancel:
		if r := requests[e.ID]; r != nil {
			r.cancelled(abi.CancelReason(e.A))
		}
	}
}

func ring1(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}
