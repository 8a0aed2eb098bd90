package planner

import (
	"slices"
	"strings"
)

func (c *compiler) distinctOn() (string, []arg, error) {
	if len(c.q.distinctOn) == 0 {
		return "DISTINCT ", nil, nil
	}
	if !c.d.DistinctOn {
		return "", nil, notSupported("DISTINCT ON fields is not supported by this database backend")
	}
	var parts []string
	var args []arg
	for _, name := range c.q.distinctOn {
		if c.q.noteSelected(name) {
			parts = append(parts, quote(name))
			continue
		}
		if c.q.annotations[name] != nil {
			return "", nil, inLookup(unresolved(c.q.model.label, name, slices.Clone(c.q.model.choices)), name)
		}
		n, err := c.q.resolveRef(name, options{allowJoins: true})
		if err != nil {
			return "", nil, err
		}
		s, a, err := c.compile(n)
		if err != nil {
			return "", nil, err
		}
		parts, args = append(parts, s), append(args, a...)
	}
	return "DISTINCT ON (" + strings.Join(parts, ", ") + ") ", args, nil
}

// extraSelect are the ordering terms that DISTINCT needs in the select list.
func (c *compiler) extraSelect(orders []orderTerm) (extra []selectCol) {
	if !c.q.distinct || len(c.q.distinctOn) > 0 {
		return nil
	}
	have := map[string]bool{}
	for _, s := range c.cols {
		have[argsKey(s.sql, s.args)] = true
	}
	for _, o := range orders {
		if !o.ref && !have[argsKey(o.bare, o.args)] {
			extra = append(extra, selectCol{n: o.n, sql: o.bare, args: o.args})
		}
	}
	return extra
}

// hideExtra selects only the query's own columns from it.
func (c *compiler) hideExtra(s string, args []arg) (string, []arg, error) {
	var parts []string
	var all []arg
	for _, sc := range c.cols {
		if sc.alias != "" {
			parts = append(parts, `"subquery".`+quote(sc.alias))
			continue
		}
		n := sc.n
		if column, ok := n.(*col); ok {
			n = &rawSQL{sql: `"subquery".` + quote(column.target.Column)}
		}
		t, a, err := c.compile(n)
		if err != nil {
			return "", nil, err
		}
		parts, all = append(parts, t), append(all, a...)
	}
	return "SELECT " + strings.Join(parts, ", ") + " FROM (" + s + ") subquery", append(all, args...), nil
}
