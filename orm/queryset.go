package orm

import (
	"context"
	"iter"
	"sync/atomic"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// QuerySet describes a query over records of T, and keeps its records once
// fetched. It is immutable: every method that narrows it returns another one.
// No method without a ctx reaches the database.
type QuerySet[T any] struct {
	q    *core
	rows atomic.Pointer[[]*T]
}

func wrap[T any](q *core) *QuerySet[T] { return &QuerySet[T]{q: q} }

func (s *QuerySet[T]) coreQuery() *core { return s.q }

// String names the queryset, as errors do.
func (s *QuerySet[T]) String() string { return s.q.describe() }

// Filter keeps records that match. A string in args begins a name-value pair,
// Filter("author__name", "Ann", "stock__gt", 0); a condition, Q(...), stands alone.
func (s *QuerySet[T]) Filter(args ...any) *QuerySet[T] {
	return wrap[T](s.q.filter(conds("Filter", args), false))
}

// Exclude drops records that match all of args.
func (s *QuerySet[T]) Exclude(args ...any) *QuerySet[T] {
	return wrap[T](s.q.filter(conds("Exclude", args), true))
}

// OrderBy orders by fields' names, "-name" descending, "?" at random, or by
// expressions. It replaces the order set before; without arguments there is none.
func (s *QuerySet[T]) OrderBy(by ...any) *QuerySet[T] { return wrap[T](s.q.orderBy(by)) }

// Reverse turns the order round.
func (s *QuerySet[T]) Reverse() *QuerySet[T] {
	return wrap[T](s.q.with(query.Step{Kind: query.StepReverse}, nil))
}

// Slice keeps records low to high, high excluded; a negative high is no limit.
func (s *QuerySet[T]) Slice(low, high int) *QuerySet[T] { return wrap[T](s.q.slice(low, high)) }

// Distinct drops duplicates.
func (s *QuerySet[T]) Distinct(fields ...string) *QuerySet[T] {
	return wrap[T](s.q.names(query.StepDistinct, fields))
}

// None matches nothing, without asking the database.
func (s *QuerySet[T]) None() *QuerySet[T] { return wrap[T](s.q.names(query.StepNone, nil)) }

// Using runs the query in another database than the one it would be in, by its
// alias. It says nothing of the records' relations: those are looked for where
// their record came from.
func (s *QuerySet[T]) Using(alias string) *QuerySet[T] { return wrap[T](s.q.in(alias)) }

// Fresh is the same query without the records it keeps.
func (s *QuerySet[T]) Fresh() *QuerySet[T] { return wrap[T](s.q.copy()) }

// SelectRelated fetches the records that the named foreign keys point to in
// the same query; without names those of all keys that cannot be NULL.
func (s *QuerySet[T]) SelectRelated(names ...string) *QuerySet[T] {
	return wrap[T](s.q.names(query.StepSelectRelated, names))
}

// PrefetchRelated fetches related records by one further query for each
// relation: names such as "books" and "books__tags", or With("books", queryset).
func (s *QuerySet[T]) PrefetchRelated(related ...any) *QuerySet[T] {
	return wrap[T](s.q.prefetchRelated(related))
}

// Only fetches nothing but the named fields and the primary key.
func (s *QuerySet[T]) Only(fields ...string) *QuerySet[T] {
	return wrap[T](s.q.names(query.StepOnly, fields))
}

// Defer leaves the named fields out.
func (s *QuerySet[T]) Defer(fields ...string) *QuerySet[T] {
	return wrap[T](s.q.names(query.StepDefer, fields))
}

// Annotate adds a value to each record, Annotate("n", orm.Count("books")),
// which Extra returns and further methods can name.
func (s *QuerySet[T]) Annotate(args ...any) *QuerySet[T] {
	return wrap[T](s.q.annotate("Annotate", query.StepAnnotate, args))
}

// Alias is Annotate for a value that only further methods name.
func (s *QuerySet[T]) Alias(args ...any) *QuerySet[T] {
	return wrap[T](s.q.annotate("Alias", query.StepAlias, args))
}

// Apply runs a reusable piece of a chain: Books.Apply(Published).
func (s *QuerySet[T]) Apply(f func(*QuerySet[T]) *QuerySet[T]) *QuerySet[T] { return f(s) }

// Fetch runs the query and returns its records. The queryset keeps them: All
// ranges over them, and Fetch does not ask again. A package-level queryset keeps nothing.
func (s *QuerySet[T]) Fetch(ctx context.Context) ([]*T, error) {
	if rows := s.rows.Load(); rows != nil {
		return *rows, nil
	}
	ps, err := s.q.fetch(ctx)
	if err != nil {
		return nil, err
	}
	rows := typed[T](ps)
	s.keep(rows)
	return rows, nil
}

func (s *QuerySet[T]) keep(rows []*T) {
	if !s.q.shared {
		s.rows.Store(&rows)
	}
}

// typed gives the core's pointers their type: the memory is the same.
func typed[T any](ps []unsafe.Pointer) []*T {
	return unsafe.Slice((**T)(unsafe.Pointer(unsafe.SliceData(ps))), len(ps))
}

func untyped[T any](objs []*T) []unsafe.Pointer {
	return unsafe.Slice((*unsafe.Pointer)(unsafe.Pointer(unsafe.SliceData(objs))), len(objs))
}

// All ranges over the records of a fetched queryset: for b := range qs.All().
// It panics with a NotFetchedError when the queryset has not been fetched.
func (s *QuerySet[T]) All() iter.Seq[*T] {
	rows, err := s.Rows()
	if err != nil {
		panic(err)
	}
	return each(rows)
}

func each[T any](rows []*T) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for _, r := range rows {
			if !yield(r) {
				return
			}
		}
	}
}

