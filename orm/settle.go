package orm

import (
	"slices"
	"sync/atomic"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// noted tells that a condition with a record stands in an expression somewhere
// in the process: most apps have none, and no tree is walked for them.
var noted atomic.Bool

// noted is c for an expression, which is made without knowing the model that
// its paths begin at: what it claims goes along until there is one (settle).
func (c Cond) noted() *query.Cond {
	if len(c.claims) == 0 || c.c == nil {
		return c.c
	}
	noted.Store(true)
	n := *c.c
	n.Note = c.claims
	return &n
}

// settler has the claims of conditions in expressions checked, and their
// records stand for what relations point to (rekey).
type settler struct {
	m   *modelInfo
	err error
}

func (m *modelInfo) settleSteps(steps []query.Step) error {
	s := settler{m: m}
	for i := range steps {
		st := &steps[i]
		st.Cond = s.cond(st.Cond)
		st.Exprs = s.list(st.Exprs)
		st.Named = s.named(st.Named)
	}
	return s.err
}

// settleSet does so for what an update sets.
func (m *modelInfo) settleSet(set []query.Assign) ([]query.Assign, error) {
	if !noted.Load() {
		return set, nil
	}
	s := settler{m: m}
	out := slices.Clone(set)
	for i := range out {
		out[i].Expr = s.expr(out[i].Expr)
	}
	return out, s.err
}

// settleNamed does so for aggregates.
func (m *modelInfo) settleNamed(list []query.Named) ([]query.Named, error) {
	if !noted.Load() {
		return list, nil
	}
	s := settler{m: m}
	return s.named(list), s.err
}

// Trees are shared, so each of these returns another one where it changes something.

func (s *settler) named(list []query.Named) []query.Named {
	out := list
	for i, n := range list {
		if x := s.expr(n.Expr); x != n.Expr {
			if &out[0] == &list[0] {
				out = slices.Clone(list)
			}
			out[i].Expr = x
		}
	}
	return out
}

func (s *settler) list(list []query.Expr) []query.Expr {
	out := list
	for i, x := range list {
		if y := s.expr(x); y != x {
			if &out[0] == &list[0] {
				out = slices.Clone(list)
			}
			out[i] = y
		}
	}
	return out
}

func (s *settler) cond(c *query.Cond) *query.Cond {
	if c == nil || s.err != nil {
		return c
	}
	if claims, ok := c.Note.([]claim); ok {
		n := *c
		n.Note = nil
		for _, k := range claims {
			if s.err == nil {
				s.err = s.m.check(k)
			}
		}
		if s.err != nil {
			return c
		}
		r := s.m.rekey(Cond{c: &n, claims: claims})
		c, s.err = r.c, r.err
	}
	children := s.list(c.Children)
	if len(children) > 0 && &children[0] != &c.Children[0] {
		n := *c
		n.Children = children
		c = &n
	}
	return c
}

// expr settles what stands in x. A subquery has been settled when it was made,
// for its own model.
func (s *settler) expr(x query.Expr) query.Expr {
	switch x := x.(type) {
	case nil, *query.Param, *query.Cell, *query.Ref, *query.Sub:
		return x
	case *query.Cond:
		return s.cond(x)
	case *query.Lookup:
		n := *x
		if n.Value, n.Left = s.expr(x.Value), s.expr(x.Left); n.Value != x.Value || n.Left != x.Left {
			return &n
		}
	case *query.Combined:
		n := *x
		if n.L, n.R = s.expr(x.L), s.expr(x.R); n.L != x.L || n.R != x.R {
			return &n
		}
	case *query.Ordered:
		if y := s.expr(x.Expr); y != x.Expr {
			n := *x
			n.Expr = y
			return &n
		}
	case *query.Filtered:
		if c := s.cond(x.Cond); c != x.Cond {
			return &query.Filtered{Relation: x.Relation, Cond: c}
		}
	case *query.Func:
		n := *x
		n.Args, n.Filter, n.Default = s.list(x.Args), s.cond(x.Filter), s.expr(x.Default)
		return &n
	case *query.Window:
		n := *x
		n.Expr, n.Partition, n.Order = s.expr(x.Expr), s.list(x.Partition), s.list(x.Order)
		return &n
	case *query.Case:
		n := *x
		n.Whens, n.Default = slices.Clone(x.Whens), s.expr(x.Default)
		for i := range n.Whens {
			n.Whens[i] = query.When{Cond: s.cond(n.Whens[i].Cond), Then: s.expr(n.Whens[i].Then)}
		}
		return &n
	}
	return x
}
