package planner

import (
	"slices"
	"strings"
)

var setOperators = map[string]string{"union": "UNION", "intersection": "INTERSECT", "difference": "EXCEPT"}

// combinatorSQL joins the parts of a UNION, INTERSECT or EXCEPT.
func (c *compiler) combinatorSQL() (string, []arg, error) {
	q := c.q
	var parts []string
	var args []arg
	for _, o := range q.combined {
		o = o.clone()
		sc := c.sub(o)
		sc.keepEmpty = c.keepEmpty && q.sliced() && q.combinator == "union" && c.d.CompoundParens
		if !c.d.CompoundParens {
			if o.sliced() {
				return "", nil, notSupported("LIMIT/OFFSET not allowed in subqueries of compound statements.")
			}
			if terms, err := c.sub(o.clone()).orderBy(); err != nil {
				return "", nil, err
			} else if len(terms) > 0 {
				return "", nil, notSupported("ORDER BY not allowed in subqueries of compound statements.")
			}
		}
		if len(o.valuesSelect) == 0 && len(q.valuesSelect) > 0 {
			if err := o.setValues(slices.Concat(q.extra.selected(), q.valuesSelect, q.selectedNotes())); err != nil {
				return "", nil, err
			}
		}
		s, a, err := sc.selectSQL(true)
		if err == errEmpty && (q.combinator == "union" || q.combinator == "difference" && len(parts) > 0) {
			continue
		}
		if err != nil {
			return "", nil, err
		}
		switch {
		case o.combinator != "" && !c.d.CompoundParens:
			s = "SELECT * FROM (" + s + ")"
		case q.subquery && c.d.CompoundParens:
			s = "(" + s + ")"
		}
		if !q.subquery && c.d.CompoundParens {
			s = "(" + s + ")"
		}
		parts, args = append(parts, s), append(args, a...)
	}
	if len(parts) == 0 {
		return "", nil, errEmpty
	}
	op := " " + setOperators[q.combinator] + " "
	if q.combineAll && q.combinator == "union" {
		op = " UNION ALL "
	}
	return strings.Join(parts, op), args, nil
}
