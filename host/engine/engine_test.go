package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
)

var guest []byte

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "engine")
	if err != nil {
		panic(err)
	}
	file := filepath.Join(dir, "guest.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", file, "./testdata/guest")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the guest: %v\n%s", err, out)
		os.Exit(1)
	}
	if guest, err = os.ReadFile(file); err != nil {
		panic(err)
	}
	code := m.Run()
	for _, e := range engines {
		_ = e.Close()
	}
	_ = os.RemoveAll(dir)
	_ = os.RemoveAll(compiledCode())
	os.Exit(code)
}

// services answers operations: "sleep <duration>" waits, anything else is
// echoed; a stream produces as many bytes as its message says.
type services struct{ open, cancelled, running atomic.Int64 }

func (s *services) Do(ctx context.Context, _ abi.OpKind, msg []byte) []byte {
	s.running.Add(1)
	defer s.running.Add(-1)
	if d, ok := strings.CutPrefix(string(msg), "sleep "); ok {
		wait, _ := time.ParseDuration(d)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			s.cancelled.Add(1)
			return (&abi.OpError{Code: abi.CodeCancelled, Message: "cancelled"}).Append([]byte{abi.ResultError})
		}
	}
	if n, ok := strings.CutPrefix(string(msg), "large "); ok {
		var size int
		_, _ = fmt.Sscan(n, &size)
		return bytes.Repeat([]byte{'y'}, size)
	}
	return append([]byte{abi.ResultOK}, msg...)
}

func (s *services) Open(ctx context.Context, _ abi.OpKind, msg []byte) io.ReadCloser {
	s.open.Add(1)
	var n int64
	_, _ = fmt.Sscan(string(msg), &n)
	return &rows{s: s, ctx: ctx, left: n}
}

func (s *services) Close() {}

type rows struct {
	s    *services
	ctx  context.Context
	left int64
	once sync.Once
}

func (r *rows) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, r.ctx.Err()
	}
	n := min(int64(len(p)), r.left)
	if r.left -= n; n == 0 {
		return 0, io.EOF
	}
	return int(n), nil
}

func (r *rows) Close() error {
	r.once.Do(func() { r.s.open.Add(-1) })
	return nil
}

type counts struct{ suspended, waiting atomic.Int64 }

func (c *counts) Suspended()      { c.suspended.Add(1) }
func (c *counts) Waiting(n int64) { c.waiting.Add(n) }

// bed is an instance under test, with what it uses.
type bed struct {
	*Instance
	services *services
	counts   *counts
	log      *logBuffer
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var engines []*Engine

var compiledCode = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "engine-cache")
	if err != nil {
		panic(err)
	}
	return dir
})

func newEngine(tb testing.TB, cfg Config) (*Engine, *bed) {
	b := &bed{services: &services{}, counts: &counts{}, log: &logBuffer{}}
	cfg.Name, cfg.CacheDir = "test", compiledCode()
	cfg.NewSession = func(string) Session { return b.services }
	cfg.Observer = b.counts
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(b.log, nil))
	}
	e, err := New(context.Background(), guest, cfg)
	require.NoError(tb, err)
	engines = append(engines, e)
	return e, b
}

func start(tb testing.TB, cfg Config) *bed {
	e, b := newEngine(tb, cfg)
	in, err := e.Start(context.Background())
	require.NoError(tb, err)
	tb.Cleanup(in.Close)
	b.Instance = in
	return b
}

func (b *bed) send(tb testing.TB, target string, body io.Reader) *Exchange {
	path, query, _ := strings.Cut(target, "?")
	head := abi.RequestHead{Method: "GET", Scheme: "http", Host: "localhost", Path: path, Query: query}
	x := NewExchange(head.Append(nil), body, "GET "+path, "r1")
	require.NoError(tb, b.Serve(x))
	return x
}

// answer collects the whole response.
func answer(x *Exchange) (string, error) {
	var body []byte
	for {
		<-x.News()
		_, b, end, err := x.Take(nil)
		body = append(body, b...)
		if end || err != nil {
			return string(body), err
		}
	}
}

func (b *bed) get(tb testing.TB, target string) string {
	s, err := answer(b.send(tb, target, nil))
	require.NoError(tb, err, target)
	return s
}

// both runs a test on the two kinds of instances.
func both(t *testing.T, f func(t *testing.T, blocking bool)) {
	t.Run("async", func(t *testing.T) { f(t, false) })
	t.Run("blocking", func(t *testing.T) { f(t, true) })
}

