package engine

import (
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// The guest calls tick after a number of loops and calls that is adapted to
// take about tickTarget.
const (
	tickTarget  = time.Millisecond
	fuelStart   = 10_000
	fuelMin     = 250
	fuelMax     = 250_000               // a tight loop's; more would let the next, slower one run for long
	maxCharge   = 20 * time.Millisecond // per tick: more is the machine's doing
	setupFactor = 10                    // setup may use that many budgets
)

// share is the part of one CPU that a request may use without end: its charge
// shrinks at that rate, so that a stream may live for hours.
const share = 10 // per cent

// idleShare is the same for what no request is charged with: the scheduler and
// garbage collection of a busy guest.
const idleShare = 50

type charge struct {
	used time.Duration
	at   time.Time
}

// add charges d. What it had used before shrinks with the time since then, but
// for that in which it ran.
func (c *charge) add(d time.Duration, now time.Time, share time.Duration) time.Duration {
	if rest := now.Sub(c.at) - d; !c.at.IsZero() && rest > 0 {
		c.used = max(0, c.used-rest*share/100)
	}
	c.used += min(d, maxCharge)
	c.at = now
	return c.used
}

type meter struct {
	budget  time.Duration
	mark    time.Time // the guest's time since then is not yet charged
	calls   int       // of imports
	fuel    int32
	nobody  charge // setup, the scheduler, requests that aren't known
	settled bool   // setup is over
}

// waited leaves the time since from out of account: the guest waited.
func (in *Instance) waited(from time.Time) {
	in.meter.mark = in.meter.mark.Add(time.Since(from))
}

// callsPerCharge bounds what a guest can have the host do between two ticks.
const callsPerCharge = 256

// called counts the calls of imports.
func (in *Instance) called() {
	if in.meter.calls++; in.meter.calls%callsPerCharge == 0 {
		in.charge()
	}
}

// tick returns the next ration of fuel, or ends a guest that is over its budget.
func (in *Instance) tick() int32 {
	d, m := in.charge(), &in.meter
	in.sendLate()
	switch {
	case m.fuel == 0:
		m.fuel = fuelStart
	case d < tickTarget/2:
		m.fuel = min(m.fuel*2, fuelMax)
	case d > tickTarget*2:
		m.fuel = max(int32(int64(m.fuel)*int64(tickTarget)/int64(d)), fuelMin)
	}
	return m.fuel
}

// charge charges the time since the last one to the request whose code runs.
func (in *Instance) charge() time.Duration {
	if in.stopping.Load() {
		panic(ErrClosed)
	}
	m := &in.meter
	now := time.Now()
	d := max(0, now.Sub(m.mark))
	m.mark = now
	if x := in.exchange(in.current()); x != nil {
		if used := x.cpu.add(d, now, share); used > m.budget {
			panic(&CPUError{Request: x.id, Label: x.Label, Used: used})
		}
		return d
	}
	budget := m.budget
	if !m.settled {
		budget *= setupFactor
	}
	if used := m.nobody.add(d, now, idleShare); used > budget {
		panic(&CPUError{Used: used})
	}
	return d
}

// current is the request whose code runs, as the guest says.
func (in *Instance) current() uint32 {
	if in.ctrl == 0 {
		return 0
	}
	v, _ := in.mem.ReadUint32Le(in.ctrl + abi.CtrlCurrent)
	return v
}
