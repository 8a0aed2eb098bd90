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
	// KindArray is a list that is one value, whatever its length: an array of
	// PostgreSQL. The elements are no part of a statement's shape.
	KindArray Kind = 15
	KindRange Kind = 16 // u8 bounds, count, values: none, or the two bounds
	kindEnd   Kind = 17
)

// Bits of a range.
const (
	RangeLower = 1 << iota // the lower bound belongs to it
	RangeUpper             // the upper bound does
	RangeEmpty             // no value does; there are no bounds
	rangeBits  = 1<<iota - 1
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

// Array makes an array.
func Array(v ...Value) Value { return Value{Kind: KindArray, List: v} }

// Range makes a range of bounds, Null where it has none, and of RangeLower and
// RangeUpper.
func Range(lower, upper Value, bits uint64) Value {
	return Value{Kind: KindRange, Num: bits, List: []Value{lower, upper}}
}

// EmptyRange is the range that no value belongs to.
func EmptyRange() Value { return Value{Kind: KindRange, Num: RangeEmpty} }

// IsList tells whether v has elements: whether it is a list or an array.
func (v *Value) IsList() bool { return v.Kind == KindList || v.Kind == KindArray }

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
	case KindList, KindArray, KindRange:
		if v.Kind == KindRange {
			b = append(b, byte(v.Num))
		}
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

// MaxValues bounds the values of a message, those in lists included: in memory
// they take far more than their bytes.
const MaxValues = 1 << 18

func (r *Reader) value(depth int) Value {
	v := Value{Kind: Kind(r.U8())}
	if r.values++; r.values > MaxValues {
		r.Fail()
		return Value{}
	}
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
	case KindRange:
		v.Num = uint64(r.U8())
		r.elements(&v, depth)
		if n := len(v.List); v.Num > rangeBits || n != 2 && n != 0 || (n == 0) != (v.Num == RangeEmpty) {
			r.Fail()
		}
	case KindList, KindArray:
		r.elements(&v, depth)
	default:
		if v.Kind >= kindEnd {
			r.Fail()
			return Value{}
		}
		v.Num = r.U64()
	}
	return v
}

// elements reads those of a list.
func (r *Reader) elements(v *Value, depth int) {
	n := r.Count(1)
	if depth >= maxDepth {
		r.Fail()
		return
	}
	for i := 0; i < n && !r.bad; i++ {
		v.List = append(v.List, r.value(depth+1))
	}
}
