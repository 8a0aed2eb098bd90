package ref

import (
	"strings"

	"github.com/vinyl-edge/vinyl/orm"
)

// Model is a model as it is reached over a path of relations: "" is the
// queryset's own.
type Model struct{ prefix string }

// At is the model that a path leads to.
func At(path string) Model {
	if path != "" {
		path += "__"
	}
	return Model{path}
}

// Over is the path of a relation of the model.
func (m Model) Over(relation string) string { return m.prefix + relation }

// FieldPath is the path of the relation that leads here, or pk.
func (m Model) FieldPath() string {
	if m.prefix == "" {
		return "pk"
	}
	return strings.TrimSuffix(m.prefix, "__")
}

// F is the record's key as an expression.
func (m Model) F() orm.Expr { return orm.F(m.FieldPath()) }

// Is holds where the related record is this one: a record, or its key.
func (m Model) Is(record any) orm.Cond { return orm.Q(m.FieldPath(), record) }

// In holds where the related record is one of these: a slice of records or keys,
// or a queryset.
func (m Model) In(records any) orm.Cond { return orm.Q(m.FieldPath()+"__in", records) }

// IsNull holds where there is no related record.
func (m Model) IsNull() orm.Cond { return orm.Q(m.FieldPath()+"__isnull", true) }

// NotNull holds where there is a related record.
func (m Model) NotNull() orm.Cond { return orm.Q(m.FieldPath()+"__isnull", false) }

// Set points a foreign key to a record, or a key, in Update and the like.
func (m Model) Set(record any) orm.Assignment { return orm.Assign(m.FieldPath(), record) }

// SetNull makes a foreign key point nowhere.
func (m Model) SetNull() orm.Assignment { return orm.Assign(m.FieldPath(), nil) }
