package replay

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/conformance/replay/kinds"
	"github.com/vinyl-edge/vinyl/orm"
)

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{corpus.ErrUnsupported}, args...)...)
}

// set makes the queryset of a target.
func (w *world) set(t *corpus.Object) (*orm.DynamicSet, error) {
	var s *orm.DynamicSet
	var err error
	switch {
	case t.Get("raw") != nil:
		return nil, unsupported("a queryset made of a raw one")
	case t.Str("model") != "":
		s, err = w.root(t.Str("model"))
	case t.Obj("related") != nil:
		s, err = w.manager(t)
	default:
		return nil, unsupported("target %v", t.Keys)
	}
	if err != nil {
		return nil, err
	}
	if alias := t.Str("using"); alias != "" {
		s = s.Using(alias)
	}
	return w.chain(s, t.List("chain"))
}

func (w *world) root(label string) (*orm.DynamicSet, error) {
	s, err := w.models.Set(label)
	if err != nil {
		return nil, unsupported("model %s", label)
	}
	return s, nil
}

func (w *world) chain(s *orm.DynamicSet, chain []any) (*orm.DynamicSet, error) {
	for _, x := range chain {
		if o, ok, err := w.operand(x.(*corpus.Object)); err != nil {
			return nil, err
		} else if ok {
			method := x.(*corpus.Object).Str("method")
			both := operators[method](s, o)
			w.combined = append(w.combined, combined{method, s, o, both})
			s = both
			continue
		}
		step, err := w.resolved(x.(*corpus.Object))
		if err != nil {
			return nil, err
		}
		if m := step.Str("method"); m == "filter" || m == "exclude" {
			if step, err = w.matched(s, step); err != nil {
				return nil, err
			}
		}
		if step.Str("method") == "prefetch_related" {
			args, err := w.prefetches(step.List("args"))
			if err != nil {
				return nil, err
			}
			s = s.PrefetchRelated(args...)
			continue
		}
		if alias, ok := corpus.Alias(step); ok {
			s = s.Using(alias)
			continue
		}
		steps, err := corpus.Step(step)
		if err != nil {
			return nil, err
		}
		for _, q := range steps {
			s = s.With(q)
		}
	}
	return s, nil
}

// operators are the methods for & | ^.
var operators = map[string]func(s, o *orm.DynamicSet) *orm.DynamicSet{
	"and": (*orm.DynamicSet).And, "or": (*orm.DynamicSet).Or, "xor": (*orm.DynamicSet).Xor,
}

// operand is what one of the operators combines a queryset with.
func (w *world) operand(step *corpus.Object) (s *orm.DynamicSet, ok bool, err error) {
	if operators[step.Str("method")] == nil {
		return nil, false, nil
	}
	args := step.List("args")
	if len(args) != 1 {
		return nil, false, unsupported("%s of %d querysets", step.Str("method"), len(args))
	}
	o, _ := args[0].(*corpus.Object)
	if o = o.Obj("$qs"); o == nil {
		return nil, false, unsupported("%s", step.Str("method"))
	}
	s, err = w.set(o)
	return s, true, err
}

// resolved is a step in which querysets of related managers, if there are any,
// have been replaced by their queries.
func (w *world) resolved(step *corpus.Object) (*corpus.Object, error) {
	if step.Str("method") == "prefetch_related" || !related(step) { // a prefetch fetches its queryset by itself
		return step, nil
	}
	x, err := w.resolve(step)
	if err != nil {
		return nil, err
	}
	return x.(*corpus.Object), nil
}

// related tells whether a related manager is somewhere in x.
func related(x any) bool {
	switch x := x.(type) {
	case []any:
		return slices.ContainsFunc(x, related)
	case *corpus.Object:
		return x.Obj("related") != nil && x.Str("accessor") != "" || slices.ContainsFunc(x.Keys, func(k string) bool { return related(x.Get(k)) })
	}
	return false
}

