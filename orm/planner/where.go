package planner

import (
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// where is a tree of conditions: Django's WhereNode.
type where struct {
	conn     query.Connector
	negated  bool
	children []node
	resolved bool // is an expression: several conditions or not, it is parenthesised
}

// nothing is a condition that no row satisfies.
type nothing struct{}

func (nothing) sources() []node                          { return nil }
func (n nothing) with([]node) node                       { return n }
func (nothing) output() *Field                           { return typed("BooleanField") }
func (nothing) compile(*compiler) (string, []arg, error) { return "", nil, errEmpty }

func (w *where) sources() []node { return w.children }
func (w *where) with(src []node) node {
	return &where{conn: w.conn, negated: w.negated, children: src, resolved: w.resolved}
}
func (w *where) output() *Field { return typed("BooleanField") }

// add appends a condition and dissolves it where that changes nothing.
func (w *where) add(n node, conn query.Connector) {
	if w.conn != conn {
		inner := *w
		w.conn, w.children, w.negated = conn, []node{&inner, n}, false
		return
	}
	if o, ok := n.(*where); ok && !o.negated && (o.conn == conn || len(o.children) == 1) {
		w.children = append(w.children, o.children...)
		return
	}
	w.children = append(w.children, n)
}

func (w *where) clone() *where {
	c := *w
	c.children = make([]node, len(w.children))
	for i, n := range w.children {
		if o, ok := n.(*where); ok {
			n = o.clone()
		}
		c.children[i] = n
	}
	return &c
}

// resolvedAgain is w in a subquery: Django resolves both sides of its
// comparisons once more.
func (w *where) resolvedAgain() *where {
	c := *w
	c.children = make([]node, len(w.children))
	for i, n := range w.children {
		switch n := n.(type) {
		case *where:
			c.children[i] = n.resolvedAgain()
		case *lookup:
			l := *n
			l.lhs = reresolve(l.lhs)
			if l.rhs != nil && !l.direct {
				l.rhs = reresolve(l.rhs)
			}
			c.children[i] = &l
		default:
			c.children[i] = n
		}
	}
	return &c
}

func (w *where) relabel(change map[string]string) {
	for i, n := range w.children {
		if o, ok := n.(*where); ok {
			o.relabel(change)
			continue
		}
		w.children[i] = relabel(n, change)
	}
}

var connectors = [...]string{query.And: " AND ", query.Or: " OR ", query.Xor: " XOR "}

func (w *where) compile(c *compiler) (string, []arg, error) {
	if w.conn == query.Xor && !c.d.LogicalXor {
		return w.expandXor().compile(c)
	}
	full, empty := len(w.children), 1
	if w.conn != query.And {
		full, empty = 1, len(w.children)
	}
	var parts []string
	var args []arg
	for _, n := range w.children {
		s, a, err := c.compile(n)
		switch {
		case err == errEmpty:
			empty--
		case err == errFull:
			full--
		case err != nil:
			return "", nil, err
		default:
			parts = append(parts, s)
			args = append(args, a...)
		}
		if empty == 0 {
			return "", nil, outcome(!w.negated)
		}
		if full == 0 {
			return "", nil, outcome(w.negated)
		}
	}
	if len(parts) == 0 {
		return "", nil, errFull
	}
	s := strings.Join(parts, connectors[w.conn])
	switch {
	case w.negated:
		s = "NOT (" + s + ")"
	case len(parts) > 1 || w.resolved:
		s = "(" + s + ")"
	}
	return s, args, nil
}

func outcome(empty bool) error {
	if empty {
		return errEmpty
	}
	return errFull
}

// expandXor says "exactly one" - rather: an odd number, as far as Django 4.2
// goes one - for databases that lack XOR: (a OR b) AND 1 = (a + b).
func (w *where) expandXor() *where {
	var sum node
	for _, n := range w.children {
		one := node(&caseNode{whens: []*when{{cond: n, then: constant(abi.Int(1))}}, def: constant(abi.Int(0))})
		if sum != nil {
			one = &combined{op: "+", l: sum, r: one, out: typed("IntegerField")}
		}
		sum = one
	}
	either := &where{conn: query.Or, children: w.children}
	if sum == nil {
		return &where{negated: w.negated}
	}
	exact := &lookup{name: "exact", lhs: constant(abi.Int(1)), rhs: sum}
	return &where{negated: w.negated, children: []node{either, exact}}
}
