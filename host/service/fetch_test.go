package service

import (
	"context"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
)

// fetching is a service that may fetch from what allow lists.
func fetching(t *testing.T, cfg Config, allow ...string) *Service {
	t.Helper()
	allowed, err := ParseAllowed(allow)
	require.NoError(t, err)
	cfg.AllowFetch = allowed
	svc := New(cfg)
	t.Cleanup(svc.Close)
	return svc
}

type fetched struct {
	head abi.ResponseHead
	body string
}

func (f fetched) header(name string) string {
	for _, h := range f.head.Headers {
		if h.Name == name {
			return h.Value
		}
	}
	return ""
}

// fetch answers by OpFetch, read piece by piece or, if whole, at once.
func fetch(ctx context.Context, svc *Service, whole bool, m abi.FetchRequest, body string) (f fetched, err error) {
	s := svc.Session()
	defer s.Close()
	if m.Method == "" {
		m.Method = "GET"
	}
	msg := append(m.Append(nil), body...)
	var out []byte
	var broke error
	if whole {
		out = s.Do(ctx, abi.OpFetch, msg)
	} else {
		r := s.Open(ctx, abi.OpFetch, msg)
		out, broke = io.ReadAll(r)
		_ = r.Close()
	}
	r := abi.ReadBytes(out)
	if err := r.Begin(); err != nil {
		return f, err
	}
	if f.head, err = abi.ReadResponseHead(r.String()); err != nil {
		return f, err
	}
	f.body = r.Rest()
	return f, broke
}

// bothWays fetches piece by piece and at once, and demands the same.
func bothWays(t *testing.T, svc *Service, m abi.FetchRequest, body string) (fetched, error) {
	t.Helper()
	a, err := fetch(t.Context(), svc, false, m, body)
	b, err2 := fetch(t.Context(), svc, true, m, body)
	require.Equal(t, err, err2)
	if err == nil {
		require.Equal(t, a.head.Status, b.head.Status)
		require.Equal(t, a.body, b.body)
	}
	return a, err
}

func server(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestFetch(t *testing.T) {
	site := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2")
		w.WriteHeader(201)
		_, _ = io.WriteString(w, strings.Join([]string{r.Method, r.URL.String(), r.Host, r.Header.Get("X-Two"), r.Header.Get("User-Agent"), r.Header.Get("Accept-Encoding"), strconv.FormatInt(r.ContentLength, 10), string(body)}, "|"))
	})
	svc := fetching(t, Config{}, "127.0.0.1")
	got, err := bothWays(t, svc, abi.FetchRequest{Method: "PUT", URL: site.URL + "/a?b=c#d", Headers: []abi.Header{{Name: "x-two", Value: "2"}, {Name: "content-length", Value: "99"}}}, "hello")
	require.NoError(t, err)
	host := strings.TrimPrefix(site.URL, "http://")
	require.Equal(t, "PUT|/a?b=c|"+host+"|2|vinyl||5|hello", got.body)
	require.EqualValues(t, 201, got.head.Status)
	require.Contains(t, got.head.Headers, abi.Header{Name: "set-cookie", Value: "a=1"})
	require.Contains(t, got.head.Headers, abi.Header{Name: "set-cookie", Value: "b=2"})
	require.Equal(t, strconv.Itoa(len(got.body)), got.header("content-length"))

	got, err = bothWays(t, svc, abi.FetchRequest{Method: "HEAD", URL: site.URL, Headers: []abi.Header{{Name: "user-agent", Value: "me"}}}, "")
	require.NoError(t, err)
	require.Empty(t, got.body)
}

func TestFetchLeavesRedirectsToTheGuest(t *testing.T) {
	asked := 0
	site := server(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "http://169.254.169.254/latest/", http.StatusFound)
	})
	got, err := fetch(t.Context(), fetching(t, Config{}, "127.0.0.1"), false, abi.FetchRequest{URL: site.URL}, "")
	require.NoError(t, err)
	require.EqualValues(t, 302, got.head.Status)
	require.Equal(t, "http://169.254.169.254/latest/", got.header("location"))
	require.Equal(t, 1, asked)
}

