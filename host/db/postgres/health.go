package postgres

import (
	"sync/atomic"
	"time"
)

// health is what a connection's failure says about the others.
type health struct {
	lostAt atomic.Int64 // when one broke, in ns since 1970
	epoch  atomic.Int64 // connections of an earlier one are to the wrong server
	next   atomic.Int64 // when demoted has an effect again
}

// lost notes that a connection broke: the server may have gone, and those that
// were idle before are looked at before they are used.
func (h *health) lost() { h.lostAt.Store(time.Now().UnixNano()) }

// suspect tells whether a connection that is idle since then may be broken.
func (h *health) suspect(since time.Time) bool { return since.UnixNano() <= h.lostAt.Load() }

// pause is how long connections live at least before demoted ends them.
const pause = time.Second

// demoted notes that a server which could write no longer can: another one may
// have taken over, and all connections are made anew.
func (h *health) demoted() {
	now, next := time.Now(), h.next.Load()
	if now.UnixNano() >= next && h.next.CompareAndSwap(next, now.Add(pause).UnixNano()) {
		h.epoch.Add(1)
	}
}
