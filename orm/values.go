package orm

import (
	"context"
	"iter"
	"sync/atomic"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// Values selects columns instead of records: fields, over relations too,
// annotations, and expressions named by As. Without arguments all fields.
// After Values, Annotate groups by what was selected, as in Django.
type Values[R any] struct {
	q    *core
	scan scanner[R]
	rows atomic.Pointer[[]R]
}

func (s *Values[R]) coreQuery() *core { return s.q }

// Values selects rows of named values.
func (s *QuerySet[T]) Values(fields ...any) *Values[Row] {
	return &Values[Row]{q: s.q.valuesOf(query.StepValues, fields), scan: scanRow}
}

// ValuesList selects rows of values in the order of fields.
func (s *QuerySet[T]) ValuesList(fields ...any) *Values[[]any] {
	return &Values[[]any]{q: s.q.valuesOf(query.StepValuesList, fields), scan: scanList}
}

// Flat selects one column as a list of V.
func Flat[V, T any](s *QuerySet[T], field string) *Values[V] {
	q := s.q.with(query.Step{Kind: query.StepValuesList, Names: []string{field}, Flags: query.FlagFlat}, nil)
	return flatValues[V](q)
}

// As selects rows into structs: each field of R takes the column called like
// it in snake case, or as its tag `orm:"name=..."` says, which can be a path
// such as author__name or an annotation.
func As[R, T any](s *QuerySet[T]) *Values[R] {
	shape, err := shapeOf[R]()
	if err != nil {
		return &Values[R]{q: s.q.fail(err)}
	}
	names := make([]any, len(shape.fields))
	for i, f := range shape.fields {
		names[i] = f.name
	}
	return &Values[R]{q: s.q.valuesOf(query.StepValues, names), scan: scanStruct[R](shape)}
}

func (s *Values[R]) with(q *core) *Values[R] { return &Values[R]{q: q, scan: s.scan} }

// Filter is QuerySet.Filter.
func (s *Values[R]) Filter(args ...any) *Values[R] {
	return s.with(s.q.filter(conds("Filter", args), false))
}

// Exclude is QuerySet.Exclude.
func (s *Values[R]) Exclude(args ...any) *Values[R] {
	return s.with(s.q.filter(conds("Exclude", args), true))
}

// Annotate adds a column; an aggregate is taken per group of equal rows.
func (s *Values[R]) Annotate(args ...any) *Values[R] {
	return s.with(s.q.annotate("Annotate", query.StepAnnotate, args))
}

// OrderBy is QuerySet.OrderBy.
func (s *Values[R]) OrderBy(by ...any) *Values[R] { return s.with(s.q.orderBy(by)) }

// Distinct drops duplicate rows.
func (s *Values[R]) Distinct(fields ...string) *Values[R] {
	return s.with(s.q.names(query.StepDistinct, fields))
}

// Slice keeps rows low to high, high excluded.
func (s *Values[R]) Slice(low, high int) *Values[R] { return s.with(s.q.slice(low, high)) }

// Fetch runs the query and returns its rows, and keeps them for All.
func (s *Values[R]) Fetch(ctx context.Context) ([]R, error) {
	if rows := s.rows.Load(); rows != nil {
		return *rows, nil
	}
	e, err := s.q.encoded()
	if err != nil {
		return nil, err
	}
	c, err := s.q.reading(ctx)
	if err != nil {
		return nil, err
	}
	rows := []R{}
	if !s.q.none {
		res, err := c.query(ctx, e)
		if err != nil {
			return nil, err
		}
		if rows, err = s.decode(res); err != nil {
			return nil, err
		}
	}
	if !s.q.shared {
		s.rows.Store(&rows)
	}
	return rows, nil
}

func (s *Values[R]) decode(res *result) ([]R, error) {
	read, err := s.scan(s.q.head(res.plan, res.cols))
	if err != nil {
		return nil, err
	}
	return read.all(res)
}

// all reads every row of a result.
func (read scan[R]) all(res *result) ([]R, error) {
	rows := []R{}
	_, _, err := res.frames(func(n int, cells string) (err error) {
		rows, err = read(rows, n, cells)
		return err
	})
	return rows, err
}

// head names the columns of a plan and finds the fields behind them.
func (q *core) head(p *plan, cols int) *rowHead {
	h := &rowHead{names: p.layout.Names, fields: make([]*field, cols)}
	if len(h.names) == cols {
		h.order = q.listOrder(h.names)
	}
	for i, n := range h.names {
		if i >= cols {
			break
		}
		h.fields[i] = q.info.fieldAt(n)
		// An annotation may have the name of a field that it has nothing to do with.
		if i < len(p.layout.Types) && (h.fields[i] == nil || p.layout.Types[i] != "" && h.fields[i].stored() != p.layout.Types[i]) {
			h.fields[i] = computed(p.layout.Types[i])
		}
	}
	return h
}

// stored is the class of the values in f's column.
func (f *field) stored() string {
	for f.kind == kForeign {
		f = f.rel.key1()
	}
	return f.class
}

// All ranges over the rows once fetched. It panics with a NotFetchedError before.
func (s *Values[R]) All() iter.Seq[R] {
	rows := s.rows.Load()
	if rows == nil {
		panic(notFetched(s.q.describe(), "call Fetch(ctx) on it in the view"))
	}
	return func(yield func(R) bool) {
		for _, r := range *rows {
			if !yield(r) {
				return
			}
		}
	}
}

// Stream runs the query and yields rows while the database produces them.
func (s *Values[R]) Stream(ctx context.Context) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		stopped := false
		err := s.q.chunks(ctx, func(p *plan, cols, n int, cells string) error {
			read, err := s.scan(s.q.head(p, cols))
			if err != nil {
				return err
			}
			rows, err := read(nil, n, cells)
			if err != nil {
				return err
			}
			for _, r := range rows {
				if !yield(r, nil) {
					stopped = true
					return errStop
				}
			}
			return nil
		})
		if err != nil && !stopped {
			var zero R
			yield(zero, err)
		}
	}
}

