package host_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
)

// unsized hides a body's length: it is sent in chunks.
type unsized struct{ io.Reader }

func TestBodies(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		for _, n := range []int{0, 1, 64 << 10, 64<<10 + 1, 3 << 20} {
			body := strings.Repeat("x", n)
			require.Equal(t, fmt.Sprint(n), s.do("POST", "/upload", strings.NewReader(body)).body)
			require.Equal(t, fmt.Sprint(n), s.do("POST", "/upload", unsized{strings.NewReader(body)}).body)
			require.Equal(t, body, s.do("POST", "/duplex", unsized{strings.NewReader(body)}).body)
		}
		a := s.do("POST", "/json", strings.NewReader(`{"a":[1,"2"]}`), "Content-Type", "application/json")
		require.Equal(t, `{"a":[1,"2"]}`, a.body)
		require.Equal(t, 400, s.do("POST", "/json", strings.NewReader(`{"a"`), "Content-Type", "application/json").StatusCode)
		require.Equal(t, 415, s.do("POST", "/json", strings.NewReader(`{}`), "Content-Type", "text/plain").StatusCode)
	})
}

func TestBodiesKeepTheConnection(t *testing.T) {
	s := serve(t)
	c := s.dial()
	r := bufio.NewReader(c)
	for range 3 {
		for _, body := range []string{
			"Content-Length: 5\r\n\r\nhello",
			"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		} {
			_, err := io.WriteString(c, "POST /upload HTTP/1.1\r\nHost: localhost\r\n"+body)
			require.NoError(t, err)
			res, err := http.ReadResponse(r, nil)
			require.NoError(t, err)
			require.Equal(t, "5", read(t, res))
		}
	}
}

func TestAnswerBeforeTheBodyEnds(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		pr, pw := io.Pipe()
		req, err := http.NewRequest("POST", "http://"+s.addr+"/duplex", pr)
		require.NoError(t, err)
		res, err := s.client.Do(req)
		require.NoError(t, err)
		defer res.Body.Close()
		r := bufio.NewReader(res.Body)
		for i := range 3 {
			line := fmt.Sprintf("line %d\n", i)
			_, err = io.WriteString(pw, line)
			require.NoError(t, err)
			got, err := r.ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, line, got)
		}
		require.NoError(t, pw.Close())
		_, err = r.ReadByte()
		require.ErrorIs(t, err, io.EOF)
	})
}

// TestUploadsArePulled: a view that doesn't read stops the client.
func TestUploadsArePulled(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant, func(c *host.Config) { c.MaxBody, c.RequestTimeout = 1<<30, time.Second })
		c := s.dial()
		_, err := io.WriteString(c, "POST /wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n")
		require.NoError(t, err)
		require.NoError(t, c.SetWriteDeadline(time.Now().Add(300*time.Millisecond)))
		n, err := io.Copy(c, io.LimitReader(zeros{}, 1e9))
		require.Error(t, err)
		require.Less(t, n, int64(100<<20), "what the sockets hold")
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestDownloadsWait: a client that doesn't read stops the view, but no other.
func TestDownloadsWait(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		res, err := s.client.Get("http://" + s.addr + "/stream?n=3000&size=100000") // 300 MB
		require.NoError(t, err)
		time.Sleep(200 * time.Millisecond)
		require.Less(t, s.metrics()["vinyl_guest_memory_bytes"], 100e6)
		s.lives()
		n, err := io.Copy(io.Discard, io.LimitReader(res.Body, 20e6))
		require.NoError(t, err)
		require.EqualValues(t, 20e6, n)
		require.NoError(t, res.Body.Close())
		s.logs("stream ended")
		s.lives()
	})
}

