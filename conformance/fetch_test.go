package conformance_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/conformance/testdata/fetching"
	"github.com/vinyl-edge/vinyl/host"
)

// fetchers serves the app whose views fetch, on every host.
func fetchers(t *testing.T, f func(t *testing.T, on *site)) {
	for _, v := range threeHosts {
		t.Run(string(v), func(t *testing.T) {
			f(t, serve(t, v, "conformance/testdata/fetching", fetching.App(), filepath.Join(t.TempDir(), "f.db"), 1, "127.0.0.1"))
		})
	}
}

// other is the site that views fetch from.
func other(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func to(path, site string) string { return "GET " + path + "?url=" + url.QueryEscape(site) }

// TestFetchesAnswerAlike: what views see of other sites, whole ones and broken
// ones, is the same on every host.
func TestFetchesAnswerAlike(t *testing.T) {
	fine := other(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/404":
			w.WriteHeader(404)
		case "/away":
			http.Redirect(w, r, "/", http.StatusMovedPermanently)
		case "/inside":
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		case "/resolved":
			_, port, _ := net.SplitHostPort(r.Host)
			http.Redirect(w, r, "http://localhost:"+port+"/", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/large", "/larger":
			if r.URL.Path == "/large" {
				w.Header().Set("Content-Length", strconv.Itoa(3<<20))
			}
			for range 3 << 4 {
				_, _ = w.Write(make([]byte, 1<<16-1))
				_, _ = w.Write([]byte{1})
			}
			return
		case "/huge":
			for chunk := make([]byte, 1<<20); r.Context().Err() == nil; {
				_, _ = w.Write(chunk)
			}
		case "/hugely":
			w.Header().Set("Content-Length", strconv.Itoa(1<<30))
		case "/abort":
			panic(http.ErrAbortHandler)
		case "/half":
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case "/empty":
			w.WriteHeader(204)
			return
		}
		_, _ = io.WriteString(w, strings.Join([]string{r.Method, r.URL.Path, r.Header.Get("X-View"), r.Header.Get("Content-Type"), string(body)}, "|"))
	})
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := "http://" + closed.Addr().String()
	require.NoError(t, closed.Close())

	asks := []struct{ line, says string }{
		{to("/get/", fine), "200 text/plain; charset=utf-8\nGET|/|get||"},
		{to("/get/", fine+"/404"), "404 text/plain; charset=utf-8\nGET|/404|get||"},
		{to("/get/", fine+"/away"), "200 text/plain; charset=utf-8\nGET|/|get||"},
		{to("/get/", fine+"/empty"), "204 \n"},
		{to("/get/", fine+"/inside"), "from there\nfetch: GET http://169.254.169.254/: 169.254.169.254 is not among the hosts"},
		{to("/get/", fine+"/resolved"), ": localhost:"},
		{to("/get/", fine+"/round"), "redirected too often\nfetch: GET " + fine + "/round: redirected more than 10 times"},
		{to("/get/", fine+"/huge"), "too large\nfetch: GET " + fine + "/huge: the answer is larger than 10485760 bytes"},
		{to("/get/", fine+"/hugely"), "too large\nfetch: GET " + fine + "/hugely: the answer is larger than 67108864 bytes: serve the app with a larger --max-fetch"},
		{to("/size/", fine+"/large"), "3145728 bytes, sum 48"},
		{to("/size/", fine+"/larger"), "3145728 bytes, sum 48"},
		{to("/size/", fine+"/huge"), "too large\nfetch: GET " + fine + "/huge: the answer is larger than "},
		{to("/get/", fine+"/abort"), "broke off\nfetch: GET " + fine + "/abort: the connection was closed"},
		{to("/get/", fine+"/half"), "broke off\nfetch: GET " + fine + "/half: the "},
		{to("/get/", nobody), "nobody listens there\nfetch: GET " + nobody + ": dial tcp "},
		{to("/get/", "https://api.example.com"), "the host doesn't allow to fetch from there\nfetch: GET https://api.example.com: api.example.com is not among the hosts that this app may fetch from: serve it with --allow-fetch api.example.com "},
		{to("/get/", "://"), "no valid request\n"},
		{to("/fail/", fine+"/abort"), "Bad Gateway (502)"},
		{to("/fail/", "http://api.example.com"), "Server Error (500)"},
		{to("/together/5/", fine), strings.Repeat("GET|/|||\n", 5)},
		{to("/first/", fine+"/huge"), "\x00\x00\x00\x00\x00"},
		{"POST /post/?url=" + url.QueryEscape(fine) + " a=1", "PUT|/||application/x-www-form-urlencoded|a=1"},
	}
	first := map[string]string{}
	fetchers(t, func(t *testing.T, on *site) {
		for _, c := range asks {
			got := on.ask(t, c.line).body
			require.Contains(t, got, c.says, c.line)
			// How a body breaks off is told by the words of the one who noticed.
			if before, ok := first[c.line]; ok && !strings.Contains(got, fine+"/half") && !strings.Contains(got, "--max-fetch") {
				require.Equal(t, before, got, c.line)
			}
			first[c.line] = got
		}
		require.Zero(t, on.restarts())
		if on.variant == host.Blocking {
			require.Zero(t, on.suspensions())
		}
	})
}

