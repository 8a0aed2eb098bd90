package orm

import (
	"math"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// Row is one row of Values or Aggregate: values by name. Its methods convert;
// they return zero values for NULL and for names that are not there.
type Row struct {
	h    *rowHead
	vals []abi.Value
}

// rowHead is shared by the rows of a result.
type rowHead struct {
	names  []string
	fields []*field // model fields behind the columns, nil where there is none
	order  []int    // of a list's values, nil = that of the columns
}

func (r Row) cell(name string) (*abi.Value, *field) {
	if r.h != nil {
		for i, n := range r.h.names {
			if n == name && i < len(r.vals) {
				if i < len(r.h.fields) {
					return &r.vals[i], r.h.fields[i]
				}
				return &r.vals[i], nil
			}
		}
	}
	return &abi.Value{}, nil
}

// Names returns the names of the values, in the order of Values.
func (r Row) Names() []string {
	if r.h == nil {
		return nil
	}
	return append([]string(nil), r.h.names...)
}

// Get returns a value: as the model's field has it, or an int64, float64,
// string or []byte for what is computed. NULL is nil.
func (r Row) Get(name string) any {
	v, f := r.cell(name)
	return goValue(v, f)
}

// IsNull tells whether the value is NULL or not there.
func (r Row) IsNull(name string) bool { v, _ := r.cell(name); return v.IsNull() }

// Int returns a value as an integer.
func (r Row) Int(name string) int64 {
	v, _ := r.cell(name)
	n, ok := intOf(v)
	if !ok {
		f, _ := floatOf(v)
		n = int64(f)
	}
	return n
}

// Float returns a value as a floating point number.
func (r Row) Float(name string) float64 { v, _ := r.cell(name); f, _ := floatOf(v); return f }

// String returns a value as text.
func (r Row) String(name string) string { v, _ := r.cell(name); s, _ := textOf(v); return s }

// Bool returns a value as a boolean.
func (r Row) Bool(name string) bool { v, _ := r.cell(name); n, _ := intOf(v); return n != 0 }

// Time returns a value as a time in UTC.
func (r Row) Time(name string) time.Time { v, _ := r.cell(name); t, _ := timeOf(v); return t }

// Decimal returns a value as a decimal.
func (r Row) Decimal(name string) Decimal {
	v, f := r.cell(name)
	places := -1
	if f != nil {
		places = f.places
	}
	s, _ := decimalOf(v, places)
	return Decimal(s)
}

// goValue is a cell as the Go value of its field.
func goValue(v *abi.Value, f *field) any {
	if v.IsNull() && f != nil && f.nothing {
		return f.goOf(f.nothingOf())
	}
	if v.IsNull() || f == nil {
		return plain(v)
	}
	if c, ok := f.compositeOf(v); ok {
		return f.goOf(c)
	}
	for f.kind == kForeign {
		f = f.rel.key1()
	}
	switch f.kind {
	case kBool:
		n, _ := intOf(v)
		return n != 0
	case kTime:
		t, _ := timeOf(v)
		return t
	case kDate:
		t, _ := timeOf(v)
		return DateOf(t)
	case kClock:
		d, _ := clockOf(v)
		return Clock(d)
	case kDuration:
		n, _ := microsOf(v)
		return time.Duration(n) * time.Microsecond
	case kDecimal:
		s, _ := decimalOf(v, f.places)
		return Decimal(s)
	case kUUID:
		u, _ := uuidOf(v)
		return u
	case kJSON:
		s, _ := textOf(v)
		return JSON(s)
	case kFloat64, kFloat32:
		x, _ := floatOf(v)
		return x
	case kInt64, kInt32, kInt16, kInt8, kUint64, kUint32, kUint16, kUint8:
		if n, ok := f.whole(v); ok {
			return n
		}
	}
	return plain(v)
}

// fieldAt follows a path such as author__name to its field; nil where it does
// not lead to one, as with annotations and transforms.
func (m *modelInfo) fieldAt(path string) *field {
	for {
		name, rest, more := strings.Cut(path, "__")
		f := m.byName[name]
		if f == nil {
			a := m.reverseAt(name)
			if a == nil {
				return nil
			}
			if !more {
				return a.model.pk
			}
			m, path = a.model, rest
			continue
		}
		if f.class == "ManyToManyField" {
			if !more {
				return f.rel.target.pk
			}
			m, path = f.rel.target, rest
			continue
		}
		if !more {
			return f
		}
		if f.rel == nil {
			return nil
		}
		m, path = f.rel.target, rest
	}
}

// reverseAt finds the field of another model that lookups call name from here.
func (m *modelInfo) reverseAt(name string) *field {
	for _, f := range m.reached {
		if f.rel.queryName == name {
			return f
		}
	}
	return nil
}

// classKinds are the classes whose values differ from the database's own form.
var classKinds = map[string]kind{
	"BooleanField": kBool, "DateTimeField": kTime, "DateField": kDate, "TimeField": kClock, "DurationField": kDuration,
	"DecimalField": kDecimal, "UUIDField": kUUID, "JSONField": kJSON, "FloatField": kFloat64,
	"IntegerField": kInt64, "BigIntegerField": kInt64, "SmallIntegerField": kInt64, "PositiveIntegerField": kInt64, "PositiveBigIntegerField": kInt64,
	"PositiveSmallIntegerField": kInt64, "AutoField": kInt64, "BigAutoField": kInt64, "SmallAutoField": kInt64,
}

// whole is a cell as an integer. Of a computed number the fraction is cut off:
// whoever says that it is an integer wants one.
func (f *field) whole(v *abi.Value) (int64, bool) {
	n, ok := intOf(v)
	if x, number := floatOf(v); !ok && f.name == "" && number && math.Abs(x) < 1<<63 {
		return int64(x), true
	}
	return n, ok
}

// microsOf is a cell as a number of microseconds: a computed one is rounded to
// the nearest, as Python's timedelta is.
func microsOf(v *abi.Value) (int64, bool) {
	n, ok := intOf(v)
	if x, number := floatOf(v); !ok && number && math.Abs(x) < 1<<63 {
		return int64(math.RoundToEven(x)), true
	}
	return n, ok
}

// computed stands for the field of a computed column, nil when its form is right as it is.
func computed(class string) *field {
	class, nothing := strings.CutSuffix(class, query.NullIsEmpty)
	f := &field{model: &modelInfo{}, kind: classKinds[class], class: class, places: -1, nothing: nothing}
	inner, isArray := strings.CutPrefix(class, arrayClass+"(")
	switch {
	case isArray:
		f.class = arrayClass
		inner = strings.TrimSuffix(inner, ")")
		if f.base = computed(inner); f.base == nil {
			f.base = &field{class: inner, places: -1}
		}
	case !nothing && f.kind == kInvalid && rangeClasses[class] == "" && class != "HStoreField":
		return nil
	}
	return f
}
