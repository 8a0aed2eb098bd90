package planner

import (
	"slices"
	"strings"
)

// forUpdate is the clause that locks the rows.
func (c *compiler) forUpdate() (string, error) {
	q := c.q
	q.env.locks = true
	s := " FOR UPDATE"
	if q.lockFlags&4 != 0 {
		s = " FOR NO KEY UPDATE"
	}
	tables, err := c.lockTables()
	if err != nil {
		return "", err
	}
	if len(tables) > 0 {
		s += " OF " + strings.Join(tables, ", ")
	}
	switch {
	case q.lockFlags&1 != 0:
		s += " NOWAIT"
	case q.lockFlags&2 != 0:
		s += " SKIP LOCKED"
	}
	return s, nil
}

// selected is a record of the select list, or the part of it that a parent
// model has: Django's klass_info.
type selected struct {
	name  string
	model *Model
	group int // -1: a parent's part
	cols  []*col
}

// lockTables are the tables of the records that select_for_update names.
func (c *compiler) lockTables() (tables []string, err error) {
	root, ok := c.lockRoot()
	if !ok || len(c.q.lockOf) == 0 {
		return nil, nil
	}
	var unknown []string
	for _, name := range c.q.lockOf {
		at, found := root, true
		if name != "self" {
			for part := range strings.SplitSeq(name, lookupSep) {
				next := c.lockable(at)
				i := slices.IndexFunc(next, func(s selected) bool { return s.name == part })
				if found = i >= 0; !found {
					break
				}
				at = next[i]
			}
		}
		if !found {
			unknown = append(unknown, name)
			continue
		}
		for _, column := range at.cols {
			if column.target.model == at.model.concrete {
				tables = append(tables, c.quoteAlias(column.alias))
				break
			}
		}
	}
	if len(unknown) > 0 {
		choices := c.lockChoices(root)
		return nil, lookupError(c.q.model.label, unknown[0], "not a record that the query selects", choices,
			"Invalid field name(s) given in select_for_update(of=(...)): %s. Only relational fields followed in the query are allowed. Choices are: %s.",
			strings.Join(unknown, ", "), strings.Join(choices, ", "))
	}
	return tables, nil
}

// lockRoot is the record that the query selects, or the values of one.
func (c *compiler) lockRoot() (selected, bool) {
	root := selected{model: c.q.model, group: -1}
	if len(c.groups) > 0 {
		root.group, root.cols = 0, c.groupCols(0)
		return root, true
	}
	for _, n := range c.q.sel {
		if column, ok := n.(*col); ok {
			root.cols = append(root.cols, column)
		}
	}
	return root, len(c.q.sel) > 0
}

// groupCols are the columns of a group, with those of the record it extends.
func (c *compiler) groupCols(i int) (cols []*col) {
	g := &c.groups[i]
	if g.extends {
		cols = c.groupCols(g.parent)
	}
	for _, s := range c.cols[g.first : g.first+len(g.fields)] {
		cols = append(cols, s.n.(*col))
	}
	return cols
}

// lockable lists the records that hang on s, and those it extends.
func (c *compiler) lockable(s selected) (out []selected) {
	for i := range c.groups {
		if g := &c.groups[i]; s.group >= 0 && g.parent == s.group {
			out = append(out, selected{g.field, g.model, i, c.groupCols(i)})
		}
	}
	for _, p := range s.model.concrete.parents {
		up := selected{name: p.link.Name, model: p.model, group: -1}
		for _, column := range s.cols {
			if m := column.target.model; m != nil && p.model.extends(m) {
				up.cols = append(up.cols, column)
			}
		}
		out = append(out, up)
	}
	return out
}

// lockChoices are the names that may be locked, nearest first.
func (c *compiler) lockChoices(root selected) []string {
	type step struct {
		path string
		at   selected
	}
	names := []string{"self"}
	for queue := []step{{"", root}}; len(queue) > 0 && len(names) < maxJoins; queue = queue[1:] {
		next := c.lockable(queue[0].at)
		// Parents come before related records here.
		slices.SortStableFunc(next, func(a, b selected) int {
			return min(a.group, 0) - min(b.group, 0)
		})
		for _, s := range next {
			path := queue[0].path + s.name
			names = append(names, path)
			queue = append(queue, step{path + lookupSep, s})
		}
	}
	return names
}