// Rows returns the records of a fetched queryset, or a NotFetchedError.
func (s *QuerySet[T]) Rows() ([]*T, error) {
	if rows := s.rows.Load(); rows != nil {
		return *rows, nil
	}
	if s.q.shared {
		return nil, notFetched(s.q.describe(), "it is a package-level queryset, which keeps no records: use the records that Fetch(ctx) returns")
	}
	return nil, notFetched(s.q.describe(), "call Fetch(ctx) on it in the view")
}

// Fetched tells whether the queryset has its records.
func (s *QuerySet[T]) Fetched() bool { return s.rows.Load() != nil }

// Stream runs the query and yields records while the database produces them,
// keeping none. Leaving the loop ends the query. After an error the loop ends.
func (s *QuerySet[T]) Stream(ctx context.Context) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		s.q.stream(ctx, func(p unsafe.Pointer, err error) bool { return yield((*T)(p), err) })
	}
}

// Get returns the one record that matches: else ErrNotFound or ErrMultiple.
func (s *QuerySet[T]) Get(ctx context.Context, args ...any) (*T, error) {
	p, err := s.q.getBy(ctx, args)
	return (*T)(p), err
}

// First returns the first record, by primary key when there is no order, or ErrNotFound.
func (s *QuerySet[T]) First(ctx context.Context) (*T, error) {
	p, err := s.q.first(ctx, false)
	return (*T)(p), err
}

// Last returns the last record, or ErrNotFound.
func (s *QuerySet[T]) Last(ctx context.Context) (*T, error) {
	p, err := s.q.first(ctx, true)
	return (*T)(p), err
}

// Latest returns the record with the largest value of the fields.
func (s *QuerySet[T]) Latest(ctx context.Context, fields ...string) (*T, error) {
	p, err := s.q.latest(ctx, fields, true)
	return (*T)(p), err
}

// Earliest returns the record with the smallest value of the fields.
func (s *QuerySet[T]) Earliest(ctx context.Context, fields ...string) (*T, error) {
	p, err := s.q.latest(ctx, fields, false)
	return (*T)(p), err
}

