package migrate

import (
	"sort"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Plan compares a registry with the tables and extensions that exist in a
// database of a dialect. It returns what creates the missing ones and indexes,
// or an error with CodeSchema whose Detail has a line for everything that differs.
// rules are the models' constraints as SQL; nil if there are none. Those of tables
// that exist are compared by name and kind.
func Plan(reg *schema.Registry, dialect string, tables []Table, rules func(label string) ([]Rule, error), extensions ...string) ([]Statement, error) {
	d := dialects[dialect]
	if d == nil {
		return nil, failure(abi.CodeNotSupported, "this host makes no tables for databases of type "+dialect)
	}
	ms, err := d.index(reg)
	if err != nil {
		return nil, err
	}
	exist := make(map[string]*Table, len(tables))
	for i := range tables {
		exist[strings.ToLower(tables[i].Name)] = &tables[i]
	}
	create := d.missing(reg, extensions)
	var indexes []Statement
	var diffs []string
	for i := range reg.Models {
		m := &reg.Models[i]
		if m.Proxy || m.Unmanaged {
			continue
		}
		cols, err := d.columns(ms, m)
		if err != nil {
			return nil, err
		}
		keys, err := d.keys(m, cols)
		if err != nil {
			return nil, err
		}
		t := exist[strings.ToLower(m.Table)]
		if t == nil {
			own, err := d.rules(m, rules)
			if err != nil {
				return nil, err
			}
			create = append(create, d.createTable(m, cols, own))
			indexes = append(indexes, d.complete(m, cols, keys)...)
			for i := range own {
				if own[i].Constraint.Kind != schema.Check {
					indexes = append(indexes, Statement{SQL: d.createRule(m, &own[i]).SQL})
				}
			}
			continue
		}
		diffs = append(diffs, d.compare(m, t, cols, keys)...)
		own, err := d.rules(m, rules)
		if err != nil {
			return nil, err
		}
		lack, wrong := d.compareRules(m, t, own)
		indexes, diffs = append(indexes, lack...), append(diffs, wrong...)
		for k := range keys {
			if !keys[k].unique && keys[k].class == "" && !has(t.Indexes, keys[k].columns) && !has(t.Unique, keys[k].columns) {
				indexes = append(indexes, d.createKey(&keys[k], m))
			}
		}
	}
	if len(diffs) > 0 {
		return nil, failure(abi.CodeSchema, "tables differ from their models: "+strings.Join(diffs, "; ")+
			". Change the table or the model, or delete the database if its data doesn't matter", diffs...)
	}
	return append(create, indexes...), nil
}

// complete returns what a new table has besides its columns: unique keys,
// foreign keys, indexes.
func (d *dialect) complete(m *schema.Model, cols []column, keys []key) (sts []Statement) {
	add := func(unique bool) {
		for k := range keys {
			if keys[k].unique == unique {
				sts = append(sts, Statement{SQL: d.createKey(&keys[k], m).SQL}) // without a note of its own
			}
		}
	}
	add(true)
	for i := range cols {
		if cols[i].to != nil && !d.inlineForeign {
			sts = append(sts, d.foreign(m, &cols[i]))
		}
	}
	add(false)
	return sts
}

func (d *dialect) compare(m *schema.Model, t *Table, cols []column, keys []key) (diffs []string) {
	have := make(map[string]*Column, len(t.Columns))
	for i := range t.Columns {
		have[strings.ToLower(t.Columns[i].Name)] = &t.Columns[i]
	}
	for i := range cols {
		c := &cols[i]
		at := "table " + t.Name + ", column " + c.Name + ": "
		h := have[strings.ToLower(c.Name)]
		if h == nil {
			diffs = append(diffs, at+"missing ("+c.field.Type+" "+m.Label()+"."+c.field.Name+" needs "+c.Type+null(c.Null)+")"+d.addition(t, c))
			continue
		}
		delete(have, strings.ToLower(c.Name))
		if a, b := d.normal(h.Type), d.normal(c.Type); a != b && !(c.key && whole[a] && whole[b]) {
			diffs = append(diffs, at+"type is "+orNone(a)+", the model says "+b)
		}
		if h.PK != c.PK {
			diffs = append(diffs, at+choose(h.PK, "is the primary key, in the model it is not", "is not the primary key, in the model it is"))
		} else if h.Null != c.Null && !c.PK { // SQLite calls INTEGER PRIMARY KEY nullable when NOT NULL is left out
			diffs = append(diffs, at+choose(h.Null, "allows NULL, the model does not", "is NOT NULL, the model allows null"))
		}
		diffs = append(diffs, compareForeign(at, t, c)...)
		if c.field.Unique && !c.PK && !has(t.Unique, []string{c.Name}) {
			diffs = append(diffs, at+"is not unique, in the model it is")
		}
	}
	for name := range have {
		diffs = append(diffs, "table "+t.Name+", column "+have[name].Name+": "+m.Label()+" has no field for it")
	}
	for i := range keys {
		if keys[i].unique && !has(t.Unique, keys[i].columns) {
			diffs = append(diffs, "table "+t.Name+": columns "+strings.Join(keys[i].columns, ", ")+" are not unique together, in the model they are")
		}
	}
	sort.Strings(diffs)
	return diffs
}

// addition is the statement that adds a missing column, where one will do: with
// a value for the rows that are there.
func (d *dialect) addition(t *Table, c *column) string {
	value := ""
	if !c.Null {
		switch f := c.field; {
		case f.Type == "BooleanField":
			value = " DEFAULT false"
		case strings.HasSuffix(f.Type, "IntegerField"), f.Type == "FloatField", f.Type == "DecimalField":
			value = " DEFAULT 0"
		case strings.HasPrefix(c.Type, "varchar"), f.Type == "TextField":
			value = " DEFAULT ''"
		}
	}
	if c.PK || c.Auto || c.to != nil || c.field.Unique || !c.Null && value == "" {
		return ""
	}
	return ": ALTER TABLE " + quote(t.Name) + " ADD COLUMN " + d.define(c) + value
}

func compareForeign(at string, t *Table, c *column) []string {
	for _, f := range t.Foreign {
		if !strings.EqualFold(f.Column, c.Name) {
			continue
		}
		switch {
		case c.to == nil:
			return []string{at + "references " + f.Table + ", in the model it is no relation"}
		case !strings.EqualFold(f.Table, c.to.Table) || f.To != "" && !strings.EqualFold(f.To, c.toCol):
			return []string{at + "references " + f.Table + "." + f.To + ", in the model " + c.to.Table + "." + c.toCol}
		}
		return nil
	}
	if c.to != nil {
		return []string{at + "references nothing, in the model " + c.to.Table + "." + c.toCol}
	}
	return nil
}

// has finds an index over columns, in this order.
func has(indexes [][]string, columns []string) bool {
	for _, x := range indexes {
		if strings.EqualFold(strings.Join(x, "\x00"), strings.Join(columns, "\x00")) {
			return true
		}
	}
	return false
}

func orNone(s string) string {
	if s == "" {
		return "not declared"
	}
	return s
}

func null(is bool) string { return choose(is, "", " NOT NULL") }

func choose(c bool, a, b string) string {
	if c {
		return a
	}
	return b
}
