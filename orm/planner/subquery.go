package planner

import "maps"

// subquery is a query as an expression. plain is a queryset that stands as the
// value of a lookup, which selects its key when nothing else was asked for.
type subquery struct {
	q       *Query
	exists  bool
	negated bool
	plain   bool
}

func (n *subquery) sources() []node  { return nil }
func (n *subquery) with([]node) node { return n }

func (n *subquery) withQuery(q *Query) *subquery {
	c := *n
	c.q = q
	return &c
}

func (n *subquery) output() *Field {
	if n.exists {
		return typed("BooleanField")
	}
	q := n.q
	if len(q.sel) == 1 {
		return q.sel[0].output()
	}
	if notes := q.selectedNotes(); len(q.sel) == 0 && !q.defaultCols && len(notes) == 1 {
		return q.annotations[notes[0]].output()
	}
	return nil
}

func (n *subquery) compile(c *compiler) (string, []arg, error) {
	s, args, err := c.sub(n.q).selectSQL(false)
	if n.exists && err == errEmpty {
		if n.negated {
			// NOT EXISTS of nothing is true.
			return c.compile(constantTrue)
		}
		return "", nil, err
	}
	if err != nil {
		return "", nil, err
	}
	s = "(" + s + ")"
	if n.exists {
		s = "EXISTS" + s
		if n.negated {
			s = "NOT " + s
		}
	}
	return s, args, nil
}

// selectKey makes a plain queryset select what the left side compares with.
func (n *subquery) selectKey(lhs *Field) error {
	if n.q.selected {
		return nil
	}
	key := "pk"
	if lhs != nil && lhs.relation() && lhs.target != nil && !lhs.target.PK {
		key = lhs.target.Name
	}
	n.q.clearSelect()
	if key != "pk" {
		return n.q.setValues([]string{key})
	}
	return n.q.addFields([]string{"pk"}, true)
}

// intoSubquery prepares q to stand in outer: its tables get other names, its
// outer references are resolved.
func (q *Query) intoSubquery(outer *Query, o options) (*Query, error) {
	if err := q.env.spend(1 + len(q.aliases) + len(q.notes)); err != nil {
		return nil, err
	}
	c := q.clone()
	if err := c.bumpPrefix(outer, ""); err != nil {
		return nil, err
	}
	c.subquery = true
	w, err := outer.resolveNode(c.where, o)
	if err != nil {
		return nil, err
	}
	c.where = w.(*where).resolvedAgain()
	for i, s := range c.combined {
		if c.combined[i], err = s.intoSubquery(outer, o); err != nil {
			return nil, err
		}
	}
	for _, name := range c.notes {
		n, err := outer.resolveNode(c.annotations[name], o)
		if err != nil {
			return nil, err
		}
		if s, ok := n.(*subquery); ok {
			sq := s.q.clone()
			maps.Copy(sq.external, c.external)
			n = s.withQuery(sq)
		}
		c.annotations[name] = reresolve(n)
	}
	for _, a := range outer.aliases {
		c.external[a] = outer.joins[a].table != a
	}
	return c, nil
}

// resolveNode resolves the outer references in n against q.
func (q *Query) resolveNode(n node, o options) (node, error) {
	var failed error
	n = rewrite(n, func(n node) node {
		if failed != nil {
			return n
		}
		switch n := n.(type) {
		case *outerRef:
			if n.depth > 0 {
				return &outerRef{n.name, n.depth - 1}
			}
			r, err := q.resolveRef(n.name, o)
			if err == nil && hasWindow(r) {
				err = notSupported("Referencing outer query window expression is not supported: %s.", n.name)
			}
			if err != nil {
				failed = err
				return n
			}
			if c, ok := r.(*col); ok {
				c2 := *c
				c2.multi = containsSep(n.name)
				return &c2
			}
			return r
		case *subquery:
			inner, err := n.q.intoSubquery(q, o)
			if err != nil {
				failed = err
				return n
			}
			return n.withQuery(inner)
		case *pendingExtract:
			src, err := q.resolveNode(n.src, o)
			if err == nil {
				var done node
				if done, err = q.extractFunction(n.f, []node{src}, n.part); err == nil {
					return done
				}
			}
			failed = err
			return n
		}
		return nil
	})
	return n, failed
}

// reresolve marks the conditions in n as expressions: Django resolves
// expressions again in some places, which shows in its parentheses.
func reresolve(n node) node {
	switch n.(type) {
	case *col, *value, *ref:
		return n
	}
	return rewrite(n, func(n node) node {
		if w, ok := n.(*where); ok {
			c := w.resolvedAgain()
			c.resolved = true
			return c
		}
		return nil
	})
}
