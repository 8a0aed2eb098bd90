package orm

import (
	"context"
	"iter"
	"sync/atomic"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// RawSet is the records of T that SQL of one's own selects. It is immutable, as
// a QuerySet is.
type RawSet[T any] struct {
	r    raw
	rows atomic.Pointer[[]*T]
}

// raw is a RawSet without its type.
type raw struct {
	q    *core // the model, the database, and what to prefetch
	sql  string
	args []query.Expr
	as   map[string]string // the model's column by that of the result
}

// Raw selects records by SQL, for what the ORM has no words for: Django's raw().
// Each ? stands for one of args; ?? is a question mark. The columns of the
// result are told apart by their names: those of the model's columns are its
// fields, others can be read by Extra, and fields without a column are not
// loaded, as with Only. The primary key must be among them.
//
//	Authors.Raw("SELECT a.*, count(b.id) AS n FROM shop_author a JOIN shop_book b ON b.author_id = a.id GROUP BY a.id")
//
// Never put what a user wrote into sql: give it as an argument.
func (s *QuerySet[T]) Raw(sql string, args ...any) *RawSet[T] {
	return &RawSet[T]{r: s.q.raw(sql, args)}
}

// Raw is [QuerySet.Raw].
func (s *DynamicSet) Raw(sql string, args ...any) *RawSet[Dynamic] {
	return &RawSet[Dynamic]{r: s.q.raw(sql, args)}
}

func (q *core) raw(sql string, args []any) raw {
	if q.depth > 0 {
		q = q.fail(&ValueError{Field: "Raw", Reason: "its SQL is all that selects: call it on a queryset without filters or other steps"})
	}
	r := raw{q: q, sql: sql}
	for _, a := range args {
		v, err := toValue(a)
		if err != nil {
			r.q = r.q.fail(err)
		}
		r.args = append(r.args, &query.Param{Value: v})
	}
	return r
}

func (s *RawSet[T]) with(q *core) *RawSet[T] {
	n := &RawSet[T]{r: s.r}
	n.r.q = q
	return n
}

// Using is [QuerySet.Using].
func (s *RawSet[T]) Using(alias string) *RawSet[T] { return s.with(s.r.q.in(alias)) }

// PrefetchRelated is [QuerySet.PrefetchRelated].
func (s *RawSet[T]) PrefetchRelated(related ...any) *RawSet[T] {
	return s.with(s.r.q.prefetchRelated(related))
}

// Translate says which of the model's columns a column of the result is, where
// their names differ.
func (s *RawSet[T]) Translate(from, to string) *RawSet[T] {
	n := s.with(s.r.q)
	n.r.as = map[string]string{from: to}
	for k, v := range s.r.as {
		if k != from {
			n.r.as[k] = v
		}
	}
	return n
}

// Fetch runs the SQL and returns the records, and keeps them: see
// [QuerySet.Fetch].
func (s *RawSet[T]) Fetch(ctx context.Context) ([]*T, error) {
	if rows := s.rows.Load(); rows != nil {
		return *rows, nil
	}
	ps, err := s.r.fetch(ctx)
	if err != nil {
		return nil, err
	}
	rows := typed[T](ps)
	if ready.Load() {
		s.rows.Store(&rows)
	}
	return rows, nil
}

// All ranges over the records once fetched. It panics with a NotFetchedError before.
func (s *RawSet[T]) All() iter.Seq[*T] {
	rows := s.rows.Load()
	if rows == nil {
		panic(notFetched(s.r.q.info.goType+".Raw", "call Fetch(ctx) on it in the view"))
	}
	return each(*rows)
}

func (r *raw) fetch(ctx context.Context) ([]unsafe.Pointer, error) {
	if r.q.err != nil {
		return nil, r.q.err
	}
	c, err := r.q.conn(ctx, false)
	if err != nil {
		return nil, err
	}
	res, err := c.query(ctx, encode(&query.Query{Model: r.q.info.label, Verb: query.VerbRaw, Raw: r.sql, RawArgs: r.args}))
	if err != nil {
		return nil, err
	}
	ps, err := r.decode(res)
	if err == nil && len(r.q.prefetch) > 0 && len(ps) > 0 {
		err = prefetch(ctx, r.q.info, ps, r.q.prefetch)
	}
	return ps, err
}

// rawColumn is what becomes of a column of a result: a field's value, or an
// extra one, or nothing where it is there twice.
type rawColumn struct {
	f    *field
	note bool
}

// columns matches the columns of a result with the model's, by their names.
func (r *raw) columns(names []string) (cols []rawColumn, g group, notes []string, err error) {
	m := r.q.info
	byColumn := make(map[string]*field, len(m.fields))
	for _, f := range m.fields {
		byColumn[f.column] = f
	}
	g = group{info: m, pk: -1}
	loaded, n := make(fieldSet, len(m.fields)), 0
	cols = make([]rawColumn, len(names))
	for i, name := range names {
		if as, ok := r.as[name]; ok {
			name = as
		}
		switch f := byColumn[name]; {
		case f == nil:
			notes, cols[i].note = append(notes, name), true
		case !loaded[f.index]:
			cols[i].f, loaded[f.index] = f, true
			n++
		}
	}
	if !loaded[m.pk.index] {
		return nil, g, nil, &LookupError{Model: m.label, Lookup: m.pk.column, Part: m.pk.column, Reason: "Raw selects no such column, but needs the primary key: add it to the SQL"}
	}
	if n < len(m.fields) {
		g.loaded = &loaded
	}
	return cols, g, notes, nil
}

// decode makes records of a result.
func (r *raw) decode(res *result) (out []unsafe.Pointer, err error) {
	names := res.plan.layout.Names
	if len(names) != res.cols {
		return nil, badLayout("a row has other columns than it names")
	}
	cols, g, notes, err := r.columns(names)
	if err != nil {
		return nil, err
	}
	d := &decoder{groups: []group{g}, db: res.plan.db, types: make([]*field, len(notes))}
	observed := d.observed()
	var many slab
	err = res.values(func(cells []abi.Value) error {
		p := many.next(g.info, slabRows)
		many.used++
		if observed {
			g.info.born(p, true)
		}
		var vals []any
		for i := range cells {
			switch c := &cols[i]; {
			case c.note:
				vals = append(vals, d.computed(len(vals), &cells[i]))
			case c.f != nil:
				if err := c.f.load(p, &cells[i]); err != nil {
					return err
				}
			}
		}
		if len(vals) > 0 {
			g.info.state(p).extra = &annotations{names: notes, vals: vals}
		}
		g.found(p, d.db)
		if observed {
			g.info.born(p, false)
		}
		out = append(out, p)
		return nil
	})
	return out, err
}

// load stores a cell in the record at p, which is new.
func (f *field) load(p unsafe.Pointer, v *abi.Value) error {
	at := unsafe.Add(p, f.off)
	if v.Kind == abi.KindNull {
		if f.kind == kForeign {
			(*foreign)(at).field = f
		}
		return nil // the memory is zero, and zero is NULL
	}
	if !storeCell(f.kind, at, v, f) {
		return cellError(f, v)
	}
	if f.valid != 0 {
		*(*bool)(unsafe.Add(p, f.valid)) = true
	}
	return nil
}
