package abi_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	. "github.com/vinyl-edge/vinyl/abi"
)

func nested(depth int) Value {
	v := Int(1)
	for range depth {
		v = List(v)
	}
	return v
}

func TestValues(t *testing.T) {
	values := []Value{
		Null, Int(0), Int(-1), Int(math.MinInt64), Float(1.5), Float(math.Inf(-1)), Text(""), Text("é"), Bytes([]byte{0, 255}),
		Bool(true), Bool(false), Micros(-1), List(), List(Null, Text("x"), List(Int(1))),
		{Kind: KindNaive, Num: 1},
		{Kind: KindDate, Num: 2},
		{Kind: KindClock, Num: 3},
		{Kind: KindDuration, Num: math.MaxUint64},
		{Kind: KindDecimal, Str: "1.10"},
		{Kind: KindUUID, Str: strings.Repeat("u", 16)},
		{Kind: KindJSON, Str: `{"a":1}`},
		Array(), Array(Null, Array(Text("x"))), EmptyRange(), Range(Int(1), Null, RangeLower), Range(Null, Null, 0),
		nested(64),
	}
	for _, v := range values {
		b := v.Append(nil)
		r := ReadBytes(b)
		require.Equal(t, v, r.Value())
		require.NoError(t, r.Err())
		require.Zero(t, r.Len())
		refuses(t, b, func(s string) error { r := NewReader(s); r.Value(); return r.Err() })
	}
	require.Equal(t, int64(-5), Int(-5).Int64())
	require.Equal(t, 2.5, Float(2.5).Float64())
	require.True(t, Null.IsNull())
	require.False(t, Int(0).IsNull())
}

func TestValuesRefused(t *testing.T) {
	for _, bad := range []string{
		"\x11", "\xff12345678", // unknown kinds
		"\x05\x02",                       // bool
		"\x0c\x0f" + "12345678901234567", // uuid of 15 bytes
		"\x0c\x11" + "12345678901234567", // of 17
		"\x0e\x02\x00",                   // list shorter than its count
		"\x0e\xff\xff\xff\xff\x0f\x00",   // forged count
		"\x10\x01\x00",                   // range without bounds that is not empty
		"\x10\x04\x02\x00\x00",           // empty range with bounds
		"\x10\x08\x02\x00\x00",           // unknown bit
		"\x10\x01\x01\x00",               // one bound
		string(nested(65).Append(nil)),
		strings.Repeat("\x0e\x01", 100_000),
	} {
		r := NewReader(bad)
		r.Value()
		require.ErrorIs(t, r.Err(), ErrMessage, "%.20x", bad)
	}
}