// TestFetchesOfAViewOverlap: the other site answers none of five requests before
// all are there. Under the blocking host, where they come one after the other,
// it sees one at a time.
func TestFetchesOfAViewOverlap(t *testing.T) {
	const n = 5
	fetchers(t, func(t *testing.T, on *site) {
		var there sync.WaitGroup
		there.Add(n)
		var now, most atomic.Int64
		slow := other(t, func(w http.ResponseWriter, r *http.Request) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			if on.variant != host.Blocking {
				there.Done()
				there.Wait()
			}
			_, _ = io.WriteString(w, r.FormValue("i"))
		})
		suspensions := on.suspensions()
		require.Equal(t, "0\n1\n2\n3\n4\n", on.ask(t, to("/together/"+strconv.Itoa(n)+"/", slow)).body)
		switch on.variant {
		case host.Async:
			require.EqualValues(t, n, most.Load())
			require.Equal(t, n, on.suspensions()-suspensions, "one for each")
		case host.Blocking:
			require.EqualValues(t, 1, most.Load())
			require.Zero(t, on.suspensions())
		}
	})
}

// TestAFetchDelaysNobody: while one view waits for another site, the instance
// answers others, those that fetch too.
func TestAFetchDelaysNobody(t *testing.T) {
	fetchers(t, func(t *testing.T, on *site) {
		if on.variant == host.Blocking {
			return // one view at a time, as promised
		}
		release := make(chan bool)
		asked := make(chan bool, 1)
		slow := other(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				asked <- true
				<-release
			}
			_, _ = io.WriteString(w, "fetched")
		})
		got := on.later(to("/fail/", slow+"/slow"))
		<-asked
		require.Equal(t, "quiet", on.ask(t, "GET /quiet/").body)
		require.Equal(t, "fetched", on.ask(t, to("/fail/", slow)).body)
		pending(t, got)
		close(release)
		require.Equal(t, "fetched", answered(t, on, got).body)
	})
}

// TestFetchesEndWithTheirContext: by its deadline, or because the client has
// left; the other site is left too.
func TestFetchesEndWithTheirContext(t *testing.T) {
	fetchers(t, func(t *testing.T, on *site) {
		asked, left := make(chan bool, 10), make(chan bool, 10)
		slow := other(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/body" {
				_, _ = io.WriteString(w, "begin")
				w.(http.Flusher).Flush()
			}
			asked <- true
			<-r.Context().Done()
			left <- true
		})
		for _, path := range []string{"/head", "/body"} {
			require.Equal(t, "not answered in time\ncontext deadline exceeded\nfetch: GET "+slow+path+": not answered before the deadline of its ctx", on.ask(t, to("/within/100/", slow+path)).body)
			<-asked
			<-left
		}
		require.Equal(t, "begin", on.ask(t, to("/first/", slow+"/body")).body)
		<-asked
		<-left

		for _, c := range []struct {
			view, path string
			requests   int
		}{{"/fail/", "/head", 1}, {"/fail/", "/body", 1}, {"/two/", "/body", 2}} {
			ctx, leave := context.WithCancel(t.Context())
			_, path, _ := strings.Cut(to(c.view, slow+c.path), " ")
			r, err := http.NewRequestWithContext(ctx, "GET", on.url+path, nil)
			require.NoError(t, err)
			gone := make(chan error, 1)
			go func() {
				_, err := on.client.Do(r)
				gone <- err
			}()
			for range c.requests {
				<-asked
			}
			leave()
			require.ErrorIs(t, <-gone, context.Canceled)
			for range c.requests {
				select {
				case <-left:
				case <-time.After(patience / 2):
					require.Fail(t, "the other site still waits", c.view+c.path)
				}
			}
			require.Equal(t, "quiet", on.ask(t, "GET /quiet/").body)
		}
		require.Zero(t, on.restarts(), "the views ended by themselves")
	})
}

// TestFetchedBodiesFlow: a view hands a body on while it arrives, and reads no
// faster than its client does.
func TestFetchedBodiesFlow(t *testing.T) {
	fetchers(t, func(t *testing.T, on *site) {
		more := make(chan bool)
		var sent atomic.Int64
		flowing := other(t, func(w http.ResponseWriter, r *http.Request) {
			for chunk := make([]byte, 64<<10); r.URL.Path == "/fast" && r.Context().Err() == nil && sent.Load() < 60<<20; {
				n, _ := w.Write(chunk)
				sent.Add(int64(n))
			}
			for range more {
				_, _ = io.WriteString(w, "piece")
				w.(http.Flusher).Flush()
			}
		})
		open := func(path string) *http.Response {
			_, line, _ := strings.Cut(to("/relay/", flowing+path), " ")
			r, err := http.NewRequest("GET", on.url+line, nil)
			require.NoError(t, err)
			res, err := on.client.Do(r)
			require.NoError(t, err)
			t.Cleanup(func() { _ = res.Body.Close() })
			return res
		}
		go func() { more <- true }()
		res := open("/")
		for i := range 3 {
			if i > 0 {
				more <- true
			}
			_, err := io.ReadFull(res.Body, make([]byte, len("piece")))
			require.NoError(t, err)
		}
		close(more)
		rest, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Empty(t, rest)

		res = open("/fast")
		_, err = io.ReadFull(res.Body, make([]byte, 1000))
		require.NoError(t, err)
		for before := int64(-1); before != sent.Load(); time.Sleep(200 * time.Millisecond) {
			before = sent.Load()
		}
		require.Less(t, sent.Load(), int64(60<<20), "all of it was read although the client doesn't")
	})
}

// TestFetchesAfterTheAnswer: work after the response fetches too.
func TestFetchesAfterTheAnswer(t *testing.T) {
	fetchers(t, func(t *testing.T, on *site) {
		said := make(chan string, 1)
		hook := other(t, func(_ http.ResponseWriter, r *http.Request) { said <- r.FormValue("said") })
		require.Equal(t, "now", on.ask(t, to("/after/", hook)).body)
		require.Equal(t, "later", <-said)
	})
}
