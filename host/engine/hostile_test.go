package engine

import (
	"context"
	"encoding/binary"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
)

// ends waits until an instance has ended and returns why.
func ends(t *testing.T, b *bed) error {
	t.Helper()
	select {
	case <-b.Ended():
	case <-time.After(20 * time.Second):
		t.Fatal("the instance goes on and on")
	}
	return b.Err()
}

func TestResumeThatDoesNothingEnds(t *testing.T) {
	b := startHostile(t, hostile{}, Config{Blocking: true})
	b.send(t, "/", nil)
	var broken *ContractError
	require.ErrorAs(t, ends(t, b), &broken)
}

func TestASetupThatSleepsIsGivenUp(t *testing.T) {
	never := sleep(math.MaxInt64)
	for name, h := range map[string]hostile{
		"in _initialize":      {init: forever(poll), data: never},
		"in a start function": {init: forever(poll), start: true, data: never},
		"in vinyl_setup":      {setup: forever(poll), data: never},
		"in short naps":       {setup: forever(poll), data: sleep(1000)},
		"in wait":             {setup: forever(call("wait", 1000))},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := attack(t, h, Config{CPUBudget: time.Hour})
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			failed := make(chan error, 1)
			go func() {
				_, err := e.Start(ctx)
				failed <- err
			}()
			select {
			case err := <-failed:
				require.ErrorIs(t, err, context.DeadlineExceeded)
			case <-time.After(10 * time.Second):
				t.Fatal("Start waits for ever")
			}
		})
	}
	e, _ := attack(t, hostile{setup: forever(poll), data: never}, Config{StartTimeout: 50 * time.Millisecond})
	_, err := e.Start(context.Background())
	require.ErrorContains(t, err, "did not start within 50ms")
}

// TestSpinningIsNotHiddenByCalls: calls that could wait must not make the host
// forget what was used before.
func TestSpinningIsNotHiddenByCalls(t *testing.T) {
	work := times(20_000)
	for name, h := range map[string]hostile{
		"peeking":      {run: forever(work, poll), data: sleep(0)},
		"short naps":   {run: forever(work, work, work, poll), data: sleep(1)},
		"wait":         {run: forever(work, work, work, call("wait", 0))},
		"randomness":   {run: forever(call("random_get", freeAt, 60<<20))},
		"output":       {run: forever(call("fd_write", 1, dataAt, 1, freeAt)), data: iovec(freeAt, 60<<20)},
		"much output":  {run: forever(call("fd_write", 1, freeAt, 4<<20, dataAt))},
		"much input":   {run: forever(call("fd_read", 0, freeAt, 4<<20, dataAt))},
		"many vectors": {run: slices.Concat(times(1<<20, store(8, freeAt, freeAt), store(8, freeAt+4, 60<<20)), forever(call("fd_write", 1, freeAt, 1<<20, dataAt)))},
		"logs":         {run: forever(call("log", 0, dataAt, 6)), data: make([]byte, 6)},
	} {
		t.Run(name, func(t *testing.T) {
			b := startHostile(t, h, Config{CPUBudget: 100 * time.Millisecond})
			var cpu *CPUError
			require.ErrorAs(t, ends(t, b), &cpu)
		})
	}
}

func iovec(addr, n uint32) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, addr), n)
}

// store stores a number at an address plus local 0 times a stride.
func store(stride, at, n int32) []byte {
	b := append([]byte{0x20, 0}, number(stride)...)
	b = append(append(append(b, 0x6c), number(at)...), 0x6a)
	return append(append(b, number(n)...), 0x36, 2, 0)
}

func TestEventsOfASleeperEndIt(t *testing.T) {
	b := startHostile(t, hostile{run: forever(poll), data: sleep(1e6)}, Config{CPUBudget: time.Hour})
	b.send(t, "/", nil)
	time.Sleep(20 * time.Millisecond)
	b.EndAfter(time.Hour, time.Hour)
	require.NoError(t, b.Err(), "it may still wake up")
	b.unread = 10 * time.Millisecond
	time.Sleep(2 * b.unread)
	b.EndAfter(time.Hour, time.Hour)
	require.ErrorIs(t, ends(t, b), ErrUnread)
}

// TestReadingNothingEnds: a buffer of no bytes must not keep the host reading
// for ever.
func TestReadingNothingEnds(t *testing.T) {
	both(t, func(t *testing.T, blocking bool) {
		read := func(name string) []byte { return call(name, 1, freeAt, 0) }
		code := slices.Concat(untilEvent, startOp(abi.OpStream, 100), read("op_read"), read("body_read"), sayDone, idle)
		b := startHostile(t, hostile{run: code, resume: code, data: logDone.Append(nil)}, Config{Blocking: blocking})
		b.engine.cfg.NewSession = func(string) Session { return endless{b.services} }
		b.send(t, "/", zeros{})
		require.Eventually(t, func() bool { return strings.Contains(b.log.String(), "done") }, 30*time.Second, time.Millisecond)
	})
}

// endless are services with streams that never end.
type endless struct{ *services }

func (endless) Open(context.Context, abi.OpKind, []byte) io.ReadCloser { return io.NopCloser(zeros{}) }
