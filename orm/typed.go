package orm

import (
	"context"
	"reflect"
	"strconv"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// AggregateAs is [QuerySet.Aggregate] into R, a struct as [As] takes it, or the
// type of a single value:
//
//	mean, err := orm.AggregateAs[float64](ctx, Albums, orm.Avg("stock"))
func AggregateAs[R, T any](ctx context.Context, s *QuerySet[T], args ...any) (out R, err error) {
	row, err := s.q.aggregate(ctx, args)
	if err != nil {
		return out, err
	}
	t := reflect.TypeFor[R]()
	if t.Kind() == reflect.Struct {
		if k, _ := typeOf(t); k == kInvalid && !isNull[R]() {
			m, err := shapeOf[R]()
			if err != nil {
				return out, err
			}
			cols, err := m.bindColumns(row.h)
			for i := 0; i < len(cols) && err == nil; i++ {
				err = cols[i].store(unsafe.Pointer(&out), row.vals)
			}
			return out, err
		}
	}
	f, err := flatField[R]()
	switch {
	case err != nil:
		return out, err
	case len(row.vals) != 1:
		return out, &ValueError{Field: "AggregateAs", Reason: strconv.Itoa(len(row.vals)) + " values do not fit one " + t.String() + ": give a struct with a field for each"}
	}
	col := bindColumn(f, 0, row.h)
	return out, col.store(unsafe.Pointer(&out), row.vals)
}

func isNull[R any]() bool {
	_, ok := any((*R)(nil)).(nullLayout)
	return ok
}

// Extra returns a record's annotation as V, which is Null[V] where it can be
// NULL: orm.Extra[int](artist, "albums").
func Extra[V any](r interface{ Extra(name string) any }, name string) (out V, err error) {
	switch x := r.Extra(name).(type) {
	case nil:
		return out, nil
	case V:
		return x, nil
	default:
		f, err := flatField[V]()
		if err != nil {
			return out, err
		}
		v, err := toValue(x)
		if err == nil && !storeValue(f, unsafe.Pointer(&out), &v) {
			err = cellError(f, &v)
		}
		if f.valid != 0 {
			*(*bool)(unsafe.Add(unsafe.Pointer(&out), f.valid)) = true
		}
		return out, err
	}
}

// Using is [QuerySet.Using].
func (s *Values[R]) Using(alias string) *Values[R] { return s.with(s.q.in(alias)) }

// Alias is [QuerySet.Alias].
func (s *Values[R]) Alias(args ...any) *Values[R] {
	return s.with(s.q.annotate("Alias", query.StepAlias, args))
}

// Reverse turns the order round.
func (s *Values[R]) Reverse() *Values[R] {
	return s.with(s.q.with(query.Step{Kind: query.StepReverse}, nil))
}

// None matches nothing, without asking the database.
func (s *Values[R]) None() *Values[R] { return s.with(s.q.names(query.StepNone, nil)) }

// Fresh is the same query without the rows it keeps.
func (s *Values[R]) Fresh() *Values[R] { return s.with(s.q.copy()) }

// Aggregate is [QuerySet.Aggregate].
func (s *Values[R]) Aggregate(ctx context.Context, args ...any) (Row, error) {
	return s.q.aggregate(ctx, args)
}