func TestStreamsAndEvents(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		a := s.get("/stream?n=500&size=1000")
		require.Len(t, a.body, 500_000)
		require.Equal(t, []string{"chunked"}, a.TransferEncoding)

		res, err := s.client.Get("http://" + s.addr + "/events?n=3&ms=20")
		require.NoError(t, err)
		require.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
		began := time.Now()
		first, err := bufio.NewReader(res.Body).ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "id: 0\n", first)
		require.Less(t, time.Since(began), 15*time.Millisecond+time.Second, "events are sent one by one")
		require.NoError(t, res.Body.Close())

		res, err = s.client.Get("http://" + s.addr + "/events?n=100000&ms=5")
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		s.logs("events ended")

		// A stream may last longer than requests may take to begin.
		s = serve(t, variant, func(c *host.Config) { c.RequestTimeout = 50 * time.Millisecond })
		require.Equal(t, 20, strings.Count(s.get("/events?n=20&ms=10").body, "data: tick"))
	})
}

// TestTheHeadOfAStreamIsNotKeptBack: a browser learns that its event source is open.
func TestTheHeadOfAStreamIsNotKeptBack(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant, func(c *host.Config) { c.AfterTimeout = 50 * time.Millisecond })
		c := s.dial()
		_, err := io.WriteString(c, "GET /events?n=0&open=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		require.NoError(t, c.SetReadDeadline(time.Now().Add(5*time.Second)))
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		require.NoError(t, err)
		require.Equal(t, 200, res.StatusCode)
	})
}

func TestExpectContinue(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		for _, size := range []int{10, 200_000} {
			c := s.dial()
			r := bufio.NewReader(c)
			_, err := fmt.Fprintf(c, "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", size)
			require.NoError(t, err)
			line, err := r.ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "HTTP/1.1 100 Continue\r\n", line)
			_, err = r.ReadString('\n')
			require.NoError(t, err)
			_, err = io.WriteString(c, strings.Repeat("x", size))
			require.NoError(t, err)
			res, err := http.ReadResponse(r, nil)
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint(size), read(t, res))
		}
		// A body that nobody asked for isn't sent: the answer comes first.
		res := s.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\nExpect: 100-continue\r\n\r\n")
		require.Equal(t, 200, res.StatusCode)
		res = s.send("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\nExpect: 100-continue\r\n\r\n")
		require.Equal(t, 413, res.StatusCode)
		require.Equal(t, 417, s.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: cookies\r\n\r\n").StatusCode)
	})
}

// TestUploadsDoNotEndAnInstance: many clients together send more than the
// instance has memory. Those that it has no room for hear of it; it lives.
func TestUploadsDoNotEndAnInstance(t *testing.T) {
	const clients, size = 40, 2 << 20
	head := "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n"
	tail := "\r\n--B--\r\n"
	length := len(head) + size + len(tail)
	s := serve(t, func(c *host.Config) { c.MemoryLimit = 64 << 20 })
	codes := map[int]int{}
	var mu sync.Mutex
	var sent, all sync.WaitGroup
	sent.Add(clients)
	for range clients {
		all.Go(func() {
			c := s.dial()
			_, err := fmt.Fprintf(c, "POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: %d\r\n\r\n%s", length, head)
			assert.NoError(t, err)
			_, _ = io.WriteString(c, strings.Repeat("x", size)) // the host may hang up
			sent.Done()
			sent.Wait() // the last bytes of all come when all are there
			_, _ = io.WriteString(c, tail)
			code := 0
			if res, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil {
				code = res.StatusCode
				_ = res.Body.Close()
			}
			mu.Lock()
			codes[code]++
			mu.Unlock()
		})
	}
	all.Wait()
	require.Zero(t, s.metrics()[restarts], "%v", codes)
	require.GreaterOrEqual(t, codes[200], 5, "%v", codes)
	require.Greater(t, codes[503]+codes[0], 5, "%v", codes)
	s.logs("take a quarter of the instance's memory: give it more (--memory-limit)")
	for range 3 {
		require.Equal(t, fmt.Sprint(size), s.do("POST", "/form", strings.NewReader(head+strings.Repeat("x", size)+tail), "Content-Type", "multipart/form-data; boundary=B").body, "what was kept is given back")
	}
	text := "[" + strings.Repeat("1,", 1_200_000) + "1]"
	a := s.do("POST", "/json", strings.NewReader(text), "Content-Type", "application/json")
	require.Equal(t, 413, a.StatusCode, "a text of 2.4 MB would be 100 MB of values")
	require.Zero(t, s.metrics()[restarts])
}
