package migrate

import (
	"crypto/md5"
	"encoding/hex"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Statement is one change of the schema.
type Statement struct {
	SQL  string
	Note string // what it does, for the log
}

// Create returns what creates the tables of all models in a database of a
// dialect: "sqlite", "postgresql".
func Create(reg *schema.Registry, dialect string, rules func(label string) ([]Rule, error)) ([]Statement, error) {
	return Plan(reg, dialect, nil, rules)
}

func (d *dialect) createTable(m *schema.Model, cols []column, rules []Rule) Statement {
	defs := make([]string, len(cols))
	for i := range cols {
		defs[i] = d.define(&cols[i])
	}
	defs = append(defs, checks(rules)...)
	return Statement{
		SQL:  "CREATE TABLE " + quote(m.Table) + " (" + strings.Join(defs, ", ") + ")",
		Note: "created table " + m.Table,
	}
}

func (d *dialect) define(c *column) string {
	s := quote(c.Name) + " " + c.Type
	if c.Null {
		s += d.null
	} else {
		s += " NOT NULL"
	}
	switch {
	case c.PK:
		s += " PRIMARY KEY"
	case c.field.Unique:
		s += " UNIQUE"
	}
	if c.check != "" {
		s += " CHECK (" + c.check + ")"
	}
	if c.Auto {
		s += d.auto
	}
	if c.to != nil && d.inlineForeign {
		s += c.references()
	}
	return s
}

func (c *column) references() string {
	return " REFERENCES " + quote(c.to.Table) + " (" + quote(c.toCol) + ") DEFERRABLE INITIALLY DEFERRED"
}

// foreign adds c's foreign key, once all tables are there.
func (d *dialect) foreign(m *schema.Model, c *column) Statement {
	name := d.indexName(m.Table, []string{c.Name}, "_fk_"+c.to.Table+"_"+c.toCol)
	return Statement{SQL: "ALTER TABLE " + quote(m.Table) + " ADD CONSTRAINT " + quote(name) + " FOREIGN KEY (" + quote(c.Name) + ")" + c.references()}
}

// key is an index or a unique constraint over several columns.
type key struct {
	name    string
	columns []string
	desc    []bool
	unique  bool
	class   string // of its operators; with one it serves LIKE alone
}

// keys returns the indexes of m besides those that databases make for UNIQUE
// and PRIMARY KEY.
func (d *dialect) keys(m *schema.Model, cols []column) ([]key, error) {
	var keys []key
	for _, names := range m.Unique {
		k, err := newKey(m, names)
		if err != nil {
			return nil, err
		}
		k.unique, k.name = true, d.indexName(m.Table, k.columns, "_uniq")
		keys = append(keys, k)
	}
	for i := range cols {
		f := cols[i].field
		k := key{columns: []string{f.Column}, desc: []bool{false}}
		if f.Index && !f.Unique && !f.PK {
			k.name = d.indexName(m.Table, k.columns, "")
			keys = append(keys, k)
		}
		if k.class = d.likeClass(&cols[i]); k.class != "" {
			k.name = d.indexName(m.Table, k.columns, "_like")
			keys = append(keys, k)
		}
	}
	for _, names := range m.Indexes {
		k, err := newKey(m, names)
		if err != nil {
			return nil, err
		}
		k.name = metaIndexName(m.Table, &k)
		keys = append(keys, k)
	}
	return keys, nil
}

// newKey resolves field names; a leading - means descending.
func newKey(m *schema.Model, names []string) (k key, err error) {
	for _, n := range names {
		name, desc := strings.CutPrefix(n, "-")
		col := ""
		for i := range m.Fields {
			if f := &m.Fields[i]; f.Name == name || f.Attname == name || name == "pk" && f.PK {
				col = f.Column
				break
			}
		}
		if col == "" {
			return k, failure(abi.CodeSchema, m.Label()+" has an index over "+n+", which is no field with a column")
		}
		k.columns, k.desc = append(k.columns, col), append(k.desc, desc)
	}
	if len(k.columns) == 0 {
		return k, failure(abi.CodeSchema, m.Label()+" has an index without fields")
	}
	return k, nil
}

func (d *dialect) createKey(k *key, m *schema.Model) Statement {
	cols := make([]string, len(k.columns))
	for i, c := range k.columns {
		cols[i] = quote(c) + k.class
		if k.desc[i] {
			cols[i] += " DESC"
		}
	}
	if k.unique && d.constraints {
		return Statement{
			SQL:  "ALTER TABLE " + quote(m.Table) + " ADD CONSTRAINT " + quote(k.name) + " UNIQUE (" + strings.Join(cols, ", ") + ")",
			Note: "created constraint " + k.name,
		}
	}
	verb := "CREATE INDEX "
	if k.unique {
		verb = "CREATE UNIQUE INDEX "
	}
	return Statement{
		SQL:  verb + quote(k.name) + " ON " + quote(m.Table) + " (" + strings.Join(cols, ", ") + ")",
		Note: "created index " + k.name,
	}
}

// indexName is Django's name for indexes of fields, unique_together and foreign
// keys.
func (d *dialect) indexName(table string, columns []string, suffix string) string {
	end := digest(8, append([]string{table}, columns...)...) + suffix
	joined := strings.Join(columns, "_")
	name := table + "_" + joined + "_" + end
	if len(name) <= d.maxName {
		return name
	}
	end = end[:min(len(end), d.maxName/3)]
	n := (d.maxName-len(end))/2 - 1
	name = table[:min(n, len(table))] + "_" + joined[:min(n, len(joined))] + "_" + end
	if name[0] == '_' || name[0] >= '0' && name[0] <= '9' {
		name = "D" + name[:len(name)-1]
	}
	return name
}

// metaIndexName is Django's name for an entry of Meta.indexes without one.
func metaIndexName(table string, k *key) string {
	parts := []string{table}
	for i, c := range k.columns {
		if k.desc[i] {
			c = "-" + c
		}
		parts = append(parts, c)
	}
	first := k.columns[0]
	name := table[:min(11, len(table))] + "_" + first[:min(7, len(first))] + "_" + digest(6, append(parts, "idx")...) + "_idx"
	if name[0] == '_' || name[0] >= '0' && name[0] <= '9' {
		name = "D" + name[1:]
	}
	return name
}

func digest(n int, parts ...string) string {
	sum := md5.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])[:n]
}
