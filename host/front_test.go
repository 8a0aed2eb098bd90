package host_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
)

func TestMethodsAndHeaders(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"} {
			a := s.do(method, "/echo?q=%20&r", strings.NewReader("the body"), "X-Two", "1", "X-Two", "2", "Te", "trailers")
			require.Equal(t, 200, a.StatusCode)
			require.Equal(t, "text/plain; charset=utf-8", a.Header.Get("Content-Type"))
			require.Contains(t, a.body, method+" http "+s.addr+" /echo?q=%20&r HTTP/1.1\nremote 127.0.0.1\n")
			require.Contains(t, a.body, "x-two: 1\nx-two: 2\n")
			require.NotContains(t, a.body, "te: trailers", "fields of the connection are the host's")
			require.True(t, strings.HasSuffix(a.body, "\n\nthe body"), a.body)
			require.EqualValues(t, len(a.body), a.ContentLength)
		}
	})
}

func TestCookies(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		a := serve(t, variant).get("/cookies", "Cookie", "a=x; b=y")
		require.Equal(t, "x y", a.body)
		require.Equal(t, []string{"a=1; Path=/", "b=2; HttpOnly; Path=/"}, a.Header["Set-Cookie"])
	})
}

func TestResponsesWithoutBody(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		a := s.do("HEAD", "/length?n=5000", nil)
		require.Equal(t, 200, a.StatusCode)
		require.Empty(t, a.body)
		require.EqualValues(t, 5000, a.ContentLength)
		a = s.do("HEAD", "/stream?n=5000", nil)
		require.Empty(t, a.body)
		for _, path := range []string{"/status/204", "/status/304"} {
			for _, method := range []string{"GET", "HEAD", "POST"} {
				a = s.do(method, path, nil)
				require.Equal(t, path, "/status/"+a.Status[:3])
				require.Empty(t, a.body)
				require.Empty(t, a.Header["Content-Length"])
			}
		}
		a = s.get("/status/200")
		require.Equal(t, "0", a.Header.Get("Content-Length"))
		s.lives()
	})
}

func TestRequestID(t *testing.T) {
	s := serve(t, func(c *host.Config) { c.AccessLog = true })
	id := regexp.MustCompile(`(?m)^id ([0-9a-f]{16})$`)
	first := id.FindStringSubmatch(s.get("/echo").body)
	second := id.FindStringSubmatch(s.get("/echo").body)
	require.NotNil(t, first)
	require.NotEqual(t, first[1], second[1])
	s.logs("request="+first[1], "request="+second[1])
	s.get("/bad/panic")
	require.Regexp(t, `msg="view panicked" request=[0-9a-f]{16} `, s.log.String())
}

func TestAccessLog(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant, func(c *host.Config) { c.AccessLog, c.Static = true, folder(t, map[string]string{"a.css": "body"}) })
		s.get("/length?n=12")
		s.logs("level=INFO msg=request request=", " method=GET path=/length status=200 bytes=12 duration=", " remote=127.0.0.1:")
		s.do("POST", "/none?secret=1", nil)
		s.logs(" method=POST path=/none status=404 bytes=")
		s.get("/static/a.css")
		s.logs(" method=GET path=/static/a.css status=200 bytes=4 ")
		s.get("/healthz")
		require.NotContains(t, s.log.String(), "healthz")
		require.NotContains(t, s.log.String(), "secret", "queries may hold secrets")

		s = serve(t, variant)
		s.lives()
		require.NotContains(t, s.log.String(), "msg=request")
	})
}

func TestTrustedProxies(t *testing.T) {
	forwarded := []string{"X-Forwarded-For", "6.6.6.6, 9.9.9.9, 10.1.2.3", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "localhost"}
	s := serve(t, func(c *host.Config) { c.TrustedProxies = []string{"127.0.0.1", "10.0.0.0/8"} })
	body := s.get("/echo", forwarded...).body
	require.Contains(t, body, "GET https localhost /echo")
	require.Contains(t, body, "remote 9.9.9.9\n", "the first address from the right that is no proxy")
	require.Contains(t, s.get("/echo", "X-Forwarded-For", "nonsense").body, "remote 127.0.0.1\n")

	body = serve(t).get("/echo", forwarded...).body
	require.Contains(t, body, "GET http 127.0.0.1:")
	require.Contains(t, body, "remote 127.0.0.1\n")
}

func TestHealth(t *testing.T) {
	s := serve(t)
	for _, h := range []http.Handler{s.Handler(), s.MetricsHandler()} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest("GET", "/healthz", nil))
		require.Equal(t, 200, rec.Code)
		require.Equal(t, "ok\n", rec.Body.String())
		require.Equal(t, "no-store", rec.Header().Get("Cache-Control"))
	}
	require.Equal(t, "ok\n", serve(t, func(c *host.Config) { c.HealthPath = "/up" }).get("/up").body)
	require.Equal(t, 404, serve(t, func(c *host.Config) { c.HealthPath = "-" }).get("/healthz").StatusCode)
}

func TestHandlerWithAnotherServer(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		srv := httptest.NewUnstartedServer(s.Handler())
		srv.EnableHTTP2 = true
		srv.StartTLS()
		defer srv.Close()
		res, err := srv.Client().Post(srv.URL+"/echo", "text/plain", strings.NewReader("over HTTP/2"))
		require.NoError(t, err)
		b := read(t, res)
		require.Contains(t, b, "POST https "+srv.Listener.Addr().String()+" /echo? HTTP/2.0\n")
		require.True(t, strings.HasSuffix(b, "over HTTP/2"))
		res, err = srv.Client().Post(srv.URL+"/duplex", "text/plain", strings.NewReader(strings.Repeat("x", 300_000)))
		require.NoError(t, err)
		require.Len(t, read(t, res), 300_000)
		// A body that nobody reads.
		res, err = srv.Client().Post(srv.URL+"/", "text/plain", strings.NewReader(strings.Repeat("x", 300_000)))
		require.NoError(t, err)
		require.Equal(t, "Hello, World!", read(t, res))
	})
}

// TestSlog: what views log with slog is in the host's log, each record with the
// id of its own request, whoever else was served meanwhile.
func TestSlog(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		buf := &logBuffer{}
		s := serve(t, variant, func(c *host.Config) {
			c.Log = slog.New(slog.NewTextHandler(buf, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				by := fmt.Sprint("client", i)
				id := s.get("/log?by=" + by).body
				assert.NotEmpty(t, id)
				assert.Contains(t, buf.String(), "level=DEBUG msg=asked request="+id+" app=test by="+by+"\n")
				assert.Contains(t, buf.String(), "level=WARN msg=answered request="+id+" app=test to.name="+by+" to.n=7\n")
			})
		}
		all.Wait()
	})
}
