package fuel

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	spin   = []byte{0x03, 0x40, 0x0c, 0, 0x0b} // loop br 0 end
	i32    = []byte{0x41, 0}                   // i32.const 0
	drop   = []byte{0x1a}
	locals = func(n uint32) []byte { return append(putU32([]byte{1}, n), 0x7f) }
)

func TestLoopsAndCallsTick(t *testing.T) {
	for name, g := range map[string]guest{
		"a loop":             {bodies: [][]byte{code(nil, spin)}},
		"a loop with locals": {bodies: [][]byte{code(locals(3), spin)}},
		"recursion":          {bodies: [][]byte{code(nil, []byte{0x10, 1})}},
		"with globals":       {globals: []byte{1, 0x7f, 1, 0x41, 5, 0x0b}, bodies: [][]byte{code(nil, spin)}},
		"a loop with parameters": {
			types:  [][]byte{{0x60, 1, 0x7f, 0}},
			bodies: [][]byte{code(nil, i32, []byte{0x03, 2, 0x0c, 0, 0x0b}, i32, drop)},
		},
	} {
		n, err := run(t, g.bytes(), 1000, 100)
		require.Error(t, err, name)
		require.Equal(t, 100, n, name)
	}
}

// TestNothingHidesFromTheMeter are modules that are malformed, or that wazero
// reads in another way than the meter might.
func TestNothingHidesFromTheMeter(t *testing.T) {
	body := func(parts ...[]byte) guest { return guest{bodies: [][]byte{code(nil, parts...)}} }
	forge := []byte{0x41, 0xff, 0xff, 0xff, 0xff, 7, 0x24, 0} // i32.const 2^31-1, global.set 0
	v128 := append([]byte{0xfd, 12}, make([]byte, 16)...)
	for name, g := range map[string]guest{
		"the counter is set":  body([]byte{0x03, 0x40}, forge, []byte{0x0c, 0, 0x0b}),
		"the counter is read": body([]byte{0x23, 0}, drop, spin),
		// To wazero the second byte is the whole opcode, and 0x02 begins a block.
		"SIMD of three bytes":     body(v128, []byte{0xfd, 0x80, 0x02, 0x40, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b}, drop),
		"SIMD with a long number": body(v128, []byte{0xfd, 0x8c, 0x80, 0}, make([]byte, 16), drop),
		// (block (ref null 16) loop …): the type has a second byte.
		"block of a reference":       body([]byte{0x02, 0x63, 0x10, 0x03, 0x40, 0x0c, 0, 0x0b, 0, 0x0b}, drop),
		"the same, padded":           body([]byte{0x02, 0xe3, 0x7f, 0x10, 0x03, 0x40, 0x0c, 0, 0x0b, 0, 0x0b}, drop),
		"select of a reference":      body(i32, i32, i32, []byte{0x1c, 1, 0x64, 0x10, 0x03, 0x40, 0x0c, 0, 0x0b}, drop),
		"local of a reference":       {bodies: [][]byte{code([]byte{1, 1, 0x64, 0x10}, []byte{0x03, 0x40, 0x0c, 0, 0x0b})}},
		"null of a type":             body([]byte{0xd0, 0x10, 0x03, 0x40, 0x0c, 0, 0x0b}, drop),
		"parameter of a reference":   {types: [][]byte{{0x60, 1, 0x63, 0x70, 0}}, bodies: [][]byte{code(nil, spin)}},
		"a global more than counted": {globals: []byte{1, 0x7f, 0, 0x41, 0, 0x0b, 0x7d, 1, 0x43, 0}, bodies: [][]byte{code(nil, spin)}},
		"more ends than blocks":      body([]byte{0x0b, 0x03, 0x40}),
		"fewer ends than blocks":     body([]byte{0x03, 0x40}),
	} {
		_, err := Instrument(g.bytes())
		require.ErrorIs(t, err, ErrMalformed, name)
	}
	twice := section(guest{bodies: [][]byte{code(nil, spin)}}.bytes(), secGlobal, []byte{0})
	_, err := Instrument(twice)
	require.ErrorIs(t, err, ErrMalformed, "sections out of order")
}

