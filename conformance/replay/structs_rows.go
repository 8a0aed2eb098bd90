package replay

import (
	"context"
	"maps"
	"reflect"
	"slices"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// selection is the last step of a set that selects values.
func selection(s *orm.DynamicSet) (last query.Step, err error) {
	q, err := s.Query()
	if err != nil {
		return last, err
	}
	for _, step := range q.Steps {
		if step.Kind == query.StepValues || step.Kind == query.StepValuesList {
			last = step
		}
	}
	return last, nil
}

// rowsOfStructs are the rows of a set that selects values, as the typed
// querysets have them: false when no struct is there.
func (w *world) rowsOfStructs(ctx context.Context, s *orm.DynamicSet) (out []any, ok bool, err error) {
	k := w.through(s.Model())
	if k == nil {
		return nil, false, nil
	}
	last, err := selection(s)
	if err != nil {
		return nil, true, err
	}
	qs := w.over(k, s)
	ctx = w.inStructs(ctx)
	out = []any{}
	switch {
	case last.Kind == query.StepValues:
		rows, err := orm.RowsOver(qs).Fetch(ctx)
		for i := 0; err == nil && i < len(rows); i++ {
			var row orm.DynamicRow
			row, err = w.models.Row(rows[i])
			out = append(out, row)
		}
		return out, true, err
	case last.Flags&query.FlagFlat != 0:
		rows, err := orm.FlatOver[any](qs).Fetch(ctx)
		if err != nil {
			return nil, true, err
		}
		values, err := w.models.Values(rows)
		for _, v := range values {
			out = append(out, encodeValue(v))
		}
		return out, true, err
	}
	rows, err := orm.ListsOver(qs).Fetch(ctx)
	for i := 0; err == nil && i < len(rows); i++ {
		var row orm.DynamicRow
		row.Values, err = w.models.Values(rows[i])
		out = append(out, row)
	}
	return out, true, err
}

// aggregated are the values of aggregates over a set.
func (w *world) aggregated(ctx context.Context, s *orm.DynamicSet, aggs []query.Named) (orm.DynamicRow, error) {
	k := w.through(s.Model())
	if k == nil || len(aggs) == 0 {
		return s.Aggregate(ctx, aggs)
	}
	var args []any
	for _, a := range aggs {
		args = append(args, a.Name, a.Expr)
	}
	out, err := call(w.inStructs(ctx), reflect.ValueOf(w.over(k, s)).MethodByName("Aggregate"), args...)
	if err != nil {
		return orm.DynamicRow{}, err
	}
	return w.models.Row(out[0].(orm.Row))
}

// has tells whether a record is in a set.
func (w *world) has(ctx context.Context, s *orm.DynamicSet, d *orm.Dynamic) (bool, error) {
	k := w.through(s.Model())
	if k == nil || w.through(d.Model()) != k {
		return s.Contains(ctx, d)
	}
	obj, ok := w.object(k, d)
	if !ok {
		return s.Contains(ctx, d)
	}
	out, err := call(w.inStructs(ctx), reflect.ValueOf(w.over(k, s)).MethodByName("Contains"), obj)
	return out[0].(bool), err
}

// found is get_or_create() or update_or_create() of a set, or of a relation's
// field, of structs; false when they can't hold the values.
func (w *world) found(ctx context.Context, s *orm.DynamicSet, in any, kind string, match, values, defaults *corpus.Object) (d *orm.Dynamic, created, ok bool, err error) {
	k := w.through(s.Model())
	if k == nil {
		return nil, false, false, nil
	}
	trial := s.New()
	if w.assign(trial, values) != nil {
		return nil, false, false, nil
	}
	fits := slices.ContainsFunc(keysOf(values), func(name string) bool {
		o, _ := values.Get(name).(*corpus.Object)
		return o.Str("$expr") != "" // UpdateOrCreate takes some
	})
	if _, holds := w.object(k, trial); !holds && !fits {
		return nil, false, false, nil
	}
	args, ok, err := w.pairsOf(match)
	if !ok || err != nil {
		return nil, false, ok, err
	}
	more, ok, err := w.pairsOf(defaults)
	if !ok || err != nil {
		return nil, false, ok, err
	}
	if len(more) > 0 {
		args = append(args, orm.Defaults(more...))
	}
	method := "GetOrCreate"
	if kind == "update_or_create" {
		method = "UpdateOrCreate"
	}
	if in == nil {
		in = w.over(k, s)
	}
	out, err := call(w.inStructs(ctx), reflect.ValueOf(in).MethodByName(method), args...)
	if err != nil {
		return nil, false, true, err
	}
	return w.models.Dynamic(out[0]), out[1].(bool), true, nil
}

// pairsOf are names and values, records as structs.
func (w *world) pairsOf(values *corpus.Object) (out []any, ok bool, err error) {
	for _, name := range keysOf(values) {
		v := values.Get(name)
		o, _ := v.(*corpus.Object)
		var x any
		switch {
		case o.Str("$obj") != "":
			d, err := w.instance(o)
			if err != nil {
				return nil, true, err
			}
			own := w.through(d.Model())
			if own == nil {
				return nil, false, nil
			}
			if x, ok = w.object(own, d); !ok {
				return nil, false, nil
			}
		default:
			if x, err = corpus.Expr(v, false); err != nil {
				return nil, true, err
			}
		}
		out = append(out, name, x)
	}
	return out, true, nil
}

// bulk is in_bulk() of a set of structs whose keys are all numbers or all texts:
// false when they are others.
func (w *world) bulk(ctx context.Context, s *orm.DynamicSet, field string, values []value) (list []*orm.Dynamic, ok bool, err error) {
	k := w.through(s.Model())
	if k == nil || s.SelectsValues() {
		return nil, false, nil
	}
	texts := len(values) > 0 && values[0].Kind == abi.KindText
	if slices.ContainsFunc(values, func(v value) bool {
		return v.Kind != abi.KindInt && v.Kind != abi.KindText || (v.Kind == abi.KindText) != texts
	}) {
		w.data = "keys of several kinds, or records as keys"
		return nil, false, nil
	}
	qs := w.over(k, s)
	ctx = w.inStructs(ctx)
	var found []any
	if texts {
		found, err = valuesOf(k.Texts(ctx, qs, field, keysIn(values, func(v value) string { return v.Str })))
	} else {
		found, err = valuesOf(k.Numbers(ctx, qs, field, keysIn(values, value.Int64)))
	}
	for _, obj := range found {
		list = append(list, w.models.Dynamic(obj))
	}
	return list, true, err
}

func keysIn[K any](values []value, key func(value) K) (out []K) {
	if values != nil {
		out = make([]K, len(values))
	}
	for i, v := range values {
		out[i] = key(v)
	}
	return out
}

func valuesOf[K comparable](found map[K]any, err error) ([]any, error) {
	return slices.Collect(maps.Values(found)), err
}
