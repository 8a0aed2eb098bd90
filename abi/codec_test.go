package abi_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	. "github.com/vinyl-edge/vinyl/abi"
)

func TestIntegers(t *testing.T) {
	b := AppendU64(AppendU32(AppendU16(nil, 0x0102), 0x03040506), 0x0708090a0b0c0d0e)
	require.Equal(t, []byte{2, 1, 6, 5, 4, 3, 0xe, 0xd, 0xc, 0xb, 0xa, 9, 8, 7}, b)
	require.Equal(t, uint16(0x0102), U16(b))
	require.Equal(t, uint32(0x03040506), U32(b[2:]))
	require.Equal(t, uint64(0x0708090a0b0c0d0e), U64(b[6:]))
	put := make([]byte, 8)
	PutU64(put, 0x0708090a0b0c0d0e)
	require.Equal(t, b[6:], put)
	PutU32(put, 0x03040506)
	require.Equal(t, b[2:6], put[:4])

	r := ReadBytes(b)
	require.Equal(t, uint16(0x0102), r.U16())
	require.Equal(t, uint32(0x03040506), r.U32())
	require.Equal(t, uint64(0x0708090a0b0c0d0e), r.U64())
	require.NoError(t, r.Err())
	require.Zero(t, r.Len())
	require.Equal(t, 1.5, ReadBytes(AppendU64(nil, math.Float64bits(1.5))).F64())
	require.Equal(t, int64(-2), ReadBytes(AppendU64(nil, math.MaxUint64-1)).I64())
}

func TestUvarint(t *testing.T) {
	for _, c := range []struct {
		v uint64
		b string
	}{
		{0, "\x00"},
		{127, "\x7f"},
		{128, "\x80\x01"},
		{300, "\xac\x02"},
		{math.MaxUint32, "\xff\xff\xff\xff\x0f"},
		{math.MaxUint64, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"},
	} {
		require.Equal(t, c.b, string(AppendUvarint(nil, c.v)))
		r := NewReader(c.b)
		require.Equal(t, c.v, r.Uvarint())
		require.NoError(t, r.Err())
	}
	for _, bad := range []string{
		"", "\x80", strings.Repeat("\x80", 9),
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", // 65 bits
		strings.Repeat("\x80", 10) + "\x01",
	} {
		r := NewReader(bad)
		require.Zero(t, r.Uvarint(), "%x", bad)
		require.ErrorIs(t, r.Err(), ErrMessage)
	}
}

func TestReaderStopsAtTheFirstFault(t *testing.T) {
	reads := map[string]func(r *Reader) any{
		"U8":            func(r *Reader) any { return r.U8() },
		"U16":           func(r *Reader) any { return r.U16() },
		"U32":           func(r *Reader) any { return r.U32() },
		"U64":           func(r *Reader) any { return r.U64() },
		"I64":           func(r *Reader) any { return r.I64() },
		"F64":           func(r *Reader) any { return r.F64() },
		"Bool":          func(r *Reader) any { return r.Bool() },
		"Uvarint":       func(r *Reader) any { return r.Uvarint() },
		"Count":         func(r *Reader) any { return r.Count(1) },
		"String":        func(r *Reader) any { return r.String() },
		"Value":         func(r *Reader) any { return r.Value().Num },
		"StatementHead": func(r *Reader) any { return r.StatementHead().Plan },
	}
	for name, read := range reads {
		r := NewReader("")
		require.Zero(t, read(r), name)
		require.ErrorIs(t, r.Err(), ErrMessage, name)

		r = NewReader("abcdefghijklmnop")
		r.Fail()
		require.Zero(t, read(r), name)
		require.Empty(t, r.Rest(), name)
		require.ErrorIs(t, r.Err(), ErrMessage, name)
	}
}

func TestBoolIsStrict(t *testing.T) {
	require.Equal(t, "\x00\x01", string(AppendBool(AppendBool(nil, false), true)))
	r := NewReader("\x00\x01\x02")
	require.False(t, r.Bool())
	require.True(t, r.Bool())
	require.False(t, r.Bool())
	require.Error(t, r.Err())
}

func TestStrings(t *testing.T) {
	long := strings.Repeat("ä", 100)
	b := AppendBytes(AppendString(nil, long), []byte("x"))
	r := ReadBytes(b)
	require.Equal(t, long, r.String())
	require.Equal(t, "\x01x", r.Rest())
	require.NoError(t, r.Err())
	for _, bad := range []string{"\x02a", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01a", "\xff\xff\xff\xff\xff\xff\xff\xff\x7fa"} {
		r := NewReader(bad)
		require.Empty(t, r.String())
		require.Error(t, r.Err())
	}
}

func TestCountNeverExceedsTheMessage(t *testing.T) {
	r := NewReader("\x03aaaaaa")
	require.Equal(t, 3, r.Count(2))
	for _, size := range []int{0, 1, 2, 8} {
		r := NewReader("\x07aaaaaa")
		require.Zero(t, r.Count(size))
		require.Error(t, r.Err())
	}
	r = NewReader("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
	require.Zero(t, r.Count(0))
	require.Error(t, r.Err())
}

// TestConstantsAlign guards what a host or a guest relies on without looking.
func TestConstantsAlign(t *testing.T) {
	for i, word := range []int{CtrlVersion, CtrlRing, CtrlRingLen, CtrlCurrent, CtrlHost, CtrlEpoch, CtrlFlags} {
		require.Equal(t, 4*i, word)
	}
	require.Equal(t, 32, CtrlSize)
	require.Zero(t, RingHeader%8)
	require.Equal(t, 16*EventSize, RingMin-RingHeader)
	require.Zero(t, EventSize%8)
	require.Equal(t, BellLeader+1, BellStandby)
	require.Equal(t, BellLeader+2, BellIdle)
	require.Less(t, Pending, Status(0))
	require.Less(t, More, Pending)
	for s := ErrPointer; s >= ErrTimeout; s-- {
		require.NotContains(t, s.Error(), "unknown status")
	}
	require.Contains(t, Status(-99).Error(), "unknown status")
	require.Zero(t, RespondEnd&RespondDone)
}

func TestAccepts(t *testing.T) {
	require.Equal(t, uint32(Version), uint32(Major)<<16|Minor)
	require.True(t, Accepts(Version))
	require.True(t, Accepts(Major<<16))
	require.False(t, Accepts(Version+1))
	require.False(t, Accepts((Major+1)<<16))
	require.False(t, Accepts((Major-1)<<16))
	require.False(t, Accepts(0))
	require.False(t, Accepts(math.MaxUint32))
}

func TestOpKindNames(t *testing.T) {
	seen := map[string]bool{}
	for k := OpDescribe; k <= OpRoute; k++ {
		require.NotEqual(t, "unknown", k.String())
		require.False(t, seen[k.String()])
		seen[k.String()] = true
	}
	require.Equal(t, "unknown", OpKind(0).String())
	require.Equal(t, "unknown", (OpRoute + 1).String())
	require.Equal(t, "unknown", OpKind(math.MaxUint32).String())
}
