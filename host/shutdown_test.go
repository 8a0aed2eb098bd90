package host_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
)

// stop shuts down with so much patience.
func (s *site) stop(patience time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return s.Shutdown(ctx)
}

func TestShutdownLetsRequestsFinish(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		view := s.background("/sleep?ms=300")
		stream := s.background("/events?n=10&ms=30")
		require.Equal(t, "soon", s.get("/notes/after?ms=300").body)
		require.Eventually(t, func() bool { return s.metrics()["vinyl_requests_in_flight"] == 2 }, 30*time.Second, time.Millisecond)
		done := make(chan error, 1)
		go func() { done <- s.stop(20 * time.Second) }()
		require.Eventually(t, func() bool {
			c, err := net.Dial("tcp", s.addr)
			if err == nil {
				_ = c.Close()
			}
			return err != nil
		}, 30*time.Second, time.Millisecond, "no new connections")
		for path, says := range map[string]string{"/": "service unavailable\n", "/healthz": "the host is stopping\n"} { // of a server of the caller's
			rec := httptest.NewRecorder()
			s.Handler().ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
			require.Equal(t, 503, rec.Code)
			require.Equal(t, says, rec.Body.String())
		}
		require.Equal(t, "slept", (<-view).body)
		require.Equal(t, 10, strings.Count((<-stream).body, "data: tick"))
		require.NoError(t, <-done)
		require.NoError(t, s.Shutdown(context.Background()), "a second time")
		require.Equal(t, 1, strings.Count(s.log.String(), "level=ERROR"), "who came too late")

		// What was to be done after a response has been done.
		again := serve(t, variant, func(c *host.Config) { c.DB = "file:" + s.db })
		require.Equal(t, "1", again.notes())
	})
}

func TestShutdownOutOfPatience(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant, func(c *host.Config) { c.Instances = 6 })
		heeds, holds := s.background("/wait"), s.background("/notes/hold")
		ignores, streams := s.background("/bad/ignore"), s.background("/events?n=1000000&ms=20")
		upload := s.dial()
		_, err := io.WriteString(upload, "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx")
		require.NoError(t, err)
		s.logs("holding")
		require.Eventually(t, func() bool { return s.metrics()["vinyl_requests_in_flight"] == 5 }, 30*time.Second, time.Millisecond)

		began := time.Now()
		err = s.stop(100 * time.Millisecond)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "host: requests were cancelled at shutdown: ")
		require.Less(t, time.Since(began), 3*time.Second)
		require.Equal(t, 504, (<-heeds).StatusCode, "the app's own answer")
		s.logs(`cause="vinyl: the host stops"`)
		require.Equal(t, 503, (<-holds).StatusCode)
		require.Equal(t, 503, (<-ignores).StatusCode)
		require.NotEmpty(t, (<-streams).body)
		_, _ = io.Copy(io.Discard, upload)
		require.Less(t, time.Since(began), 3*time.Second)

		again := serve(t, variant, func(c *host.Config) { c.DB = "file:" + s.db })
		require.Equal(t, "0", again.notes(), "rolled back")
	})
}

// TestShutdownDoesNotWaitForTheSilent: connections without a request.
func TestShutdownDoesNotWaitForTheSilent(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, half := s.dial(), s.dial()
	_, err := io.WriteString(half, "GET / HTTP/1.1\r\nHost:")
	require.NoError(t, err)
	s.lives()
	began := time.Now()
	require.NoError(t, s.stop(20*time.Second))
	require.Less(t, time.Since(began), 3*time.Second)
	_, err = c.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

func TestShutdownAfterADeath(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant, func(c *host.Config) { c.Instances = 1 })
		require.Equal(t, 503, s.get("/bad/exit").StatusCode)
		require.Eventually(t, func() bool { return s.metrics()["vinyl_instances"] == 1 }, 30*time.Second, time.Millisecond)
		require.NoError(t, s.stop(10*time.Second))
	})
}

func TestAfterShutdown(t *testing.T) {
	s := serve(t)
	require.NoError(t, s.Shutdown(context.Background()))
	for path, code := range map[string]int{"/": 503, "/healthz": 503} {
		rec := httptest.NewRecorder()
		s.Handler().ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		require.Equal(t, code, rec.Code)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, s.Serve(l))
	_, err = net.Dial("tcp", l.Addr().String())
	require.Error(t, err)
}

func TestServeReportsItsListener(t *testing.T) {
	s := serve(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	require.ErrorIs(t, s.Serve(l), net.ErrClosed)
	s.lives()
}

// TestNothingIsLeft: no goroutine survives its host, whatever it went through.
func TestNothingIsLeft(t *testing.T) {
	for _, variant := range variants { // not at the same time as other tests
		var all sync.WaitGroup
		before := runtime.NumGoroutine()
		s := serve(t, variant, func(c *host.Config) {
			c.RequestTimeout, c.IdleTimeout, c.AfterTimeout = 200*time.Millisecond, 200*time.Millisecond, 50*time.Millisecond
		})
		const get, post = "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nx"
		for _, path := range []string{"/", "/notes", "/stream?n=100&size=1000", "/bad/exit", "/bad/deadlock", "/notes/stuck", "/raw/silent", "/raw/half", "/wait"} {
			for _, form := range []string{get, post} {
				c := s.dial()
				all.Go(func() {
					_, _ = fmt.Fprintf(c, form, path)
					_, _ = io.Copy(io.Discard, c)
					_ = c.Close()
				})
			}
		}
		all.Wait()
		require.NoError(t, s.stop(10*time.Second))
		for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
			require.True(t, time.Now().Before(deadline), stacks(before))
		}
	}
}

// stacks is evaluated when the check has failed.
type stacks int

func (n stacks) String() string {
	b := make([]byte, 1<<20)
	return fmt.Sprintf("%d goroutines before, now:\n%s", int(n), b[:runtime.Stack(b, true)])
}