func TestFetchRefuses(t *testing.T) {
	var asked atomic.Int64
	site := server(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	u, err := url.Parse(site.URL)
	require.NoError(t, err)
	port := u.Port()
	svc := fetching(t, Config{}, "*", "10.1.1.1")
	for _, c := range []struct {
		m          abi.FetchRequest
		code       abi.ErrorCode
		says, gift string
	}{
		{abi.FetchRequest{URL: site.URL}, abi.CodeForbidden, "vinyl fetch: 127.0.0.1:" + port + ", a private address, is not among the hosts that this app may fetch from: serve it with --allow-fetch 127.0.0.1 (in a test: hosttest.Options.AllowFetch)", "127.0.0.1"},
		{abi.FetchRequest{URL: "http://0.0.0.0:" + port}, abi.CodeForbidden, "a private address", "0.0.0.0"},
		{abi.FetchRequest{URL: "http://[::ffff:127.0.0.1]:" + port}, abi.CodeForbidden, "a private address", "127.0.0.1"},
		{abi.FetchRequest{URL: "http://169.254.169.254/latest/meta-data/"}, abi.CodeForbidden, "a private address", "169.254.169.254"},
		{abi.FetchRequest{URL: "http://localhost:" + port}, abi.CodeForbidden, "localhost:" + port + " stands for ", ""},
		{abi.FetchRequest{URL: "://"}, abi.CodeValue, `"://" is no http or https URL with a host`, ""},
		{abi.FetchRequest{URL: "/path"}, abi.CodeValue, "is no http or https URL", ""},
		{abi.FetchRequest{URL: "file:///etc/passwd"}, abi.CodeValue, "is no http or https URL", ""},
		{abi.FetchRequest{URL: "gopher://a.example/"}, abi.CodeValue, "is no http or https URL", ""},
		{abi.FetchRequest{URL: "http://a.example/\r\nx: y"}, abi.CodeValue, "is no http or https URL", ""},
		{abi.FetchRequest{URL: "http://bücher.example/"}, abi.CodeValue, "xn-- form", ""},
		{abi.FetchRequest{URL: "http://b%C3%BCcher.example/"}, abi.CodeValue, "xn-- form", ""},
		{abi.FetchRequest{URL: "http://a.example", Method: "connect"}, abi.CodeValue, "CONNECT is for proxies", ""},
		{abi.FetchRequest{URL: "http://a.example", Method: "A B"}, abi.CodeValue, "invalid method", ""},
		{abi.FetchRequest{URL: "http://a.example", Headers: []abi.Header{{Name: "Connection", Value: "x"}}}, abi.CodeValue, `header "Connection" concerns the connection`, ""},
		{abi.FetchRequest{URL: "http://a.example", Headers: []abi.Header{{Name: "a", Value: "b\r\nc: d"}}}, abi.CodeValue, `header "a" has a line break`, ""},
		{abi.FetchRequest{URL: "http://a.example", Headers: []abi.Header{{Name: "a b", Value: ""}}}, abi.CodeValue, `header "a b" has a name`, ""},
		{abi.FetchRequest{URL: "http://a.example", Headers: []abi.Header{{Name: "host", Value: "a.example/x"}}}, abi.CodeValue, "is no host", ""},
	} {
		_, err := bothWays(t, svc, c.m, "")
		e := requireCode(t, c.code, err)
		require.Contains(t, e.Message, c.says, "%v", c.m)
		if c.gift != "" {
			require.Equal(t, []string{c.gift}, e.Detail)
		}
	}
	some := fetching(t, Config{}, "127.0.0.1", "https://api.example.com")
	for _, m := range []abi.FetchRequest{
		{URL: "http://Other.example:8080/x"},
		{URL: site.URL, Headers: []abi.Header{{Name: "Host", Value: "other.example:8080"}}},
	} {
		e := requireCode(t, abi.CodeForbidden, func() error { _, err := bothWays(t, some, m, ""); return err }())
		require.Equal(t, []string{"other.example:8080"}, e.Detail, "what is to be allowed")
	}
	_, err = fetch(t.Context(), some, false, abi.FetchRequest{URL: "http://api.example.com"}, "")
	requireCode(t, abi.CodeForbidden, err)
	s := some.Session()
	defer s.Close()
	requireCode(t, abi.CodeBadMessage, abi.ReadBytes(s.Do(t.Context(), abi.OpFetch, []byte{9})).Begin())
	require.Zero(t, asked.Load(), "nothing was sent")
}

// A name is granted, but the addresses it stands for are not: also not those
// that it stands for at the second look.
func TestFetchLooksAtTheAddress(t *testing.T) {
	var asked atomic.Int64
	site := server(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	_, port, err := net.SplitHostPort(site.Listener.Addr().String())
	require.NoError(t, err)
	var looks atomic.Int64
	resolve(t, func(name string) []string {
		switch name {
		case "inside.example.":
			return []string{"127.0.0.1"}
		case "inside6.example.":
			return []string{"::1"}
		case "mapped.example.":
			return []string{"::ffff:127.0.0.1"}
		case "metadata.example.":
			return []string{"169.254.169.254"}
		case "rebinds.example.": // an address that nobody has (TEST-NET is refused too), then ours
			if looks.Add(1) <= 2 {
				return []string{"192.0.2.1"}
			}
			return []string{"127.0.0.1"}
		}
		return nil
	})
	svc := fetching(t, Config{}, "*")
	for _, host := range []string{"inside.example", "inside6.example", "mapped.example", "metadata.example", "INSIDE.example.", "rebinds.example", "rebinds.example"} {
		_, err := fetch(t.Context(), svc, false, abi.FetchRequest{URL: "http://" + host + ":" + port}, "")
		e := requireCode(t, abi.CodeForbidden, err)
		require.Contains(t, e.Message, "a private address, which is not among the hosts", host)
	}
	require.Zero(t, asked.Load())
	_, err = fetch(t.Context(), svc, false, abi.FetchRequest{URL: "http://nowhere.example"}, "")
	e := requireCode(t, abi.CodeNetwork, err)
	require.Equal(t, []string{abi.FetchUnknown}, e.Detail)
	require.Equal(t, "vinyl fetch: lookup nowhere.example: no such host", e.Message)

	// With both, the name and its address, it is meant.
	both := fetching(t, Config{}, "inside.example", "127.0.0.1")
	_, err = fetch(t.Context(), both, false, abi.FetchRequest{URL: "http://inside.example:" + port}, "")
	require.NoError(t, err)
	require.EqualValues(t, 1, asked.Load())
}

func TestFetchFromBrokenSites(t *testing.T) {
	raw := func(answer string) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = c.Read(make([]byte, 1024))
				_, _ = io.WriteString(c, answer)
				_ = c.Close()
			}
		}()
		return "http://" + l.Addr().String()
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	closed := raw("")
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, gone.Close())
	svc := fetching(t, Config{FetchMax: 1000}, "127.0.0.1")
	for _, c := range []struct{ url, why, says string }{
		{"http://" + gone.Addr().String(), abi.FetchRefused, "connection refused"},
		{closed, abi.FetchBroken, "the connection was closed before the end of the answer"},
		{raw("nonsense\r\n\r\n"), abi.FetchBroken, "malformed HTTP"},
		{raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), abi.FetchBroken, "the connection was closed before the end of the answer"},
		{raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n"), abi.FetchBroken, "chunk"},
		{raw("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"), abi.FetchLarge, "larger than 1000 bytes: serve the app with a larger --max-fetch"},
		{raw("HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 1001)), abi.FetchLarge, "larger than 1000 bytes"},
		{raw("HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 300<<10) + "\r\n\r\n"), abi.FetchBroken, "response headers exceeded"},
		{secure.URL, abi.FetchTLS, "certificate"},
	} {
		_, err := bothWays(t, svc, abi.FetchRequest{URL: c.url}, "")
		e := requireCode(t, abi.CodeNetwork, err)
		require.Equal(t, []string{c.why}, e.Detail, e.Message)
		require.Contains(t, e.Message, c.says)
		require.NotContains(t, e.Message, "Get ", "the guest names the URL")
	}
	got, err := bothWays(t, svc, abi.FetchRequest{URL: raw("HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 1000))}, "")
	require.NoError(t, err)
	require.Len(t, got.body, 1000)
	_, err = fetch(t.Context(), svc, false, abi.FetchRequest{Method: "HEAD", URL: raw("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")}, "")
	require.NoError(t, err, "there is no body")

	// Who is trusted is the system's business: here its pool has the test's certificate.
	trusted := fetching(t, Config{}, "127.0.0.1")
	pool := x509.NewCertPool()
	pool.AddCert(secure.Certificate())
	tr := trusted.fetch.client.Transport.(*http.Transport)
	tr.TLSClientConfig = secure.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	tr.TLSClientConfig.RootCAs = pool
	got, err = fetch(t.Context(), trusted, false, abi.FetchRequest{URL: secure.URL}, "")
	require.NoError(t, err)
	require.EqualValues(t, 404, got.head.Status)
}

func TestFetchEndsInTime(t *testing.T) {
	release := make(chan struct{})
	site := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			_, _ = io.WriteString(w, "begin")
			w.(http.Flusher).Flush()
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	for _, path := range []string{"/head", "/body"} {
		short := fetching(t, Config{FetchTimeout: 50 * time.Millisecond}, "127.0.0.1")
		_, err := bothWays(t, short, abi.FetchRequest{URL: site.URL + path}, "")
		e := requireCode(t, abi.CodeTimeout, err)
		require.Equal(t, "vinyl fetch: not answered to the end within 50ms: serve the app with a longer --fetch-timeout if that is too short", e.Message)

		long := fetching(t, Config{}, "127.0.0.1")
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err = fetch(ctx, long, false, abi.FetchRequest{URL: site.URL + path}, "")
		cancel()
		require.Equal(t, "vinyl fetch: not answered in time", requireCode(t, abi.CodeTimeout, err).Message)

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		_, err = fetch(ctx, long, false, abi.FetchRequest{URL: site.URL + path}, "")
		requireCode(t, abi.CodeCancelled, err)
	}
}