func TestViews(t *testing.T) {
	both(t, func(t *testing.T, blocking bool) {
		b := start(t, Config{Blocking: blocking, Env: map[string]string{"VINYL_X": "y"}})
		require.Equal(t, "Hello, World!", b.get(t, "/hello"))
		require.Equal(t, "y", b.get(t, "/env?VINYL_X"))
		require.Equal(t, "\x00abc", b.get(t, "/op?abc"))
		require.Equal(t, "\x00sleep 5ms", b.get(t, "/op?sleep 5ms"))
		require.Equal(t, "\x00a\x00a", b.get(t, "/twice?a"))
		require.Equal(t, "slept", b.get(t, "/sleep?10ms"))
		require.Len(t, b.get(t, "/op?large 1000000"), 1000000)
		require.Equal(t, "5000000", b.get(t, "/rows?5000000"))
		require.Equal(t, "left", b.get(t, "/rows/abandon?500000000"))
		require.Eventually(t, func() bool { return b.services.open.Load() == 0 }, 30*time.Second, time.Millisecond)
		require.Len(t, b.get(t, "/stream?5000"), 5_000_000)
		require.Equal(t, "answered", b.get(t, "/after"))
		require.Equal(t, "Internal Server Error\n", b.get(t, "/panic"))
		require.Contains(t, b.log.String(), "panic: view failed")
		require.Equal(t, "Internal Server Error\n", b.get(t, "/silent"))
		require.Equal(t, "first", b.get(t, "/answer-twice"))
		require.Equal(t, "context deadline exceeded", b.get(t, "/timeout?10ms"))
		require.Equal(t, "leaked", b.get(t, "/leak"))
		_, err := answer(b.send(t, "/half", nil))
		require.ErrorIs(t, err, ErrIncomplete)
		require.Equal(t, blocking, b.counts.suspended.Load() == 0)
		require.Eventually(t, func() bool { return b.counts.waiting.Load() == 0 && b.Load() == 0 }, 30*time.Second, time.Millisecond)
	})
}

func TestBodies(t *testing.T) {
	both(t, func(t *testing.T, blocking bool) {
		b := start(t, Config{Blocking: blocking})
		s, err := answer(b.send(t, "/body", io.LimitReader(zeros{}, 3_000_000)))
		require.NoError(t, err)
		require.Equal(t, "3000000", s)
		s, err = answer(b.send(t, "/body", nil))
		require.NoError(t, err)
		require.Equal(t, "0", s)

		// Both ways at once: the answer to a line arrives before the next is sent.
		r, w := io.Pipe()
		x := b.send(t, "/echo", r)
		for i := range 3 {
			line := fmt.Sprintf("line %d\n", i)
			_, err := io.WriteString(w, line)
			require.NoError(t, err)
			var got []byte
			for len(got) < len(line) {
				<-x.News()
				_, p, _, err := x.Take(nil)
				require.NoError(t, err)
				got = append(got, p...)
			}
			require.Equal(t, line, string(got))
		}
		require.NoError(t, w.Close())
		_, err = answer(x)
		require.NoError(t, err)
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestRequestsOverlapInOneInstance(t *testing.T) {
	b := start(t, Config{})
	var xs []*Exchange
	began := time.Now()
	for range 2000 {
		xs = append(xs, b.send(t, "/op?sleep 200ms", nil))
	}
	taker := b.send(t, "/take", nil) // blocks on a channel: the standby takes over
	require.Equal(t, "Hello, World!", b.get(t, "/hello"))
	require.Equal(t, "given", b.get(t, "/give?token"))
	s, err := answer(taker)
	require.NoError(t, err)
	require.Equal(t, "token", s)
	for _, x := range xs {
		s, err := answer(x)
		require.NoError(t, err)
		require.Equal(t, "\x00sleep 200ms", s)
	}
	require.Less(t, time.Since(began), 100*time.Second, "400 s one after the other")
	require.EqualValues(t, 2000, b.counts.suspended.Load())
}

func TestBackPressure(t *testing.T) {
	both(t, func(t *testing.T, blocking bool) {
		b := start(t, Config{Blocking: blocking})
		x := b.send(t, "/stream?100000", nil) // 100 MB, and nobody reads
		<-x.News()
		time.Sleep(50 * time.Millisecond)
		x.mu.Lock()
		require.LessOrEqual(t, len(x.buf), responseBuffer)
		x.mu.Unlock()
		if !blocking {
			require.Equal(t, "Hello, World!", b.get(t, "/hello"))
		}
		x.Leave()
		<-x.Finished()
		require.Contains(t, b.log.String(), "write failed: vinyl abi: client gone")
	})
}

func TestCancel(t *testing.T) {
	both(t, func(t *testing.T, blocking bool) {
		b := start(t, Config{Blocking: blocking})
		x := b.send(t, "/cancelled", nil)
		time.Sleep(5 * time.Millisecond)
		x.Cancel(abi.CancelDeadline)
		_, err := answer(x)
		require.NoError(t, err)
		require.Contains(t, b.log.String(), "cause: context deadline exceeded")
		x = b.send(t, "/op?sleep 100s", nil)
		time.Sleep(20 * time.Millisecond)
		x.Cancel(abi.CancelClient)
		s, _ := answer(x)
		require.NotContains(t, s, "sleep")
		require.EqualValues(t, 1, b.services.cancelled.Load())
	})
}
