package orm

import (
	"context"
	"slices"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// update sets fields, given as name-value pairs, of what q selects.
func (q *core) update(ctx context.Context, args []any) (int64, error) {
	args = spread(args)
	set, err := pairs("Update", args)
	if err != nil {
		return 0, err
	}
	if len(set) == 0 {
		return 0, &ValueError{Field: "Update", Reason: "it needs at least one name-value pair"}
	}
	for i, a := range set {
		f := q.info.byName[a.Field]
		if f == nil {
			continue
		}
		if err := f.takes(args[2*i+1]); err != nil {
			return 0, err
		}
		if r, ok := recordOf(args[2*i+1]); ok && f.rel != nil && f.rel.toField != nil {
			_, p := r.ormKey()
			set[i].Expr = &query.Param{Value: f.rel.keyOf(p).value()}
		}
	}
	return q.set(ctx, set)
}

// set sets fields of what q selects, in the tables that they are in.
func (q *core) set(ctx context.Context, set []query.Assign) (int64, error) {
	switch {
	case q.err != nil:
		return 0, q.err
	case q.combined():
		return 0, &abi.OpError{Code: abi.CodeNotSupported, Message: "orm: records of a union cannot be updated: filter by their primary keys"}
	case q.sliced:
		return 0, &ValueError{Field: "Update", Reason: "a slice cannot be updated: filter by the primary keys that you want to change"}
	case len(set) == 0:
		return 0, nil
	}
	own, above := q.info.byTable(set)
	if len(above) == 0 {
		return q.write(ctx, query.VerbUpdate, own)
	}
	return q.setAbove(ctx, own, above)
}

// tableSet is what is set in the table of a model that another extends.
type tableSet struct {
	model *modelInfo
	set   []query.Assign
}

// byTable divides assignments between m's own table and those of the models
// that it extends.
func (m *modelInfo) byTable(set []query.Assign) (own []query.Assign, above []tableSet) {
	for _, a := range set {
		at := m.tableOf(a.Field)
		if at == nil {
			own = append(own, a)
			continue
		}
		i := slices.IndexFunc(above, func(t tableSet) bool { return t.model == at })
		if i < 0 {
			i, above = len(above), append(above, tableSet{model: at})
		}
		above[i].set = append(above[i].set, a)
	}
	return own, above
}

// tableOf is the model that m extends whose table a field is in: nil when it
// is in m's own, or unknown.
func (m *modelInfo) tableOf(name string) *modelInfo {
	f := m.byName[name]
	if m.line == nil || f == nil || name == "pk" || f.class == "ManyToManyField" {
		return nil
	}
	if at := f.origin().model; at != m.line.concrete {
		return at
	}
	return nil
}

// keyAbove is m's field with the key of its records in the table of a model
// that it extends.
func (m *modelInfo) keyAbove(up *modelInfo) *field {
	if l := m.linkTo(up); l != nil && l.rel.target == up {
		return m.copyOf(l)
	}
	return m.copyOf(up.pk)
}

// setAbove sets fields some of which are in tables of models that q's extends.
// Which records are concerned is asked first: the update may change the answer.
func (q *core) setAbove(ctx context.Context, own []query.Assign, above []tableSet) (n int64, err error) {
	ctx = within(ctx, q.database(ctx, true))
	err = together(ctx, func(ctx context.Context) error {
		keys, err := q.keysAbove(ctx, above)
		if err != nil {
			return err
		}
		counted := false
		write := func(to *core, keys []Key, set []query.Assign) error {
			count := !counted
			return inChunks(keys, maxParams, func(keys []Key) error {
				changed, err := to.filter(lookupCond("pk__in", keyList(keys)), false).write(ctx, query.VerbUpdate, set)
				if count {
					n += changed
					counted = true
				}
				return err
			})
		}
		if len(own) > 0 {
			if err := write(q.noted(), keys[0], own); err != nil {
				return err
			}
		}
		for i, t := range above {
			if err := write(t.model.root, keys[i+1], t.set); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// noted is all of q's records, with the annotations that an update may name.
func (q *core) noted() *core {
	var steps []query.Step
	for n := q; n.depth > 0; n = n.parent {
		if n.step.Kind == query.StepAnnotate || n.step.Kind == query.StepAlias {
			steps = append(steps, n.step)
		}
	}
	out := q.info.root
	for _, s := range slices.Backward(steps) {
		out = out.with(s, nil)
	}
	return out
}

// keysAbove are the keys of what q selects: in its model's table, and in each
// of the others.
func (q *core) keysAbove(ctx context.Context, above []tableSet) ([][]Key, error) {
	m := q.info
	fields := []*field{m.pk}
	for _, t := range above {
		fields = append(fields, m.keyAbove(t.model))
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	keys := make([][]Key, len(fields))
	if q.none {
		return keys, nil
	}
	list := q.orderBy(nil).with(query.Step{Kind: query.StepValuesList, Names: unique1(names)}, nil)
	e, err := list.encoded()
	if err != nil {
		return nil, err
	}
	s, err := list.conn(ctx, true)
	if err != nil {
		return nil, err
	}
	res, err := s.query(ctx, e)
	if err != nil {
		return nil, err
	}
	err = res.values(func(cells []abi.Value) error {
		for i, f := range fields {
			at := slices.Index(unique1(names), names[i])
			if at >= len(cells) {
				return badLayout("keys")
			}
			keys[i] = append(keys[i], keyOfValue(f.typed(&cells[at])))
		}
		return nil
	})
	return keys, err
}

// unique1 is names without those that are there twice.
func unique1(names []string) (out []string) {
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
