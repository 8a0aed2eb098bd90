package engine

import (
	"context"
	"encoding/binary"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/fuel"
)

// dies sends a request and returns why its instance died.
func dies(t *testing.T, b *bed, target string) error {
	t.Helper()
	x := b.send(t, target, nil)
	select {
	case <-b.Ended():
	case <-time.After(30 * time.Second):
		t.Fatal("the instance survived " + target)
	}
	_, err := answer(x)
	require.Equal(t, b.Err(), err)
	require.Error(t, b.Serve(NewExchange(nil, nil, "", "")))
	return err
}

func TestGuestsThatEnd(t *testing.T) {
	both(t, func(t *testing.T, blocking bool) {
		cfg := Config{Blocking: blocking, CPUBudget: 100 * time.Millisecond, MemoryLimit: 64 << 20}
		for target, says := range map[string]string{
			"/spin":    "GET /spin used",
			"/recurse": "GET /recurse used",
			"/alloc":   "the guest crashed: fatal error: out of memory",
			"/exit":    "the guest exited with code 3",
			"/crash":   "the guest crashed: panic: background panic",
		} {
			if target == "/alloc" {
				cfg.CPUBudget = 10 * time.Second
			}
			t.Run(target[1:], func(t *testing.T) {
				require.ErrorContains(t, dies(t, start(t, cfg), target), says)
			})
		}
	})
}

func TestASpinningViewIsBlamedAndItsSiblingsEnd(t *testing.T) {
	b := start(t, Config{CPUBudget: 250 * time.Millisecond})
	sibling := b.send(t, "/op?sleep 100s", nil)
	var cpu *CPUError
	require.ErrorAs(t, dies(t, b, "/spin"), &cpu)
	require.Equal(t, "GET /spin", cpu.Label)
	_, err := answer(sibling)
	require.ErrorAs(t, err, &cpu)
	require.Eventually(t, func() bool { return b.services.cancelled.Load() == 1 }, 30*time.Second, time.Millisecond, "the sibling's operation was cancelled")
}

func TestManyShortRequestsAreNotBlamed(t *testing.T) {
	b := start(t, Config{CPUBudget: 250 * time.Millisecond})
	until := time.Now().Add(time.Second)
	for time.Now().Before(until) {
		require.Equal(t, "Hello, World!", b.get(t, "/hello"))
	}
}

func TestAStuckViewEndsABlockingInstance(t *testing.T) {
	b := start(t, Config{Blocking: true})
	x := b.send(t, "/block", nil)
	select {
	case <-b.Ended():
		t.Fatal("ended before it was cancelled")
	case <-time.After(20 * time.Millisecond):
	}
	x.Cancel(abi.CancelDeadline)
	<-b.Ended()
	require.ErrorIs(t, b.Err(), ErrStuck)
}

func TestCloseInTheMiddle(t *testing.T) {
	both(t, func(t *testing.T, blocking bool) {
		for _, target := range []string{"/op?sleep 100s", "/spin", "/sleep?100s", "/block", "/rows?1000000000000", "/stream?1000000"} {
			b := start(t, Config{Blocking: blocking, CPUBudget: time.Hour})
			x := b.send(t, target, nil)
			time.Sleep(10 * time.Millisecond)
			b.Close()
			<-x.Finished()
			require.ErrorIs(t, b.Err(), ErrClosed, target)
			require.Eventually(t, func() bool { return b.services.running.Load() == 0 }, 30*time.Second, time.Millisecond, target)
		}
	})
}

func TestGuestsThatDoNotStart(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		says string
	}{
		"setup refuses": {map[string]string{"TEST_SETUP": "error"}, "no such table: polls_question"},
		"setup spins":   {map[string]string{"TEST_SETUP": "spin"}, "the guest used"},
		"init exits":    {map[string]string{"TEST_INIT": "exit"}, "the guest exited with code 7"},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := newEngine(t, Config{Env: c.env, CPUBudget: 10 * time.Millisecond})
			_, err := e.Start(context.Background())
			require.ErrorContains(t, err, c.says)
		})
	}
	e, _ := newEngine(t, Config{Env: map[string]string{"TEST_SETUP": "op"}})
	in, err := e.Start(context.Background())
	require.NoError(t, err)
	in.Close()
}

