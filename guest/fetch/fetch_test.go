//go:build !wasip1

package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/fetch"
	"github.com/vinyl-edge/vinyl/guest/json"
	"github.com/vinyl-edge/vinyl/host/hosttest"
)

// view is a context as views have it, in an app that may fetch from allow.
func view(t *testing.T, allow ...string) context.Context {
	t.Helper()
	return hosttest.New(t, &guest.App{}, hosttest.Options{AllowFetch: allow, Log: slog.New(slog.DiscardHandler)}).Context()
}

func site(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// echo answers with what it was asked.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("X-Auth", r.Header.Get("Authorization"))
	_, _ = io.WriteString(w, strings.Join([]string{r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), string(body)}, " | "))
}

func text(t *testing.T, res *fetch.Response, err error) string {
	t.Helper()
	require.NoError(t, err)
	s, err := res.Text()
	require.NoError(t, err)
	return s
}

func TestMethods(t *testing.T) {
	ctx, url := view(t, "127.0.0.1"), site(t, echo)
	res, err := fetch.Get(ctx, url+"/a?"+fetch.Query("q", "a&b c", "é", ""), "authorization", "Bearer x")
	require.Equal(t, "GET | /a?q=a%26b+c&%C3%A9= |  | ", text(t, res, err))
	require.Equal(t, "Bearer x", res.Header.Get("X-Auth"))
	require.Equal(t, 200, res.Status)
	require.True(t, res.OK())

	res, err = fetch.Head(ctx, url)
	require.Empty(t, text(t, res, err))
	require.Equal(t, strconv.Itoa(len("HEAD | / |  | ")), res.Header.Get("content-length"))

	res, err = fetch.Post(ctx, url, "text/x", []byte("body"), "Authorization", "y")
	require.Equal(t, "POST | / | text/x | body", text(t, res, err))
	require.Equal(t, "y", res.Header.Get("x-auth"))

	res, err = fetch.PostForm(ctx, url, "a", "1 2", "b", "=")
	require.Equal(t, "POST | / | application/x-www-form-urlencoded | a=1+2&b=%3D", text(t, res, err))

	res, err = fetch.PostJSON(ctx, url, map[string]any{"a": 1}, "authorization", "z")
	require.Equal(t, `POST | / | application/json | {"a":1}`, text(t, res, err))
	require.Equal(t, "z", res.Header.Get("x-auth"))

	res, err = fetch.Do(ctx, &fetch.Request{Method: "DELETE", URL: url + "/x"})
	require.Equal(t, "DELETE | /x |  | ", text(t, res, err))
	require.Equal(t, url+"/x", res.URL)
	res, err = fetch.Do(ctx, &fetch.Request{URL: url})
	require.Equal(t, "GET | / |  | ", text(t, res, err))
}

func TestJSON(t *testing.T) {
	url := site(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/html" {
			w.WriteHeader(500)
			_, _ = io.WriteString(w, "<html>")
			return
		}
		_, _ = io.WriteString(w, `{"rates":{"EUR":1.5}}`)
	})
	ctx := view(t, "127.0.0.1")
	res, err := fetch.Get(ctx, url)
	require.NoError(t, err)
	v, err := res.JSON()
	require.NoError(t, err)
	rate, _ := v.Get("rates").Get("EUR").Float()
	require.Equal(t, 1.5, rate)

	res, err = fetch.Get(ctx, url+"/html")
	require.NoError(t, err, "a status is no error")
	require.False(t, res.OK())
	_, err = res.JSON()
	require.ErrorIs(t, err, json.ErrSyntax)
	require.EqualError(t, err, "fetch: GET "+url+"/html: answered 500 with malformed JSON: unexpected character at byte 0")
}

func TestHeader(t *testing.T) {
	var h fetch.Header
	h.Add("Set-Cookie", "a")
	h.Add("set-cookie", "b")
	h.Set("Accept", "x")
	h.Set("ACCEPT", "y")
	require.Equal(t, []string{"a", "b"}, h.Values("SET-cookie"))
	require.Equal(t, "y", h.Get("accept"))
	require.True(t, h.Has("Accept"))
	require.Equal(t, 3, h.Len())
	var all []string
	for name, value := range h.All {
		if all = append(all, name+"="+value); len(all) == 2 {
			break
		}
	}
	require.Equal(t, []string{"set-cookie=a", "set-cookie=b"}, all)
	h.Del("set-Cookie")
	require.False(t, h.Has("set-cookie"))
	require.Empty(t, h.Get("set-cookie"))
}

