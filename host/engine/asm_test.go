package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
)

// hostile is a guest in machine code, for what no compiler would emit. Its
// exports do nothing but what is given here.
type hostile struct {
	init, setup, run, resume []byte
	start                    bool   // init is the module's start function too
	data                     []byte // at dataAt
}

// Addresses in a hostile guest's memory of 64 MiB.
const (
	ctrlAt  = 16
	ringAt  = 64
	dataAt  = 4096
	freeAt  = 65536
	memSize = 1024 // pages
)

// Imports of a hostile guest: module, name, number of parameters.
var hostileImports = []struct {
	module, name string
	params       int
}{
	{"vinyl", "tick", 0},
	{"vinyl", "register", 2},
	{"vinyl", "wait", 1},
	{"vinyl", "op_start", 8},
	{"vinyl", "respond_head", 6},
	{"vinyl", "log", 3},
	{"vinyl", "request_done", 1},
	{"vinyl", "op_read", 3},
	{"vinyl", "body_read", 3},
	{"wasi_snapshot_preview1", "poll_oneoff", 4},
	{"wasi_snapshot_preview1", "fd_write", 4},
	{"wasi_snapshot_preview1", "fd_read", 4},
	{"wasi_snapshot_preview1", "random_get", 2},
}

// call calls an import with constants and drops what it returns.
func call(name string, args ...int32) []byte {
	var b []byte
	for _, a := range args {
		b = append(b, number(a)...)
	}
	return append(callOf(name, b), 0x1a)
}

// callOf calls an import whose arguments are computed by args.
func callOf(name string, args []byte) []byte {
	for i, f := range hostileImports {
		if f.name == name {
			return append(slices.Clone(args), 0x10, byte(i))
		}
	}
	panic(name)
}

func number(n int32) []byte {
	b := []byte{0x41}
	for {
		c := byte(n & 0x7f)
		n >>= 7
		if n == 0 && c&0x40 == 0 || n == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}

func forever(inside ...[]byte) []byte {
	return append(append([]byte{0x03, 0x40}, slices.Concat(inside...)...), 0x0c, 0, 0x0b)
}

// times repeats with local 0 as the counter. It can't be nested.
func times(n int32, inside ...[]byte) []byte {
	b := append(number(0), 0x21, 0, 0x03, 0x40)
	b = append(append(b, slices.Concat(inside...)...), 0x20, 0, 0x41, 1, 0x6a, 0x22, 0)
	return append(append(b, number(n)...), 0x48, 0x0d, 0, 0x0b)
}

func leb(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

func (h hostile) wasm() []byte {
	out := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id byte, count int, parts ...[]byte) {
		body := append(leb(count), slices.Concat(parts...)...)
		out = append(append(append(out, id), leb(len(body))...), body...)
	}
	types := []byte{0x60, 0, 0, 0x60, 0, 1, 0x7f}
	for n := range 9 {
		types = append(append(append(types, 0x60, byte(n)), bytes.Repeat([]byte{0x7f}, n)...), 1, 0x7f)
	}
	section(1, 11, types)
	var imports []byte
	for _, f := range hostileImports {
		imports = append(append(imports, byte(len(f.module))), f.module...)
		imports = append(append(imports, byte(len(f.name))), f.name...)
		imports = append(imports, 0, byte(2+f.params))
	}
	section(2, len(hostileImports), imports)
	section(3, 5, []byte{1, 1, 0, 0, 0}) // abi, setup, run, resume, init
	section(5, 1, []byte{0}, leb(memSize))
	first := len(hostileImports)
	var exports []byte
	for i, name := range []string{"vinyl_abi", "vinyl_setup", "vinyl_run", "vinyl_resume", "_initialize"} {
		exports = append(append(exports, byte(len(name))), name...)
		exports = append(exports, 0, byte(first+i))
	}
	section(7, 6, exports, []byte("\x06memory\x02\x00"))
	if h.start {
		out = append(out, 8, 1, byte(first+4))
	}
	var codes []byte
	setup := slices.Concat(call("register", ctrlAt, abi.CtrlSize), h.setup, number(0))
	for _, b := range [][]byte{number(abi.Version), setup, h.run, h.resume, h.init} {
		b = append(append([]byte{1, 1, 0x7f}, b...), 0x0b)
		codes = append(append(codes, leb(len(b))...), b...)
	}
	section(10, 5, codes)
	ctrl := make([]byte, abi.CtrlSize)
	binary.LittleEndian.PutUint32(ctrl[abi.CtrlVersion:], abi.Version)
	binary.LittleEndian.PutUint32(ctrl[abi.CtrlRing:], ringAt)
	binary.LittleEndian.PutUint32(ctrl[abi.CtrlRingLen:], abi.RingMin)
	segment := func(at int32, b []byte) []byte {
		return append(append(append(append([]byte{0}, number(at)...), 0x0b), leb(len(b))...), b...)
	}
	section(11, 2, segment(ctrlAt, ctrl), segment(dataAt, h.data))
	return out
}

// sleep subscribes to a clock and to no bell.
func sleep(ns uint64) []byte {
	b := make([]byte, subscriptionLen)
	binary.LittleEndian.PutUint32(b[16:], 1) // monotonic
	binary.LittleEndian.PutUint64(b[24:], ns)
	return b
}

// poll polls for the one subscription in the data.
var poll = call("poll_oneoff", dataAt, freeAt, 1, freeAt+64)

// attack makes an engine of a hostile guest.
func attack(t *testing.T, h hostile, cfg Config) (*Engine, *bed) {
	b := &bed{services: &services{}, counts: &counts{}, log: &logBuffer{}}
	cfg.NewSession = func(string) Session { return b.services }
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(b.log, nil))
	}
	e, err := New(context.Background(), h.wasm(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e, b
}

func startHostile(t *testing.T, h hostile, cfg Config) *bed {
	e, b := attack(t, h, cfg)
	in, err := e.Start(context.Background())
	require.NoError(t, err)
	t.Cleanup(in.Close)
	b.Instance = in
	return b
}
