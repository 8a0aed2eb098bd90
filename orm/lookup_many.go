package orm

import (
	"context"
	"reflect"
	"slices"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// InBulk returns the records whose field has one of the keys, by key: Django's
// in_bulk. The field is unique, "pk" is the primary key. nil keys stand for all
// records; keys that no record has are not in the map.
//
//	albums, err := orm.InBulk(ctx, Albums, "pk", []int64{1, 2, 3})
func InBulk[K comparable, T any](ctx context.Context, s *QuerySet[T], field string, keys []K) (map[K]*T, error) {
	f := s.q.info.byName[field]
	var values []abi.Value
	if keys != nil {
		values = make([]abi.Value, len(keys))
		for i, k := range keys {
			var err error
			if values[i], err = toValue(k); err != nil {
				return nil, err
			}
		}
	}
	into, err := flatField[K]()
	if err != nil {
		return nil, err
	}
	out := make(map[K]*T, len(values))
	for first := true; first || len(values) > 0; first = false {
		n := min(len(values), maxParams)
		q, err := s.q.bulk(f, field, values[:n])
		if q == nil || err != nil {
			return out, err
		}
		ps, err := q.fetch(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range ps {
			var k K
			v := f.value(p)
			if into.kind == kInvalid || !storeValue(into, unsafe.Pointer(&k), &v) {
				return nil, &ValueError{Field: f.label(), Reason: "its values are no " + reflect.TypeFor[K]().String()}
			}
			out[k] = (*T)(p)
		}
		values = values[n:]
	}
	return out, nil
}

// bulk is q with the records only whose field has one of the values; nil stands
// for all. There is no query when there are no values.
func (q *core) bulk(f *field, name string, values []abi.Value) (*core, error) {
	switch {
	case q.sliced:
		return nil, &ValueError{Field: "InBulk", Reason: "a slice has been taken: call it before Slice"}
	case f == nil:
		return nil, &LookupError{Model: q.info.label, Lookup: name, Part: name, Reason: "it is no field" + nearest(name, q.info.columns()), Choices: q.info.columns()}
	case !f.pk && !f.unique && !q.info.uniqueAlone(name) && !slices.Equal(q.distinctBy(), []string{name}):
		return nil, &ValueError{Field: f.label(), Reason: "InBulk needs a unique field"}
	case values == nil:
		return q, nil
	case len(values) == 0:
		return nil, nil
	}
	return q.filter(lookupCond(name+"__in", abi.List(values...)), false).orderBy(nil), nil
}

// uniqueAlone tells whether a constraint makes the field's values unique.
func (m *modelInfo) uniqueAlone(field string) bool {
	return slices.ContainsFunc(m.opts.UniqueTogether, func(u []string) bool { return len(u) == 1 && u[0] == field }) ||
		slices.ContainsFunc(m.opts.Constraints, func(c Constraint) bool {
			return c.c.Kind == schema.Unique && c.c.Where == "" && len(c.c.Fields) == 1 && c.c.Fields[0] == field
		})
}

// distinctBy are the fields of the last Distinct.
func (q *core) distinctBy() []string {
	for n := q; n.depth > 0; n = n.parent {
		if n.step.Kind == query.StepDistinct {
			return n.step.Names
		}
	}
	return nil
}

// columns are the names of m's columns.
func (m *modelInfo) columns() []string {
	names := make([]string, len(m.fields))
	for i, f := range m.fields {
		names[i] = f.name
	}
	return names
}

// Contains tells whether the queryset has the record: of a fetched one without
// asking again.
func (s *QuerySet[T]) Contains(ctx context.Context, obj *T) (bool, error) {
	return contains(ctx, s.q, s.rows.Load(), obj, s.q.info)
}

func contains[T any](ctx context.Context, q *core, rows *[]*T, obj *T, of *modelInfo) (bool, error) {
	if q.values {
		return false, &ValueError{Field: "Contains", Reason: "the queryset selects values, not records"}
	}
	if obj == nil {
		return false, &ValueError{Field: "Contains", Reason: "the " + q.info.goType + " is nil"}
	}
	if of != q.info {
		return false, nil
	}
	k := of.keyOf(unsafe.Pointer(obj))
	if rows != nil {
		for _, r := range *rows {
			if of.keyOf(unsafe.Pointer(r)) == k {
				return true, nil
			}
		}
		return false, nil
	}
	if k.IsZero() {
		return false, ErrNotSaved
	}
	return q.filter(keyCond("pk", k), false).exists(ctx)
}
