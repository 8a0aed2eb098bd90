package host

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// conns are the connections of a server.
type conns struct {
	patience time.Duration
	clock    atomic.Int64 // when sweep ran last, in ns since 1970
	mu       sync.Mutex
	open     map[*conn]struct{}
}

// conn is a connection with deadlines that cost nothing: net/http moves that of
// reading several times a request, and each time a timer would be changed. Here
// it is noted only, and sweep enforces it. A write that makes no progress for
// the connections' patience fails too: net/http only bounds whole responses.
type conn struct {
	net.Conn
	all     *conns
	asked   atomic.Bool  // a request has come
	writing atomic.Int64 // the clock when the write that goes on began, 0 none

	mu     sync.Mutex
	readBy int64 // in ns since 1970, 0 never
	late   bool  // the connection itself has a deadline, which has passed
}

func newConns(patience time.Duration) *conns {
	c := &conns{patience: patience, open: map[*conn]struct{}{}}
	c.clock.Store(time.Now().UnixNano())
	return c
}

// SetReadDeadline is exact for a time that has passed, as it is given to break
// off what goes on, and at the next sweep for one that is to come.
func (c *conn) SetReadDeadline(t time.Time) error {
	var by int64
	if !t.IsZero() {
		by = t.UnixNano()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readBy = by
	late := by != 0 && by <= c.all.clock.Load()
	if !late && !c.late {
		return nil
	}
	if c.late = late; !late {
		t = time.Time{}
	}
	return c.Conn.SetReadDeadline(t)
}

func (c *conn) Write(p []byte) (int, error) {
	c.writing.Store(c.all.clock.Load())
	n, err := c.Conn.Write(p)
	c.writing.Store(0)
	return n, err
}

func (c *conn) Close() error {
	c.all.mu.Lock()
	delete(c.all.open, c)
	c.all.mu.Unlock()
	return c.Conn.Close()
}

// sweep fails the reads and writes whose time is over.
func (a *conns) sweep(now time.Time) {
	a.clock.Store(now.UnixNano())
	patient := now.Add(-a.patience).UnixNano()
	a.mu.Lock()
	defer a.mu.Unlock()
	for c := range a.open {
		c.mu.Lock()
		if c.readBy != 0 && c.readBy <= now.UnixNano() && !c.late {
			c.late = true
			_ = c.Conn.SetReadDeadline(longAgo)
		}
		c.mu.Unlock()
		if at := c.writing.Load(); at != 0 && at < patient {
			_ = c.SetWriteDeadline(longAgo)
		}
	}
}

// longAgo as a deadline breaks off what goes on.
var longAgo = time.Unix(1, 0)

// listener accepts connections as conns.
type listener struct {
	net.Listener
	all *conns
}

func (l listener) Accept() (net.Conn, error) {
	inner, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: inner, all: l.all}
	l.all.mu.Lock()
	l.all.open[c] = struct{}{}
	l.all.mu.Unlock()
	return c, nil
}

// state is net/http's hook.
func (*conns) state(c net.Conn, s http.ConnState) {
	if c, ok := c.(*conn); ok && s == http.StateActive {
		c.asked.Store(true)
	}
}

// closeSilent closes connections on which no request has come: browsers open
// some ahead, and net/http's Shutdown would wait seconds for one.
func (a *conns) closeSilent() {
	a.mu.Lock()
	var silent []*conn
	for c := range a.open {
		if !c.asked.Load() {
			silent = append(silent, c)
		}
	}
	a.mu.Unlock()
	for _, c := range silent {
		_ = c.Close()
	}
}