func TestBodyIsReadWhileItArrives(t *testing.T) {
	more := make(chan bool)
	left := make(chan bool, 1)
	url := site(t, func(w http.ResponseWriter, r *http.Request) {
		for range more {
			_, _ = io.WriteString(w, strings.Repeat("x", 1000))
			w.(http.Flusher).Flush()
		}
		if r.URL.Path == "/stay" {
			<-r.Context().Done()
			left <- true
		}
	})
	ctx := view(t, "127.0.0.1")
	go func() { more <- true }()
	res, err := fetch.Get(ctx, url)
	require.NoError(t, err)
	buf := make([]byte, 600)
	_, err = io.ReadFull(res.Body, buf)
	require.NoError(t, err)
	more <- true // the other site has not ended yet
	_, err = io.ReadFull(res.Body, make([]byte, 1400))
	require.NoError(t, err)
	close(more)
	n, err := res.Body.Read(buf)
	require.Zero(t, n)
	require.Equal(t, io.EOF, err)
	n, err = res.Body.Read(buf)
	require.Zero(t, n)
	require.Equal(t, io.EOF, err, "and stays there")

	more = make(chan bool)
	go func() { more <- true; close(more) }()
	res, err = fetch.Get(ctx, url+"/stay")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.NoError(t, res.Body.Close())
	_, err = res.Body.Read(buf)
	require.Equal(t, io.ErrClosedPipe, err)
	select {
	case <-left:
	case <-time.After(30 * time.Second):
		require.Fail(t, "the other site was not left")
	}
}

func TestLimits(t *testing.T) {
	const size = 100_000
	url := site(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", strconv.Itoa(size))
		}
		_, _ = w.Write(bytes.Repeat([]byte("x"), size/2))
		w.(http.Flusher).Flush()
		_, _ = w.Write(bytes.Repeat([]byte("x"), size/2))
	})
	ctx := view(t, "127.0.0.1")
	for _, path := range []string{"/", "/length"} {
		for limit, fits := range map[int64]bool{0: true, -1: true, size: true, size - 1: false, 1: false} {
			res, err := fetch.Do(ctx, &fetch.Request{URL: url + path, MaxBody: limit})
			require.NoError(t, err)
			b, err := res.Bytes()
			if fits {
				require.NoError(t, err)
				require.Len(t, b, size)
				continue
			}
			require.ErrorIs(t, err, fetch.ErrTooLarge)
			require.ErrorContains(t, err, "the answer is larger than "+strconv.FormatInt(limit, 10)+" bytes: give a larger Request.MaxBody")
		}
	}
	huge := site(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 11<<20)) })
	res, err := fetch.Get(ctx, huge)
	require.NoError(t, err)
	_, err = res.Text()
	require.ErrorIs(t, err, fetch.ErrTooLarge, "10 MiB by default")
	res, err = fetch.Get(ctx, huge)
	require.NoError(t, err)
	n, err := io.Copy(io.Discard, res.Body)
	require.NoError(t, err)
	require.EqualValues(t, 11<<20, n)

	endless := site(t, func(w http.ResponseWriter, r *http.Request) {
		for chunk := make([]byte, 1<<20); r.Context().Err() == nil; {
			_, _ = w.Write(chunk)
		}
	})
	res, err = fetch.Get(ctx, endless)
	require.NoError(t, err)
	n, err = io.Copy(io.Discard, res.Body)
	require.ErrorIs(t, err, fetch.ErrTooLarge, "the host's bound")
	require.ErrorContains(t, err, "--max-fetch")
	require.LessOrEqual(t, n, int64(64<<20))
}

