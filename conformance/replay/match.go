package replay

import (
	"slices"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
)

// matched is a call of filter() or exclude() in which the records that are
// compared with have become values.
func (w *world) matched(s *orm.DynamicSet, step *corpus.Object) (*corpus.Object, error) {
	if !hasRecord(step.List("args")) && !hasRecord(step.Obj("kwargs")) {
		return step, nil
	}
	args, kw, err := w.matchedArgs(s, step.List("args"), step.Obj("kwargs"))
	if err != nil {
		return nil, err
	}
	return corpus.NewObject("method", step.Str("method"), "args", args, "kwargs", kw), nil
}

func (w *world) matchedArgs(s *orm.DynamicSet, args []any, kw *corpus.Object) ([]any, *corpus.Object, error) {
	out, named := make([]any, len(args)), corpus.NewObject()
	for i, a := range args {
		var err error
		if out[i], err = w.matchedQ(s, a); err != nil {
			return nil, nil, err
		}
	}
	for _, k := range keysOf(kw) {
		v, err := w.operandOf(s, k, kw.Get(k))
		if err != nil {
			return nil, nil, err
		}
		named.Set(k, v)
	}
	return out, named, nil
}

// hasRecord tells whether a record is one of the operands in x.
func hasRecord(x any) bool {
	switch x := x.(type) {
	case []any:
		return slices.ContainsFunc(x, hasRecord)
	case *corpus.Object:
		return x.Get("$obj") != nil || x.Get("$qs") == nil && slices.ContainsFunc(keysOf(x), func(k string) bool { return hasRecord(x.Get(k)) })
	}
	return false
}

// matchedQ is a Q, or another condition as it is.
func (w *world) matchedQ(s *orm.DynamicSet, x any) (any, error) {
	o, _ := x.(*corpus.Object)
	q := o.Obj("$q")
	if q == nil {
		return x, nil
	}
	children := []any{}
	for _, c := range q.List("children") {
		child, _ := c.(*corpus.Object)
		if k := child.Str("k"); k != "" {
			v, err := w.operandOf(s, k, child.Get("v"))
			if err != nil {
				return nil, err
			}
			children = append(children, corpus.NewObject("k", k, "v", v))
			continue
		}
		m, err := w.matchedQ(s, c)
		if err != nil {
			return nil, err
		}
		children = append(children, m)
	}
	out := corpus.NewObject()
	for _, k := range q.Keys {
		out.Set(k, q.Get(k))
	}
	out.Set("children", children)
	return corpus.NewObject("$q", out), nil
}

// operandOf is what the lookup at path is compared with.
func (w *world) operandOf(s *orm.DynamicSet, path string, x any) (any, error) {
	switch x := x.(type) {
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			var err error
			if out[i], err = w.operandOf(s, path, e); err != nil {
				return nil, err
			}
		}
		return out, nil
	case *corpus.Object:
		if x.Str("$obj") == "" || x.Get("pk") == nil {
			return x, nil
		}
		d, err := w.instance(x)
		if err != nil {
			return nil, err
		}
		v, err := s.Match(path, d)
		return corpus.NewObject(corpus.Matched, v), err
	}
	return x, nil
}