// Count returns the number of records: of a fetched queryset without asking again.
func (s *QuerySet[T]) Count(ctx context.Context) (int, error) {
	if rows := s.rows.Load(); rows != nil {
		return len(*rows), nil
	}
	n, err := s.q.count(ctx)
	return int(n), err
}

// Exists tells whether there is a record.
func (s *QuerySet[T]) Exists(ctx context.Context) (bool, error) {
	if rows := s.rows.Load(); rows != nil {
		return len(*rows) > 0, nil
	}
	return s.q.exists(ctx)
}

// Aggregate returns values over all records: Aggregate(ctx, orm.Sum("stock"),
// "n", orm.Count("*")). An unnamed one is called stock__sum, as in Django.
func (s *QuerySet[T]) Aggregate(ctx context.Context, args ...any) (Row, error) {
	return s.q.aggregate(ctx, args)
}

// Update sets fields of all records in one statement and returns how many
// matched: Update(ctx, "stock", orm.F("stock").Sub(1)).
func (s *QuerySet[T]) Update(ctx context.Context, pairs ...any) (int, error) {
	n, err := s.q.update(ctx, pairs)
	return int(n), err
}

// Delete deletes all records, following on_delete, and returns how many rows
// went, those of other models included.
func (s *QuerySet[T]) Delete(ctx context.Context) (int, error) {
	gone, err := s.q.deleteAll(ctx)
	return gone.Total, err
}

// SetManager makes a queryset what relations to the model begin with: Django's
// default manager. It is called by an init of the package of the models:
//
//	func init() { Articles.SetManager(Articles.Filter("hidden", false)) }
func (s *QuerySet[T]) SetManager(of *QuerySet[T]) { s.q.info.manager = of.q }

// SetBaseManager makes a queryset what foreign keys to the model look in:
// Django's base manager.
func (s *QuerySet[T]) SetBaseManager(of *QuerySet[T]) { s.q.info.baseManager = of.q }

// New returns a record with the fields' defaults, not yet saved.
func (s *QuerySet[T]) New() *T {
	obj := new(T)
	s.q.info.begin(unsafe.Pointer(obj))
	return obj
}

// Create inserts obj, running the model's Save if it has its own, and returns it.
func (s *QuerySet[T]) Create(ctx context.Context, obj *T) (*T, error) {
	return obj, s.q.create(ctx, unsafe.Pointer(obj))
}

// BulkCreate inserts records in few statements. It does not run Save. Options
// are BatchSize, IgnoreConflicts, UpdateConflicts and Using.
func (s *QuerySet[T]) BulkCreate(ctx context.Context, objs []*T, opts ...BulkOption) error {
	return s.q.bulkCreate(ctx, untyped(objs), opts)
}

// BulkUpdate writes the named fields of records that exist, many in a
// statement, and returns how many there were:
//
//	Books.BulkUpdate(ctx, books, []string{"title", "stock"})
//
// It does not run Save. Options are BatchSize and Using.
func (s *QuerySet[T]) BulkUpdate(ctx context.Context, objs []*T, fields []string, opts ...BulkOption) (int, error) {
	n, err := s.q.bulkUpdate(ctx, untyped(objs), fields, opts)
	return int(n), err
}

// GetOrCreate returns the record that matches the name-value pairs, or creates
// it from them and from Defaults(...). created tells which. Conditions, and
// names with a lookup (name__iexact), are what it looks for only.
//
// Many may call it at once. Where a constraint makes the record the only one
// of its kind it is created once, and all of them get it.
func (s *QuerySet[T]) GetOrCreate(ctx context.Context, args ...any) (obj *T, created bool, err error) {
	p, created, err := s.q.getOrCreate(ctx, args, false)
	return (*T)(p), created, err
}

// UpdateOrCreate is GetOrCreate that also writes Defaults(...) into a record it
// finds, which it locks meanwhile, and saves by its own Save.
func (s *QuerySet[T]) UpdateOrCreate(ctx context.Context, args ...any) (obj *T, created bool, err error) {
	p, created, err := s.q.getOrCreate(ctx, args, true)
	return (*T)(p), created, err
}