func TestErrors(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, gone.Close())
	broken := site(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "10")
		if r.URL.Path == "/body" {
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
		}
		panic(http.ErrAbortHandler)
	})
	ctx := view(t, "127.0.0.1")
	for _, c := range []struct {
		url, says string
		is        error
		status    int
	}{
		{"https://api.example.com/rates?key=secret", "fetch: GET https://api.example.com/rates: api.example.com is not among the hosts that this app may fetch from: serve it with --allow-fetch api.example.com ", fetch.ErrNotAllowed, 500},
		{"http://me:secret@api.example.com:81/", "fetch: GET http://api.example.com:81/: api.example.com:81 is not among the hosts that this app may fetch from: serve it with --allow-fetch api.example.com:81 ", fetch.ErrNotAllowed, 500},
		{"/relative", `fetch: GET /relative: "/relative" is no http or https URL with a host`, fetch.ErrInvalid, 500},
		{"http://" + gone.Addr().String(), "connection refused", fetch.ErrRefused, 502},
		{"http://" + gone.Addr().String(), "connection refused", fetch.ErrNetwork, 502},
		{broken, "the connection was closed before the end of the answer", fetch.ErrNetwork, 502},
		{broken + "/body", "the connection was closed before the end of the answer", fetch.ErrNetwork, 502},
	} {
		res, err := fetch.Get(ctx, c.url)
		if err == nil {
			_, err = res.Bytes()
		}
		require.ErrorIs(t, err, c.is)
		require.ErrorContains(t, err, c.says)
		require.NotContains(t, err.Error(), "secret")
		var e *fetch.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, c.status, e.HTTPStatus())
		require.False(t, e.Timeout())
		for _, other := range []error{fetch.ErrNotAllowed, fetch.ErrInvalid, fetch.ErrTimeout, fetch.ErrTooLarge, fetch.ErrRedirects, context.Canceled, context.DeadlineExceeded} {
			require.Equal(t, other == c.is, errors.Is(err, other), "%v is %v", err, other)
		}
		var op *abi.OpError
		require.ErrorAs(t, err, &op, "the host's own words")
	}
	for says, try := range map[string]func() (*fetch.Response, error){
		"the header field a has no value": func() (*fetch.Response, error) { return fetch.Get(ctx, broken, "a") },
		"the field b has no value":        func() (*fetch.Response, error) { return fetch.PostForm(ctx, broken, "a", "1", "b") },
		"a type that can't be written":    func() (*fetch.Response, error) { return fetch.PostJSON(ctx, broken, struct{}{}) },
		`header "a" has a line break`:     func() (*fetch.Response, error) { return fetch.Get(ctx, broken, "a", "b\r\nc: d") },
		`header "te" concerns`:            func() (*fetch.Response, error) { return fetch.Get(ctx, broken, "TE", "x") },
		"pass the ctx of the view":        func() (*fetch.Response, error) { return fetch.Get(context.Background(), broken) },
	} {
		_, err := try()
		require.ErrorIs(t, err, fetch.ErrInvalid)
		require.ErrorContains(t, err, says)
	}
	_, err = fetch.Get(context.Background(), broken)
	require.ErrorIs(t, err, abi.ErrNoPort)
}

func TestTimeAndCancellation(t *testing.T) {
	left := make(chan bool, 10)
	url := site(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			_, _ = io.WriteString(w, "begin")
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
		left <- true
	})
	all := func(ctx context.Context, path string) error {
		res, err := fetch.Get(ctx, url+path)
		if err == nil {
			_, err = res.Bytes()
		}
		return err
	}
	parent := view(t, "127.0.0.1")
	for _, path := range []string{"/head", "/body"} {
		ctx, cancel := context.WithTimeout(parent, 50*time.Millisecond)
		err := all(ctx, path)
		cancel()
		require.ErrorIs(t, err, fetch.ErrTimeout)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err, "fetch: GET "+url+path+": not answered before the deadline of its ctx")
		var e *fetch.Error
		require.ErrorAs(t, err, &e)
		require.True(t, e.Timeout())
		require.Equal(t, 504, e.HTTPStatus())

		ctx, cancel = context.WithCancel(parent)
		time.AfterFunc(50*time.Millisecond, cancel)
		err = all(ctx, path)
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, fetch.ErrTimeout)
		require.ErrorAs(t, err, &e)
		require.Equal(t, 503, e.HTTPStatus())
		require.ErrorIs(t, all(ctx, path), context.Canceled, "nothing is sent")
		for range 2 {
			<-left
		}
	}
	require.Empty(t, left)
}
