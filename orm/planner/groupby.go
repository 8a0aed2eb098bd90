package planner

import (
	"slices"
	"strconv"
)

// groupBy lists the GROUP BY terms.
func (c *compiler) groupBy(list []selectCol, orders []orderTerm, having *where) (terms []selectCol, err error) {
	q := c.q
	if q.grouping == noGroup {
		return nil, nil
	}
	var exprs []node
	refs := map[string]bool{}
	if q.grouping == groupList {
		for _, n := range q.groupBy {
			r, ok := n.(*ref)
			if !ok {
				exprs = append(exprs, n)
			} else if !refs[r.name] {
				refs[r.name] = true
				exprs = append(exprs, r.src)
			}
		}
	}
	index := map[string]int{}
	for i, s := range list {
		if s.alias != "" {
			index[argsKey(s.sql, s.args)] = i + 1
		}
		if s.alias != "" && refs[s.alias] {
			continue
		}
		exprs = append(exprs, groupByCols(s.n)...)
	}
	if !c.metaOrder {
		for _, o := range orders {
			if !o.ref {
				exprs = append(exprs, groupByCols(o.n)...)
			}
		}
	}
	var havingCols []node
	if having != nil {
		havingCols = groupByCols(having)
		exprs = append(exprs, havingCols...)
	}
	exprs = c.collapse(exprs, havingCols)
	seen := map[string]bool{}
	for _, n := range exprs {
		s, args, err := c.compile(n)
		if err == errEmpty || err == errFull {
			continue
		}
		if err != nil {
			return nil, err
		}
		key := argsKey(s, args)
		if i := index[key]; i > 0 && c.d.GroupByIndex {
			_, plain := n.(*col)
			if (!plain || list[i-1].alias != "") && !heldBy(n, list[i-1].n) {
				s, args = strconv.Itoa(i), nil
				key = s
			}
		}
		if !seen[key] {
			seen[key] = true
			terms = append(terms, selectCol{n: n, sql: s, args: args})
		}
	}
	return terms, nil
}

// heldBy tells whether n is what an ExpressionWrapper holds: to Django, it is not
// the column that the wrapper is. A Concat's own type is a wrapper here.
func heldBy(n, column node) bool {
	w, ok := column.(*wrapper)
	if !ok || n == column {
		return false
	}
	_, joined := w.expr.(*concat)
	return !joined
}

// collapse drops columns that a grouped primary key determines.
func (c *compiler) collapse(exprs, having []node) []node {
	if !c.d.GroupBySelectedPKs {
		return exprs
	}
	byPK := map[string]bool{}
	for _, n := range exprs {
		if column, ok := n.(*col); ok && column.target.PK && !column.target.unmanaged() {
			byPK[column.alias] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(exprs), func(n node) bool {
		column, ok := n.(*col)
		return ok && !(column.target.PK && !column.target.unmanaged()) && byPK[column.alias] && !slices.ContainsFunc(having, column.same)
	})
}

// groupByFields turns "group by everything" into the model's columns.
func (q *Query) groupByFields() error {
	names := make([]string, len(q.model.fields))
	for i, f := range q.model.fields {
		names[i] = f.Attname
	}
	if err := q.addFields(names, false); err != nil {
		return err
	}
	return q.setGroupBy(false)
}

// setGroupBy groups by what is selected now.
func (q *Query) setGroupBy(allowAliases bool) error {
	if allowAliases && len(q.valuesSelect) > 0 {
		var names, lifted []string
		var cols []node
		notes := map[string]node{}
		for i, n := range q.sel {
			if i >= len(q.valuesSelect) {
				break
			}
			name := q.valuesSelect[i]
			if slices.Contains(names, name) || slices.Contains(lifted, name) {
				continue
			}
			if _, ok := n.(*col); ok {
				names, cols = append(names, name), append(cols, n)
				continue
			}
			lifted = append(lifted, name)
			notes[name] = n
		}
		for _, name := range lifted {
			if _, ok := q.annotations[name]; !ok {
				q.annotations[name] = notes[name]
			}
		}
		q.notes = append(lifted, slices.DeleteFunc(slices.Clone(q.notes), func(s string) bool { return slices.Contains(lifted, s) })...)
		q.appendMask(lifted...)
		q.sel, q.valuesSelect = cols, names
	}
	q.groupBy = slices.Clone(q.sel)
	for _, name := range q.selectedNotes() {
		n := q.annotations[name]
		cols := groupByCols(n)
		if len(cols) == 0 {
			continue
		}
		if allowAliases && !hasAggregate(n) {
			q.groupBy = append(q.groupBy, &ref{name, n})
		} else {
			q.groupBy = append(q.groupBy, cols...)
		}
	}
	q.grouping = groupList
	return nil
}
