package host_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
)

func TestSlowClients(t *testing.T) {
	const post = "POST /upload HTTP/1.1\r\nHost: localhost\r\n"
	const sized, chunked = "Content-Length: 100000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"
	type client struct {
		first, trickle string
		codes          []int
	}
	for name, c := range map[string]struct {
		idle, request time.Duration
		clients       map[string]client
	}{
		// A view hears that its body is late, and of a client that left: the
		// faster wins.
		"idle": {300 * time.Millisecond, 10 * time.Second, map[string]client{
			"silent":         {"", "", []int{0}},
			"head":           {"GET / HT", "x", []int{400}},
			"headers":        {"GET / HTTP/1.1\r\nHost: localhost\r\n", "A: b\r\n", []int{0}},
			"large body":     {post + sized + "x", "", []int{0, 408}},
			"chunks":         {post + chunked + "5\r\nhel", "", []int{0, 408}},
			"trickled chunk": {post + chunked + "ffff\r\n", "x", []int{0, 408}},
			"unread body":    {"POST / HTTP/1.1\r\nHost: localhost\r\n" + sized + "x", "", []int{200}},
		}},
		"too long": {20 * time.Second, 300 * time.Millisecond, map[string]client{
			"small body":     {post + "Content-Length: 10000\r\n\r\n", "x", []int{408}},
			"large body":     {post + sized + "x", "", []int{503}},
			"trickled body":  {post + sized, "x", []int{503}},
			"trickled chunk": {post + chunked + "ffff\r\n", "x", []int{503}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, variant func(*host.Config)) {
				s := serve(t, variant, func(cfg *host.Config) {
					cfg.IdleTimeout, cfg.RequestTimeout = c.idle, c.request
					if cfg.Variant == host.Blocking {
						cfg.Instances = len(c.clients) // for all at the same time
					}
				})
				var all sync.WaitGroup
				for name, client := range c.clients {
					all.Go(func() { assert.Contains(t, client.codes, slowly(s, client.first, client.trickle), name) })
				}
				all.Wait()
				s.lives()
			})
		})
	}
}

// slowly sends first, then trickle again and again, until the host has hung up.
func slowly(s *site, first, trickle string) (code int) {
	conn := s.dial()
	_, _ = io.WriteString(conn, first)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				_, _ = io.WriteString(conn, trickle)
			}
		}
	}()
	if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
		code = res.StatusCode
		_, _ = io.Copy(io.Discard, res.Body)
	}
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		return -1 // the host doesn't hang up
	}
	return code
}

// ended counts the requests that are over, whatever became of them.
func (s *site) ended() (n float64) {
	for name, v := range s.metrics() {
		if strings.HasPrefix(name, "vinyl_requests_total{") {
			n += v
		}
	}
	return n
}

// TestClientsThatDoNotRead are dropped, whatever is written to them.
func TestClientsThatDoNotRead(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		static := folder(t, map[string]string{"large": strings.Repeat("x", 20<<20)})
		s := serve(t, variant, func(c *host.Config) { c.IdleTimeout, c.Static = 200*time.Millisecond, static })
		for name, request := range map[string]string{
			"stream": "GET /stream?n=300&size=100000 HTTP/1.1\r\nHost: localhost\r\n\r\n",
			"whole":  "GET /length?n=20000000 HTTP/1.1\r\nHost: localhost\r\n\r\n",
			"static": "GET /static/large HTTP/1.1\r\nHost: localhost\r\n\r\n",
			"many":   strings.Repeat("GET /length?n=3000 HTTP/1.1\r\nHost: localhost\r\n\r\n", 20_000),
		} {
			conn, before := s.dial(), s.ended()
			require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(4096))
			go func() { _, _ = io.WriteString(conn, request) }()
			require.Eventually(t, func() bool { return s.ended() > before }, 30*time.Second, 5*time.Millisecond, "%s: the request has come, and was given up", name)
			require.Eventually(t, func() bool { return s.metrics()["vinyl_requests_in_flight"] == 0 }, 30*time.Second, 5*time.Millisecond, name)
			s.lives()
			_ = conn.Close()
		}
	})
}

func TestClientsThatLeave(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		for i, request := range []string{
			"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n",
			"POST /wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
		} {
			conn := s.dial()
			_, err := io.WriteString(conn, request)
			require.NoError(t, err)
			require.Eventually(t, func() bool { return s.metrics()["vinyl_requests_in_flight"] == 1 }, 30*time.Second, time.Millisecond)
			require.NoError(t, conn.Close())
			require.Eventually(t, func() bool { return strings.Count(s.log.String(), `cause="vinyl: the client went away"`) == i+1 }, 30*time.Second, time.Millisecond)
			s.lives()
		}
		// In the middle of a body, small and large.
		for _, size := range []int{1000, 100_000} {
			before := s.metrics()
			conn := s.dial()
			_, err := fmt.Fprintf(conn, "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\nhello", size)
			require.NoError(t, err)
			require.NoError(t, conn.(*net.TCPConn).CloseWrite())
			got, err := io.ReadAll(conn)
			require.NoError(t, err)
			if size == 1000 { // the view has not begun
				require.Contains(t, string(got), "HTTP/1.1 400 Bad Request\r\n")
			} else {
				require.Empty(t, got)
				const lost = `vinyl_requests_total{code="0",method="POST"}`
				require.Equal(t, before[lost]+1, s.metrics()[lost])
			}
			s.lives()
		}
		require.NotContains(t, s.log.String(), "level=ERROR")
	})
}

// TestStatementsEndWithTheirRequest: the database stops working for a client
// that has left, and for one that has waited too long.
func TestStatementsEndWithTheirRequest(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		const cancelled = `vinyl_db_queries_total{kind="exec",result="cancelled"}`
		ended := func() {
			t.Helper() // long before the time of a request, 30 s, is over
			require.Eventually(t, func() bool { return s.metrics()[cancelled] == 1 }, 30*time.Second, 5*time.Millisecond)
			require.Equal(t, "1", s.do("POST", "/notes", nil).body, "the one connection that writes is free, and nothing was written")
			require.Zero(t, s.metrics()[restarts])
		}
		conn := s.dial()
		_, err := io.WriteString(conn, "GET /notes/endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		s.logs("begins")
		time.Sleep(100 * time.Millisecond)
		require.NoError(t, conn.Close())
		ended()

		s = serve(t, variant, func(c *host.Config) { c.RequestTimeout = 500 * time.Millisecond })
		require.Equal(t, 503, s.get("/notes/endless").StatusCode)
		ended()
	})
}
