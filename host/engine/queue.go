package engine

import (
	"encoding/binary"
	"runtime"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// post queues an event for the guest and rings the bell. Any goroutine may
// call it; only the instance's own writes to guest memory.
func (in *Instance) post(e abi.Event) {
	in.mu.Lock()
	in.queue = append(in.queue, e)
	in.mu.Unlock()
	in.ring()
}

func (in *Instance) ring() {
	select {
	case in.bell <- struct{}{}:
	default:
	}
}

// gather lets the goroutines run that can, before the instance waits: those of
// other requests, which are about to post events. Many requests in a row cost
// much less than one at a time, by turns with the host's own code.
func (in *Instance) gather() uint32 {
	from := time.Now()
	runtime.Gosched()
	in.waited(from)
	return in.fill()
}

// fill moves queued events to the guest's ring and returns the bytes in use.
func (in *Instance) fill() uint32 {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, x := range in.orphans {
		in.dropOps(x)
	}
	in.orphans = nil
	if in.ringAddr == 0 {
		return 0
	}
	used, _ := in.mem.ReadUint32Le(in.ringAddr)
	if used != 0 {
		return used
	}
	n := min(len(in.queue)-in.taken, int(in.ringLen-abi.RingHeader)/abi.EventSize)
	if n == 0 {
		return 0
	}
	dst, ok := in.mem.Read(in.ringAddr, abi.RingHeader+uint32(n)*abi.EventSize)
	if !ok {
		panic(&ContractError{"its event ring lies outside its memory"})
	}
	for i, e := range in.queue[in.taken : in.taken+n] {
		e.Put(dst[abi.RingHeader+i*abi.EventSize:])
	}
	binary.LittleEndian.PutUint32(dst, uint32(n)*abi.EventSize)
	in.fills++
	if in.taken += n; in.taken == len(in.queue) {
		in.queue, in.taken = in.queue[:0], 0
		if cap(in.queue) > 1<<16 {
			in.queue = nil
		}
	}
	return uint32(n) * abi.EventSize
}
