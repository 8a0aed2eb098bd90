package orm

import (
	"context"
	"iter"
	"slices"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// Fetch returns the records, and keeps them: see [QuerySet.Fetch].
func (s *DynamicSet) Fetch(ctx context.Context) ([]*Dynamic, error) {
	if rows := s.rows.Load(); rows != nil {
		return *rows, nil
	}
	ps, err := s.q.fetch(ctx)
	rows := typed[Dynamic](ps)
	if err == nil && !s.q.shared {
		s.rows.Store(&rows)
	}
	return rows, err
}

// Stream is [QuerySet.Stream].
func (s *DynamicSet) Stream(ctx context.Context) iter.Seq2[*Dynamic, error] {
	return func(yield func(*Dynamic, error) bool) {
		s.q.stream(ctx, func(p unsafe.Pointer, err error) bool { return yield((*Dynamic)(p), err) })
	}
}

// Rows returns the rows of a queryset that selects values, and keeps them.
// flat tells that each has one value only.
func (s *DynamicSet) Rows(ctx context.Context) (rows []DynamicRow, flat bool, err error) {
	if have := s.vals.Load(); have != nil {
		return *have, s.q.flat(), nil
	}
	if rows, flat, err = s.fetchRows(ctx); err == nil && !s.q.shared {
		s.vals.Store(&rows)
	}
	return rows, flat, err
}

func (s *DynamicSet) fetchRows(ctx context.Context) (rows []DynamicRow, flat bool, err error) {
	e, err := s.q.encoded()
	if err != nil {
		return nil, false, err
	}
	c, err := s.q.reading(ctx)
	if err != nil || s.q.none {
		return nil, false, err
	}
	res, err := c.query(ctx, e)
	if err != nil {
		return nil, false, err
	}
	h := s.q.head(res.plan, res.cols)
	flat = s.q.flat()
	order := s.q.valuesOrder(h.names)
	err = res.values(func(cells []abi.Value) error {
		row := DynamicRow{Names: h.names, Values: make([]abi.Value, len(cells))}
		for i := range cells {
			row.Values[i] = s.q.info.typed(h.fields[i], &cells[i])
		}
		if order != nil {
			row = row.in(order)
		}
		if flat { // what was annotated afterwards is there to filter and order by
			row.Values = row.Values[:min(1, len(row.Values))]
		}
		rows = append(rows, row)
		return nil
	})
	return rows, flat, err
}

// flat tells whether rows have one value only, by the last selection of values.
func (q *core) flat() bool {
	for n := q; n.depth > 0; n = n.parent {
		if k := n.step.Kind; k == query.StepValues || k == query.StepValuesList {
			return k == query.StepValuesList && n.step.Flags&query.FlagFlat != 0
		}
	}
	return false
}

// valuesOrder is where the values that a values_list() names stand among the
// columns; nil when they stand in its order.
func (q *core) valuesOrder(names []string) (order []int) {
	for n := q; n.depth > 0; n = n.parent {
		if n.step.Kind != query.StepValues && n.step.Kind != query.StepValuesList {
			continue
		}
		if n.step.Kind == query.StepValues || len(n.step.Names)+len(n.step.Named) == 0 {
			return nil
		}
		for _, name := range n.step.Names {
			i := slices.Index(names, name)
			if i < 0 {
				return nil // pk and the like: no column of extra() is before them
			}
			order = append(order, i)
		}
		for i, name := range names { // what was annotated afterwards
			if !slices.Contains(n.step.Names, name) && i >= len(order) {
				order = append(order, i)
			}
		}
		for i, at := range order {
			if i != at {
				return order
			}
		}
		return nil
	}
	return nil
}

func (r DynamicRow) in(order []int) (out DynamicRow) {
	for _, i := range order {
		if i < len(r.Values) {
			out.Values = append(out.Values, r.Values[i])
		}
		if i < len(r.Names) {
			out.Names = append(out.Names, r.Names[i])
		}
	}
	return out
}

// DynamicRow is one row of values with their names.
type DynamicRow struct {
	Names  []string
	Values []abi.Value
}

// Get returns the one record, or ErrNotFound or ErrMultiple.
func (s *DynamicSet) Get(ctx context.Context, args ...any) (*Dynamic, error) {
	q := s.q
	if len(args) > 0 {
		q = q.filter(conds("Get", args), false)
	}
	return dynamic(q.get(ctx))
}

// First returns the first record by the queryset's order, else by primary key.
func (s *DynamicSet) First(ctx context.Context) (*Dynamic, error) {
	return dynamic(s.q.first(ctx, false))
}

// Last returns the last record.
func (s *DynamicSet) Last(ctx context.Context) (*Dynamic, error) {
	return dynamic(s.q.first(ctx, true))
}

// Latest returns the record with the largest values of the fields.
func (s *DynamicSet) Latest(ctx context.Context, fields ...string) (*Dynamic, error) {
	return dynamic(s.q.latest(ctx, fields, true))
}

// Earliest returns the record with the smallest values of the fields.
func (s *DynamicSet) Earliest(ctx context.Context, fields ...string) (*Dynamic, error) {
	return dynamic(s.q.latest(ctx, fields, false))
}

func dynamic(p unsafe.Pointer, err error) (*Dynamic, error) { return (*Dynamic)(p), err }

// Count returns the number of records.
func (s *DynamicSet) Count(ctx context.Context) (int, error) {
	if rows := s.rows.Load(); rows != nil {
		return len(*rows), nil
	}
	if rows := s.vals.Load(); rows != nil {
		return len(*rows), nil
	}
	n, err := s.q.count(ctx)
	return int(n), err
}

// Exists tells whether there is a record.
func (s *DynamicSet) Exists(ctx context.Context) (bool, error) {
	if rows := s.rows.Load(); rows != nil {
		return len(*rows) > 0, nil
	}
	if rows := s.vals.Load(); rows != nil {
		return len(*rows) > 0, nil
	}
	return s.q.exists(ctx)
}

// InBulk returns the records whose field, the primary key or another unique
// one, has one of the values; nil stands for all records.
func (s *DynamicSet) InBulk(ctx context.Context, field string, values []abi.Value) ([]*Dynamic, error) {
	q, err := s.q.bulk(s.q.info.byName[field], field, values)
	if q == nil || err != nil {
		return nil, err
	}
	if q.values {
		rows, _, err := (&DynamicSet{q: q}).fetchRows(ctx)
		if err == nil && len(rows) > 0 {
			err = &LookupError{Model: q.info.label, Lookup: field, Part: field, Reason: "the queryset selects values, which are not found by it"}
		}
		return nil, err
	}
	ps, err := q.fetch(ctx)
	return lastOfEach(q.info.byName[field], typed[Dynamic](ps)), err
}

// lastOfEach keeps one record for each value of f, the last, as a map does.
func lastOfEach(f *field, list []*Dynamic) []*Dynamic {
	at := make(map[Key]int, len(list))
	out := list[:0:0]
	for _, d := range list {
		k := keyOfValue(f.value(unsafe.Pointer(d)))
		if i, ok := at[k]; ok {
			out[i] = d
			continue
		}
		at[k], out = len(out), append(out, d)
	}
	return out
}

// Aggregate computes values over all records.
func (s *DynamicSet) Aggregate(ctx context.Context, aggs []query.Named) (DynamicRow, error) {
	if len(aggs) == 0 {
		return DynamicRow{}, s.q.err
	}
	res, err := s.q.ask(ctx, query.VerbAggregate, aggs)
	if err != nil {
		return DynamicRow{}, err
	}
	row := DynamicRow{Values: make([]abi.Value, len(aggs))}
	for _, a := range aggs {
		row.Names = append(row.Names, a.Name)
	}
	err = res.values(func(cells []abi.Value) error {
		if len(cells) != len(aggs) {
			return badLayout("aggregates")
		}
		for i := range cells {
			var f *field
			if i < len(res.plan.layout.Types) {
				f = computed(res.plan.layout.Types[i])
			}
			row.Values[i] = s.q.info.typed(f, &cells[i])
		}
		return nil
	})
	return row, err
}

// Exec runs a statement on the set's model: an update, a delete, an insert.
// It returns how many rows were affected.
func (s *DynamicSet) Exec(ctx context.Context, verb query.Verb, set []query.Assign, rows [][]query.Expr) (int64, error) {
	t, err := s.q.tree(verb)
	if err != nil {
		return 0, err
	}
	t.Set, t.Rows = set, rows
	c, err := s.q.conn(ctx, true)
	if err != nil || s.q.none {
		return 0, err
	}
	res, err := c.exec(ctx, t)
	if err != nil {
		return 0, err
	}
	n, _, err := res.end()
	return n, err
}

// PrefetchDynamic brings relations of records that are here already:
// Django's prefetch_related_objects.
func PrefetchDynamic(ctx context.Context, records []*Dynamic, related ...any) error {
	if len(records) == 0 {
		return nil
	}
	info := records[0].slot.info
	q := info.root.prefetchRelated(related)
	if q.err != nil {
		return q.err
	}
	ps := make([]unsafe.Pointer, len(records))
	for i, r := range records {
		if r.slot.info != info {
			return &ValueError{Field: "PrefetchDynamic", Reason: "the records are of different models"}
		}
		ps[i] = unsafe.Pointer(r)
	}
	return prefetch(ctx, info, ps, q.prefetch)
}
