package postgres

import (
	"sync/atomic"
	"time"
)

// usual is about the median of the time that statements take in this process: on
// a machine that has too much to do, everything is slow, and nothing better off
// alone.
type usual struct{ ns atomic.Int64 }

var usually usual

// note moves the median a little towards d.
func (u *usual) note(d time.Duration) {
	at := u.ns.Load()
	if step := at/32 + int64(time.Microsecond); int64(d) > at {
		at += step
	} else {
		at -= step
	}
	u.ns.Store(max(at, 0))
}

// exceeds tells whether d is much more than the usual.
func (u *usual) exceeds(d time.Duration) bool { return int64(d) > 4*u.ns.Load() }
