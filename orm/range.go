package orm

import (
	"reflect"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
)

// Range is the values between two bounds, in one column of PostgreSQL. T is
// int32, int64, Decimal, Date or time.Time. Lower and Upper are absent where
// there is no bound; the zero Range has none. As everywhere in Go, the lower
// bound belongs to it and the upper one doesn't, unless the flags say otherwise.
//
// Lookups: contains, contained_by, overlap, fully_lt, fully_gt, not_lt, not_gt,
// adjacent_to, and of its parts startswith, endswith, isempty, lower_inc,
// lower_inf, upper_inc, upper_inf.
type Range[T any] struct {
	Lower, Upper Null[T]
	LowerOpen    bool // the lower bound does not belong to it
	UpperIn      bool // the upper bound does
	Empty        bool // no value does
}

// Between is the range from lower up to, and without, upper.
func Between[T any](lower, upper T) Range[T] {
	return Range[T]{Lower: Some(lower), Upper: Some(upper)}
}

// rangeOf are the classes of ranges by what their bounds are.
var rangeOf = map[kind]string{
	kInt32: "IntegerRangeField", kInt64: "BigIntegerRangeField", kDecimal: "DecimalRangeField", kTime: "DateTimeRangeField", kDate: "DateRangeField",
}

// rangeLayout lets the ORM fill a Range without knowing its type.
type rangeLayout interface{ ormRange() span }

// span says where the parts of a Range are.
type span struct {
	elem                      reflect.Type
	bounds                    [2]uintptr
	valid                     uintptr // from a bound
	lowerOpen, upperIn, empty uintptr
}

func (*Range[T]) ormRange() span {
	var r Range[T]
	return span{
		elem: reflect.TypeFor[T](), bounds: [2]uintptr{unsafe.Offsetof(r.Lower), unsafe.Offsetof(r.Upper)}, valid: unsafe.Offsetof(r.Lower.Valid),
		lowerOpen: unsafe.Offsetof(r.LowerOpen), upperIn: unsafe.Offsetof(r.UpperIn), empty: unsafe.Offsetof(r.Empty),
	}
}

// setBounds notes which bounds belong to the range v; one that is not there does not.
func setBounds(v *abi.Value, lowerOpen, upperIn bool) {
	if !lowerOpen && !v.List[0].IsNull() {
		v.Num |= abi.RangeLower
	}
	if upperIn && !v.List[1].IsNull() {
		v.Num |= abi.RangeUpper
	}
}

// lowerOpen tells whether a range has a lower bound that doesn't belong to it.
func lowerOpen(v *abi.Value) bool {
	return len(v.List) == 2 && !v.List[0].IsNull() && v.Num&abi.RangeLower == 0
}

// bound is a field that is a bound.
func (s *span) bound(base *field) *field {
	b := *base
	b.valid = s.valid
	return &b
}

// composed is a value that is made of others.
type composed interface{ ormValue() (abi.Value, error) }

func (r Range[T]) ormValue() (abi.Value, error) {
	if r.Empty {
		return abi.EmptyRange(), nil
	}
	v := abi.Range(abi.Null, abi.Null, 0)
	for i, b := range []Null[T]{r.Lower, r.Upper} {
		var err error
		if v.List[i], err = toValue(b); err != nil {
			return v, err
		}
	}
	setBounds(&v, r.LowerOpen, r.UpperIn)
	return v, nil
}
