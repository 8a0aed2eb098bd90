package abi

import "math"

// Kind is the type of a Value on the wire.
type Kind uint8

// Kinds of values.
const (
	KindNull     Kind = 0
	KindInt      Kind = 1 // i64
	KindFloat    Kind = 2 // IEEE 754 double
	KindText     Kind = 3 // UTF-8
	KindBytes    Kind = 4
	KindBool     Kind = 5  // u8
	KindTime     Kind = 6  // i64 microseconds since 1970 UTC: an aware datetime
	KindNaive    Kind = 7  // i64 microseconds since 1970 as if UTC: a datetime without zone
	KindDate     Kind = 8  // i64 days since 1970-01-01
	KindClock    Kind = 9  // i64 microseconds since midnight
	KindDuration Kind = 10 // i64 microseconds
	KindDecimal  Kind = 11 // text
	KindUUID     Kind = 12 // 16 bytes
	KindJSON     Kind = 13 // text
	KindList     Kind = 14 // count, values
	kindEnd      Kind = 15
)

// Value is a parameter or a cell. Num holds integers, float bits, booleans and
// times; Str holds text, bytes, decimals, UUIDs and JSON.
type Value struct {
	Kind Kind
	Num  uint64
	Str  string
	List []Value
}

// Null is the absent value.
var Null = Value{}

// Int makes an integer value.
func Int(v int64) Value { return Value{Kind: KindInt, Num: uint64(v)} }

// Float makes a floating point value.
func Float(v float64) Value { return Value{Kind: KindFloat, Num: math.Float64bits(v)} }

// Text makes a text value.
func Text(s string) Value { return Value{Kind: KindText, Str: s} }

// Bytes makes a binary value from a copy of b.
func Bytes(b []byte) Value { return Value{Kind: KindBytes, Str: string(b)} }

// Bool makes a boolean value.
func Bool(v bool) Value {
	if v {
		return Value{Kind: KindBool, Num: 1}
	}
	return Value{Kind: KindBool}
}

// Micros makes an aware datetime from microseconds since 1970 UTC.
func Micros(us int64) Value { return Value{Kind: KindTime, Num: uint64(us)} }

// List makes a list value.
func List(v ...Value) Value { return Value{Kind: KindList, List: v} }

// Int64 returns Num as a signed integer.
func (v Value) Int64() int64 { return int64(v.Num) }

// Float64 returns Num as a floating point number.
func (v Value) Float64() float64 { return math.Float64frombits(v.Num) }

// IsNull tells whether v is absent.
func (v Value) IsNull() bool { return v.Kind == KindNull }

// maxDepth bounds nested lists and trees in messages.
const maxDepth = 64

// Append appends v: u8 kind and what Kind says; text-like kinds as strings.
func (v Value) Append(b []byte) []byte {
	b = append(b, byte(v.Kind))
	switch v.Kind {
	case KindNull:
	case KindBool:
		b = append(b, byte(v.Num))
	case KindText, KindBytes, KindDecimal, KindUUID, KindJSON:
		b = AppendString(b, v.Str)
	case KindList:
		b = AppendUvarint(b, uint64(len(v.List)))
		for i := range v.List {
			b = v.List[i].Append(b)
		}
	default:
		b = AppendU64(b, v.Num)
	}
	return b
}

// Value reads one value.
func (r *Reader) Value() Value { return r.value(0) }

func (r *Reader) value(depth int) Value {
	v := Value{Kind: Kind(r.U8())}
	switch v.Kind {
	case KindNull:
	case KindBool:
		if r.Bool() {
			v.Num = 1
		}
	case KindText, KindBytes, KindDecimal, KindJSON:
		v.Str = r.String()
	case KindUUID:
		if v.Str = r.String(); len(v.Str) != 16 {
			r.Fail()
		}
	case KindList:
		n := r.Count(1)
		if depth >= maxDepth {
			r.Fail()
			return Value{}
		}
		for i := 0; i < n && !r.bad; i++ {
			v.List = append(v.List, r.value(depth+1))
		}
	default:
		if v.Kind >= kindEnd {
			r.Fail()
			return Value{}
		}
		v.Num = r.U64()
	}
	return v
}
