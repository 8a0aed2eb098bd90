package planner

import (
	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// defaultOrder reads m's default order.
func (r *registry) defaultOrder(m *Model) error {
	exprs := m.OrderBy
	for _, name := range m.Ordering {
		if name != "" {
			m.order = append(m.order, ordering{name: name})
			continue
		}
		if len(exprs) == 0 {
			return badMessage("%s is ordered by more expressions than it names", m.label)
		}
		o, err := readOrder(exprs[0])
		if err != nil {
			return badMessage("%s is ordered by an expression that cannot be read: %s", m.label, err)
		}
		m.order, exprs = append(m.order, o), exprs[1:]
	}
	return nil
}

// readOrder reads an expression to order by. Its values are constants.
func readOrder(msg string) (o ordering, err error) {
	shape, params, err := query.ReadStatement(abi.NewReader(msg))
	if err != nil {
		return o, err
	}
	q, err := query.Decode(shape)
	if err != nil {
		return o, err
	}
	if len(q.Steps) != 1 || q.Steps[0].Kind != query.StepOrderBy || len(q.Steps[0].Exprs) != 1 {
		return o, badMessage("it has something else than one order")
	}
	known := true
	e := rewriteExpr(q.Steps[0].Exprs[0], func(e query.Expr) query.Expr {
		switch e := e.(type) {
		case *query.Param:
			if e.Index < 0 || e.Index >= len(params) {
				known = false
				return e
			}
			return &query.Param{Value: params[e.Index], Index: -1}
		case *query.Sub, *query.Window:
			known = false
		}
		return nil
	})
	if !known {
		return o, badMessage("it has a value too many, or a query of its own")
	}
	x, directed := e.(*query.Ordered)
	if !directed {
		x = &query.Ordered{Expr: e}
	}
	if x.Expr == nil || x.NullsFirst && x.NullsLast {
		return o, badMessage("it has no expression, or nulls at both ends")
	}
	return ordering{expr: x, bare: !directed}, nil
}

// relatedTerm is a term of a related model's default order; prefix leads to
// that model. One without a direction takes that of the relation.
func (c *compiler) relatedTerm(t ordering, prefix string, desc bool) (*orderBy, error) {
	var far func(e query.Expr) query.Expr
	far = func(e query.Expr) query.Expr {
		switch e := e.(type) {
		case *query.Ref:
			if !e.Outer && e.Name != "*" {
				return &query.Ref{Name: prefix + e.Name}
			}
		case *query.Lookup:
			if e.Left == nil {
				return &query.Lookup{Path: prefix + e.Path, Value: rewriteExpr(e.Value, far)}
			}
		}
		return nil
	}
	n, err := c.q.resolve(rewriteExpr(t.expr, far), options{allowJoins: true})
	if err != nil {
		return nil, err
	}
	o := n.(*orderBy)
	if t.bare {
		o.desc = desc
	}
	return o, nil
}

// rewriteExpr returns e with f applied from the top: where f returns nil, the
// parts are rewritten.
func rewriteExpr(e query.Expr, f func(query.Expr) query.Expr) query.Expr {
	if e == nil {
		return nil
	}
	if r := f(e); r != nil {
		return r
	}
	all := func(es []query.Expr) []query.Expr {
		out := make([]query.Expr, len(es))
		for i := range es {
			out[i] = rewriteExpr(es[i], f)
		}
		return out
	}
	cond := func(c *query.Cond) *query.Cond {
		if c == nil {
			return nil
		}
		return &query.Cond{Conn: c.Conn, Negated: c.Negated, Children: all(c.Children)}
	}
	switch e := e.(type) {
	case *query.Func:
		c := *e
		c.Args, c.Filter, c.Default = all(e.Args), cond(e.Filter), rewriteExpr(e.Default, f)
		return &c
	case *query.Combined:
		return &query.Combined{Op: e.Op, L: rewriteExpr(e.L, f), R: rewriteExpr(e.R, f)}
	case *query.Cond:
		return cond(e)
	case *query.Lookup:
		c := *e
		c.Left, c.Value = rewriteExpr(e.Left, f), rewriteExpr(e.Value, f)
		return &c
	case *query.Ordered:
		c := *e
		c.Expr = rewriteExpr(e.Expr, f)
		return &c
	case *query.Case:
		c := &query.Case{Default: rewriteExpr(e.Default, f)}
		for _, w := range e.Whens {
			c.Whens = append(c.Whens, query.When{Cond: cond(w.Cond), Then: rewriteExpr(w.Then, f)})
		}
		return c
	}
	return e
}
