package orm

import (
	"reflect"
	"strconv"
	"time"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// loadValue reads the Go value at p.
func loadValue(k kind, p unsafe.Pointer) abi.Value {
	switch k {
	case kString:
		return abi.Text(*(*string)(p))
	case kInt64:
		return abi.Int(*(*int64)(p))
	case kInt32:
		return abi.Int(int64(*(*int32)(p)))
	case kInt16:
		return abi.Int(int64(*(*int16)(p)))
	case kInt8:
		return abi.Int(int64(*(*int8)(p)))
	case kUint64:
		return uintValue(*(*uint64)(p))
	case kUint32:
		return abi.Int(int64(*(*uint32)(p)))
	case kUint16:
		return abi.Int(int64(*(*uint16)(p)))
	case kUint8:
		return abi.Int(int64(*(*uint8)(p)))
	case kBool:
		return abi.Bool(*(*bool)(p))
	case kFloat64:
		return abi.Float(*(*float64)(p))
	case kFloat32:
		return abi.Float(float64(*(*float32)(p)))
	case kBytes:
		return abi.Bytes(*(*[]byte)(p))
	case kTime:
		return timeValue(*(*time.Time)(p))
	case kDate:
		return abi.Value{Kind: abi.KindDate, Num: uint64((*(*Date)(p)).days())}
	case kClock:
		return abi.Value{Kind: abi.KindClock, Num: uint64(time.Duration(*(*Clock)(p)).Microseconds())}
	case kDuration:
		return abi.Value{Kind: abi.KindDuration, Num: uint64((*(*time.Duration)(p)).Microseconds())}
	case kDecimal:
		return decimalValue(*(*Decimal)(p))
	case kUUID:
		u := (*UUID)(p)
		return abi.Value{Kind: abi.KindUUID, Str: string(u[:])}
	case kJSON:
		return jsonValue(*(*JSON)(p))
	case kForeign:
		return (*foreign)(p).current().value()
	case kDynamic:
		return *(*abi.Value)(p)
	}
	return abi.Null
}

func timeValue(t time.Time) abi.Value { return abi.Micros(t.UnixMicro()) }

// uintValue sends what an i64 cannot hold as a decimal: the host says that it
// does not fit, or compares it rightly.
func uintValue(v uint64) abi.Value {
	if v > 1<<63-1 {
		return abi.Value{Kind: abi.KindDecimal, Str: strconv.FormatUint(v, 10)}
	}
	return abi.Int(int64(v))
}

func decimalValue(d Decimal) abi.Value {
	if d == "" {
		d = "0"
	}
	return abi.Value{Kind: abi.KindDecimal, Str: string(d)}
}

func jsonValue(j JSON) abi.Value {
	if j == "" {
		j = "null"
	}
	return abi.Value{Kind: abi.KindJSON, Str: string(j)}
}

// toValue makes a parameter of a Go value.
func toValue(v any) (abi.Value, error) {
	switch v := v.(type) {
	case nil:
		return abi.Null, nil
	case string:
		return abi.Text(v), nil
	case int:
		return abi.Int(int64(v)), nil
	case int64:
		return abi.Int(v), nil
	case bool:
		return abi.Bool(v), nil
	case float64:
		return abi.Float(v), nil
	case time.Time:
		return timeValue(v), nil
	case Key:
		return v.value(), nil
	case []byte:
		return abi.Bytes(v), nil
	case Decimal:
		return decimalValue(v), nil
	case JSON:
		return jsonValue(v), nil
	case UUID:
		return abi.Value{Kind: abi.KindUUID, Str: string(v[:])}, nil
	case Date:
		return abi.Value{Kind: abi.KindDate, Num: uint64(v.days())}, nil
	case Clock:
		return abi.Value{Kind: abi.KindClock, Num: uint64(time.Duration(v).Microseconds())}, nil
	case time.Duration:
		return abi.Value{Kind: abi.KindDuration, Num: uint64(v.Microseconds())}, nil
	case interface{ nullable() (any, bool) }:
		if x, ok := v.nullable(); ok {
			return toValue(x)
		}
		return abi.Null, nil
	case record:
		if isNil(v) {
			return abi.Null, nil
		}
		info, p := v.ormKey()
		k := info.keyOf(p)
		if k.IsZero() {
			return abi.Null, &ValueError{Field: info.goType, Reason: "it has no primary key yet and cannot stand in a query: call Save(ctx) first"}
		}
		return k.value(), nil
	case interface{ foreignKey() *foreign }:
		return v.foreignKey().current().value(), nil
	case []any:
		return listValue(len(v), func(i int) any { return v[i] })
	case []string:
		return listValue(len(v), func(i int) any { return v[i] })
	case []int64:
		return listValue(len(v), func(i int) any { return v[i] })
	case []int:
		return listValue(len(v), func(i int) any { return v[i] })
	case []Key:
		return listValue(len(v), func(i int) any { return v[i] })
	case abi.Value:
		return v, nil
	case composed:
		return v.ormValue()
	}
	return reflectValue(reflect.ValueOf(v))
}

func listValue(n int, at func(int) any) (abi.Value, error) {
	l := abi.Value{Kind: abi.KindList, List: make([]abi.Value, n)}
	for i := range l.List {
		var err error
		if l.List[i], err = toValue(at(i)); err != nil {
			return l, err
		}
	}
	return l, nil
}

// reflectValue takes types of the user's own, such as type Status string, the
// smaller integers, and slices of anything.
func reflectValue(v reflect.Value) (abi.Value, error) {
	switch v.Kind() {
	case reflect.String:
		return abi.Text(v.String()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return abi.Int(v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return uintValue(v.Uint()), nil
	case reflect.Bool:
		return abi.Bool(v.Bool()), nil
	case reflect.Float32, reflect.Float64:
		return abi.Float(v.Float()), nil
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			return abi.Bytes(v.Bytes()), nil
		}
		return listValue(v.Len(), func(i int) any { return v.Index(i).Interface() })
	case reflect.Pointer:
		if v.IsNil() {
			return abi.Null, nil
		}
		return toValue(v.Elem().Interface())
	}
	return abi.Null, &ValueError{
		Field:  v.Type().String(),
		Reason: "a value of this type cannot stand in a query: use a string, number, bool, time, []byte, one of orm's types, a record, a slice of them, or an expression",
	}
}

// toExpr makes an expression of a Go value: expressions and querysets stay what they are.
func toExpr(v any) (query.Expr, error) {
	switch v := v.(type) {
	case Expr:
		return v.e, v.err
	case Cond:
		return v.noted(), v.err
	case FieldRef:
		return &query.Ref{Name: v.FieldPath()}, nil
	case interface{ coreQuery() *core }:
		q, err := v.coreQuery().tree(query.VerbSelect)
		return &query.Sub{Query: q}, err
	case query.Expr:
		return v, nil
	}
	x, err := toValue(v)
	return &query.Param{Value: x}, err
}
