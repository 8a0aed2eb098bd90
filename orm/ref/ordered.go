package ref

import "github.com/vinyl-edge/vinyl/orm"

// Ordered is a field whose values have an order: numbers, times.
type Ordered[V any] struct{ Field[V] }

// OrderedOf is the field of a name.
func OrderedOf[V any](m Model, name string) Ordered[V] { return Ordered[V]{FieldOf[V](m, name)} }

// Gt holds where the field is greater than v.
func (f Ordered[V]) Gt(v V) orm.Cond { return orm.Q(f.path+"__gt", v) }

// Gte holds where the field is v or greater.
func (f Ordered[V]) Gte(v V) orm.Cond { return orm.Q(f.path+"__gte", v) }

// Lt holds where the field is less than v.
func (f Ordered[V]) Lt(v V) orm.Cond { return orm.Q(f.path+"__lt", v) }

// Lte holds where the field is v or less.
func (f Ordered[V]) Lte(v V) orm.Cond { return orm.Q(f.path+"__lte", v) }

// Between holds where the field is from low to high, both included.
func (f Ordered[V]) Between(low, high V) orm.Cond { return orm.Q(f.path+"__range", []any{low, high}) }
