package replay

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// many is an operation on many records.
func (w *world) many(ctx context.Context, kind string, op *corpus.Object) (any, error) {
	s, err := w.set(op.Obj("target"))
	if err != nil {
		return nil, err
	}
	switch kind {
	case "bulk_create":
		return w.bulkCreate(ctx, s, op)
	case "bulk_update":
		return w.bulkUpdate(ctx, s, op)
	}
	return w.update(ctx, s, op.Obj("kwargs"))
}

// update is queryset.update().
func (w *world) update(ctx context.Context, s *orm.DynamicSet, kw *corpus.Object) (any, error) {
	var pairs []any
	for _, name := range keysOf(kw) {
		v := kw.Get(name)
		if o, ok := v.(*corpus.Object); ok && o.Str("$obj") != "" {
			d, err := w.instance(o)
			if err != nil {
				return nil, err
			}
			pairs = append(pairs, name, d)
			continue
		}
		e, err := corpus.Expr(v, false)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, name, e)
	}
	n, err := w.updateAll(ctx, s, pairs)
	return number(int64(n)), err
}

// positional are the arguments of a call by name.
func positional(op *corpus.Object, names ...string) (*corpus.Object, error) {
	out := corpus.NewObject()
	for i, a := range op.List("args") {
		if i >= len(names) {
			return nil, unsupported("%d arguments", len(op.List("args")))
		}
		out.Set(names[i], a)
	}
	kw := op.Obj("kwargs")
	for _, k := range keysOf(kw) {
		out.Set(k, kw.Get(k))
	}
	return out, nil
}

func (w *world) bulkCreate(ctx context.Context, s *orm.DynamicSet, op *corpus.Object) (any, error) {
	kw, err := positional(op, "objs", "batch_size", "ignore_conflicts", "update_conflicts", "update_fields", "unique_fields")
	if err != nil {
		return nil, err
	}
	list, err := w.instances(kw.Get("objs"))
	if err != nil {
		return nil, err
	}
	opts, err := batch(kw)
	if err != nil {
		return nil, err
	}
	if kw.Bool("ignore_conflicts") {
		opts = append(opts, orm.IgnoreConflicts())
	}
	if kw.Bool("update_conflicts") {
		unique, err := texts(kw.Get("unique_fields"))
		if err != nil {
			return nil, err
		}
		update, err := texts(kw.Get("update_fields"))
		if err != nil {
			return nil, err
		}
		opts = append(opts, orm.UpdateConflicts(unique, update...))
	}
	if err := w.bulkInsert(ctx, s, list, opts); err != nil {
		return nil, err
	}
	out := make([]any, len(list))
	for i, d := range list {
		out[i] = newEncoder(nil).fields(d)
	}
	return out, nil
}

func (w *world) bulkUpdate(ctx context.Context, s *orm.DynamicSet, op *corpus.Object) (any, error) {
	kw, err := positional(op, "objs", "fields", "batch_size")
	if err != nil {
		return nil, err
	}
	list, err := w.instances(kw.Get("objs"))
	if err != nil {
		return nil, err
	}
	fields, err := texts(kw.Get("fields"))
	if err != nil {
		return nil, err
	}
	opts, err := batch(kw)
	if err != nil {
		return nil, err
	}
	n, err := w.bulkStore(ctx, s, list, fields, opts)
	return number(int64(n)), err
}

func batch(kw *corpus.Object) ([]orm.BulkOption, error) {
	n, ok := kw.Get("batch_size").(json.Number)
	if !ok {
		return nil, nil
	}
	size, err := n.Int64()
	return []orm.BulkOption{orm.BatchSize(int(size))}, err
}

// instances makes records of a list of recorded ones.
func (w *world) instances(v any) (out []*orm.Dynamic, err error) {
	list, _ := v.([]any)
	if o, ok := v.(*corpus.Object); ok {
		list = o.List("$tuple")
	}
	for _, x := range list {
		o, ok := x.(*corpus.Object)
		if !ok || o.Str("$obj") == "" {
			return nil, unsupported("a list of records with %s", corpus.Text(x))
		}
		d, err := w.instance(o)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// finder is a queryset or a related manager.
type finder interface {
	GetOrCreate(ctx context.Context, match *orm.DynamicSet, fill func(*orm.Dynamic) error) (*orm.Dynamic, bool, error)
	UpdateOrCreate(ctx context.Context, match *orm.DynamicSet, fill func(*orm.Dynamic) error, change func(*orm.Dynamic) ([]string, error)) (*orm.Dynamic, bool, error)
}

// getOrCreate is get_or_create() or update_or_create() of a queryset.
func (w *world) getOrCreate(ctx context.Context, s *orm.DynamicSet, in finder, field any, op *corpus.Object, update bool) (any, error) {
	kw, err := positional(op, "defaults")
	if err != nil {
		return nil, err
	}
	match, values := corpus.NewObject(), corpus.NewObject()
	defaults := kw.Obj("defaults").Obj("$map")
	for _, k := range keysOf(kw) {
		if k == "defaults" {
			continue
		}
		match.Set(k, kw.Get(k))
		if !strings.Contains(k, "__") {
			values.Set(k, kw.Get(k))
		}
	}
	for _, k := range keysOf(defaults) {
		values.Set(k, defaults.Get(k))
	}
	kind := "get_or_create"
	if update {
		kind = "update_or_create"
	}
	if field != nil || in == finder(s) {
		if d, created, ok, err := w.found(ctx, s, field, kind, match, values, defaults); err != nil {
			return nil, err
		} else if ok {
			return corpus.NewObject("$tuple", []any{newEncoder(nil).record(d), created}), nil
		}
	}
	c, err := corpus.Conditions(nil, match)
	if err != nil {
		return nil, err
	}
	found := s
	if len(c.Children) > 0 {
		found = s.With(query.Step{Kind: query.StepFilter, Cond: c})
	}
	fill := func(d *orm.Dynamic) error { return w.assign(d, values) }
	var d *orm.Dynamic
	var created bool
	if update {
		d, created, err = in.UpdateOrCreate(ctx, found, fill, func(d *orm.Dynamic) ([]string, error) {
			return keysOf(defaults), w.assign(d, defaults)
		})
	} else {
		d, created, err = in.GetOrCreate(ctx, found, fill)
	}
	if err != nil {
		return nil, err
	}
	return corpus.NewObject("$tuple", []any{newEncoder(nil).record(d), created}), nil
}