// wasm writes a module: functions are types by index, bodies by name.
func wasm(sections ...[]byte) []byte {
	b := []byte("\x00asm\x01\x00\x00\x00")
	for _, s := range sections {
		b = append(append(b, s[0], byte(len(s)-1)), s[1:]...)
	}
	return b
}

func TestFilesThatAreNoGuests(t *testing.T) {
	types := []byte{1, 2, 0x60, 0, 1, 0x7f, 0x60, 0, 0}
	tick := append([]byte{2, 1, 5}, "vinyl\x04tick\x00\x00"...)
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"empty":        {nil, "malformed wasm module"},
		"text":         {[]byte("#!/bin/sh\necho hello\n"), "is this a wasm file?"},
		"component":    {[]byte("\x00asm\x0d\x00\x01\x00"), "components are not supported"},
		"truncated":    {guest[:len(guest)/2], "malformed wasm module"},
		"other engine": {wasm(types), fuel.ErrNoTick.Error()},
		"other host":   {wasm(types, append([]byte{2, 2, 5}, "vinyl\x04tick\x00\x00\x03env\x01f\x00\x00"...)), "imports env.f"},
		"no memory":    {wasm(types, tick), `exports no memory`},
		"no guest":     {wasm(types, tick, []byte{5, 1, 0, 1}, append([]byte{7, 1, 6}, "memory\x02\x00"...)), "exports no function"},
		"bad code":     {wasm(types, tick, []byte{3, 1, 1}, []byte{10, 1, 2, 0, 0xff}), "unknown instruction"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(context.Background(), c.file, Config{NewSession: func(string) Session { return &services{} }})
			require.ErrorContains(t, err, c.says)
		})
	}
}

// announcing returns a guest that speaks version v and does nothing.
func announcing(v uint32) []byte {
	code := []byte{10, 5}
	leb := binary.AppendUvarint(nil, uint64(v))
	if leb[len(leb)-1]&0x40 != 0 { // i32.const is signed
		leb[len(leb)-1] |= 0x80
		leb = append(leb, 0)
	}
	code = append(code, byte(len(leb)+3), 0, 0x41)
	code = append(append(code, leb...), 0x0b)
	code = append(code, 4, 0, 0x41, 0, 0x0b, 2, 0, 0x0b, 2, 0, 0x0b, 2, 0, 0x0b)
	exports := []byte{7, 6}
	for i, name := range []string{"vinyl_abi", "vinyl_setup", "vinyl_run", "vinyl_resume", "_initialize"} {
		exports = append(append(exports, byte(len(name))), name...)
		exports = append(exports, 0, byte(i+1))
	}
	exports = append(append(exports, 6), "memory\x02\x00"...)
	return wasm([]byte{1, 2, 0x60, 0, 1, 0x7f, 0x60, 0, 0}, append([]byte{2, 1, 5}, "vinyl\x04tick\x00\x00"...),
		[]byte{3, 5, 0, 0, 1, 1, 1}, []byte{5, 1, 0, 1}, exports, code)
}

func TestVersions(t *testing.T) {
	for v, says := range map[uint32]string{
		abi.Version:            "did not register a control block",
		abi.Major << 16:        "did not register a control block", // of before the first addition
		abi.Version + 1:        "update the host",
		(abi.Major + 1) << 16:  "update the host",
		(abi.Major-1)<<16 | 99: "build the app again",
	} {
		e, err := New(context.Background(), announcing(v), Config{Log: slog.New(slog.DiscardHandler), NewSession: func(string) Session { return &services{} }})
		require.NoError(t, err)
		_, err = e.Start(context.Background())
		require.ErrorContains(t, err, says, "%x", v)
		require.NoError(t, e.Close())
	}
}

// FuzzModule: no bytes make the metering or the checks panic.
func FuzzModule(f *testing.F) {
	f.Add(announcing(abi.Version))
	f.Add(wasm([]byte{1, 1, 0x60, 0, 0}))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = fuel.Instrument(b)
	})
}
