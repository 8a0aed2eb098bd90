package orm

import (
	"context"
	"strings"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// across prefetches a generic relation of records of several models, whose
// other end is the same: one query, with an OR.
type across struct {
	name, tail string
	rest       Prefetch
	models     []*modelInfo
	ends       []*accessor // of each model
	ps         [][]unsafe.Pointer
}

// acrossOf is nil unless the path goes on with such a relation.
func acrossOf(list []*modelInfo, far map[*modelInfo][]unsafe.Pointer, rest Prefetch) *across {
	x := &across{rest: rest}
	x.name, x.tail, _ = strings.Cut(rest.path, "__")
	for _, m := range list {
		if len(far[m]) == 0 {
			continue
		}
		a := m.byRel[x.name]
		if a == nil || a.generic == nil || a.one {
			return nil
		}
		if len(x.ends) > 0 {
			if first := x.ends[0]; a.target != first.target || a.generic.typ != first.generic.typ || a.generic.object != first.generic.object {
				return nil
			}
		}
		x.models, x.ends, x.ps = append(x.models, m), append(x.ends, a), append(x.ps, far[m])
	}
	if len(x.ends) < 2 {
		return nil
	}
	return x
}

// source is the queryset that the records come from, and the name of Extra
// that they are put under, if any.
func (x *across) source() (q *core, attr string, err error) {
	target := x.ends[0].target
	q = x.ends[0].base()
	if x.tail != "" {
		return q, "", nil
	}
	if attr = x.rest.attr; attr != "" {
		for _, m := range x.models {
			if m.byName[attr] != nil || m.byRel[attr] != nil {
				return nil, "", &ValueError{Field: "PrefetchRelated", Value: x.rest.path, Reason: "its records cannot be put into " + quote(attr) + ", which is a field of " + m.goType}
			}
		}
	}
	if x.rest.query != nil {
		if q = x.rest.query; q.info != target {
			return nil, "", &LookupError{Model: x.models[0].label, Lookup: x.rest.path, Part: x.name, Reason: "it is of " + target.goType + ", but the queryset given is of " + q.info.goType}
		}
	}
	return q, attr, nil
}

func (x *across) bring(ctx context.Context) error {
	q, attr, err := x.source()
	if err != nil {
		return err
	}
	ctx = near(ctx, x.models[0].state(x.ps[0][0]).db)
	owners := make([]map[Key][]int, len(x.ends))
	rows := make([][][]unsafe.Pointer, len(x.ends))
	var wanted []Key
	var until []int // where in wanted the keys of each model end
	for i, a := range x.ends {
		var keys []Key
		keys, owners[i] = a.owners(x.ps[i])
		wanted, rows[i] = append(wanted, keys...), make([][]unsafe.Pointer, len(x.ps[i]))
		until = append(until, len(wanted))
	}
	var found []unsafe.Pointer
	for low := 0; low < len(wanted); low += chunk {
		got, err := q.with(query.Step{Kind: query.StepFilter, Cond: x.cond(wanted, until, low)}, nil).fetch(ctx)
		if err != nil {
			return err
		}
		for _, p := range got {
			i, err := x.endOf(ctx, p)
			if err != nil {
				return err
			}
			if i >= 0 {
				for _, o := range owners[i][keyOfValue(x.ends[i].generic.object.value(p)).text()] {
					rows[i][o] = append(rows[i][o], p)
				}
			}
		}
		found = append(found, got...)
	}
	for i, a := range x.ends {
		a.hang(x.models[i], x.ps[i], rows[i], attr)
	}
	if x.tail == "" || len(found) == 0 {
		return nil
	}
	return prefetch(ctx, q.info, found, []Prefetch{{path: x.tail, query: x.rest.query, attr: x.rest.attr}})
}

// cond selects what points to the wanted records from the low one on.
func (x *across) cond(wanted []Key, until []int, low int) *query.Cond {
	any, from := &query.Cond{Conn: query.Or}, 0
	for i, a := range x.ends {
		if first, end := max(from, low), min(until[i], low+chunk); first < end {
			any.Children = append(any.Children, a.generic.cond(wanted[first:end]))
		}
		from = until[i]
	}
	return any
}

// endOf tells which of the models the record at p points to, -1 for none.
func (x *across) endOf(ctx context.Context, p unsafe.Pointer) (int, error) {
	typ := x.ends[0].generic.typ
	m, err := typ.rel.modelOf(ctx, keyOfValue(typ.value(p)))
	if err != nil {
		return -1, err
	}
	for i, a := range x.ends {
		if a.generic.named == m {
			return i, nil
		}
	}
	return -1, nil
}
