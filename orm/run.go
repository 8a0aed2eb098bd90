package orm

import (
	"context"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// extreme keeps the row with the smallest values of the fields, or the largest:
// without fields of those that the model names for it.
func (q *core) extreme(fields []string, last bool) *core {
	method := "Earliest"
	if last {
		method = "Latest"
	}
	if len(fields) == 0 {
		fields = q.info.opts.Latest
	}
	switch {
	case len(fields) == 0:
		return q.fail(&ValueError{Field: method, Reason: "name the field to compare: " + method + "(ctx, \"published\"), or Options{Latest: ...} for the model"})
	case q.sliced:
		return q.fail(&ValueError{Field: method, Reason: "a slice has been taken: call it before Slice"})
	}
	n := q
	if last {
		n = n.with(query.Step{Kind: query.StepReverse}, nil)
	}
	return n.names(query.StepOrderBy, fields).slice(0, 1)
}

func (q *core) latest(ctx context.Context, fields []string, desc bool) (unsafe.Pointer, error) {
	ps, err := q.extreme(fields, desc).fetch(ctx)
	switch {
	case err != nil:
		return nil, err
	case len(ps) == 0:
		return nil, &NotFoundError{Model: q.info.goType}
	}
	return ps[0], nil
}

// ask runs a verb that answers with rows of values.
func (q *core) ask(ctx context.Context, verb query.Verb, aggs []query.Named) (*result, error) {
	deepen(0)
	t, err := q.tree(verb)
	if err != nil {
		return nil, err
	}
	if t.Aggregates, err = q.info.settleNamed(aggs); err != nil {
		return nil, err
	}
	s, err := q.conn(ctx, false)
	if err != nil {
		return nil, err
	}
	return s.query(ctx, encode(t))
}

func (q *core) count(ctx context.Context) (n int64, err error) {
	if q.none && q.err == nil {
		return 0, nil
	}
	res, err := q.ask(ctx, query.VerbCount, nil)
	if err != nil {
		return 0, err
	}
	err = res.values(func(cells []abi.Value) error {
		if len(cells) > 0 {
			n, _ = intOf(&cells[0])
		}
		return nil
	})
	return n, err
}

func (q *core) exists(ctx context.Context) (found bool, err error) {
	if q.none && q.err == nil {
		return false, nil
	}
	res, err := q.ask(ctx, query.VerbExists, nil)
	if err != nil {
		return false, err
	}
	err = res.values(func([]abi.Value) error {
		found = true
		return nil
	})
	return found, err
}

func (q *core) aggregate(ctx context.Context, args []any) (Row, error) {
	aggs, err := named("Aggregate", args)
	if err != nil {
		return Row{}, err
	}
	if len(aggs) == 0 {
		return Row{}, &ValueError{Field: "Aggregate", Reason: "it needs an aggregate, as in Aggregate(ctx, orm.Count(\"*\"))"}
	}
	res, err := q.ask(ctx, query.VerbAggregate, aggs)
	if err != nil {
		return Row{}, err
	}
	row := Row{h: &rowHead{names: make([]string, len(aggs)), fields: make([]*field, len(aggs))}}
	for i, a := range aggs {
		row.h.names[i] = a.Name
		if i < len(res.plan.layout.Types) {
			row.h.fields[i] = computed(res.plan.layout.Types[i])
		}
	}
	err = res.values(func(cells []abi.Value) error {
		if len(cells) != len(aggs) {
			return badLayout("aggregates")
		}
		row.vals = append([]abi.Value(nil), cells...)
		return nil
	})
	if row.vals == nil {
		row.vals = make([]abi.Value, len(aggs))
	}
	return row, err
}

// pairs reads name-value arguments.
func pairs(method string, args []any) (out []query.Assign, err error) {
	for i := 0; i < len(args); i += 2 {
		name, ok := args[i].(string)
		if !ok || i+1 == len(args) {
			return nil, &ValueError{Field: method, Reason: "it takes name-value pairs, as in " + method + "(ctx, \"stock\", 0)"}
		}
		e, err := toExpr(args[i+1])
		if err != nil {
			return nil, err
		}
		out = append(out, query.Assign{Field: name, Expr: e})
	}
	return out, nil
}

// write runs an update or delete over what q selects.
func (q *core) write(ctx context.Context, verb query.Verb, set []query.Assign) (int64, error) {
	t, err := q.tree(verb)
	if err != nil {
		return 0, err
	}
	if t.Set, err = q.info.settleSet(set); err != nil {
		return 0, err
	}
	s, err := q.conn(ctx, true)
	if err != nil || q.none {
		return 0, err
	}
	return s.count(ctx, q.info, t)
}

// count runs a statement that writes records of m, and returns how many rows
// it concerned.
func (s session) count(ctx context.Context, m *modelInfo, t *query.Query) (int64, error) {
	res, err := s.exec(ctx, t)
	if err != nil {
		return 0, m.blameSet(err, t.Set)
	}
	n, _, err := res.end()
	return n, m.blameSet(err, t.Set)
}