// TestNothingIsBoughtCheaply runs what costs the host much for one loop or
// call: while no tick comes it can stop neither the guest nor the world for its
// own garbage collector.
func TestNothingIsBoughtCheaply(t *testing.T) {
	const ration = 1000
	// Local 1 counts to 10.
	tenTimes := func(inside []byte) []byte {
		return append(append([]byte{0x03, 0x40}, inside...), 0x20, 1, 0x41, 1, 0x6a, 0x22, 1, 0x41, 10, 0x49, 0x0d, 0, 0x0b)
	}
	fill := []byte{0x41, 0, 0x41, 0, 0x41, 0x80, 0x80, 0x80, 1, 0xfc, 11, 0} // 2 MiB
	move := []byte{0x41, 0, 0x41, 0, 0x41, 0x80, 0x80, 0x80, 1, 0xfc, 10, 0, 0}
	add := bytes.Repeat([]byte{0x20, 0, 0x41, 1, 0x6a, 0x21, 0}, 32*unitCode) // 128 units
	calls := bytes.Repeat([]byte{0x10, 2}, 2000)
	for name, c := range map[string]struct {
		bodies [][]byte
		ticks  int
	}{
		"filling memory":        {[][]byte{code(locals(2), tenTimes(fill))}, 10},
		"moving memory":         {[][]byte{code(locals(2), tenTimes(move))}, 10},
		"filling it often":      {[][]byte{code(nil, bytes.Repeat(fill, 50))}, 50},
		"a long loop":           {[][]byte{code(locals(2), tenTimes(bytes.Repeat(add, 8)))}, 10},
		"long code":             {[][]byte{code(locals(1), bytes.Repeat(add, 8))}, 1},
		"calls of a long leaf":  {[][]byte{code(nil, calls), code(locals(1), add)}, 200},
		"calls of a short leaf": {[][]byte{code(locals(2), tenTimes(calls)), code(locals(1), add[:7*leafMax/4])}, 9},
	} {
		g := guest{bodies: c.bodies}
		n, err := run(t, g.bytes(), ration, 1000)
		require.NoError(t, err, name)
		require.GreaterOrEqual(t, n, c.ticks, name)
	}
}

func TestTablesAndLocalsAreBounded(t *testing.T) {
	table := func(limits ...byte) []byte { return append([]byte{0x70}, limits...) }
	most := []byte{0x80, 0x80, 0x80, 0x40} // 2^27
	g := guest{bodies: [][]byte{code(nil, spin)}}
	for name, tables := range map[string][][]byte{
		"one large table":   {table(append([]byte{0}, most...)...)},
		"one that can grow": {table(append([]byte{1, 1}, most...)...)},
		"many":              bytesOf(200, table(0, 0x80, 0x80, 0x04)),
	} {
		g.tables = tables
		_, err := Instrument(g.bytes())
		require.ErrorIs(t, err, ErrTooLarge, name)
	}
	// A table that says nothing of its growth does not grow.
	grow := []byte{0xd0, 0x70, 0x41, 1, 0xfc, 15, 0, 0x41, 0x7f, 0x47, 0x04, 0x40, 0, 0x0b} // unreachable unless it yields -1
	g = guest{tables: [][]byte{table(0, 1)}, bodies: [][]byte{code(nil, grow)}}
	_, err := run(t, g.bytes(), 1000, 100)
	require.NoError(t, err)

	g = guest{bodies: bytesOf(1000, code(append(putU32([]byte{1}, 49_000), 0x7e)))}
	_, err = Instrument(g.bytes())
	require.ErrorIs(t, err, ErrTooLarge)
}

// TestWhatTakesLongToCompileIsRefused: each of these small modules would keep
// wazero busy for minutes to hours.
func TestWhatTakesLongToCompileIsRefused(t *testing.T) {
	times := func(n int, b ...byte) []byte { return bytes.Repeat(b, n) }
	table := append(append([]byte{0x20, 0, 0x0e}, putU32(nil, 1_000_000)...), make([]byte, 1_000_001)...)
	for name, b := range map[string][]byte{
		"blocks in blocks": code(nil, times(100_000, 0x02, 0x40), times(100_000, 0x0b)),
		"loops in loops":   code(locals(1), times(20_000, 0x03, 0x40), times(20_000, 0x20, 0, 0x0d, 0, 0x0b)),
		"loops":            code(locals(1), times(20_000, 0x03, 0x40, 0x20, 0, 0x0d, 0, 0x0b)),
		"ifs":              code(locals(1), times(100_000, 0x20, 0, 0x04, 0x40, 0x41, 1, 0x21, 0, 0x0b)),
		"variables in ifs": code(locals(4000), times(4000, 0x20, 0, 0x04, 0x40, 0x41, 1, 0x21, 0, 0x0b)),
		"a jump table":     code(locals(1), table),
	} {
		_, err := Instrument(guest{bodies: [][]byte{b}}.bytes())
		require.ErrorIs(t, err, ErrTooLarge, name)
	}
	ifs := code(locals(1), times(4000, 0x20, 0, 0x04, 0x40, 0x41, 1, 0x21, 0, 0x0b))
	_, err := Instrument(guest{bodies: [][]byte{ifs}}.bytes())
	require.NoError(t, err, "one large function")
	_, err = Instrument(guest{bodies: bytesOf(300, ifs)}.bytes())
	require.ErrorIs(t, err, ErrTooLarge, "300 of them")
}

func bytesOf(n int, b []byte) (out [][]byte) {
	for range n {
		out = append(out, b)
	}
	return out
}
