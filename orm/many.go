package orm

import (
	"context"
	"iter"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// manyState is a to-many relation, whatever it holds. It knows its owner by
// key, so that copying the owner is harmless, and by pointer while it is part of
// the record that it was made for.
type manyState struct {
	acc   *accessor
	owner Key
	in    unsafe.Pointer    // that record: a copy of this is elsewhere
	rows  *[]unsafe.Pointer // nil = not fetched
	db    databaseID        // of the owner
	null  bool              // it is pointed to by a field that is NULL in the owner
}

func (m *manyState) query() (*core, error) {
	if m.null {
		return m.acc.base().near(m.db).names(query.StepNone, nil), nil
	}
	q, err := m.acc.query(m.owner, m.db)
	if err == nil && m.acc.field != nil && !m.acc.m2m() {
		q.knows(m.known())
	}
	return q, err
}

// known is the owner, which the relation's records point to.
func (m *manyState) known() known {
	k := known{f: m.acc.field, key: m.owner}
	if m.in != nil && unsafe.Add(m.in, m.acc.off) == unsafe.Pointer(m) && m.acc.owner == m.acc.field.rel.target {
		k.p, k.to = m.in, m.acc.owner
	}
	return k
}

// Many is the records at the far end of a relation. It is a queryset with an
// owner: Filter and the like give querysets of its records, Fetch brings all
// and keeps them.
type Many[T any] struct {
	_ [0]*T
	m manyState
}

// Reverse is the records whose ForeignKey, or ManyToMany, points here.
type Reverse[T any] struct{ Many[T] }

// ManyToMany links each record to any number of T.
type ManyToMany[T any] struct{ Many[T] }

func (*Reverse[T]) ormReverse() (any, bool) { return (*T)(nil), false }

func (*ManyToMany[T]) ormRelation() relation {
	return relation{kind: 3, key: (*T)(nil), onDelete: onDeleteUnset, symmetrical: true}
}

// Query selects all records of the relation.
func (m *Many[T]) Query() *QuerySet[T] {
	q, err := m.m.query()
	if err != nil {
		return wrap[T](infoOf[T]().root.fail(err))
	}
	return wrap[T](q)
}

// Filter is Query().Filter.
func (m *Many[T]) Filter(args ...any) *QuerySet[T] { return m.Query().Filter(args...) }

// Exclude is Query().Exclude.
func (m *Many[T]) Exclude(args ...any) *QuerySet[T] { return m.Query().Exclude(args...) }

// OrderBy is Query().OrderBy.
func (m *Many[T]) OrderBy(by ...any) *QuerySet[T] { return m.Query().OrderBy(by...) }

// SelectRelated is Query().SelectRelated.
func (m *Many[T]) SelectRelated(names ...string) *QuerySet[T] {
	return m.Query().SelectRelated(names...)
}

// Get returns the one record of the relation that matches.
func (m *Many[T]) Get(ctx context.Context, args ...any) (*T, error) {
	return m.Query().Get(ctx, args...)
}

// Count returns the number of records, without asking when they are fetched.
func (m *Many[T]) Count(ctx context.Context) (int, error) {
	if m.m.rows != nil {
		return len(*m.m.rows), nil
	}
	return m.Query().Count(ctx)
}

// Exists tells whether there is a record.
func (m *Many[T]) Exists(ctx context.Context) (bool, error) {
	if m.m.rows != nil {
		return len(*m.m.rows) > 0, nil
	}
	return m.Query().Exists(ctx)
}

// Fetch returns all records, asking the database only if they are not here
// yet. Afterwards All ranges over them.
func (m *Many[T]) Fetch(ctx context.Context) ([]*T, error) {
	if m.m.rows == nil {
		q, err := m.m.query()
		if err != nil {
			return nil, err
		}
		ps, err := q.fetch(ctx)
		if err != nil {
			return nil, err
		}
		m.m.rows = &ps
	}
	return typed[T](*m.m.rows), nil
}

// Stream yields the records while the database produces them.
func (m *Many[T]) Stream(ctx context.Context) iter.Seq2[*T, error] { return m.Query().Stream(ctx) }

// Rows returns the fetched records, or a NotFetchedError.
func (m *Many[T]) Rows() ([]*T, error) {
	if m.m.rows == nil {
		return nil, m.m.acc.notFetched()
	}
	return typed[T](*m.m.rows), nil
}

// All ranges over the fetched records. It panics with a NotFetchedError when
// neither Fetch nor PrefetchRelated has brought them.
func (m *Many[T]) All() iter.Seq[*T] {
	rows, err := m.Rows()
	if err != nil {
		panic(err)
	}
	return each(rows)
}

// Fetched tells whether the records are here.
func (m *Many[T]) Fetched() bool { return m.m.rows != nil }

// Create inserts obj as one of the relation's records.
func (m *Many[T]) Create(ctx context.Context, obj *T) (*T, error) {
	return m.Writing().Create(ctx, obj)
}

// GetOrCreate is [QuerySet.GetOrCreate] among the relation's records: one that
// it creates becomes one of them.
func (m *Many[T]) GetOrCreate(ctx context.Context, args ...any) (obj *T, created bool, err error) {
	return m.Writing().GetOrCreate(ctx, args...)
}

// UpdateOrCreate is [QuerySet.UpdateOrCreate] among the relation's records.
func (m *Many[T]) UpdateOrCreate(ctx context.Context, args ...any) (obj *T, created bool, err error) {
	return m.Writing().UpdateOrCreate(ctx, args...)
}

// Add makes saved records part of the relation.
func (m *Many[T]) Add(ctx context.Context, objs ...*T) error { return m.Writing().Add(ctx, objs...) }

// Remove takes records out of the relation: out of a Reverse only if the
// foreign key can be NULL. One of another owner's is a NotRelatedError.
func (m *Many[T]) Remove(ctx context.Context, objs ...*T) error {
	return m.Writing().Remove(ctx, objs...)
}

// Clear takes all records out of the relation.
func (m *Many[T]) Clear(ctx context.Context) error { return m.Writing().Clear(ctx) }

// Set makes objs the only records of the relation. Those that are there stay
// as they are. Where a foreign key cannot be NULL the others stay too.
func (m *Many[T]) Set(ctx context.Context, objs ...*T) error { return m.Writing().Set(ctx, objs...) }

// Writing is the relation with options for writing it:
//
//	band.Members.Writing(orm.ThroughDefaults("joined", day)).Add(ctx, ringo)
func (m *Many[T]) Writing(opts ...ManyOption) ManyWriter[T] {
	w := ManyWriter[T]{m: &m.m, r: relating{acc: m.m.acc, owner: m.m.owner, db: m.m.db}}
	for _, o := range opts {
		o.ormMany(&w.r.manyOptions)
	}
	return w
}

// ManyWriter writes a relation to many records: see [Many.Writing]. What has
// been fetched of the relation is forgotten when it is written.
type ManyWriter[T any] struct {
	_ [0]*T
	m *manyState
	r relating
}

// Create is [Many.Create].
func (w ManyWriter[T]) Create(ctx context.Context, obj *T) (*T, error) {
	defer w.forget()
	return obj, w.r.create(ctx, unsafe.Pointer(obj))
}

// GetOrCreate is [Many.GetOrCreate].
func (w ManyWriter[T]) GetOrCreate(ctx context.Context, args ...any) (obj *T, created bool, err error) {
	defer w.forget()
	p, created, err := w.r.find(ctx, args, false)
	return (*T)(p), created, err
}

// UpdateOrCreate is [Many.UpdateOrCreate].
func (w ManyWriter[T]) UpdateOrCreate(ctx context.Context, args ...any) (obj *T, created bool, err error) {
	defer w.forget()
	p, created, err := w.r.find(ctx, args, true)
	return (*T)(p), created, err
}

// Add is [Many.Add].
func (w ManyWriter[T]) Add(ctx context.Context, objs ...*T) error {
	defer w.forget()
	return w.r.add(ctx, membersOf(objs))
}

// AddKeys adds the records with the keys to a ManyToMany, without fetching them.
func (w ManyWriter[T]) AddKeys(ctx context.Context, keys ...Key) error {
	defer w.forget()
	return w.r.add(ctx, membersByKey(keys))
}

// Remove is [Many.Remove].
func (w ManyWriter[T]) Remove(ctx context.Context, objs ...*T) error {
	defer w.forget()
	return w.r.remove(ctx, membersOf(objs))
}

// RemoveKeys takes the records with the keys out of a ManyToMany.
func (w ManyWriter[T]) RemoveKeys(ctx context.Context, keys ...Key) error {
	defer w.forget()
	return w.r.remove(ctx, membersByKey(keys))
}

// Clear is [Many.Clear].
func (w ManyWriter[T]) Clear(ctx context.Context) error {
	defer w.forget()
	return w.r.clearAll(ctx)
}

// Set is [Many.Set].
func (w ManyWriter[T]) Set(ctx context.Context, objs ...*T) error {
	defer w.forget()
	return w.r.set(ctx, membersOf(objs))
}

// SetKeys makes the records with the keys the only ones of a ManyToMany: what
// a form with checkboxes sends.
func (w ManyWriter[T]) SetKeys(ctx context.Context, keys ...Key) error {
	defer w.forget()
	return w.r.set(ctx, membersByKey(keys))
}

func (w ManyWriter[T]) forget() { w.m.rows = nil }
