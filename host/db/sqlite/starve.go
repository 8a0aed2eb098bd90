package sqlite

import (
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// SQLite looks for an interruption between the rows of a statement, and hardly
// at all while it prepares one or computes the values of one row. Of a table
// expression or a view that names another one twice, which names another one
// twice, it makes millions of copies. But it asks for memory at each step, and
// gives up at once where it gets none: a connection that is interrupted and goes
// on gets none.
var starving struct {
	n  atomic.Int32 // how many are in of
	of sync.Map     // the conn of a *libc.TLS
}

// patience is how long an interruption may take: one between rows leaves the
// transaction alone, a lack of memory does not.
const patience = 100 * time.Millisecond

// given is where SQLite's memory comes from.
var given lib.Tsqlite3_mem_methods

// ration has SQLite ask allocate and reallocate for memory. It comes before
// SQLite is first used.
func ration() (failed int32) {
	tls := libc.NewTLS()
	defer tls.Close()
	// The translated C shall see memory of its own, not Go's.
	p := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(given)))
	defer libc.Xfree(tls, p)
	list := libc.NewVaList(p)
	defer libc.Xfree(tls, list)
	methods := *(**lib.Tsqlite3_mem_methods)(unsafe.Pointer(&p))
	failed = lib.Xsqlite3_config(tls, lib.SQLITE_CONFIG_GETMALLOC, list)
	given = *methods
	methods.FxMalloc, methods.FxRealloc = function(allocate), function(reallocate)
	return failed | lib.Xsqlite3_config(tls, lib.SQLITE_CONFIG_MALLOC, list)
}

// function is a function of this package as the translated C has pointers to
// functions: a pointer to where a func value points.
func function[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

func allocate(tls *libc.TLS, n int32) uintptr {
	if starved(tls) {
		return 0
	}
	return (*(*func(*libc.TLS, int32) uintptr)(unsafe.Pointer(&struct{ uintptr }{given.FxMalloc})))(tls, n)
}

func reallocate(tls *libc.TLS, p uintptr, n int32) uintptr {
	if starved(tls) {
		return 0
	}
	return (*(*func(*libc.TLS, uintptr, int32) uintptr)(unsafe.Pointer(&struct{ uintptr }{given.FxRealloc})))(tls, p, n)
}

func starved(tls *libc.TLS) bool {
	if starving.n.Load() == 0 {
		return false
	}
	c, yes := starving.of.Load(tls)
	return yes && !c.(*conn).fed.Load()
}

// starve takes memory from the connection if what it runs goes on after an
// interruption, but for the driver's own statements.
func (c *conn) starve() {
	defer close(c.calm)
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-c.over:
		return
	case <-t.C:
	}
	tls := thread(c.sq)
	starving.of.Store(tls, c)
	starving.n.Add(1)
	<-c.over
	starving.n.Add(-1)
	starving.of.Delete(tls)
	c.broken = true // nobody has to know what else it lacked memory for
}