// resolve copies x.
func (w *world) resolve(x any) (any, error) {
	switch x := x.(type) {
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			var err error
			if out[i], err = w.resolve(e); err != nil {
				return nil, err
			}
		}
		return out, nil
	case *corpus.Object:
		if x.Obj("related") != nil && x.Str("accessor") != "" {
			s, err := w.set(x)
			if err != nil {
				return nil, err
			}
			q, err := s.Query()
			return corpus.NewObject(corpus.Resolved, q), err
		}
		out := corpus.NewObject()
		for _, k := range x.Keys {
			v, err := w.resolve(x.Get(k))
			if err != nil {
				return nil, err
			}
			out.Set(k, v)
		}
		return out, nil
	}
	return x, nil
}

func (w *world) prefetches(args []any) (out []any, err error) {
	for _, a := range args {
		switch a := a.(type) {
		case nil:
			out = append(out, nil)
		case string:
			out = append(out, a)
		case *corpus.Object:
			p := a.Obj("$prefetch")
			if p == nil {
				return nil, unsupported("prefetch of %v", a.Keys)
			}
			var s *orm.DynamicSet
			if q := p.Obj("queryset"); q != nil {
				if s, err = w.set(q); err != nil {
					return nil, err
				}
			}
			out = append(out, orm.PrefetchTo(p.Str("lookup"), s, p.Str("to_attr")))
		}
	}
	return out, nil
}

// manager is a related manager of a recorded instance.
func (w *world) manager(t *corpus.Object) (*orm.DynamicSet, error) {
	obj, err := w.instance(t.Obj("related"))
	if err != nil {
		return nil, err
	}
	s, err := obj.Manager(t.Str("accessor"))
	if err == nil && t.Str("manager") == "" {
		w.related = append(w.related, manager{s, obj, t.Str("accessor")})
	}
	if err != nil || t.Str("manager") == "" {
		return s, err
	}
	of := w.named[s.Model()+"."+t.Str("manager")]
	if of == nil {
		return nil, unsupported("manager %s of %s", t.Str("manager"), s.Model())
	}
	return obj.ManagerOf(t.Str("accessor"), of)
}

// managers lets related managers begin with what the models' default managers
// select.
func (w *world) managers(models *corpus.Object) error {
	w.named = map[string]*orm.DynamicSet{}
	for _, label := range models.Keys {
		desc := models.Obj(label)
		base := desc.Obj("meta").Str("base_manager_name")
		for _, x := range desc.List("managers") {
			m := x.(*corpus.Object)
			root, err := w.models.Set(label)
			if err != nil {
				continue // a model that is left out
			}
			s := root
			if q := m.Obj("queryset"); q != nil {
				if s, err = w.set(q); err != nil {
					continue // only those who use it fail
				}
			}
			w.named[label+"."+m.Str("name")] = s
			k := kinds.ByLabel[label]
			if m.Bool("default") {
				if root.SetManager(s); k != nil {
					reflect.ValueOf(k.Over(root)).MethodByName("SetManager").Call([]reflect.Value{reflect.ValueOf(k.Over(s))})
				}
			}
			if base != "" && m.Str("name") == base {
				if root.SetBaseManager(s); k != nil {
					reflect.ValueOf(k.Over(root)).MethodByName("SetBaseManager").Call([]reflect.Value{reflect.ValueOf(k.Over(s))})
				}
			}
		}
	}
	return nil
}

// instance makes a record of a recorded one.
func (w *world) instance(o *corpus.Object) (*orm.Dynamic, error) {
	s, err := w.root(o.Str("$obj"))
	if err != nil {
		return nil, err
	}
	d := s.New()
	fields := o.Obj("fields")
	if fields != nil {
		for _, name := range fields.Keys {
			if err := w.give(d, name, fields.Get(name)); err != nil {
				return nil, err
			}
		}
	}
	if related := o.Obj("related"); related != nil {
		for _, name := range related.Keys {
			obj, err := w.instance(related.Obj(name))
			if err != nil {
				return nil, err
			}
			if err := d.SetRelated(name, obj); err != nil {
				return nil, err
			}
		}
	}
	if names := o.List("deferred"); len(names) > 0 {
		var out []string
		for _, n := range names {
			name, _ := n.(string)
			out = append(out, name)
		}
		d.Without(out...)
	}
	if !o.Bool("adding") {
		d.Loaded().InDatabase(orm.Default)
	}
	if alias := o.Str("db"); alias != "" {
		d.InDatabase(alias)
	}
	return d, nil
}
