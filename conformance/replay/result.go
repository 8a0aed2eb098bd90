package replay

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/query"
)

type value = abi.Value

func number(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }

// encoder writes records as the corpus does: an object that appears again is a
// reference.
type encoder struct{ seen map[*orm.Dynamic]bool }

func newEncoder(owner *orm.Dynamic) *encoder {
	e := &encoder{map[*orm.Dynamic]bool{}}
	if owner != nil {
		e.seen[owner] = true
	}
	return e
}

func (e *encoder) records(list []*orm.Dynamic) any {
	out := make([]any, len(list))
	for i, d := range list {
		out[i] = e.record(d)
	}
	return out
}

func (e *encoder) record(d *orm.Dynamic) any {
	if d == nil {
		return nil
	}
	if e.seen[d] {
		return corpus.NewObject("$ref", []any{d.Model(), encodeValue(d.PK())})
	}
	e.seen[d] = true
	out := e.fields(d)
	related, prefetched, extra := corpus.NewObject(), corpus.NewObject(), corpus.NewObject()
	d.Relations(func(name string, _ bool) {
		if far, known := d.Related(name); known {
			related.Set(name, e.record(far))
		}
	})
	d.Prefetched(func(name string, list []*orm.Dynamic) { prefetched.Set(name, e.records(list)) })
	d.Extra(func(name string, v any) {
		switch v := v.(type) {
		case []*orm.Dynamic:
			extra.Set(name, e.records(v))
		case *orm.Dynamic:
			extra.Set(name, e.record(v))
		case value:
			extra.Set(name, encodeValue(v))
		}
	})
	for name, x := range map[string]*corpus.Object{"related": related, "prefetched": prefetched, "extra": extra} {
		if len(x.Keys) > 0 {
			out.Set(name, x)
		}
	}
	return out
}

// fields is a record without what hangs on it.
func (e *encoder) fields(d *orm.Dynamic) *corpus.Object {
	fields := corpus.NewObject()
	columns(d, fields)
	out := corpus.NewObject("model", d.Model(), "pk", encodeValue(d.PK()), "fields", fields)
	if alias := d.Database(); alias != "" && alias != orm.Default {
		out.Set("db", alias)
	}
	var deferred []any
	d.Deferred(func(name string) { deferred = append(deferred, name) })
	if deferred != nil {
		out.Set("deferred", deferred)
	}
	return out
}

// columns are a record's values by attribute.
func columns(d *orm.Dynamic, into *corpus.Object) {
	d.Fields(func(name string, v value) {
		if e := d.Expr(name); e != nil {
			into.Set(name, pending{e})
			return
		}
		into.Set(name, encodeValue(v))
	})
}

// pending is an expression in the place of a value that the database computes.
type pending struct{ e query.Expr }

func (p pending) differs(want any, at string) string {
	o, _ := want.(*corpus.Object)
	if o.Get("$expr") != nil {
		if e, err := corpus.Expr(want, false); err == nil && reflect.DeepEqual(e, p.e) {
			return ""
		}
	}
	return fmt.Sprintf("%s is an expression, want %s", at, corpus.Text(want))
}

func rowMap(r orm.DynamicRow) *corpus.Object {
	o := corpus.NewObject()
	for i, n := range r.Names {
		o.Set(n, encodeValue(r.Values[i]))
	}
	return o
}

// encodeValue is a value in the corpus's form.
func encodeValue(v value) any {
	micros := func() time.Time { return time.UnixMicro(v.Int64()).UTC() }
	switch v.Kind {
	case abi.KindNull:
		return nil
	case abi.KindInt:
		return number(v.Int64())
	case abi.KindFloat:
		switch f := v.Float64(); {
		case math.IsNaN(f):
			return corpus.NewObject("$float", "nan")
		case math.IsInf(f, 0):
			return corpus.NewObject("$float", strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+")))
		default:
			return json.Number(strconv.FormatFloat(f, 'e', -1, 64))
		}
	case abi.KindText:
		return v.Str
	case abi.KindBytes:
		return corpus.NewObject("$bytes", base64.StdEncoding.EncodeToString([]byte(v.Str)))
	case abi.KindBool:
		return v.Num != 0
	case abi.KindTime:
		return corpus.NewObject("$dt", micros().Format("2006-01-02T15:04:05.999999Z07:00"))
	case abi.KindNaive:
		return corpus.NewObject("$dt", micros().Format("2006-01-02T15:04:05.999999"))
	case abi.KindDate:
		return corpus.NewObject("$date", time.Unix(v.Int64()*86400, 0).UTC().Format("2006-01-02"))
	case abi.KindClock:
		return corpus.NewObject("$time", micros().Format("15:04:05.999999"))
	case abi.KindDuration:
		return corpus.NewObject("$td", number(v.Int64()))
	case abi.KindDecimal:
		return corpus.NewObject("$dec", v.Str)
	case abi.KindUUID:
		h := hex.EncodeToString([]byte(v.Str))
		if len(h) != 32 {
			return corpus.NewObject("$uuid", h)
		}
		return corpus.NewObject("$uuid", h[:8]+"-"+h[8:12]+"-"+h[12:16]+"-"+h[16:20]+"-"+h[20:])
	case abi.KindJSON:
		x, err := corpus.Parse(strings.NewReader(v.Str))
		if err != nil {
			return v.Str
		}
		return corpus.NewObject("$json", x)
	case abi.KindRange:
		return corpus.NewObject("$range", encodeRange(v))
	case abi.KindList, abi.KindArray:
		out := make([]any, len(v.List))
		for i, x := range v.List {
			out[i] = encodeValue(x)
		}
		return out
	}
	return nil
}

func encodeRange(v value) *corpus.Object {
	if len(v.List) != 2 {
		return corpus.NewObject("lower", nil, "upper", nil, "bounds", "", "empty", true)
	}
	marks := [...]string{"(", "[", ")", "]"}
	bounds := marks[v.Num&abi.RangeLower] + marks[2+v.Num&abi.RangeUpper/abi.RangeUpper]
	return corpus.NewObject("lower", encodeValue(v.List[0]), "upper", encodeValue(v.List[1]), "bounds", bounds, "empty", false)
}
