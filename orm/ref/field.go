package ref

import "github.com/vinyl-edge/vinyl/orm"

// Field is a field whose values are a V.
type Field[V any] struct{ path string }

// FieldOf is the field of a name.
func FieldOf[V any](m Model, name string) Field[V] { return Field[V]{m.prefix + name} }

// FieldPath is the field's path, as lookups write it: author__name.
func (f Field[V]) FieldPath() string { return f.path }

// F is the field as an expression.
func (f Field[V]) F() orm.Expr { return orm.F(f.path) }

// Eq holds where the field is v.
func (f Field[V]) Eq(v V) orm.Cond { return orm.Q(f.path, v) }

// In holds where the field is one of vs.
func (f Field[V]) In(vs ...V) orm.Cond { return orm.Q(f.path+"__in", vs) }

// InQuery holds where the field is in a column of another query.
func (f Field[V]) InQuery(q orm.Query) orm.Cond { return orm.Q(f.path+"__in", q) }

// Is compares by a lookup's name with a value or an expression:
// q.Book.Stock.Is("gt", q.Book.Sold.F()).
func (f Field[V]) Is(lookup string, v any) orm.Cond { return orm.Q(f.path+"__"+lookup, v) }

// IsNull holds where the field is NULL.
func (f Field[V]) IsNull() orm.Cond { return orm.Q(f.path+"__isnull", true) }

// NotNull holds where the field is not NULL.
func (f Field[V]) NotNull() orm.Cond { return orm.Q(f.path+"__isnull", false) }

// Asc orders by the field, smallest first.
func (f Field[V]) Asc() orm.Order { return f.F().Asc() }

// Desc orders by the field, largest first.
func (f Field[V]) Desc() orm.Order { return f.F().Desc() }

// Set sets the field, in Update, Defaults and the like.
func (f Field[V]) Set(v V) orm.Assignment { return orm.Assign(f.path, v) }

// SetNull sets the field to NULL.
func (f Field[V]) SetNull() orm.Assignment { return orm.Assign(f.path, nil) }

// To sets the field to an expression, in Update.
func (f Field[V]) To(x orm.Expr) orm.Assignment { return orm.Assign(f.path, x) }
