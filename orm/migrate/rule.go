package migrate

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Rule is a constraint or an index of a model whose expressions are SQL: see
// schema.Constraint.
type Rule struct {
	Constraint *schema.Constraint
	Terms      []string
	Where      string
	Include    []string
}

// checks are what stands in CREATE TABLE.
func checks(rules []Rule) (defs []string) {
	for i := range rules {
		if r := &rules[i]; r.Constraint.Kind == schema.Check {
			defs = append(defs, "CONSTRAINT "+quote(r.Constraint.Name)+" CHECK ("+r.Where+")")
		}
	}
	return defs
}

// rules are the constraints of m that the database can keep. What it lacks is
// left out, as Django does, where that makes a query slower or a rule looser;
// else it is an error.
func (d *dialect) rules(m *schema.Model, of func(label string) ([]Rule, error)) (out []Rule, err error) {
	if len(m.Constraints) == 0 || of == nil {
		return nil, nil
	}
	all, err := of(m.Label())
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		c := r.Constraint
		if w := badWord(c); w != "" {
			return nil, failure(abi.CodeSchema, m.Label()+", constraint "+c.Name+": "+w+" is neither a method of indexes nor an operator")
		}
		switch {
		case d.methods:
		case c.Kind == schema.Exclude:
			return nil, failure(abi.CodeNotSupported, m.Label()+" has the constraint "+c.Name+", an exclusion, which only PostgreSQL has")
		case c.Kind == schema.Index && c.Method != "" && c.Method != "btree":
			continue
		case c.Kind == schema.Unique && (c.Deferral != schema.NotDeferrable || len(c.Include) > 0):
			continue // Django's check says so too (models.W038, W039)
		case c.Kind == schema.Index && len(c.Include) > 0:
			r.Include = nil
		}
		out = append(out, r)
	}
	return out, nil
}

func (d *dialect) createRule(m *schema.Model, r *Rule) Statement {
	c := r.Constraint
	terms := strings.Join(r.Terms, ", ")
	where := ""
	if r.Where != "" {
		where = " WHERE " + r.Where
	}
	table := "ALTER TABLE " + quote(m.Table) + " ADD CONSTRAINT " + quote(c.Name)
	deferral := [...]string{"", " DEFERRABLE INITIALLY IMMEDIATE", " DEFERRABLE INITIALLY DEFERRED"}[c.Deferral]
	include := ""
	if len(r.Include) > 0 {
		include = " INCLUDE (" + strings.Join(r.Include, ", ") + ")"
	}
	switch {
	case c.Kind == schema.Exclude:
		for i := range r.Terms {
			r.Terms[i] += " WITH " + c.Operators[i]
		}
		if where != "" {
			where = " WHERE (" + r.Where + ")"
		}
		method := c.Method
		if method == "" {
			method = "gist"
		}
		return Statement{SQL: table + " EXCLUDE USING " + method + " (" + strings.Join(r.Terms, ", ") + ")" + include + where + deferral, Note: "created constraint " + c.Name}
	case c.Kind == schema.Unique && where == "" && len(c.Exprs) == 0 && len(c.Classes) == 0 && d.constraints:
		return Statement{SQL: table + " UNIQUE (" + terms + ")" + include + deferral, Note: "created constraint " + c.Name}
	}
	verb, method := "CREATE INDEX ", ""
	if c.Kind == schema.Unique {
		verb = "CREATE UNIQUE INDEX "
	}
	if c.Method != "" && d.methods {
		method = " USING " + c.Method
	}
	return Statement{SQL: verb + quote(c.Name) + " ON " + quote(m.Table) + method + " (" + terms + ")" + include + where, Note: "created index " + c.Name}
}

// badWord is a method or an operator that is none: they stand in SQL as they are.
func badWord(c *schema.Constraint) string {
	methods := []string{"", "btree", "hash", "gin", "gist", "spgist", "brin", "bloom"}
	if !slices.Contains(methods, c.Method) {
		return c.Method
	}
	for _, op := range c.Operators {
		if op == "" || strings.Trim(op, "+-*/<>=~!@#%^&|`?") != "" {
			return op
		}
	}
	return ""
}
