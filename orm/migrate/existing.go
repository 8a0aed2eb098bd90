package migrate

import (
	"strings"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

var kindNames = map[schema.ConstraintKind]string{
	schema.Check: "a check constraint", schema.Unique: "a unique constraint", schema.Index: "an index", schema.Exclude: "an exclusion constraint",
}

// compareRules compares constraints and indexes with those of a table that
// exists: by their names and kinds, since databases write expressions in their
// own words, or, where they are of columns only, by these. It returns what
// creates missing indexes, which change no rows, and what else differs.
func (d *dialect) compareRules(m *schema.Model, t *Table, rules []Rule) (create []Statement, diffs []string) {
	for i := range rules {
		r := &rules[i]
		c := r.Constraint
		name := c.Name
		if d.strict && d.tooLong(name) {
			name = name[:d.maxName] // as the database cuts it
		}
		found := t.kinds(name)
		switch {
		case contains(found, c.Kind), d.covered(m, t, c):
		case len(found) > 0:
			diffs = append(diffs, "table "+t.Name+": "+c.Name+" is "+kindNames[found[0]]+", in the model "+kindNames[c.Kind]+": drop it there, or give one of them another name")
		case c.Kind == schema.Index:
			create = append(create, d.createRule(m, r))
		default:
			diffs = append(diffs, "table "+t.Name+": the "+missing(c)+" is missing: "+d.remedy(m, r))
		}
	}
	return create, diffs
}

func missing(c *schema.Constraint) string {
	_, kind, _ := strings.Cut(kindNames[c.Kind], " ")
	return kind + " " + c.Name
}

// remedy is how a table that exists gets a constraint.
func (d *dialect) remedy(m *schema.Model, r *Rule) string {
	if r.Constraint.Kind != schema.Check {
		return d.createRule(m, r).SQL
	}
	check := "CONSTRAINT " + quote(r.Constraint.Name) + " CHECK (" + r.Where + ")"
	if d.inlineForeign {
		return "a table of SQLite gets no checks later: copy its rows to a new one with " + check
	}
	return "ALTER TABLE " + quote(m.Table) + " ADD " + check
}

// kinds are those of what is called so.
func (t *Table) kinds(name string) (out []schema.ConstraintKind) {
	for _, n := range t.Named {
		if strings.EqualFold(n.Name, name) {
			out = append(out, n.Kind)
		}
	}
	return out
}

func contains(kinds []schema.ConstraintKind, k schema.ConstraintKind) bool {
	for _, x := range kinds {
		if x == k {
			return true
		}
	}
	return false
}

// covered tells whether something with another name says the same: the columns
// are all there is to it.
func (d *dialect) covered(m *schema.Model, t *Table, c *schema.Constraint) bool {
	if len(c.Fields) == 0 || len(c.Exprs) > 0 || c.Where != "" || len(c.Include) > 0 || len(c.Classes) > 0 || c.Deferral != schema.NotDeferrable || c.Method != "" && c.Method != "btree" {
		return false
	}
	k, err := newKey(m, c.Fields)
	if err != nil {
		return false
	}
	switch c.Kind {
	case schema.Unique:
		return has(t.Unique, k.columns)
	case schema.Index:
		return has(t.Indexes, k.columns) || has(t.Unique, k.columns)
	}
	return false
}
