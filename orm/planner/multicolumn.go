package planner

import (
	"slices"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// columnsLookup compares the columns of a foreign object, each with a value of
// a list. It adds the comparison to clause; what it returns stands for it.
func (q *Query) columnsLookup(clause *where, lookups []string, first *col, targets []*Field, info *joinInfo, rhs operand) (*lookup, error) {
	name := "exact"
	if len(lookups) > 0 {
		name = lookups[0]
	}
	p := rhs.param
	if len(lookups) > 1 || !slices.Contains(relatedLookups, name) || name == "isnull" || p != nil && p.Value.Kind == abi.KindNull {
		l, err := q.buildLookup(lookups, first, rhs)
		clause.children = []node{l}
		return l, err
	}
	cols := make([]node, len(targets))
	for i := range targets {
		cols[i] = &col{alias: first.alias, target: targets[i], out: info.targets[i]}
	}
	stand := &lookup{name: name, lhs: first, direct: true, rhs: constant(abi.Null)}
	if s, ok := rhs.node.(*subquery); ok && name == "in" && s.plain {
		return stand, q.columnsIn(clause, cols, info, s)
	}
	wants := misuse(q.model.label, name, "The lookup '%s' needs lists of %d values, one for each column of the relation.", name, len(targets))
	if p == nil || p.Value.Kind != abi.KindList {
		return nil, wants
	}
	if name != "in" {
		if len(p.Value.List) != len(targets) {
			return nil, wants
		}
		clause.children = []node{compareAll(name, cols, func(i int) node { return elemNode(p, i, convField, info.targets[i]) })}
		return stand, nil
	}
	any := &where{conn: query.Or}
	for row := range p.Value.List {
		values := &p.Value.List[row]
		if values.Kind != abi.KindList || len(values.List) != len(targets) {
			return nil, wants
		}
		any.add(compareAll("exact", cols, func(i int) node {
			n := &value{arg: arg{index: p.Index, elem: row, inner: i + 1, conv: convField, field: info.targets[i]}, shape: values.List[i], out: info.targets[i], direct: true}
			if p.Index < 0 {
				n = constant(values.List[i])
			}
			return n
		}), query.Or)
	}
	if len(any.children) == 0 {
		any.add(nothing{}, query.Or)
	}
	clause.children = []node{any}
	return stand, nil
}

func compareAll(name string, cols []node, rhs func(i int) node) *where {
	all := &where{}
	for i := range cols {
		all.children = append(all.children, &lookup{name: name, lhs: cols[i], rhs: rhs(i), direct: true})
	}
	return all
}

// columnsIn says that a row of s has the values of cols.
func (q *Query) columnsIn(clause *where, cols []node, info *joinInfo, s *subquery) error {
	s.q.clearOrdering(false, true)
	if !s.q.selected {
		names := make([]string, len(cols))
		for i, t := range info.targets {
			names[i] = t.Name
		}
		s.q.clearSelect()
		if err := s.q.setValues(names); err != nil {
			return err
		}
	}
	if len(s.q.sel) != len(cols) || len(s.q.selectedNotes()) > 0 {
		return misuse(q.model.label, "in", "The queryset must select %d columns, one for each column of the relation.", len(cols))
	}
	outer := cols[0].(*col).alias
	s.q.external[outer] = q.joins[outer].table != outer
	for i := range cols {
		s.q.where.add(&equal{s.q.sel[i], cols[i]}, query.And)
	}
	clause.children = []node{&existing{s}}
	return nil
}

// equal compares a column of a subquery with one of the outer query.
type equal struct{ inner, outer node }

func (n *equal) sources() []node      { return []node{n.inner, n.outer} }
func (n *equal) with(src []node) node { return &equal{src[0], src[1]} }
func (n *equal) output() *Field       { return typed("BooleanField") }
func (n *equal) compile(c *compiler) (string, []arg, error) {
	l, args, err := c.compile(n.inner)
	if err != nil {
		return "", nil, err
	}
	r, more, err := c.compile(n.outer)
	return "(" + l + " = " + r + ")", append(args[:len(args):len(args)], more...), err
}

// existing tells whether a subquery has a row.
type existing struct{ sub node }

func (n *existing) sources() []node      { return []node{n.sub} }
func (n *existing) with(src []node) node { return &existing{src[0]} }
func (n *existing) output() *Field       { return typed("BooleanField") }
func (n *existing) compile(c *compiler) (string, []arg, error) {
	s, args, err := c.compile(n.sub)
	return "EXISTS " + s, args, err
}
