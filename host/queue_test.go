package host_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
)

// one is a site with one blocking instance.
func one(c *host.Config) { c.Variant, c.Instances = host.Blocking, 1 }

func TestRequestsWaitForABlockingInstance(t *testing.T) {
	t.Parallel()
	s := serve(t, one)
	var all sync.WaitGroup
	began := time.Now()
	for range 5 {
		all.Go(func() { assert.Equal(t, "slept", s.get("/sleep?ms=50").body) })
	}
	all.Wait()
	require.GreaterOrEqual(t, time.Since(began), 250*time.Millisecond, "one after the other")

	s = serve(t, one, func(c *host.Config) { c.RequestTimeout, c.AfterTimeout = 300*time.Millisecond, 50*time.Millisecond })
	busy := s.background("/bad/late")
	require.Eventually(t, func() bool { return s.metrics()["vinyl_requests_in_flight"] == 1 }, 30*time.Second, time.Millisecond)
	time.Sleep(100 * time.Millisecond) // the other's time is over first
	stuck := s.background("/bad/ignore")
	require.Equal(t, "at last", (<-busy).body)
	require.Equal(t, 503, s.get("/").StatusCode)
	s.logs("no instance of the app is free")
	require.Equal(t, 503, (<-stuck).StatusCode)
}

func TestWhoLeavesTheQueueIsNoError(t *testing.T) {
	t.Parallel()
	s := serve(t, one)
	busy := s.background("/sleep?ms=1000")
	require.Eventually(t, func() bool { return s.metrics()["vinyl_requests_in_flight"] == 1 }, 30*time.Second, time.Millisecond)
	ctx, leave := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer leave()
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+s.addr+"/", nil)
	require.NoError(t, err)
	_, err = s.client.Do(req)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Eventually(t, func() bool { return s.metrics()[`vinyl_requests_total{code="0",method="GET"}`] == 1 }, 30*time.Second, time.Millisecond)
	require.Equal(t, "slept", (<-busy).body)
	require.NotContains(t, s.log.String(), "level=ERROR")
}

// TestSlowFormsHoldNoInstance: a small body is there before the view begins.
func TestSlowFormsHoldNoInstance(t *testing.T) {
	t.Parallel()
	s := serve(t, one)
	const size = 60_000
	c := s.dial()
	_, err := fmt.Fprintf(c, "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\nx", size)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.metrics()["vinyl_requests_in_flight"] == 1 }, 30*time.Second, time.Millisecond)
	for range 3 {
		s.lives()
	}
	_, err = io.CopyN(c, zeros{}, size-1)
	require.NoError(t, err)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(size), read(t, res))
}
