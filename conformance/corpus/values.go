package corpus

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// Value makes a parameter of a recorded value.
func Value(v any) (abi.Value, error) {
	switch v := v.(type) {
	case nil:
		return abi.Null, nil
	case bool:
		return abi.Bool(v), nil
	case string:
		return abi.Text(v), nil
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			x, err := v.Float64()
			return abi.Float(x), err
		}
		n, err := v.Int64()
		if err != nil {
			return abi.Null, unsupported("integer %s", v)
		}
		return abi.Int(n), nil
	case []any:
		return list(v)
	case *Object:
		return special(v)
	}
	return abi.Null, unsupported("value %T", v)
}

func list(in []any) (abi.Value, error) {
	out := abi.List()
	for _, x := range in {
		v, err := Value(x)
		if err != nil {
			return out, err
		}
		out.List = append(out.List, v)
	}
	return out, nil
}

func special(o *Object) (abi.Value, error) {
	if len(o.Keys) == 0 {
		return abi.Null, unsupported("empty object")
	}
	key := o.Keys[0]
	s := o.Str(key)
	switch key {
	case "$dec":
		return abi.Value{Kind: abi.KindDecimal, Str: s}, nil
	case "$float":
		x, err := strconv.ParseFloat(s, 64)
		return abi.Float(x), err
	case "$date":
		t, err := time.Parse("2006-01-02", s)
		return abi.Value{Kind: abi.KindDate, Num: uint64(floorDay(t.Unix()))}, err
	case "$dt":
		if t, err := time.Parse("2006-01-02T15:04:05.999999", s); err == nil {
			return abi.Value{Kind: abi.KindNaive, Num: uint64(t.UnixMicro())}, nil
		}
		t, err := time.Parse("2006-01-02T15:04:05.999999Z07:00", s)
		return abi.Micros(t.UnixMicro()), err
	case "$time":
		t, err := time.Parse("15:04:05.999999", s)
		return abi.Value{Kind: abi.KindClock, Num: uint64(t.Sub(t.Truncate(24 * time.Hour)).Microseconds())}, err
	case "$td":
		n, _ := o.Get(key).(json.Number)
		us, err := n.Int64()
		return abi.Value{Kind: abi.KindDuration, Num: uint64(us)}, err
	case "$uuid":
		b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
		return abi.Value{Kind: abi.KindUUID, Str: string(b)}, err
	case "$bytes":
		b, err := base64.StdEncoding.DecodeString(s)
		return abi.Bytes(b), err
	case "$json":
		return abi.Value{Kind: abi.KindJSON, Str: plainJSON(o.Get(key))}, nil
	case "$map":
		return abi.Value{Kind: abi.KindJSON, Str: plainJSON(o)}, nil
	case "$ip":
		return abi.Text(s), nil
	case "$dict":
		return dict(o.List(key))
	case "$range":
		return rangeOf(o.Obj(key))
	case "$tuple", "$set":
		return list(o.List(key))
	case "$named":
		values, _ := append(o.List(key), nil, nil)[1].([]any)
		return list(values)
	case "$range_list":
		return numbers(o.List(key))
	case Matched:
		v, _ := o.Get(key).(abi.Value)
		return v, nil
	case "$obj":
		return Value(o.Get("pk"))
	}
	return abi.Null, unsupported("value %s", key)
}

// Matched is the key of an operand that stands for a record, and has been made a
// value by those who know what is compared with it.
const Matched = "$matched"

// numbers is Python's list(range(start, stop, step)).
func numbers(bounds []any) (abi.Value, error) {
	at := []int64{0, 0, 1}
	for i := range min(len(at), len(bounds)) {
		n, ok := bounds[i].(json.Number)
		if !ok {
			return abi.Null, unsupported("range %v", bounds)
		}
		var err error
		if at[i], err = n.Int64(); err != nil {
			return abi.Null, err
		}
	}
	out := abi.List()
	for n := at[0]; at[2] > 0 && n < at[1] || at[2] < 0 && n > at[1]; n += at[2] {
		out.List = append(out.List, abi.Int(n))
	}
	return out, nil
}

// dict is a document of pairs, whose keys Python makes texts of.
func dict(pairs []any) (abi.Value, error) {
	out := NewObject()
	for _, x := range pairs {
		pair, _ := x.([]any)
		if len(pair) != 2 {
			return abi.Null, unsupported("a pair of %d", len(pair))
		}
		key, ok := pair[0].(string)
		if n, isNumber := pair[0].(json.Number); isNumber {
			key, ok = n.String(), true
		}
		if !ok {
			return abi.Null, unsupported("a key %T", pair[0])
		}
		out.Set(key, pair[1])
	}
	return abi.Value{Kind: abi.KindJSON, Str: plainJSON(out)}, nil
}

func rangeOf(o *Object) (abi.Value, error) {
	if o.Bool("empty") {
		return abi.EmptyRange(), nil
	}
	out := abi.Range(abi.Null, abi.Null, 0)
	for i, end := range []string{"lower", "upper"} {
		var err error
		if out.List[i], err = Value(o.Get(end)); err != nil {
			return out, err
		}
	}
	if strings.HasPrefix(o.Str("bounds"), "[") {
		out.Num |= abi.RangeLower
	}
	if strings.HasSuffix(o.Str("bounds"), "]") {
		out.Num |= abi.RangeUpper
	}
	return out, nil
}

// plainJSON is a recorded value of a JSON column as the column has it.
func plainJSON(v any) string {
	var plain func(v any) any
	plain = func(v any) any {
		switch v := v.(type) {
		case *Object:
			if m := v.Obj("$map"); m != nil {
				v = m
			}
			out := NewObject()
			for _, k := range v.Keys {
				out.Set(k, plain(v.Get(k)))
			}
			return out
		case []any:
			out := make([]any, len(v))
			for i := range v {
				out[i] = plain(v[i])
			}
			return out
		}
		return v
	}
	return Text(plain(v))
}

func floorDay(s int64) int64 {
	d := s / 86400
	if s%86400 < 0 {
		d--
	}
	return d
}
