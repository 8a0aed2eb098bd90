package engine

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
)

// holder is services that answer with much, or not before the request ends.
type holder struct {
	services
	size int
}

func (h *holder) Do(ctx context.Context, _ abi.OpKind, msg []byte) []byte {
	if h.size > 0 {
		return make([]byte, h.size)
	}
	<-ctx.Done()
	runtime.KeepAlive(msg)
	return nil
}

func (h *holder) Open(ctx context.Context, _ abi.OpKind, msg []byte) io.ReadCloser {
	return &held{ctx, msg}
}

// held is a stream that yields nothing.
type held struct {
	ctx context.Context
	msg []byte
}

func (h *held) Read([]byte) (int, error) {
	<-h.ctx.Done()
	return len(h.msg[:0]), io.EOF
}

func (h *held) Close() error { return nil }

// Parts of hostile guests.
var (
	// untilEvent waits for an event and takes it.
	untilEvent = append(append(append([]byte{0x03, 0x40}, callOf("wait", number(1000))...), 0x45, 0x0d, 0, 0x0b), store(0, ringAt, 0)...)
	idle       = forever(call("wait", 1000))
	logDone    = abi.LogRecord{Message: "done"}
	sayDone    = call("log", 0, dataAt, int32(len(logDone.Append(nil))))
	counter    = []byte{0x20, 0, 0x41, 1, 0x6a} // local 0 + 1
)

// startOp starts operation number local 0 + 1 of request 1 with a message of so
// many bytes.
func startOp(kind abi.OpKind, size int32) []byte {
	args := slices.Concat(number(1), counter, number(int32(kind)), number(freeAt), number(size), number(freeAt), number(0), number(0))
	return append(callOf("op_start", args), 0x1a)
}

// TestOperationsAreNotTheHostsMemory: a guest starts operations with large
// messages or results and never asks for any of them.
func TestOperationsAreNotTheHostsMemory(t *testing.T) {
	const mega, many = 1 << 20, 600
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for name, c := range map[string]struct {
		blocking      bool
		kind          abi.OpKind
		message, size int32
	}{
		"messages":                    {false, abi.OpQuery, mega, 0},
		"results":                     {false, abi.OpQuery, 100, mega},
		"streams":                     {false, abi.OpStream, mega, 0},
		"results of a blocking guest": {true, abi.OpQuery, 100, mega},
	} {
		t.Run(name, func(t *testing.T) {
			h := &holder{size: int(c.size)}
			code := slices.Concat(untilEvent, times(many, startOp(c.kind, c.message)), sayDone, idle)
			b := startHostile(t, hostile{run: code, resume: code, data: logDone.Append(nil)}, Config{Blocking: c.blocking, HostMemory: 16 << 20})
			b.engine.cfg.NewSession = func(string) Session { return h }
			before := heap()
			b.send(t, "/", nil)
			require.Eventually(t, func() bool { return strings.Contains(b.log.String(), "done") }, 30*time.Second, time.Millisecond)
			require.Eventually(t, func() bool { return heap()-before < 100<<20 }, 30*time.Second, 10*time.Millisecond)
			b.Close()
			require.Eventually(t, func() bool { return b.kept.n.Load() == 0 }, 30*time.Second, time.Millisecond)
		})
	}
}

func TestResponsesAreNotTheHostsMemory(t *testing.T) {
	respond := func(head, body int32) []byte {
		return append(callOf("respond_head", slices.Concat(counter, number(dataAt), number(head), number(freeAt), number(body), number(int32(abi.RespondEnd|abi.RespondDone)))), 0x1a)
	}
	const mega = 1 << 20
	answer := slices.Concat(untilEvent, respond(3, 4*mega), respond(3, 1))
	b := startHostile(t, hostile{run: append(times(100, answer), idle...), data: []byte{200, 0, 0}}, Config{HostMemory: 16 * mega})
	var xs []*Exchange
	length := func(x *Exchange) int {
		<-x.News()
		_, body, _, err := x.Take(nil)
		require.NoError(t, err)
		return len(body)
	}
	for i, want := range []int{4 * mega, 4 * mega, 4 * mega, 4 * mega, 1} {
		xs = append(xs, b.send(t, "/", nil))
		require.Equal(t, want, length(xs[i]), "response %d", i)
	}
	xs[0].Leave()
	require.Equal(t, 4*mega, length(b.send(t, "/", nil)), "one has been sent")

	accepted := 0
	b = startHostile(t, hostile{run: slices.Concat(untilEvent, number(0), []byte{0x21, 0}, respond(mega, 0), respond(3, 1), idle), data: []byte{200, 0, 0}}, Config{})
	x := NewExchange(nil, nil, "", "")
	x.Accept = func(head []byte, _ int64) error {
		accepted += len(head)
		return nil
	}
	require.NoError(t, b.Serve(x))
	require.Equal(t, 1, length(x))
	require.Equal(t, 3, accepted, "a head of 1 MiB is not even looked at")
}

func TestLogsAreNotTheHostsDisk(t *testing.T) {
	var l logLimit
	now := time.Now()
	written := func(records, size int) (n int) {
		for range records {
			if _, ok := l.allow(size, now); ok {
				n += size
			}
		}
		return n
	}
	require.InDelta(t, logBurst, written(1000, 60_000), 100_000)
	require.Zero(t, written(100, 10))
	now = now.Add(time.Second)
	dropped, ok := l.allow(10, now)
	require.True(t, ok)
	require.InDelta(t, 1000-logBurst/60_000+100, dropped, 2)
	require.InDelta(t, logRate, written(1000, 60_000), 200_000)
	require.Less(t, written(1_000_000, 0), 1, "records without text count too")
}

// sizes adds up the records it is given.
type sizes struct {
	slog.Handler
	total, dropped atomic.Int64
}

func (s *sizes) Enabled(context.Context, slog.Level) bool { return true }

func (s *sizes) Handle(_ context.Context, r slog.Record) error {
	s.total.Add(int64(len(r.Message)))
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "dropped" {
			s.dropped.Add(a.Value.Int64())
		}
		return true
	})
	return nil
}

func TestLogsAreCountedWhenDropped(t *testing.T) {
	rec := (&abi.LogRecord{Message: strings.Repeat("x", 60_000)}).Append(nil)
	write := call("log", 0, dataAt, int32(len(rec)))
	log := &sizes{Handler: slog.DiscardHandler}
	const records = 2000
	startHostile(t, hostile{run: slices.Concat(times(records, write), forever(write, call("wait", 1000))), data: rec},
		Config{CPUBudget: time.Hour, Log: slog.New(log)})
	require.Eventually(t, func() bool { return log.dropped.Load() > 0 }, 30*time.Second, time.Millisecond)
	require.Less(t, log.total.Load(), int64(records*60_000))
}
