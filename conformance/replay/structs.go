package replay

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/conformance/replay/kinds"
	"github.com/vinyl-edge/vinyl/orm"
)

// Through counts the operations that went through structs.
var Through atomic.Int64

// call calls a method, whose last result is an error, with a context.
func call(ctx context.Context, method reflect.Value, args ...any) ([]any, error) {
	in := []reflect.Value{reflect.ValueOf(ctx)}
	for _, a := range args {
		in = append(in, reflect.ValueOf(a))
	}
	var out []any
	for _, v := range method.Call(in) {
		out = append(out, v.Interface())
	}
	err, _ := out[len(out)-1].(error)
	return out[:len(out)-1], err
}

// relation is the field that a struct has for a relation, nil for none.
func relation(k *kinds.Kind, obj any, name string) any {
	v := reflect.ValueOf(obj).Elem()
	if field := k.Relations[name]; field != "" {
		return v.FieldByName(field).Addr().Interface()
	}
	for i := range v.NumField() { // of what it extends
		if up := kinds.ByType[v.Type().Field(i).Type]; up != nil && v.Type().Field(i).Anonymous {
			if r := relation(up, v.Field(i).Addr().Interface(), name); r != nil {
				return r
			}
		}
	}
	return nil
}

// as is a record as one of a struct type, which its own struct may embed.
func as(obj any, to reflect.Type) (any, bool) {
	v := reflect.ValueOf(obj)
	if v.Type().Elem() == to {
		return obj, true
	}
	for i := range v.Elem().NumField() {
		f := v.Elem().Type().Field(i)
		if f.Anonymous && kinds.ByType[f.Type] != nil {
			if up, ok := as(v.Elem().Field(i).Addr().Interface(), to); ok {
				return up, true
			}
		}
	}
	return nil, false
}

// through is the struct that an operation on a model goes through, nil for none.
func (w *world) through(label string) *kinds.Kind {
	if w.typed == nil || w.listening {
		return nil
	}
	return kinds.ByLabel[label]
}

// ctx is where statements are planned by what the structs say of the models.
func (w *world) inStructs(ctx context.Context) context.Context {
	Through.Add(1)
	return w.typed.Context(ctx)
}

// manager is a set of the records of a relation, before anything else was asked
// of them.
type manager struct {
	set   *orm.DynamicSet
	owner *orm.Dynamic
	name  string
}

// combined is a set that an operator made of two.
type combined struct {
	method           string // and, or, xor
	left, right, set *orm.DynamicSet
}

// over is a set as a queryset of structs: of a relation, that of the owner's
// struct; of what was combined, the querysets of structs combined.
func (w *world) over(k *kinds.Kind, s *orm.DynamicSet) any { return w.among(k, s, w.combined) }

// among is over with the sets that were combined until then: the operands of the
// last of them come before it.
func (w *world) among(k *kinds.Kind, s *orm.DynamicSet, list []combined) any {
	for i, c := range slices.Backward(list) {
		if c.left.Model() != s.Model() || c.right.Model() != s.Model() {
			continue
		}
		left, right := reflect.ValueOf(w.among(k, c.left, list[:i])), reflect.ValueOf(w.among(k, c.right, list[:i]))
		method := left.MethodByName("And")
		switch c.method {
		case "or":
			method = left.MethodByName("Or")
		case "xor":
			method = left.MethodByName("Xor")
		}
		if qs, ok := k.Among(s, c.set, method.Call([]reflect.Value{right})[0].Interface()); ok {
			return qs
		}
	}
	for _, m := range w.related {
		own := w.through(m.owner.Model())
		if own == nil {
			continue
		}
		obj, ok := w.object(own, m.owner)
		if !ok {
			continue
		}
		r := relation(own, obj, m.name)
		if r == nil {
			continue
		}
		query := reflect.ValueOf(r).MethodByName("Query")
		if !query.IsValid() {
			continue
		}
		if qs, ok := k.Among(s, m.set, query.Call(nil)[0].Interface()); ok {
			return qs
		}
	}
	return k.Over(s)
}

// records fetches the records of a set.
func (w *world) records(ctx context.Context, s *orm.DynamicSet) ([]*orm.Dynamic, error) {
	k := w.through(s.Model())
	if k == nil {
		return s.Fetch(ctx)
	}
	out, err := call(w.inStructs(ctx), reflect.ValueOf(w.over(k, s)).MethodByName("Fetch"))
	if err != nil {
		return nil, err
	}
	return w.models.Dynamics(out[0]), nil
}

