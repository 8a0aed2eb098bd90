package replay

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/conformance/replay/kinds"
	"github.com/vinyl-edge/vinyl/orm"
)

// insert creates a record, through its struct if it has one that can hold it.
func (w *world) insert(ctx context.Context, s *orm.DynamicSet, d *orm.Dynamic) error {
	if k := w.through(d.Model()); k != nil {
		if obj, ok := w.object(k, d); ok {
			_, err := call(w.inStructs(ctx), reflect.ValueOf(w.over(k, s)).MethodByName("Create"), obj)
			w.take(d, obj)
			return err
		}
	}
	return s.Create(ctx, d)
}

// store saves a record, as insert.
func (w *world) store(ctx context.Context, d *orm.Dynamic, fields []string, opts []orm.SaveOption) error {
	deferred := false // Python fetches it when it is read; what a struct holds counts
	d.Deferred(func(name string) { deferred = deferred || slices.Contains(fields, name) })
	if deferred {
		w.data = "a field that was not fetched is written"
	} else if k := w.through(d.Model()); k != nil {
		if obj, ok := w.object(k, d); ok {
			_, err := call(w.inStructs(ctx), reflect.ValueOf(obj).MethodByName("Save"), anys(opts)...)
			w.take(d, obj)
			return err
		}
	}
	return d.Save(ctx, opts...)
}

// refreshed reads a record again.
func (w *world) refreshed(ctx context.Context, d *orm.Dynamic, names []string) error {
	if k := w.through(d.Model()); k != nil {
		if obj, ok := w.object(k, d); ok {
			_, err := call(w.inStructs(ctx), reflect.ValueOf(obj).MethodByName("Refresh"), anys(names)...)
			w.take(d, obj)
			return err
		}
	}
	return d.Refresh(ctx, names...)
}

// erase deletes a record. A struct's Delete does not say how many rows went:
// the changes of the tables do.
func (w *world) erase(ctx context.Context, d *orm.Dynamic, opts []orm.DeleteOption) (any, error) {
	if k := w.through(d.Model()); k != nil {
		if obj, ok := w.object(k, d); ok {
			_, err := call(w.inStructs(ctx), reflect.ValueOf(obj).MethodByName("Delete"), anys(opts)...)
			return uncounted{-1}, err
		}
	}
	return deleted(d.Delete(ctx, opts...))
}

// eraseAll deletes the records of a set.
func (w *world) eraseAll(ctx context.Context, s *orm.DynamicSet) (any, error) {
	if k := w.through(s.Model()); k != nil {
		out, err := call(w.inStructs(ctx), reflect.ValueOf(w.over(k, s)).MethodByName("Delete"))
		if err != nil {
			return nil, err
		}
		return uncounted{int64(out[0].(int))}, nil
	}
	return deleted(s.Delete(ctx))
}

// uncounted is how many rows were deleted, not of which models; -1 is unknown.
type uncounted struct{ total int64 }

func (u uncounted) differs(want any, at string) string {
	o, _ := want.(*corpus.Object)
	if list := o.List("$tuple"); len(list) != 2 || u.total >= 0 && !sameNumber(list[0], number(u.total)) {
		return fmt.Sprintf("%s: %d rows were deleted, want %s", at, u.total, corpus.Text(want))
	}
	return ""
}

// take gives a record what a struct holds.
func (w *world) take(d *orm.Dynamic, obj any) {
	reflect.ValueOf(d).MethodByName("Take").Call([]reflect.Value{reflect.ValueOf(obj)})
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, x := range list {
		out[i] = x
	}
	return out
}

