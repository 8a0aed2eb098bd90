package planner

import (
	"strings"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

// class groups Django's field classes by how their values are stored.
type class uint8

const (
	clsOther class = iota
	clsInt
	clsFloat
	clsDecimal
	clsText
	clsBool
	clsDate
	clsDateTime
	clsTime
	clsDuration
	clsUUID
	clsBinary
	clsJSON
	clsArray
	clsRange
	clsHStore
	clsVector // what full-text search looks in
	clsSearch // what it looks for
)

var classes = map[string]class{
	"AutoField": clsInt, "BigAutoField": clsInt, "SmallAutoField": clsInt, "IntegerField": clsInt, "BigIntegerField": clsInt,
	"SmallIntegerField": clsInt, "PositiveIntegerField": clsInt, "PositiveBigIntegerField": clsInt, "PositiveSmallIntegerField": clsInt,
	"OrderWrt": clsInt, "FloatField": clsFloat, "DecimalField": clsDecimal,
	"CharField": clsText, "TextField": clsText, "EmailField": clsText, "SlugField": clsText, "URLField": clsText,
	"FileField": clsText, "ImageField": clsText, "FilePathField": clsText, "GenericIPAddressField": clsText, "IPAddressField": clsText,
	"CommaSeparatedIntegerField": clsText,
	"BooleanField":               clsBool, "NullBooleanField": clsBool, "DateField": clsDate, "DateTimeField": clsDateTime, "TimeField": clsTime,
	"DurationField": clsDuration, "UUIDField": clsUUID, "BinaryField": clsBinary, "JSONField": clsJSON,
	"CICharField": clsText, "CIEmailField": clsText, "CITextField": clsText, schema.Array: clsArray, "HStoreField": clsHStore,
	"SearchVectorField": clsVector, "SearchQueryField": clsSearch,
}

// ranges are the classes of ranges and those of their bounds.
var ranges = map[string]string{
	"IntegerRangeField": "IntegerField", "BigIntegerRangeField": "BigIntegerField", "DecimalRangeField": "DecimalField",
	"DateTimeRangeField": "DateTimeField", "DateRangeField": "DateField",
}

// bases are the superclasses among Django's field classes.
var bases = map[string]string{
	"AutoField": "IntegerField", "BigAutoField": "BigIntegerField", "SmallAutoField": "SmallIntegerField",
	"BigIntegerField": "IntegerField", "SmallIntegerField": "IntegerField", "PositiveIntegerField": "IntegerField",
	"PositiveBigIntegerField": "BigIntegerField", "PositiveSmallIntegerField": "SmallIntegerField", "OrderWrt": "IntegerField",
	"EmailField": "CharField", "SlugField": "CharField", "URLField": "CharField", "CommaSeparatedIntegerField": "CharField",
	"DateTimeField": "DateField", "ImageField": "FileField", "NullBooleanField": "BooleanField", "OneToOneField": "ForeignKey",
	"CICharField": "CharField", "CIEmailField": "EmailField", "CITextField": "TextField",
	"IntegerRangeField": "RangeField", "BigIntegerRangeField": "RangeField", "DecimalRangeField": "RangeField", "DateTimeRangeField": "RangeField",
	"DateRangeField": "RangeField",
}

// isClass tells whether typ is base or derives from it.
func isClass(typ, base string) bool {
	for typ != "" {
		if typ == base {
			return true
		}
		typ = bases[typ]
	}
	return false
}

// Field is a field of a model, the type of an expression (model is nil), or
// the far side of a relation (reverse).
type Field struct {
	schema.Field
	class   class
	model   *Model
	to      *Model // the related model
	target  *Field // ForeignKey: the field it points to; reverse: the primary key of the far model
	paths   []pathInfo
	reverse bool   // seen from the model that Rel points to
	hidden  bool   // reverse: nothing but lookups that know the name find it
	src     *Field // reverse: the field that makes the relation
	pairs   []pair // the columns of a relation
	generic *generic
	base    *Field // what the elements of an array are, or the bounds of a range

	// What most statements are made of is written once: "column" and
	// "table"."column".
	quoted, full string
}

// column is the quoted name of f's column.
func (f *Field) column() string {
	if f.quoted == "" {
		return quote(f.Column)
	}
	return f.quoted
}

// relation tells whether lookups go on through f.
func (f *Field) relation() bool { return f.to != nil }

// stored returns the field whose values f's column holds.
func (f *Field) stored() *Field {
	for range 16 {
		if f == nil || f.target == nil {
			return f
		}
		f = f.target
	}
	return f
}

// typed returns a nameless field of a class, the type of an expression.
func typed(typ string) *Field { return types[typ] }

var types = func() map[string]*Field {
	m := make(map[string]*Field, len(classes))
	for name, c := range classes {
		m[name] = &Field{Field: schema.Field{Type: name}, class: c}
	}
	for name, bound := range ranges {
		m[name] = &Field{Field: schema.Field{Type: name}, class: clsRange, base: m[bound]}
	}
	return m
}()

// withBase gives f, made of a description, its class and what it holds.
func (f *Field) withBase() *Field {
	f.class = classes[f.Type]
	if bound := ranges[f.Type]; bound != "" {
		f.class, f.base = clsRange, types[bound]
	}
	if f.class == clsArray && f.Base != nil {
		f.base = (&Field{Field: *f.Base}).withBase()
		f.base.Name = f.Name
	}
	return f
}

// arrayOf is the type of arrays of elements of a type, which may not be known.
func arrayOf(base *Field) *Field {
	f := &Field{Field: schema.Field{Type: schema.Array}, class: clsArray}
	if base = base.stored(); base != nil {
		f.base, f.Base = base, &base.Field
	}
	return f
}

// typeNamed is the type of a name as layouts write it: "DateField",
// "ArrayField(DateField)". It is nil when there is none.
func typeNamed(name string) *Field {
	inner, ok := strings.CutPrefix(name, schema.Array+"(")
	if !ok {
		return typed(name)
	}
	inner, ok = strings.CutSuffix(inner, ")")
	if base := typeNamed(inner); ok && base != nil {
		return arrayOf(base)
	}
	return nil
}

// typeName is the opposite of typeNamed.
func (f *Field) typeName() string {
	switch f = f.stored(); {
	case f == nil:
		return ""
	case f.class == clsArray && f.base != nil:
		return schema.Array + "(" + f.base.typeName() + ")"
	case f.class == clsArray:
		return ""
	}
	return f.Type
}

// pair is a column of a relation and the one that it equals.
type pair struct{ from, to *Field }

// joinRef is a relation crossed in one direction: Django's join_field.
type joinRef struct {
	f       *Field // the field that has the columns
	reverse bool
}

// columns are the two sides of the join, seen from the left.
func (j joinRef) columns(p pair) (left, right *Field) {
	if j.reverse {
		return p.to, p.from
	}
	return p.from, p.to
}

// pathInfo is one step of a lookup from model to model.
type pathInfo struct {
	to      *Model
	targets []*Field
	join    joinRef
	m2m     bool
	direct  bool

	filtered *filtered
}

// reversePath leads from the model that f, a foreign key, points to back to
// f's own.
func (f *Field) reversePath() pathInfo {
	return pathInfo{to: f.model, targets: []*Field{f.model.pk}, join: joinRef{f: f, reverse: true}, m2m: !f.single()}
}

// single tells whether at most one record points to a record through f.
func (f *Field) single() bool {
	return f.Rel.Kind == schema.OneToOne || f.Rel.Kind == schema.ForeignKey && (f.Unique || f.PK)
}

// parentLink tells whether f makes its model extend the one it points to.
func (f *Field) parentLink() bool {
	for _, p := range f.model.parents {
		if p.link == f {
			return true
		}
	}
	return false
}

// unmanaged tells whether f's table may be something else than a table, whose
// primary key determines nothing.
func (f *Field) unmanaged() bool { return f.model != nil && f.model.Unmanaged }
