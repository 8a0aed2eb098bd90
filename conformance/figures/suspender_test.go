package figures

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/host"
)

// suspender lets a server ask itself, without connections of clients.
type suspender struct {
	host *host.Host
	all  sync.WaitGroup
	ok   atomic.Int64
}

// command knows "ask N": N requests begin; "suspended": how many wait; and
// "answers": how many were answered well, once all are.
func (s *suspender) command(c string) string {
	var n int
	switch {
	case c == "suspended":
		return fmt.Sprint(s.metric("vinyl_suspended_requests"))
	case c == "answers":
		s.all.Wait()
		return fmt.Sprint(s.ok.Swap(0))
	default:
		if _, err := fmt.Sscanf(c, "ask %d", &n); err != nil {
			return "unknown command " + c
		}
		for range n {
			s.all.Go(s.ask)
		}
		return "asked"
	}
}

func (s *suspender) ask() {
	r, err := http.NewRequest("GET", "http://localhost/write/?name=somebody", nil)
	if err != nil {
		return
	}
	r.RemoteAddr = "127.0.0.1:1"
	w := &discard{header: http.Header{}}
	s.host.Handler().ServeHTTP(w, r)
	if w.code == 200 && w.body == "1" {
		s.ok.Add(1)
	}
}

func (s *suspender) metric(name string) (v float64) {
	w := httptest.NewRecorder()
	s.host.MetricsHandler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	lines := bufio.NewScanner(w.Body)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			_, _ = fmt.Sscan(value, &v)
		}
	}
	return v
}

// discard is a response writer as small as can be.
type discard struct {
	header http.Header
	code   int
	body   string
}

func (d *discard) Header() http.Header              { return d.header }
func (d *discard) WriteHeader(code int)             { d.code = code }
func (d *discard) Write(b []byte) (int, error)      { d.body += string(b); return len(b), nil }
func (d *discard) SetReadDeadline(time.Time) error  { return nil }
func (d *discard) SetWriteDeadline(time.Time) error { return nil }
func (d *discard) Flush()                           {}
