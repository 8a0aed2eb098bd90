package replay

import (
	"context"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
)

// writes are the operations that change rows.
var writes = map[string]bool{
	"create": true, "get_or_create": true, "update_or_create": true, "bulk_create": true, "bulk_update": true, "update": true, "delete": true,
	"save": true, "save_base": true, "instance_delete": true, "refresh_from_db": true, "add": true, "remove": true, "set": true, "clear": true,
}

// managed are those that related managers do their own way.
var managed = map[string]bool{
	"add": true, "remove": true, "set": true, "clear": true, "create": true, "get_or_create": true, "update_or_create": true,
}

func (w *world) write(ctx context.Context, op *corpus.Object) (any, error) {
	target := op.Obj("target")
	kw := op.Obj("kwargs")
	defer w.listen(op)()
	if k := op.Str("op"); target.Obj("related") != nil && target.List("chain") == nil && managed[k] {
		return w.relate(ctx, k, target, kw, op.List("args"))
	}
	switch kind := op.Str("op"); kind {
	case "save", "save_base", "refresh_from_db":
		return w.save(ctx, kind, target.Obj("instance"), kw)
	case "delete":
		s, err := w.set(target)
		if err != nil {
			return nil, err
		}
		return w.eraseAll(ctx, s)
	case "instance_delete":
		d, err := w.instance(target.Obj("instance"))
		if err != nil {
			return nil, err
		}
		var opts []orm.DeleteOption
		if kw.Bool("keep_parents") {
			opts = append(opts, orm.KeepParents())
		}
		if alias := kw.Str("using"); alias != "" {
			opts = append(opts, orm.Using(alias))
		}
		return w.erase(ctx, d, opts)
	case "create":
		return w.create(ctx, target, kw)
	case "get_or_create", "update_or_create":
		s, err := w.set(target)
		if err != nil {
			return nil, err
		}
		return w.getOrCreate(ctx, s, s, nil, op, kind == "update_or_create")
	case "update", "bulk_create", "bulk_update":
		return w.many(ctx, kind, op)
	}
	return nil, unsupported("operation %s", op.Str("op"))
}

func (w *world) create(ctx context.Context, target, kw *corpus.Object) (any, error) {
	s, err := w.set(target)
	if err != nil {
		return nil, err
	}
	d := s.New()
	if err := w.assign(d, kw); err != nil {
		return nil, err
	}
	if err := w.insert(ctx, s, d); err != nil {
		return nil, err
	}
	return newEncoder(nil).record(d), nil
}

// assign gives a record values by name.
func (w *world) assign(d *orm.Dynamic, values *corpus.Object) error {
	if values == nil {
		return nil
	}
	for _, name := range values.Keys {
		if err := w.give(d, name, values.Get(name)); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) give(d *orm.Dynamic, name string, v any) error {
	o, _ := v.(*corpus.Object)
	switch {
	case o.Str("$obj") != "":
		far, err := w.instance(o)
		if err != nil {
			return err
		}
		return d.SetRelated(name, far)
	case o.Str("$expr") != "":
		e, err := corpus.Expr(v, false)
		if err != nil {
			return err
		}
		return d.SetExpr(name, e)
	}
	x, err := corpus.Value(v)
	if err != nil {
		return err
	}
	return d.Set(name, x)
}

func (w *world) save(ctx context.Context, kind string, instance, kw *corpus.Object) (any, error) {
	d, err := w.instance(instance)
	if err != nil {
		return nil, err
	}
	if kind == "refresh_from_db" {
		return w.refresh(ctx, d, kw)
	}
	var opts []orm.SaveOption
	if kw.Bool("force_insert") {
		opts = append(opts, orm.ForceInsert())
	}
	if kw.Bool("force_update") {
		opts = append(opts, orm.ForceUpdate())
	}
	var names []string
	if kw.Get("update_fields") != nil {
		names, err = texts(kw.Get("update_fields"))
		if err != nil {
			return nil, err
		}
		opts = append(opts, orm.UpdateFields(names...))
	}
	if alias := kw.Str("using"); alias != "" {
		opts = append(opts, orm.Using(alias))
	}
	if kw.Bool("raw") {
		opts = append(opts, orm.AsIs())
	}
	if err := w.store(ctx, d, names, opts); err != nil {
		return nil, err
	}
	return newEncoder(nil).fields(d), nil
}

func (w *world) refresh(ctx context.Context, d *orm.Dynamic, kw *corpus.Object) (any, error) {
	for _, k := range keysOf(kw) {
		if k != "fields" && k != "using" {
			return nil, &orm.ValueError{Field: "Refresh", Value: k, Reason: "it takes no such argument"}
		}
	}
	if alias := kw.Str("using"); alias != "" {
		d.InDatabase(alias)
	}
	names, err := texts(kw.Get("fields"))
	if err != nil {
		return nil, err
	}
	if len(names) > 0 || kw.Get("fields") == nil { // else it has nothing to read
		if err := w.refreshed(ctx, d, names); err != nil {
			return nil, err
		}
	}
	fields := corpus.NewObject()
	columns(d, fields)
	return corpus.NewObject("fields", fields), nil
}

// texts reads a list of names.
func texts(v any) (out []string, err error) {
	if s, ok := v.(string); ok { // Python ranges over its characters
		for _, c := range s {
			out = append(out, string(c))
		}
		return out, nil
	}
	list, _ := v.([]any)
	if o, ok := v.(*corpus.Object); ok {
		for _, key := range []string{"$tuple", "$set"} {
			if l := o.List(key); l != nil {
				list = l
			}
		}
	}
	for _, x := range list {
		s, ok := x.(string)
		if !ok {
			return nil, unsupported("a list of names with %s", corpus.Text(x))
		}
		out = append(out, s)
	}
	return out, nil
}

// deleted is the tuple that Django's delete() returns.
func deleted(d orm.Deleted, err error) (any, error) {
	counts := corpus.NewObject()
	for label, n := range d.ByModel {
		counts.Set(label, number(int64(n)))
	}
	return corpus.NewObject("$tuple", []any{number(int64(d.Total)), corpus.NewObject("$map", counts)}), err
}
