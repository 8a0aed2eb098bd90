package engine

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/vinyl-edge/vinyl/abi"
)

// WASI preview 1 errno and constants.
const (
	errnoSuccess = 0
	errnoBadf    = 8
	errnoFault   = 21
	errnoInval   = 28

	eventClock      = 0
	eventRead       = 1
	subscriptionLen = 48
	eventLen        = 32
	fdstatLen       = 24
	socketStream    = 6
	characterDevice = 2
	flagNonblock    = 4
	flagAbstime     = 1
	clockRealtime   = 0
	maxSubs         = 1024
)

var wasiFunctions = []function{
	{"poll_oneoff", pollOneoff, "iiii", "i"},
	{"fd_fdstat_get", fdstatGet, "ii", "i"},
	{"fd_write", fdWrite, "iiii", "i"},
	{"fd_read", fdRead, "iiii", "i"},
	{"fd_close", fdClose, "i", "i"},
	{"random_get", randomGet, "ii", "i"},
}

// randomGet fills a piece at a time, and charges for it.
func randomGet(ctx context.Context, m api.Module, stack []uint64) {
	in := instanceOf(ctx)
	in.called()
	b, ok := m.Memory().Read(uint32(stack[0]), uint32(stack[1]))
	if !ok {
		stack[0] = errnoFault
		return
	}
	for len(b) > 0 {
		n := min(len(b), 1<<20)
		_, _ = rand.Read(b[:n])
		if b = b[n:]; len(b) > 0 {
			in.charge()
		}
	}
	stack[0] = errnoSuccess
}

// subscriptions is what one poll_oneoff waits for.
type subscriptions struct {
	leader, standby, idle bell
	clock                 bool
	clockData             uint64
	timeout               time.Duration
}

type bell struct {
	on   bool
	data uint64
}

func pollOneoff(ctx context.Context, m api.Module, stack []uint64) {
	in := instanceOf(ctx)
	in.called()
	if in.stopping.Load() {
		panic(ErrClosed)
	}
	in.send()
	subs, out, n, count := uint32(stack[0]), uint32(stack[1]), uint32(stack[2]), uint32(stack[3])
	mem := m.Memory()
	if n == 0 || n > maxSubs {
		stack[0] = errnoInval
		return
	}
	sb, ok := mem.Read(subs, n*subscriptionLen)
	eb, ok2 := mem.Read(out, eventLen)
	if _, ok3 := mem.Read(count, 4); !ok || !ok2 || !ok3 {
		stack[0] = errnoFault
		return
	}
	s, ok := parse(sb)
	if !ok {
		stack[0] = errnoInval
		return
	}
	var happened uint32
	if data, kind, ok := in.poll(&s); ok {
		clear(eb)
		binary.LittleEndian.PutUint64(eb, data)
		eb[10] = kind
		happened = 1
	}
	mem.WriteUint32Le(count, happened)
	stack[0] = errnoSuccess
}

func parse(sb []byte) (s subscriptions, ok bool) {
	for ; len(sb) >= subscriptionLen; sb = sb[subscriptionLen:] {
		data := binary.LittleEndian.Uint64(sb)
		switch sb[8] {
		case eventClock:
			timeout := binary.LittleEndian.Uint64(sb[24:])
			d := time.Duration(min(timeout, 1<<62))
			if binary.LittleEndian.Uint16(sb[40:])&flagAbstime != 0 {
				now := time.Duration(time.Now().UnixNano())
				if binary.LittleEndian.Uint32(sb[16:]) != clockRealtime {
					now = time.Since(clockEpoch)
				}
				d = max(0, d-now)
			}
			if !s.clock || d < s.timeout {
				s.clock, s.clockData, s.timeout = true, data, d
			}
		case eventRead:
			switch binary.LittleEndian.Uint32(sb[16:]) {
			case abi.BellLeader:
				s.leader = bell{true, data}
			case abi.BellStandby:
				s.standby = bell{true, data}
			case abi.BellIdle:
				s.idle = bell{true, data}
			default:
				return s, false
			}
		default:
			return s, false
		}
	}
	return s, true
}

// poll waits until something that s asks for has happened. Without a clock or
// with nothing due it reports ok = false.
func (in *Instance) poll(s *subscriptions) (data uint64, kind byte, ok bool) {
	listener := s.leader
	if !listener.on {
		listener = s.standby
	}
	if listener.on && in.fill() > 0 {
		return listener.data, eventRead, true
	}
	if s.clock && s.timeout == 0 {
		return s.clockData, eventClock, !listener.on
	}
	if in.resumes && s.idle.on && in.nothingToDo(s.clock) {
		return s.idle.data, eventRead, true
	}
	if !listener.on && !s.clock {
		panic(&ContractError{"it waits in poll_oneoff for nothing that can happen"})
	}
	if listener.on && in.gather() > 0 {
		return listener.data, eventRead, true
	}
	defer in.waited(time.Now())
	var timer <-chan time.Time
	if s.clock {
		if in.timer == nil {
			in.timer = time.NewTimer(s.timeout)
		} else {
			in.timer.Reset(s.timeout)
		}
		defer in.timer.Stop()
		timer = in.timer.C
	}
	for {
		select {
		case <-in.bell:
			if in.stopping.Load() {
				panic(ErrClosed)
			}
			if listener.on && in.fill() > 0 {
				return listener.data, eventRead, true
			}
		case <-timer:
			return s.clockData, eventClock, true
		}
	}
}

// nothingToDo tells whether vinyl_resume may return: no request is being
// served, or the one that is can't go on any more.
func (in *Instance) nothingToDo(clock bool) bool {
	return in.idle() || in.serving().cancelled.Load() && !clock
}

// idle tells whether a blocking instance has no request.
func (in *Instance) idle() bool {
	x := in.serving()
	return x == nil || x.done.Load()
}

// clockEpoch is the origin of the guest's monotonic clock.
var clockEpoch = time.Now()
