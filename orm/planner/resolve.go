package planner

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

func containsSep(name string) bool { return strings.Contains(name, lookupSep) }

// resolveValue resolves the right side of a lookup.
func (q *Query) resolveValue(e query.Expr, o options) (operand, error) {
	switch e := e.(type) {
	case *query.Param:
		return operand{param: e}, nil
	case *query.Sub:
		n, err := q.resolve(e, o)
		if s, ok := n.(*subquery); ok && !s.exists {
			s.plain = true
			if len(s.q.fieldNames) > 1 {
				return operand{}, misuse(q.model.label, "", "Cannot use multi-field values as a filter value.")
			}
		}
		return operand{node: n}, err
	case *query.Func:
		if e.Name == "List" {
			items := make([]operand, len(e.Args))
			for i, a := range e.Args {
				var err error
				if items[i], err = q.resolveValue(a, o); err != nil {
					return operand{}, err
				}
			}
			return operand{items: items}, nil
		}
	}
	n, err := q.resolve(e, o)
	return operand{node: n}, err
}

// resolve makes a node of an unresolved expression.
func (q *Query) resolve(e query.Expr, o options) (node, error) {
	if err := q.env.spend(1); err != nil {
		return nil, err
	}
	switch e := e.(type) {
	case *query.Ref:
		if e.Outer {
			name := strings.TrimLeft(e.Name, "^")
			return &outerRef{name: name, depth: len(e.Name) - len(name)}, nil
		}
		if e.Name == "*" {
			return nil, misuse(q.model.label, "*", "'*' can only be counted: Count('*').")
		}
		return q.resolveRef(e.Name, o)
	case *query.Param:
		return q.resolveParam(e, o)
	case *query.Func:
		return q.resolveFunc(e, o)
	case *query.Combined:
		return q.resolveCombined(e, o)
	case *query.Cond:
		return q.resolveCond(e, o)
	case *query.Lookup:
		if e.Left != nil {
			return q.resolveCompare(e, o)
		}
		return q.resolveCond(&query.Cond{Children: []query.Expr{e}}, o)
	case *query.Case:
		return q.resolveCase(e, o)
	case *query.Window:
		return q.resolveWindow(e, o)
	case *query.Sub:
		return q.resolveSub(e, o, false)
	case *query.Ordered:
		n, err := q.resolve(e.Expr, o)
		if err != nil {
			return nil, err
		}
		return &orderBy{expr: n, desc: e.Desc, nullsFirst: e.NullsFirst, nullsLast: e.NullsLast}, nil
	}
	return nil, badMessage("an expression is missing")
}

func (q *Query) resolveParam(p *query.Param, o options) (node, error) {
	if p.Value.Kind == abi.KindList && !q.env.d.NativeTypes {
		return nil, misuse(q.model.label, "", "A list cannot be used as an expression.")
	}
	out := typeOfKind(p.Value.Kind)
	n := paramNode(p, convField, out)
	n.direct = false
	switch p.Value.Kind {
	case abi.KindBytes, abi.KindJSON, abi.KindList, abi.KindArray, abi.KindRange:
		n.arg.conv = convRaw
	}
	return n, nil
}

// resolveCond makes a condition an expression. Its joins become outer ones,
// so that it doesn't filter rows.
func (q *Query) resolveCond(c *query.Cond, o options) (node, error) {
	w, joins, err := q.addQ(c, filterState{reuse: o.reuse, allowJoins: o.allowJoins, summarize: o.summarize})
	if err != nil {
		return nil, err
	}
	q.promote(joins)
	return w, nil
}

func (q *Query) resolveCase(e *query.Case, o options) (node, error) {
	c := &caseNode{def: constant(abi.Null)}
	for _, w := range e.Whens {
		if w.Cond == nil || len(w.Cond.Children) == 0 || w.Then == nil {
			return nil, misuse(q.model.label, "", "An empty Q() can't be used as a When() condition.")
		}
		cond, err := q.whenCondition(w.Cond, o)
		if err != nil {
			return nil, err
		}
		then, err := q.resolve(w.Then, o)
		if err != nil {
			return nil, err
		}
		c.whens = append(c.whens, &when{cond: cond, then: then})
	}
	if e.Default != nil {
		def, err := q.resolve(e.Default, o)
		if err != nil {
			return nil, err
		}
		c.def = def
	}
	_, c.err = q.commonType("Case", append(slices.Clip(c.results()), c.def))
	return c, nil
}

// whenCondition keeps a single boolean expression as it is, as Django does
// when it stands alone.
func (q *Query) whenCondition(c *query.Cond, o options) (node, error) {
	if len(c.Children) == 1 && !c.Negated {
		x := c.Children[0]
		if l, ok := x.(*query.Lookup); ok && l.Left != nil {
			return q.resolve(x, o)
		}
		switch x.(type) {
		case *query.Lookup, *query.Cond:
		default:
			n, err := q.resolve(x, o)
			if err == nil && !conditional(n) {
				return nil, misuse(q.model.label, "", "When() supports a Q object, a boolean expression, or lookups as a condition.")
			}
			return n, err
		}
	}
	return q.resolveCond(c, o)
}

// resolveSub makes a subquery; whole is one that was written as such, and not a
// queryset that stands for its values.
func (q *Query) resolveSub(e *query.Sub, o options, whole bool) (node, error) {
	if e.Query == nil {
		return nil, badMessage("a subquery is missing")
	}
	if e.Query.Verb != query.VerbSelect {
		return nil, misuse(q.model.label, "", "A subquery must be a select.")
	}
	sub, err := q.env.build(e.Query)
	if err != nil {
		return nil, err
	}
	if !e.Exists && !whole && len(sub.fieldNames) > 1 {
		return nil, misuse(q.model.label, "", "Cannot use multi-field values as a filter value.")
	}
	if e.Exists {
		if err := sub.exists(true); err != nil {
			return nil, err
		}
	}
	sub.subquery = true
	return q.resolveNode(&subquery{q: sub, exists: e.Exists, negated: e.Negated}, o)
}

// option returns one of a function's options.
func option(f *query.Func, name string) string {
	for _, o := range f.Options {
		if o.Name == name {
			return o.Value
		}
	}
	return ""
}

// outputOption is the output_field that the caller asks for.
func (q *Query) outputOption(f *query.Func) (*Field, error) {
	name := option(f, "output_field")
	if name == "" {
		return nil, nil
	}
	base := typeNamed(name)
	if base == nil {
		return nil, misuse(q.model.label, f.Name, "%s: unknown output_field %q.", f.Name, name)
	}
	if base.class == clsArray { // the options are those of the elements
		inner := *f
		inner.Options = slices.Clone(f.Options)
		for i := range inner.Options {
			if o := &inner.Options[i]; o.Name == "output_field" {
				o.Value = base.base.typeName()
			}
		}
		of, err := q.outputOption(&inner)
		return arrayOf(of), err
	}
	out := *base
	for _, p := range []struct {
		name string
		to   *int
	}{{"max_length", &out.MaxLength}, {"max_digits", &out.Digits}, {"decimal_places", &out.Places}} {
		if s := option(f, p.name); s != "" {
			n, err := strconv.ParseUint(s, 10, 16)
			if err != nil {
				return nil, misuse(q.model.label, f.Name, "%s: %s must be a small number, not %q.", f.Name, p.name, s)
			}
			*p.to = int(n)
		}
	}
	if out.MaxLength+out.Digits+out.Places == 0 {
		return base, nil
	}
	return &out, nil
}
