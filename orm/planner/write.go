package planner

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// column finds the field that an assignment names.
func (m *Model) column(name string) (*Field, error) {
	if name == "pk" {
		return m.pk, nil
	}
	f := m.field(name)
	if f == nil {
		return nil, inLookup(unresolved(m.label, name, slices.Clone(m.choices)), name)
	}
	if f.Column == "" || f.reverse {
		return nil, misuse(m.label, name, "Cannot update model field %s.%s (only non-relations and foreign keys permitted).", m.Name, name)
	}
	if f.model != m.concrete {
		return nil, notSupported("The field %s of %s is in the table of %s: write it there.", name, m.label, f.model.label)
	}
	return f, nil
}

// assigned compiles the value that a column gets.
func (c *compiler) assigned(f *Field, e query.Expr, insert bool) (string, []arg, error) {
	if p, ok := e.(*query.Param); ok {
		if p.Value.IsList() && f.stored().class != clsJSON && !composite(f) {
			return "", nil, misuse(c.q.model.label, f.Name, "The field '%s' cannot hold a list.", f.Name)
		}
		if p.Value.Kind == abi.KindNull && !insert {
			return "NULL", nil, nil
		}
		s, err := c.placeholder(f)
		return s, []arg{{index: p.Index, elem: -1, conv: convSave, field: f}}, err
	}
	if x, ok := e.(*query.Cell); ok {
		s, err := c.placeholder(f)
		return s, []arg{{index: x.Index, elem: -1, conv: convCell, field: f}}, err
	}
	n, err := c.q.resolve(e, options{forSave: true})
	if err != nil {
		return "", nil, inLookup(err, f.Name)
	}
	if hasAggregate(n) {
		return "", nil, misuse(c.q.model.label, f.Name, "Aggregate functions are not allowed in this query (%s).", f.Name)
	}
	if hasWindow(n) {
		return "", nil, misuse(c.q.model.label, f.Name, "Window expressions are not allowed in this query (%s).", f.Name)
	}
	if insert && hasColumn(n) {
		return "", nil, misuse(c.q.model.label, f.Name, "Failed to insert an expression on %s. F() expressions can only be used to update, not to insert.", f.Name)
	}
	s, args, err := c.compile(reresolve(n))
	switch {
	case err == errEmpty:
		return "NULL", nil, nil
	case err == nil && !insert && composite(f):
		var p string
		p, err = c.placeholder(f)
		s += strings.TrimPrefix(p, phMark)
	}
	return s, args, err
}

