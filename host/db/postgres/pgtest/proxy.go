package pgtest

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Proxy stands between a client and a server, and can be a bad line: slow,
// silent, cut, reset.
type Proxy struct {
	l    net.Listener
	dial func() (net.Conn, error)

	mu      sync.Mutex
	changed *sync.Cond
	pairs   map[*pair]struct{}
	silent  bool
	refuse  bool
	delay   time.Duration
	filter  func(fromServer bool, b []byte) Verdict
}

// Verdict is what becomes of bytes that pass.
type Verdict uint8

// Verdicts.
const (
	Pass Verdict = iota
	Cut          // the line is cut before the bytes
	Reset
	Lose // they and all that follow in this direction are lost
)

type pair struct{ client, server net.Conn }

// NewProxy listens on a port of 127.0.0.1 until the test ends.
func NewProxy(tb testing.TB, dial func() (net.Conn, error)) *Proxy {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	p := &Proxy{l: l, dial: dial, pairs: map[*pair]struct{}{}}
	p.changed = sync.NewCond(&p.mu)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.serve(c, &running) })
		}
	})
	tb.Cleanup(func() {
		_ = l.Close()
		p.Heal()
		p.CutAll()
		running.Wait()
	})
	return p
}

// Address is host and port.
func (p *Proxy) Address() string { return p.l.Addr().String() }

// Port is that of Address.
func (p *Proxy) Port() int { return p.l.Addr().(*net.TCPAddr).Port }

// Set changes the line from now on.
func (p *Proxy) set(f func()) {
	p.mu.Lock()
	f()
	p.mu.Unlock()
	p.changed.Broadcast()
}

// Silence keeps all bytes until Heal.
func (p *Proxy) Silence() { p.set(func() { p.silent = true }) }

// Refuse ends new connections at once.
func (p *Proxy) Refuse() { p.set(func() { p.refuse = true }) }

// Delay lets bytes wait.
func (p *Proxy) Delay(d time.Duration) { p.set(func() { p.delay = d }) }

// Filter has f judge what passes.
func (p *Proxy) Filter(f func(fromServer bool, b []byte) Verdict) { p.set(func() { p.filter = f }) }

// Heal makes the line a good one.
func (p *Proxy) Heal() {
	p.set(func() { p.silent, p.refuse, p.delay, p.filter = false, false, 0, nil })
}

// CutAll ends all connections.
func (p *Proxy) CutAll() { p.end((*pair).cut) }

// ResetAll does so as a firewall would.
func (p *Proxy) ResetAll() { p.end((*pair).reset) }

func (p *Proxy) end(f func(*pair)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for x := range p.pairs {
		f(x)
	}
}

func (x *pair) cut() {
	_ = x.client.Close()
	_ = x.server.Close()
}

func (x *pair) reset() {
	if t, ok := x.client.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	x.cut()
}

func (p *Proxy) serve(c net.Conn, running *sync.WaitGroup) {
	p.mu.Lock()
	refuse := p.refuse
	p.mu.Unlock()
	if refuse {
		_ = c.Close()
		return
	}
	s, err := p.dial()
	if err != nil {
		_ = c.Close()
		return
	}
	x := &pair{c, s}
	p.mu.Lock()
	p.pairs[x] = struct{}{}
	p.mu.Unlock()
	running.Go(func() { p.copy(x, c, s, true) })
	p.copy(x, s, c, false)
	p.mu.Lock()
	delete(p.pairs, x)
	p.mu.Unlock()
}

func (p *Proxy) copy(x *pair, to, from net.Conn, fromServer bool) {
	defer x.cut()
	b := make([]byte, 1<<16)
	lost := false
	for {
		n, err := from.Read(b)
		p.mu.Lock()
		delay, filter := p.delay, p.filter
		for p.silent {
			p.changed.Wait()
		}
		p.mu.Unlock()
		if delay > 0 {
			time.Sleep(delay)
		}
		if n > 0 && filter != nil && !lost {
			switch filter(fromServer, b[:n]) {
			case Cut:
				return
			case Reset:
				x.reset()
				return
			case Lose:
				lost = true
			}
		}
		if err != nil {
			return
		}
		if lost {
			continue
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}
