package migrate

import (
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// references are the types of columns that point to an automatic key.
var references = map[string]string{
	"AutoField": "integer", "BigAutoField": "bigint", "SmallAutoField": "smallint",
}

func failure(code abi.ErrorCode, msg string, detail ...string) error {
	return &abi.OpError{Code: code, Message: "vinyl models: " + msg, Detail: detail}
}

// column is a field as its table should have it.
type column struct {
	Column
	field *schema.Field
	check string
	to    *schema.Model // foreign key
	toCol string
	key   bool // an automatic key, or the value of one
}

// whole are the types that keys which the database makes may have: those of a
// table that is there may have been chosen by another default than ours.
var whole = map[string]bool{"smallint": true, "integer": true, "bigint": true}

// models finds models by label; a proxy's is that of the model with its table.
type models map[string]*schema.Model

func (d *dialect) index(reg *schema.Registry) (models, error) {
	ms := make(models, len(reg.Models))
	tables := map[string]string{}
	for i := range reg.Models {
		m := &reg.Models[i]
		if ms[m.Label()] != nil {
			return nil, failure(abi.CodeSchema, "two models are called "+m.Label()+": rename one")
		}
		if m.Proxy {
			continue
		}
		if m.Table == "" || strings.ContainsRune(m.Table, 0) {
			return nil, failure(abi.CodeSchema, m.Label()+" has no usable table name")
		}
		if d.tooLong(m.Table) {
			return nil, failure(abi.CodeSchema, m.Label()+": the table name "+m.Table+" is too long: this database takes "+strconv.Itoa(d.maxName)+" bytes")
		}
		ms[m.Label()] = m
		if m.Unmanaged {
			continue
		}
		key := strings.ToLower(m.Table)
		if other := tables[key]; other != "" {
			return nil, failure(abi.CodeSchema, other+" and "+m.Label()+" share the table "+m.Table+": give one another table name")
		}
		tables[key] = m.Label()
	}
	for i := range reg.Models {
		if m := &reg.Models[i]; m.Proxy {
			if len(m.Parents) != 1 || ms[m.Parents[0].Model] == nil {
				return nil, failure(abi.CodeRegistry, m.Label()+" is a proxy of no model that is registered")
			}
			ms[m.Label()] = ms[m.Parents[0].Model]
		}
	}
	return ms, nil
}

// columns returns the columns of m.
func (d *dialect) columns(ms models, m *schema.Model) ([]column, error) {
	var cols []column
	seen := map[string]bool{}
	for i := range m.Fields {
		f := &m.Fields[i]
		if f.Column == "" {
			continue
		}
		if key := strings.ToLower(f.Column); seen[key] || strings.ContainsRune(f.Column, 0) {
			return nil, failure(abi.CodeSchema, m.Label()+" has two fields with the column "+f.Column+", or its name is unusable: rename one")
		} else {
			seen[key] = true
		}
		if d.tooLong(f.Column) {
			return nil, failure(abi.CodeSchema, m.Label()+"."+f.Name+": its column name is too long: this database takes "+strconv.Itoa(d.maxName)+" bytes")
		}
		c, err := d.column(ms, m, f)
		if err != nil {
			return nil, err
		}
		cols = append(cols, c)
	}
	if len(cols) == 0 {
		return nil, failure(abi.CodeSchema, m.Label()+" has no fields with a column")
	}
	return cols, nil
}

func (d *dialect) column(ms models, m *schema.Model, f *schema.Field) (c column, err error) {
	c = column{Column: Column{Name: f.Column, Null: f.Null, PK: f.PK}, field: f}
	if f.Rel != nil {
		near, target, err := ms.target(m, f)
		if err != nil {
			return c, err
		}
		c.to, c.toCol = ms[f.Rel.To], near.Column
		c.Type, err = d.typeOf(m, target, f.MaxLength)
		if ref := references[target.Type]; ref != "" {
			c.Type, c.key = ref, true
		}
		return c, err
	}
	c.Auto = strings.HasSuffix(f.Type, "AutoField")
	c.key = c.Auto
	c.check = d.check(f)
	c.Type, err = d.typeOf(m, f, f.MaxLength)
	return c, err
}

// target follows a relation to the field that it points to, and, where that is
// a foreign key itself, on to the field whose value both hold.
func (ms models) target(m *schema.Model, f *schema.Field) (near, far *schema.Field, err error) {
	for range 32 { // a key may itself be a foreign key
		to := ms[f.Rel.To]
		if to == nil {
			return nil, nil, failure(abi.CodeRegistry, m.Label()+"."+f.Name+" points to the unknown model "+f.Rel.To+": register it")
		}
		var next *schema.Field
		for i := range to.Fields {
			t := &to.Fields[i]
			if f.Rel.ToField == t.Name || f.Rel.ToField == "" && t.PK {
				next = t
				break
			}
		}
		if near == nil {
			near = next
		}
		switch {
		case next == nil:
			return nil, nil, failure(abi.CodeRegistry, m.Label()+"."+f.Name+" points to a field that "+to.Label()+" lacks")
		case next.Rel == nil || next.Column == "":
			return near, next, nil
		}
		m, f = to, next
	}
	return nil, nil, failure(abi.CodeSchema, m.Label()+"."+f.Name+" is part of a circle of keys")
}

func (d *dialect) typeOf(m *schema.Model, f *schema.Field, length int) (string, error) {
	t, ok := d.types[f.Type]
	switch {
	case ok:
	case f.Type == schema.Array && d.arrays:
		return d.arrayOf(m, f)
	case f.Type == schema.Array || postgresTypes[f.Type] != "":
		return "", failure(abi.CodeNotSupported, m.Label()+"."+f.Name+" has the type "+f.Type+", which only PostgreSQL has: use such a database, or a JSONField or a relation instead")
	default:
		return "", failure(abi.CodeNotSupported, m.Label()+"."+f.Name+" has the type "+f.Type+", for which this host knows no column type")
	}
	if length = max(length, f.MaxLength); strings.HasSuffix(t, "(n)") {
		if length <= 0 {
			return strings.TrimSuffix(t, "(n)"), nil
		}
		t = strings.TrimSuffix(t, "(n)") + "(" + strconv.Itoa(length) + ")"
	}
	if t == "numeric" && f.Digits > 0 {
		t += "(" + strconv.Itoa(f.Digits) + ", " + strconv.Itoa(f.Places) + ")"
	}
	return t, nil
}

// arrayOf is the type of an array's column.
func (d *dialect) arrayOf(m *schema.Model, f *schema.Field) (string, error) {
	if f.Base == nil || f.Base.Rel != nil {
		return "", failure(abi.CodeSchema, m.Label()+"."+f.Name+" is an array of nothing that can be stored: say what its elements are")
	}
	base := *f.Base
	base.Name = f.Name
	t, err := d.typeOf(m, &base, base.MaxLength)
	size := ""
	if f.MaxLength > 0 {
		size = strconv.Itoa(f.MaxLength)
	}
	return t + "[" + size + "]", err
}

func (d *dialect) check(f *schema.Field) string {
	col := quote(f.Column)
	switch f.Type {
	case "PositiveBigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField":
		return col + " >= 0"
	case "JSONField":
		if d.types["JSONField"] == "jsonb" {
			return ""
		}
		return "(JSON_VALID(" + col + ") OR " + col + " IS NULL)"
	}
	return ""
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