// insert plans INSERT of any number of rows.
func (e *env) insert(src *query.Query, plan *Plan) (*compiler, []arg, error) {
	m, err := e.model(src.Model)
	if err != nil {
		return nil, nil, err
	}
	if len(src.Rows) == 0 {
		return nil, nil, misuse(m.label, "insert", "An insert needs at least one row.")
	}
	q := newQuery(e, m)
	c := q.compiler()
	var b strings.Builder
	verb := "INSERT INTO"
	if src.Ignore {
		verb = e.d.InsertIgnore[0]
	}
	b.WriteString(verb + " " + quote(m.Table) + " (")
	fields := make([]*Field, len(src.Set))
	for i, a := range src.Set {
		if fields[i], err = m.column(a.Field); err != nil {
			return nil, nil, err
		}
		if slices.Contains(fields[:i], fields[i]) {
			return nil, nil, misuse(m.label, a.Field, "The field '%s' is set twice.", a.Field)
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(fields[i].Column))
	}
	if len(fields) == 0 {
		b.WriteString(quote(m.pk.Column))
	}
	b.WriteString(") VALUES ")
	var args []arg
	for i, row := range src.Rows {
		if len(row) != len(fields) {
			return nil, nil, badMessage("row %d has %d values for %d fields", i, len(row), len(fields))
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		if len(fields) == 0 {
			b.WriteString(e.d.DefaultKey)
		}
		for j, v := range row {
			if v == nil {
				return nil, nil, badMessage("row %d has no value for %q", i, fields[j].Name)
			}
			s, a, err := c.assigned(fields[j], v, true)
			if err != nil {
				return nil, nil, err
			}
			if j > 0 {
				b.WriteString(", ")
			}
			b.WriteString(s)
			args = append(args, a...)
		}
		b.WriteByte(')')
	}
	end, err := e.onConflict(m, src)
	if err != nil {
		return nil, nil, err
	}
	b.WriteString(end)
	plan.SQL, plan.Write, plan.Returning = b.String(), true, src.Returning
	if src.Returning {
		if !e.d.Returning {
			return nil, nil, notSupported("This database cannot return the keys of inserted rows.")
		}
		clause := " RETURNING " + quote(m.Table) + "." + quote(m.pk.Column)
		if !src.Ignore && src.Conflict == nil && !slices.Contains(fields, m.pk) {
			plan.Keys = &Keys{Table: m.Table, Column: m.pk.Column, Rows: len(src.Rows), clause: clause, Greatest: "SELECT max(" + quote(m.pk.Column) + ") FROM " + quote(m.Table)}
		}
		plan.SQL += clause
		c.cols, c.colCount = []selectCol{{n: newCol(m.Table, m.pk), alias: m.pk.Attname}}, 1
	}
	return c, args, nil
}

// update compiles UPDATE. Conditions over relations become a subquery of
// primary keys.
func (q *Query) update(src *query.Query) (*compiler, string, []arg, error) {
	set := src.Set
	if err := q.writable("update", "Cannot update a query once a slice has been taken."); err != nil {
		return nil, "", nil, err
	}
	if len(set) == 0 {
		return nil, "", nil, misuse(q.model.label, "update", "An update needs at least one field.")
	}
	c := q.compiler()
	if _, err := q.initialAlias(); err != nil {
		return nil, "", nil, err
	}
	var parts []string
	var args []arg
	for i, a := range set {
		f, err := q.model.column(a.Field)
		if err != nil {
			return nil, "", nil, err
		}
		var s string
		var more []arg
		switch {
		case len(src.Rows) > 0:
			s, more, err = c.byKey(f, src.Rows, i+1)
		case a.Expr == nil:
			return nil, "", nil, badMessage("the field %q has no value", a.Field)
		default:
			s, more, err = c.assigned(f, a.Expr, false)
		}
		if err != nil {
			return nil, "", nil, err
		}
		parts, args = append(parts, quote(f.Column)+" = "+s), append(args, more...)
	}
	for _, t := range q.orderings {
		name := strings.TrimPrefix(t.name, "-")
		if n := q.annotations[name]; t.expr == nil && n != nil && hasAggregate(n) {
			return nil, "", nil, misuse(q.model.label, name, "Cannot update when ordering by an aggregate: %s", name)
		}
	}
	q.annotations, q.notes, q.mask = map[string]node{}, nil, nil
	if q.activeTables() > 1 {
		in := q.clone()
		in.related = false
		in.clearOrdering(true, true)
		if err := in.addFields([]string{q.model.pk.Name}, true); err != nil {
			return nil, "", nil, err
		}
		in.selected = true
		if err := q.onlyKeysOf(in); err != nil {
			return nil, "", nil, err
		}
	}
	s := "UPDATE " + c.quoteAlias(q.aliases[0]) + " SET " + strings.Join(parts, ", ")
	s, args, err := c.whereSQL(s, args)
	return c, s, args, err
}

func (q *Query) writable(verb, sliced string) error {
	if q.combinator != "" {
		return notSupported("Calling QuerySet.%s() after %s() is not supported.", verb, q.combinator)
	}
	if q.sliced() || q.ranked {
		return misuse(q.model.label, verb, "%s", sliced)
	}
	return nil
}

// onlyKeysOf replaces q's conditions: the primary key is one of in's.
func (q *Query) onlyKeysOf(in *Query) error {
	q.where = &where{}
	if in.none() {
		q.setEmpty()
		return nil
	}
	base := q.aliases[0]
	for _, a := range q.aliases[1:] {
		q.refs[a] = 0
	}
	sub, err := in.intoSubquery(q, options{allowJoins: true})
	if err != nil {
		return err
	}
	q.where.add(&lookup{name: "in", lhs: newCol(base, q.model.pk), rhs: &subquery{q: sub}}, query.And)
	return nil
}

func (c *compiler) whereSQL(s string, args []arg) (string, []arg, error) {
	w, more, err := c.compile(c.q.where)
	switch err {
	case nil:
		return s + " WHERE " + w, append(args, more...), nil
	case errFull:
		return s, args, nil
	case errEmpty:
		c.isEmpty = true
		return s + " WHERE 0 = 1", args, nil
	}
	return "", nil, err
}

func (q *Query) activeTables() (n int) {
	for _, a := range q.aliases {
		if q.refs[a] > 0 {
			n++
		}
	}
	return n
}

// delete compiles DELETE.
func (q *Query) delete() (*compiler, string, []arg, error) {
	if err := q.writable("delete", "Cannot use 'limit' or 'offset' with delete()."); err != nil {
		return nil, "", nil, err
	}
	if q.distinct {
		return nil, "", nil, misuse(q.model.label, "delete", "Cannot call delete() after .distinct().")
	}
	if q.selected {
		return nil, "", nil, misuse(q.model.label, "delete", "Cannot call delete() after .values() or .values_list()")
	}
	q.clearOrdering(true, true)
	q.lock, q.related = false, false
	if _, err := q.initialAlias(); err != nil {
		return nil, "", nil, err
	}
	if q.activeTables() > 1 || hasAggregate(q.where) || q.grouping != noGroup || q.refersToItself() {
		in := q.clone()
		in.clearSelect()
		in.sel = []node{newCol(q.aliases[0], q.model.pk)}
		outer := newQuery(q.env, q.model)
		if _, err := outer.initialAlias(); err != nil {
			return nil, "", nil, err
		}
		if err := outer.onlyKeysOf(in); err != nil {
			return nil, "", nil, err
		}
		q = outer
	}
	c := q.compiler()
	s, args, err := c.whereSQL("DELETE FROM "+quote(q.model.Table), nil)
	return c, s, args, err
}

// refersToItself tells whether a subquery reads the table deleted from.
func (q *Query) refersToItself() bool {
	return anyNode(q.where, func(n node) bool {
		s, ok := n.(*subquery)
		return ok && s.q.model == q.model
	})
}