// Get returns the one row that matches: else ErrNotFound or ErrMultiple.
func (s *Values[R]) Get(ctx context.Context, args ...any) (R, error) {
	q := s.q
	if len(args) > 0 {
		q = q.filter(conds("Get", args), false)
	}
	return s.row(ctx, q.sole())
}

// First returns the first row, by primary key when there is no order, or ErrNotFound.
func (s *Values[R]) First(ctx context.Context) (R, error) { return s.row(ctx, s.q.end(false)) }

// Last returns the last row, or ErrNotFound.
func (s *Values[R]) Last(ctx context.Context) (R, error) { return s.row(ctx, s.q.end(true)) }

// Latest returns the row with the largest value of the fields.
func (s *Values[R]) Latest(ctx context.Context, fields ...string) (R, error) {
	return s.row(ctx, s.q.extreme(fields, true))
}

// Earliest returns the row with the smallest value of the fields.
func (s *Values[R]) Earliest(ctx context.Context, fields ...string) (R, error) {
	return s.row(ctx, s.q.extreme(fields, false))
}

// row returns the only row of q.
func (s *Values[R]) row(ctx context.Context, q *core) (row R, err error) {
	rows, err := s.with(q).Fetch(ctx)
	switch {
	case err != nil:
		return row, err
	case len(rows) == 0:
		return row, &NotFoundError{Model: s.q.info.goType}
	case len(rows) > 1:
		return row, &MultipleError{Model: s.q.info.goType}
	}
	return rows[0], nil
}

// Count returns the number of rows.
func (s *Values[R]) Count(ctx context.Context) (int, error) {
	n, err := s.q.count(ctx)
	return int(n), err
}

// Exists tells whether there is a row.
func (s *Values[R]) Exists(ctx context.Context) (bool, error) { return s.q.exists(ctx) }
