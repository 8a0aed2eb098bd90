package replay

import (
	"context"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/conformance/replay/kinds"
	"github.com/vinyl-edge/vinyl/orm"
)

// relate runs an operation on a related manager.
func (w *world) relate(ctx context.Context, kind string, target, kw *corpus.Object, args []any) (any, error) {
	owner, err := w.instance(target.Obj("related"))
	if err != nil {
		return nil, err
	}
	opts, rest, err := w.manyOptions(kw)
	if err != nil {
		return nil, err
	}
	var among *orm.DynamicSet
	if name := target.Str("manager"); name != "" {
		s, err := owner.Many(target.Str("accessor"), nil)
		if err != nil {
			return nil, err
		}
		if among = w.named[s.Target().Model()+"."+name]; among == nil {
			return nil, unsupported("manager %s of %s", name, s.Target().Model())
		}
	}
	many, err := owner.Many(target.Str("accessor"), among, opts...)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "create":
		d := many.Target().New()
		if err := w.assign(d, rest); err != nil {
			return nil, err
		}
		done := false
		if among == nil {
			done, err = w.relateStructs(ctx, kind, owner, target.Str("accessor"), opts, nil, d)
		}
		if !done {
			err = many.Create(ctx, d)
		}
		if err != nil {
			return nil, err
		}
		return newEncoder(owner).record(d), nil
	case "get_or_create", "update_or_create":
		s, err := many.Records(ctx)
		if err != nil {
			return nil, err
		}
		var field any
		if among == nil {
			field = w.fieldOf(owner, target.Str("accessor"), opts)
		}
		return w.getOrCreate(ctx, s, many, field, corpus.NewObject("args", args, "kwargs", rest), kind == "update_or_create")
	}
	list, err := w.members(ctx, kind, rest, args)
	if err != nil {
		return nil, err
	}
	if among == nil {
		if done, err := w.relateStructs(ctx, kind, owner, target.Str("accessor"), opts, list, nil); done {
			return nil, err
		}
	}
	switch kind {
	case "clear":
		return nil, many.Clear(ctx)
	case "add":
		return nil, many.Add(ctx, list...)
	case "remove":
		return nil, many.Remove(ctx, list...)
	case "set":
		return nil, many.Set(ctx, list...)
	}
	return nil, unsupported("operation %s of a related manager", kind)
}

// manyOptions are the options among keyword arguments, and the other arguments.
func (w *world) manyOptions(kw *corpus.Object) (opts []orm.ManyOption, rest *corpus.Object, err error) {
	rest = corpus.NewObject()
	for _, k := range keysOf(kw) {
		v := kw.Get(k)
		switch {
		case k == "bulk":
			if v == false {
				opts = append(opts, orm.OneByOne())
			}
		case k == "clear":
			if v == true {
				opts = append(opts, orm.ClearFirst())
			}
		case k == "through_defaults":
			o, _ := v.(*corpus.Object)
			for _, name := range keysOf(o.Obj("$map")) {
				x, err := w.argument(o.Obj("$map").Get(name))
				if err != nil {
					return nil, nil, err
				}
				opts = append(opts, orm.ThroughDefaults(name, x))
			}
		default:
			rest.Set(k, v)
		}
	}
	return opts, rest, nil
}

// argument is a record or a value.
func (w *world) argument(v any) (any, error) {
	if o, ok := v.(*corpus.Object); ok && o.Str("$obj") != "" {
		return w.instance(o)
	}
	return corpus.Value(v)
}

// members are the records, or keys, that are to be related.
func (w *world) members(ctx context.Context, kind string, kw *corpus.Object, args []any) (out []orm.DynamicMember, err error) {
	if kind == "set" {
		var list any
		if len(args) > 0 {
			list = args[0]
		} else {
			list = kw.Get("objs")
		}
		switch l := list.(type) {
		case []any:
			args = l
		case *corpus.Object:
			q := l.Obj("$qs")
			if q == nil {
				for _, key := range []string{"$tuple", "$set"} {
					if l.Has(key) {
						q, args = nil, l.List(key)
					}
				}
				break
			}
			s, err := w.set(q)
			if err != nil {
				return nil, err
			}
			records, err := s.Fetch(ctx)
			for _, d := range records {
				out = append(out, orm.DynamicMember{Record: d})
			}
			return out, err
		default:
			return nil, &orm.ValueError{Field: "set", Reason: "it takes a list"}
		}
	}
	for _, a := range args {
		x, err := w.argument(a)
		if err != nil {
			return nil, err
		}
		if d, ok := x.(*orm.Dynamic); ok {
			out = append(out, orm.DynamicMember{Record: d})
		} else {
			out = append(out, orm.DynamicMember{Key: x.(value)})
		}
	}
	return out, nil
}

// listen connects receivers that do nothing where a test had some: that they
// are there changes the statements.
func (w *world) listen(op *corpus.Object) (stop func()) {
	var all []func()
	given := op.Obj("signals")
	w.listening = false
	for _, signal := range keysOf(given) {
		for _, x := range given.List(signal) {
			label, _ := x.(string)
			var stop func()
			if k := kinds.ByLabel[label]; k != nil {
				stop = k.Listen(signal)
			}
			if stop != nil {
				all = append(all, stop)
			} else {
				w.listening = true
			}
			s, err := w.models.Set(label)
			if err != nil {
				continue
			}
			switch signal {
			case "pre_init":
				all = append(all, s.OnPreInit(func(*orm.Dynamic) {}))
			case "post_init":
				all = append(all, s.OnPostInit(func(*orm.Dynamic) {}))
			case "pre_save":
				all = append(all, s.OnPreSave(func(context.Context, orm.SaveEvent[orm.Dynamic]) error { return nil }))
			case "post_save":
				all = append(all, s.OnPostSave(func(context.Context, orm.SaveEvent[orm.Dynamic]) error { return nil }))
			case "pre_delete":
				all = append(all, s.OnPreDelete(func(context.Context, orm.DeleteEvent[orm.Dynamic]) error { return nil }))
			case "post_delete":
				all = append(all, s.OnPostDelete(func(context.Context, orm.DeleteEvent[orm.Dynamic]) error { return nil }))
			case "m2m_changed":
				all = append(all, s.OnLinksChanged(func(context.Context, orm.LinkEvent) error { return nil }))
			}
		}
	}
	return func() {
		for _, f := range all {
			f()
		}
	}
}