// relateStructs runs an operation of a related manager on a struct's field.
func (w *world) relateStructs(ctx context.Context, kind string, owner *orm.Dynamic, name string, opts []orm.ManyOption, list []orm.DynamicMember, record *orm.Dynamic) (done bool, err error) {
	k := w.through(owner.Model())
	if k == nil {
		return false, nil
	}
	obj, ok := w.object(k, owner)
	if !ok {
		return false, nil
	}
	r := relation(k, obj, name)
	if r == nil {
		return false, nil
	}
	many := reflect.ValueOf(r).MethodByName("Writing")
	if !many.IsValid() {
		return false, nil
	}
	var in []reflect.Value
	for _, o := range opts {
		in = append(in, reflect.ValueOf(o))
	}
	writer := many.Call(in)[0]
	var objs []any
	keys := false
	to := writer.MethodByName("Create").Type().In(1).Elem()
	for _, m := range list {
		if m.Record == nil {
			keys = true
			switch m.Key.Kind {
			case abi.KindInt:
				objs = append(objs, orm.IntKey(m.Key.Int64()))
			case abi.KindText:
				objs = append(objs, orm.TextKey(m.Key.Str))
			default:
				return false, nil
			}
			continue
		}
		member, err := w.member(m.Record, to)
		if err != nil {
			return false, nil
		}
		objs = append(objs, member)
	}
	if keys && len(objs) > 0 {
		for _, x := range objs {
			if _, ok := x.(orm.Key); !ok {
				return false, nil // records and keys at once
			}
		}
	}
	if kind == "create" {
		if object := option(k, name, "object_id"); object != "" { // the relation sets it
			record.Fields(func(name string, v value) {
				if name == object && v.IsNull() {
					_ = record.Set(name, abi.Int(0))
				}
			})
		}
		member, err := w.member(record, to)
		if err != nil {
			return false, nil
		}
		_, err = call(w.inStructs(ctx), writer.MethodByName("Create"), member)
		w.take(record, member)
		return true, err
	}
	ctx = w.inStructs(ctx)
	switch {
	case kind == "clear":
		_, err = call(ctx, writer.MethodByName("Clear"))
	case kind == "add" && keys:
		_, err = call(ctx, writer.MethodByName("AddKeys"), objs...)
	case kind == "add":
		_, err = call(ctx, writer.MethodByName("Add"), objs...)
	case kind == "remove" && keys:
		_, err = call(ctx, writer.MethodByName("RemoveKeys"), objs...)
	case kind == "remove":
		_, err = call(ctx, writer.MethodByName("Remove"), objs...)
	case keys:
		_, err = call(ctx, writer.MethodByName("SetKeys"), objs...)
	default:
		_, err = call(ctx, writer.MethodByName("Set"), objs...)
	}
	return true, err
}

// fieldOf is the field that an owner's struct has for a relation to many, to
// write with options; nil for none.
func (w *world) fieldOf(owner *orm.Dynamic, name string, opts []orm.ManyOption) any {
	k := w.through(owner.Model())
	if k == nil {
		return nil
	}
	obj, ok := w.object(k, owner)
	if !ok {
		return nil
	}
	r := relation(k, obj, name)
	if r == nil {
		return nil
	}
	writing := reflect.ValueOf(r).MethodByName("Writing")
	if !writing.IsValid() {
		return nil
	}
	var in []reflect.Value
	for _, o := range opts {
		in = append(in, reflect.ValueOf(o))
	}
	return writing.Call(in)[0].Interface()
}

var errNoStruct = errors.New("replay: the record can't be such a struct")

// member is a record as a struct of a type.
func (w *world) member(d *orm.Dynamic, to reflect.Type) (any, error) {
	k := w.through(d.Model())
	if k == nil {
		return nil, errNoStruct
	}
	obj, ok := w.object(k, d)
	if !ok {
		return nil, errNoStruct
	}
	if obj, ok = as(obj, to); !ok {
		return nil, errNoStruct
	}
	return obj, nil
}