// single is the record that a method of a set finds.
func (w *world) single(ctx context.Context, s *orm.DynamicSet, kind string, names ...string) (d *orm.Dynamic, err error) {
	k := w.through(s.Model())
	if k == nil {
		switch kind {
		case "get":
			return s.Get(ctx)
		case "first":
			return s.First(ctx)
		case "last":
			return s.Last(ctx)
		case "latest":
			return s.Latest(ctx, names...)
		}
		return s.Earliest(ctx, names...)
	}
	qs := reflect.ValueOf(w.over(k, s))
	ctx = w.inStructs(ctx)
	var args []any
	for _, n := range names {
		args = append(args, n)
	}
	var out []any
	switch kind {
	case "get":
		out, err = call(ctx, qs.MethodByName("Get"))
	case "first":
		out, err = call(ctx, qs.MethodByName("First"))
	case "last":
		out, err = call(ctx, qs.MethodByName("Last"))
	case "latest":
		out, err = call(ctx, qs.MethodByName("Latest"), args...)
	default:
		out, err = call(ctx, qs.MethodByName("Earliest"), args...)
	}
	if err != nil || reflect.ValueOf(out[0]).IsNil() {
		return nil, err
	}
	return w.models.Dynamic(out[0]), nil
}

// relatedRecord fetches what a record points to.
func (w *world) relatedRecord(ctx context.Context, d *orm.Dynamic, name string) (*orm.Dynamic, error) {
	if k := w.through(d.Model()); k != nil {
		obj, ok := w.object(k, d)
		if ok {
			var fetch reflect.Value // a parent is part of the record: nothing fetches it
			r := relation(k, obj, name)
			if r != nil {
				fetch = reflect.ValueOf(r).MethodByName("Fetch")
			}
			if fetch.IsValid() {
				out, err := call(w.inStructs(ctx), fetch)
				if err == nil && (out[0] == nil || reflect.ValueOf(out[0]).IsNil()) && strings.Contains(reflect.TypeOf(r).String(), "ReverseOne[") {
					return nil, &orm.NotFoundError{} // which in Go is nil, in Django an error
				}
				if err != nil || out[0] == nil || reflect.ValueOf(out[0]).IsNil() {
					return nil, err
				}
				return w.models.Dynamic(out[0]), nil
			}
		}
	}
	return d.FetchRelated(ctx, name)
}

// retyped are the kinds that structs make of texts.
var retyped = map[abi.Kind]bool{
	abi.KindInt: true, abi.KindFloat: true, abi.KindDecimal: true, abi.KindBool: true, abi.KindUUID: true, abi.KindDate: true, abi.KindTime: true, abi.KindNaive: true, abi.KindClock: true,
}

// object is a record as a struct.
func (w *world) object(k *kinds.Kind, d *orm.Dynamic) (any, bool) {
	obj, err := k.Make(d)
	if err != nil {
		w.data = err.Error()
		return nil, false
	}
	// Python keeps what it is given until it reads the record again: a text in
	// the place of a number, which a struct has made a number of.
	kinds, same := map[string]abi.Kind{}, true
	w.models.Dynamic(obj).Fields(func(name string, v value) { kinds[name] = v.Kind })
	d.Fields(func(name string, v value) {
		b := kinds[name]
		if v.Kind == abi.KindText && retyped[b] || b == abi.KindDate && (v.Kind == abi.KindTime || v.Kind == abi.KindNaive) {
			same, w.data = false, name+" is of another type than the field"
		}
	})
	return obj, same
}

// typedWorld describes the models as their structs do, under the settings of an
// operation: nil when there are none.
func (m *module) typedWorld(ctx context.Context, w *world, op *corpus.Object) error {
	if m.structs == nil || m.busy {
		return nil
	}
	reg := *m.structs
	reg.Naive, reg.TimeZone = w.naive, w.zone
	if w.naive {
		reg.TimeZone = "UTC" // so are the times of structs
	}
	reg.Lookups = w.lookups
	typed, err := orm.NewModels(&reg)
	if err != nil {
		return err
	}
	w.typed, err = typed.Connect(ctx)
	return err
}

// scalar is what a method of a set of structs returns, false when the set has none.
func (w *world) scalar(ctx context.Context, s *orm.DynamicSet, kind string) (any, bool, error) {
	k := w.through(s.Model())
	if k == nil {
		return nil, false, nil
	}
	method := reflect.ValueOf(w.over(k, s)).MethodByName("Count")
	if kind == "exists" {
		method = reflect.ValueOf(w.over(k, s)).MethodByName("Exists")
	}
	out, err := call(w.inStructs(ctx), method)
	if n, ok := out[0].(int); ok {
		return number(int64(n)), true, err
	}
	return out[0], true, err
}

// structural are the kinds of operations that structs have.
var structural = map[string]bool{
	"fetch": true, "iterator": true, "getitem": true, "get": true, "first": true, "last": true, "earliest": true, "latest": true, "count": true, "exists": true,
	"related_get": true, "prefetch_related_objects": true, "create": true, "save": true, "save_base": true, "update": true, "delete": true, "instance_delete": true,
	"get_or_create": true, "update_or_create": true, "in_bulk": true, "aggregate": true, "contains": true, "build": true, "refresh_from_db": true, "bulk_create": true, "bulk_update": true, "add": true, "remove": true, "set": true, "clear": true,
}

// ofRecords tells whether an operation is one that structs have: SQL has rows
// of its own.
func ofRecords(op *corpus.Object) bool {
	target := op.Obj("target")
	return structural[op.Str("op")] && target.Get("raw") == nil && !op.Bool("evaluated")
}
