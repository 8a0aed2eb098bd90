package httpabi_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/httpabi"
)

func TestRequest(t *testing.T) {
	r := httptest.NewRequest("PUT", "http://polls.example/a%2Fb/%C3%A9?x=%20&y", strings.NewReader("body"))
	r.RequestURI = "/a%2Fb/%C3%A9?x=%20&y"
	r.Header = http.Header{
		"X-Two": {"1", "2"}, "Accept": {"*/*"}, "X-Odd-name": {"3"}, "Connection": {"keep-alive, X-Private"}, "X-Private": {"4"}, "Keep-Alive": {"5"},
		"Transfer-Encoding": {"chunked"}, "Te": {"trailers"}, "Upgrade": {"h2c"},
	}
	require.Equal(t, abi.RequestHead{
		Method: "PUT", Scheme: "http", Host: "polls.example", Path: "/a%2Fb/%C3%A9", Query: "x=%20&y", Remote: "192.0.2.1:1234", Proto: "HTTP/1.1",
		ID: "id", Body: 4, Timeout: 7, Headers: []abi.Header{{Name: "accept", Value: "*/*"}, {Name: "x-odd-name", Value: "3"}, {Name: "x-two", Value: "1"}, {Name: "x-two", Value: "2"}},
	}, httpabi.Request(r, httpabi.Proxies{}, "id", 7))
	r.TLS = &tls.ConnectionState{}
	require.Equal(t, "https", httpabi.Request(r, httpabi.Proxies{}, "", 0).Scheme)
}

func TestPaths(t *testing.T) {
	for target, path := range map[string]string{
		"/": "/", "//a": "//a", "/a?b?c": "/a", "http://x/y": "/y", "http://x": "/", "*": "/*", "/%zz": "",
	} {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("OPTIONS " + target + " HTTP/1.1\r\nHost: x\r\n\r\n")))
		if path == "" {
			require.Error(t, err, target)
			continue
		}
		require.NoError(t, err, target)
		require.Equal(t, path, httpabi.Request(r, httpabi.Proxies{}, "", 0).Path, target)
	}
}

