package hosttest_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/hosttest"
)

// view is an abi.App whose Serve is a function.
type view struct {
	setup func(context.Context) error
	serve func(context.Context, *abi.RequestHead, io.Reader, abi.ResponseWriter)
}

func (v view) Setup(ctx context.Context) error {
	if v.setup == nil {
		return nil
	}
	return v.setup(ctx)
}

func (v view) Serve(ctx context.Context, h *abi.RequestHead, body io.Reader, w abi.ResponseWriter) {
	v.serve(ctx, h, body, w)
}

func text(w abi.ResponseWriter, status uint16, s string) error {
	return w.Head(&abi.ResponseHead{Status: status, Headers: []abi.Header{{Name: "content-type", Value: "text/plain"}}}, []byte(s), true)
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func logTo(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

func TestRequestAndResponse(t *testing.T) {
	h := hosttest.New(t, view{serve: func(ctx context.Context, h *abi.RequestHead, body io.Reader, w abi.ResponseWriter) {
		b, _ := io.ReadAll(body)
		_ = text(w, 201, h.Method+" "+h.Host+" "+h.Path+"?"+h.Query+" "+string(b))
	}}, hosttest.Options{})
	res := h.Do(httptest.NewRequest("PUT", "http://polls.example/a%2Fb?x=1", strings.NewReader("hello")))
	require.Equal(t, 201, res.StatusCode)
	require.Equal(t, "text/plain", res.Header.Get("Content-Type"))
	require.Equal(t, "PUT polls.example /a%2Fb?x=1 hello", h.Body(res))
	require.Equal(t, "POST localhost /f? a=1", h.Body(h.PostForm("/f", "a=1")))
}

func TestSetupHasPort(t *testing.T) {
	var result []byte
	hosttest.New(t, view{setup: func(ctx context.Context) error {
		p, err := abi.PortFrom(ctx)
		require.NoError(t, err)
		result, err = p.Do(ctx, abi.OpQuery, nil)
		return err
	}}, hosttest.Options{})
	require.EqualValues(t, abi.ResultError, result[0])
	require.EqualValues(t, abi.CodeBadMessage, result[1])
}

// recorder is a TB that outlives a Fatalf.
type recorder struct {
	testing.TB
	mu   sync.Mutex
	msgs []string
}

func (r *recorder) Fatalf(f string, a ...any) { panic(errors.New(f)) }
func (r *recorder) Errorf(f string, a ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.msgs = append(r.msgs, f)
}

func TestSetupFailureIsFatal(t *testing.T) {
	require.Panics(t, func() {
		hosttest.New(&recorder{TB: t}, view{setup: func(context.Context) error { return errors.New("no") }}, hosttest.Options{})
	})
}

func TestPanicIsContained(t *testing.T) {
	var log syncBuffer
	h := hosttest.New(t, view{serve: func(ctx context.Context, h *abi.RequestHead, _ io.Reader, w abi.ResponseWriter) {
		switch h.Path {
		case "/early":
			panic("boom")
		case "/late":
			_ = w.Head(&abi.ResponseHead{Status: 200}, []byte("half"), false)
			panic("boom")
		case "/silent":
			return
		}
		_ = text(w, 200, "ok")
	}}, hosttest.Options{Log: logTo(&log)})
	require.Equal(t, 500, h.Get("/early").StatusCode)
	require.Contains(t, log.String(), "boom")
	require.Equal(t, 500, h.Get("/silent").StatusCode)
	res := h.Get("/late")
	_, err := io.ReadAll(res.Body)
	require.Error(t, err, "a broken body must not look complete")
	require.Equal(t, "ok", h.Body(h.Get("/")))
}

func TestInvalidHead(t *testing.T) {
	heads := map[string]*abi.ResponseHead{
		"status": {Status: 99},
		"name":   {Status: 200, Headers: []abi.Header{{Name: "a b", Value: "c"}}},
		"value":  {Status: 200, Headers: []abi.Header{{Name: "a", Value: "b\r\nSet-Cookie: x"}}},
		"length": {Status: 200, Headers: []abi.Header{{Name: "content-length", Value: "7"}}},
		"hop":    {Status: 200, Headers: []abi.Header{{Name: "transfer-encoding", Value: "chunked"}}},
	}
	errs := make(chan error, 1)
	h := hosttest.New(t, view{serve: func(_ context.Context, h *abi.RequestHead, _ io.Reader, w abi.ResponseWriter) {
		errs <- w.Head(heads[h.Path[1:]], []byte("body"), true)
	}}, hosttest.Options{})
	for name := range heads {
		require.Equal(t, 500, h.Get("/"+name).StatusCode, name)
		require.ErrorIs(t, <-errs, abi.ErrMessage, name)
	}
}

func TestStreamsBothWays(t *testing.T) {
	h := hosttest.New(t, view{serve: func(_ context.Context, _ *abi.RequestHead, body io.Reader, w abi.ResponseWriter) {
		_ = w.Head(&abi.ResponseHead{Status: 200}, nil, false)
		sc := bufio.NewScanner(body)
		for sc.Scan() {
			_, _ = w.Write([]byte("echo " + sc.Text() + "\n"))
		}
		_ = w.End()
	}}, hosttest.Options{})
	pr, pw := io.Pipe()
	req, err := http.NewRequest("POST", "http://localhost/", pr)
	require.NoError(t, err)
	res := h.Do(req)
	sc := bufio.NewScanner(res.Body)
	for _, line := range []string{"one", "two", "three"} {
		_, err := io.WriteString(pw, line+"\n")
		require.NoError(t, err)
		require.True(t, sc.Scan())
		require.Equal(t, "echo "+line, sc.Text())
	}
	require.NoError(t, pw.Close())
	require.False(t, sc.Scan())
	require.NoError(t, sc.Err())
}

func TestClientLeaves(t *testing.T) {
	started, cause := make(chan struct{}), make(chan error, 1)
	h := hosttest.New(t, view{serve: func(ctx context.Context, _ *abi.RequestHead, _ io.Reader, w abi.ResponseWriter) {
		close(started)
		<-ctx.Done()
		cause <- context.Cause(ctx)
		_ = text(w, 200, "late")
	}}, hosttest.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "GET", "http://localhost/", nil)
	require.NoError(t, err)
	go func() { <-started; cancel() }()
	_, err = h.Client().Do(req)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, <-cause, "client went away")
}

func TestWorkAfterTheResponse(t *testing.T) {
	release, after := make(chan struct{}), make(chan error, 1)
	h := hosttest.New(t, view{serve: func(ctx context.Context, _ *abi.RequestHead, body io.Reader, w abi.ResponseWriter) {
		_ = text(w, 200, "done")
		<-release
		_, err := body.Read(make([]byte, 1))
		require.ErrorIs(t, err, abi.ErrGone)
		after <- ctx.Err()
		<-ctx.Done() // and it is bounded
		after <- context.Cause(ctx)
	}}, hosttest.Options{AfterTimeout: 50 * time.Millisecond})
	require.Equal(t, "done", h.Body(h.Get("/")))
	close(release)
	require.NoError(t, <-after)
	require.ErrorContains(t, <-after, "after the response")
}

func TestTimeout(t *testing.T) {
	h := hosttest.New(t, view{serve: func(ctx context.Context, h *abi.RequestHead, _ io.Reader, w abi.ResponseWriter) {
		require.EqualValues(t, 30, h.Timeout)
		<-ctx.Done()
		_ = text(w, 504, ctx.Err().Error())
	}}, hosttest.Options{Timeout: 30 * time.Millisecond})
	require.Equal(t, 504, h.Get("/").StatusCode)
}

func TestLogCarriesTheRequest(t *testing.T) {
	var log syncBuffer
	h := hosttest.New(t, view{serve: func(ctx context.Context, _ *abi.RequestHead, _ io.Reader, w abi.ResponseWriter) {
		p, _ := abi.PortFrom(ctx)
		p.(interface {
			Log(int32, string, []abi.Header)
		}).Log(4, "voted", []abi.Header{{Name: "choice", Value: "7"}})
		_ = text(w, 200, "")
	}}, hosttest.Options{Log: logTo(&log)})
	h.Get("/")
	require.Contains(t, log.String(), "level=WARN msg=voted request=test-1 choice=7")
}

func TestBodylessResponses(t *testing.T) {
	h := hosttest.New(t, view{serve: func(_ context.Context, h *abi.RequestHead, _ io.Reader, w abi.ResponseWriter) {
		if h.Path == "/304" {
			_ = w.Head(&abi.ResponseHead{Status: 304}, nil, true)
			return
		}
		_ = text(w, 200, "body")
	}}, hosttest.Options{})
	require.Equal(t, 304, h.Get("/304").StatusCode)
	res := h.Do(httptest.NewRequest("HEAD", "/x", nil))
	require.Equal(t, 200, res.StatusCode)
	require.Empty(t, h.Body(res))
}
