package host_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
)

const restarts = "vinyl_instance_restarts_total"

// background sends a request and returns where its answer will be. It leaves
// with the test.
func (s *site) background(path string) <-chan answer {
	c := make(chan answer, 1)
	ctx, leave := context.WithCancel(context.Background())
	s.Cleanup(leave)
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+s.addr+path, nil)
	require.NoError(s, err)
	go func() {
		res, err := s.client.Do(req)
		if err != nil {
			c <- answer{body: err.Error()}
			return
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		c <- answer{res, string(b)}
	}()
	return c
}

func TestGuestsThatEnd(t *testing.T) {
	for way, says := range map[string]string{
		"spin":    "GET /bad/spin used ",
		"recurse": "reason=", // the stack is full, or the time is over
		"alloc":   "the guest crashed: fatal error: out of memory",
		"exit":    "the guest exited with code 3",
		"crash":   "the guest crashed: panic: a goroutine of the view failed",
	} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, variant func(*host.Config)) {
				s := serve(t, variant, func(c *host.Config) {
					c.MemoryLimit, c.CPUBudget = 64<<20, 5*time.Second
					if way == "spin" {
						c.CPUBudget = 500 * time.Millisecond // the others use little, but wait for the machine
					}
				})
				sibling := s.background("/notes/hold")
				s.logs("holding")
				a := s.get("/bad/" + way)
				require.Equal(t, 503, a.StatusCode)
				require.Equal(t, "service unavailable\n", a.body)
				require.Equal(t, "1", a.Header.Get("Retry-After"))
				s.logs("an instance ended and is replaced", says)
				s.lives()
				require.EqualValues(t, 1, s.metrics()[restarts])
				if blocking(t) { // the sibling has an instance of its own
					require.Empty(t, sibling)
					return
				}
				require.Equal(t, 503, (<-sibling).StatusCode)
				require.Equal(t, "0", s.notes(), "rolled back")
				require.Equal(t, "1", s.do("POST", "/notes", nil).body)
			})
		})
	}
}

func TestManyDeaths(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant, func(c *host.Config) { c.Instances = 1 })
		began := time.Now()
		for range 12 {
			require.Equal(t, 503, s.get("/bad/exit").StatusCode)
			s.lives()
		}
		require.EqualValues(t, 12, s.metrics()[restarts])
		require.Less(t, time.Since(began), 10*time.Second, "the pauses don't add up")
	})
}

func TestAPanicIsOneRequestsFailure(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		sibling := s.background("/sleep?ms=200")
		a := s.get("/bad/panic")
		require.Equal(t, 500, a.StatusCode)
		require.NotContains(t, a.body, "the view failed", "what went wrong is for the log")
		s.logs("the view failed", "stack=")
		require.Equal(t, "slept", (<-sibling).body)
		require.Zero(t, s.metrics()[restarts])
	})
}

func TestInvalidResponses(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		for way, says := range map[string]string{
			"name":       `header \"a b\" has a name with characters that are not allowed`,
			"value":      `header \"a\" has a line break or NUL in its value`,
			"status":     "the status is 99: it must be 200 to 599",
			"hop":        `header \"transfer-encoding\" concerns the connection, which is the host's`,
			"longer":     `header \"content-length\" says 5 bytes, the body has 4`,
			"no-content": "a response with status 204 has no body",
		} {
			a := s.get("/raw/" + way)
			require.Equal(t, 500, a.StatusCode, way)
			require.Empty(t, a.Header["Set-Cookie"])
			s.logs("response refused", says)
			s.lives()
		}
		refused := strings.Count(s.log.String(), "response refused")
		require.Equal(t, "body", s.get("/raw/again").body, "a view may try another head")
		require.Equal(t, refused+1, strings.Count(s.log.String(), "response refused"), "a view can't fill the log")
		require.Equal(t, 500, s.get("/raw/silent").StatusCode)
		require.Equal(t, "body", s.get("/raw/twice").body)
		for way, says := range map[string]string{
			"half":  "the guest ended the request in the middle of its response",
			"short": "the body has 5 bytes, its content-length says 100",
			"long":  "the body is longer than its content-length says",
		} {
			res, err := s.client.Get("http://" + s.addr + "/raw/" + way)
			if err == nil {
				_, err = io.ReadAll(res.Body)
				_ = res.Body.Close()
			}
			require.Error(t, err, "%s looks complete", way)
			s.logs("response broken off", says)
			s.lives()
		}
		require.Zero(t, s.metrics()[restarts])
	})
}

func TestViewsThatDoNotAnswer(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant, func(c *host.Config) {
			c.RequestTimeout, c.AfterTimeout = 300*time.Millisecond, 100*time.Millisecond
		})
		a := s.get("/wait")
		require.Equal(t, 504, a.StatusCode, "the app's own answer")
		s.logs(`cause="context deadline exceeded"`)
		require.Equal(t, "at last", s.get("/bad/late").body)
		require.Equal(t, 503, s.get("/notes/hold").StatusCode)
		require.Equal(t, "0", s.notes())
		require.NotContains(t, s.log.String(), "request failed")

		for i, path := range []string{"/bad/deadlock", "/bad/ignore", "/notes/stuck"} {
			began := time.Now()
			view := s.background(path)
			s.lives()
			a := <-view
			require.Equal(t, 503, a.StatusCode)
			require.Equal(t, "service unavailable\n", a.body, "the host's answer")
			require.Less(t, time.Since(began), 5*time.Second)
			s.lives()
			if blocking(t) { // an instance that is lost is replaced
				require.Eventually(t, func() bool { return s.metrics()[restarts] == float64(i+1) }, 30*time.Second, 5*time.Millisecond)
			} else {
				require.Eventually(t, func() bool { return strings.Count(s.log.String(), "goes on long after its end") == i+1 }, 30*time.Second, 5*time.Millisecond)
			}
		}
		require.Equal(t, "1", s.do("POST", "/notes", nil).body, "no transaction is left")
	})
}

func TestWorkAfterTheResponse(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		began := time.Now()
		require.Equal(t, "soon", s.get("/notes/after?ms=1500").body)
		require.Less(t, time.Since(began), 1400*time.Millisecond)
		require.Equal(t, "0", s.notes())
		require.Eventually(t, func() bool { return s.notes() == "1" }, 30*time.Second, 10*time.Millisecond)

		s = serve(t, variant, func(c *host.Config) { c.AfterTimeout = 50 * time.Millisecond })
		require.Equal(t, "body", s.get("/raw/after").body)
		s.logs(`msg=after request=`, `cause="context deadline exceeded"`)
		require.Zero(t, s.metrics()[restarts], "it heeds its context")
		require.Equal(t, "soon", s.get("/notes/after?ms=2000").body)
		s.logs("a view goes on long after its end")
		if blocking(t) {
			s.logs("an instance ended and is replaced", "a view must end when its ctx does")
		} else {
			s.logs("work after the response failed")
		}
		require.Equal(t, "0", s.notes())
	})
}