// updateAll is queryset.update().
func (w *world) updateAll(ctx context.Context, s *orm.DynamicSet, pairs []any) (int, error) {
	if k := w.through(s.Model()); k != nil && len(pairs) > 0 {
		given := slices.Clone(pairs)
		for i, x := range given {
			if d, ok := x.(*orm.Dynamic); ok {
				own := w.through(d.Model())
				if own == nil {
					return s.Update(ctx, pairs...)
				}
				if given[i], ok = w.object(own, d); !ok {
					return s.Update(ctx, pairs...)
				}
			}
		}
		out, err := call(w.inStructs(ctx), reflect.ValueOf(w.over(k, s)).MethodByName("Update"), given...)
		return out[0].(int), err
	}
	return s.Update(ctx, pairs...)
}

// objects are records as structs: a slice of pointers, not valid when one can't be.
func (w *world) objects(k *kinds.Kind, list []*orm.Dynamic) (out reflect.Value) {
	all := reflect.MakeSlice(reflect.SliceOf(reflect.PointerTo(k.Type)), 0, len(list))
	for _, d := range list {
		own := w.through(d.Model())
		if own == nil {
			return out
		}
		obj, ok := w.object(own, d)
		if !ok || own != k {
			return out
		}
		all = reflect.Append(all, reflect.ValueOf(obj))
	}
	return all
}

func (w *world) bulkInsert(ctx context.Context, s *orm.DynamicSet, list []*orm.Dynamic, opts []orm.BulkOption) error {
	if k := w.through(s.Model()); k != nil {
		if objs := w.objects(k, list); objs.IsValid() {
			_, err := call(w.inStructs(ctx), reflect.ValueOf(w.over(k, s)).MethodByName("BulkCreate"), append([]any{objs.Interface()}, anys(opts)...)...)
			for i, d := range list {
				w.take(d, objs.Index(i).Interface())
			}
			return err
		}
	}
	return s.BulkCreate(ctx, list, opts...)
}

func (w *world) bulkStore(ctx context.Context, s *orm.DynamicSet, list []*orm.Dynamic, fields []string, opts []orm.BulkOption) (int, error) {
	if k := w.through(s.Model()); k != nil {
		if objs := w.objects(k, list); objs.IsValid() {
			out, err := call(w.inStructs(ctx), reflect.ValueOf(w.over(k, s)).MethodByName("BulkUpdate"), append([]any{objs.Interface(), fields}, anys(opts)...)...)
			return out[0].(int), err
		}
	}
	return s.BulkUpdate(ctx, list, fields, opts...)
}

// prefetch brings relations of records that are here.
func (w *world) prefetch(ctx context.Context, list []*orm.Dynamic, args []any) ([]*orm.Dynamic, error) {
	plain := !slices.ContainsFunc(args, func(a any) bool { _, ok := a.(string); return !ok })
	if len(list) > 0 && plain {
		if k := w.through(list[0].Model()); k != nil {
			if objs := w.objects(k, list); objs.IsValid() {
				if err := k.Prefetch(w.inStructs(ctx), objs.Interface(), args); err != nil {
					return nil, err
				}
				return w.models.Dynamics(objs.Interface()), nil
			}
		}
	}
	return list, orm.PrefetchDynamic(ctx, list, args...)
}

// option is what the tag of a relation's field says of it.
func option(k *kinds.Kind, relation, option string) string {
	field, ok := k.Type.FieldByName(k.Relations[relation])
	if !ok {
		return ""
	}
	for part := range strings.SplitSeq(field.Tag.Get("orm"), ",") {
		if name, v, _ := strings.Cut(part, "="); name == option {
			return v
		}
	}
	return ""
}

// refusesNull tells whether Django's database refused an operation for a column
// without a value.
func refusesNull(op *corpus.Object) bool {
	exc := op.Obj("out").Obj("exc")
	msg := exc.Str("msg")
	return exc.Str("class") == "IntegrityError" && (strings.HasPrefix(msg, "NOT NULL constraint failed") || strings.HasPrefix(msg, "null value in column"))
}