func TestForwarded(t *testing.T) {
	p, err := httpabi.ParseProxies([]string{"10.0.0.0/8", "::1", "192.0.2.7"})
	require.NoError(t, err)
	for _, c := range []struct {
		peer      string
		forwarded []string
		remote    string
	}{
		{"10.1.2.3:5", []string{"9.9.9.9"}, "9.9.9.9:0"},
		{"[::1]:5", []string{"9.9.9.9:77"}, "9.9.9.9:77"},
		{"[::ffff:10.1.2.3]:5", []string{"9.9.9.9"}, "9.9.9.9:0"},
		{"10.1.2.3:5", []string{"1.1.1.1, 9.9.9.9, 192.0.2.7"}, "9.9.9.9:0"},
		{"10.1.2.3:5", []string{"1.1.1.1", "9.9.9.9", "10.0.0.9"}, "9.9.9.9:0"},
		{"10.1.2.3:5", []string{"10.9.9.9, 10.8.8.8"}, "10.9.9.9:0"},
		{"10.1.2.3:5", []string{"2001:db8::1"}, "[2001:db8::1]:0"},
		{"10.1.2.3:5", []string{"[2001:db8::1]:9"}, "[2001:db8::1]:9"},
		{"10.1.2.3:5", []string{"9.9.9.9, unknown"}, "10.1.2.3:5"},
		{"10.1.2.3:5", []string{"9.9.9.9, "}, "10.1.2.3:5"},
		{"10.1.2.3:5", nil, "10.1.2.3:5"},
		{"192.0.2.8:5", []string{"9.9.9.9"}, "192.0.2.8:5"},
		{"@", []string{"9.9.9.9"}, "@"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = c.peer, c.forwarded
		require.Equal(t, c.remote, httpabi.Request(r, p, "", 0).Remote, "%s %q", c.peer, c.forwarded)
	}
	for _, wrong := range []string{"", "proxy", "10.0.0.0/33", "10.0.0.1:80"} {
		_, err := httpabi.ParseProxies([]string{wrong})
		require.ErrorContains(t, err, "trusted proxy (an address such as", wrong)
	}
}

func TestForwardedSchemes(t *testing.T) {
	p, err := httpabi.ParseProxies([]string{"192.0.2.1"})
	require.NoError(t, err)
	for value, scheme := range map[string]string{"https": "https", "HTTPS": "https", "http, https": "https", "https, http": "http", "javascript": "http", "": "http"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Forwarded-Proto", value)
		require.Equal(t, scheme, httpabi.Request(r, p, "", 0).Scheme, value)
	}
}

func TestCheck(t *testing.T) {
	type headers = []abi.Header
	for _, c := range []struct {
		method  string
		status  uint16
		headers headers
		body    int64
		says    string
	}{
		{"GET", 200, headers{{Name: "Content-Length", Value: "4"}}, 4, ""},
		{"GET", 200, headers{{Name: "content-length", Value: "4"}, {Name: "content-length", Value: "4"}}, -1, ""},
		{"HEAD", 200, headers{{Name: "content-length", Value: "4"}}, 0, ""},
		{"HEAD", 200, nil, 4, ""},
		{"GET", 304, headers{{Name: "content-length", Value: "4"}}, 0, ""},
		{"GET", 204, nil, 0, ""},
		{"GET", 200, headers{{Name: "x", Value: "\tany \xff thing"}}, 0, ""},
		{"GET", 100, nil, 0, "the status is 100: it must be 200 to 599"},
		{"GET", 600, nil, 0, "the status is 600"},
		{"GET", 204, nil, 1, "a response with status 204 has no body"},
		{"GET", 304, nil, 1, "a response with status 304 has no body"},
		{"GET", 200, headers{{Name: "", Value: "x"}}, 0, "a header has no name"},
		{"GET", 200, headers{{Name: "a:b", Value: "x"}}, 0, `header "a:b" has a name`},
		{"GET", 200, headers{{Name: "é", Value: "x"}}, 0, "has a name"},
		{"GET", 200, headers{{Name: "a", Value: "x\ny"}}, 0, "has a line break or NUL"},
		{"GET", 200, headers{{Name: "a", Value: "x\x00"}}, 0, "has a line break or NUL"},
		{"GET", 200, headers{{Name: "Keep-Alive", Value: "x"}}, 0, "concerns the connection"},
		{"GET", 200, headers{{Name: "content-length", Value: "+4"}}, 4, `is no length: "+4"`},
		{"GET", 200, headers{{Name: "content-length", Value: ""}}, 4, `is no length: ""`},
		{"GET", 200, headers{{Name: "content-length", Value: "-1"}}, 4, `is no length: "-1"`},
		{"GET", 200, headers{{Name: "content-length", Value: "99999999999999999999"}}, 4, "is no length"},
		{"GET", 200, headers{{Name: "content-length", Value: "4"}, {Name: "Content-Length", Value: "5"}}, -1, "twice with different lengths"},
		{"GET", 200, headers{{Name: "content-length", Value: "4"}}, 5, "says 4 bytes, the body has 5"},
	} {
		_, err := httpabi.Check(c.method, &abi.ResponseHead{Status: c.status, Headers: c.headers}, c.body)
		if c.says == "" {
			require.NoError(t, err, "%v", c)
		} else {
			require.ErrorContains(t, err, c.says, "%v", c)
		}
	}
}

func TestSend(t *testing.T) {
	w := httptest.NewRecorder()
	w.Header().Set("X-Before", "1")
	w.Header().Set("A", "before")
	head, err := httpabi.Check("GET", &abi.ResponseHead{Status: 204, Headers: []abi.Header{
		{Name: "a", Value: "1"}, {Name: "set-cookie", Value: "b=2"}, {Name: "SET-cookie", Value: "c=3"}, {Name: "content-length", Value: "0"},
	}}, 0)
	require.NoError(t, err)
	head.Send(w)
	require.Equal(t, 204, w.Code)
	require.Equal(t, http.Header{"X-Before": {"1"}, "A": {"1"}, "Set-Cookie": {"b=2", "c=3"}, "Content-Type": nil}, w.Header())
	require.True(t, head.Bodyless("GET"))
}

// TestSendMany: fields are sent the same whether there are few or many, and many
// take no time: their number is the guest's choice.
func TestSendMany(t *testing.T) {
	h := &abi.ResponseHead{Status: 200}
	want := http.Header{"Content-Type": nil, "A": {"1", "2"}, "Content-Length": {"0"}}
	for i := range 40_000 {
		name := "x" + strconv.FormatInt(int64(i)+1<<20, 36)
		h.Headers = append(h.Headers, abi.Header{Name: name, Value: "v"})
		want[textproto.CanonicalMIMEHeaderKey(name)] = []string{"v"}
	}
	h.Headers = append(h.Headers, abi.Header{Name: "a", Value: "1"}, abi.Header{Name: "A", Value: "2"}, abi.Header{Name: "content-length", Value: "0"})
	head, err := httpabi.Check("GET", h, 0)
	require.NoError(t, err)
	w := httptest.NewRecorder()
	w.Header().Set("A", "before")
	began := time.Now()
	head.Send(w)
	require.Less(t, time.Since(began), 2*time.Second)
	require.Equal(t, want, w.Header())
}

func TestErrorsAreShort(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, h := range []abi.Header{{Name: long + " ", Value: "v"}, {Name: "content-length", Value: long}} {
		_, err := httpabi.Check("GET", &abi.ResponseHead{Status: 200, Headers: []abi.Header{h}}, 0)
		require.Error(t, err)
		require.Less(t, len(err.Error()), 300)
	}
}

// TestHangUp: the connection ends behind the response, also for a body whose
// rest net/http would take for the next request.
func TestHangUp(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		rc := http.NewResponseController(w)
		_ = rc.EnableFullDuplex()
		_, _ = io.WriteString(w, "answer")
		_ = rc.Flush()
		httpabi.HangUp(wrapped{w})
	}))
	defer srv.Close()
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nz\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	b, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(b), "HTTP/1.1 200 OK"), string(b))
}

// wrapped is what a middleware might pass on.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }
