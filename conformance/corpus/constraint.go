package corpus

import (
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

var constraintKinds = map[string]schema.ConstraintKind{
	"CheckConstraint": schema.Check, "UniqueConstraint": schema.Unique, "ExclusionConstraint": schema.Exclude,
}

var deferrals = map[string]schema.Deferral{"": schema.NotDeferrable, "immediate": schema.Immediate, "deferred": schema.Deferred}

// constraints reads Meta.constraints, without those that the test suite made
// itself. Indexes change no result and are left out.
func constraints(meta *Object) (out []schema.Constraint) {
	for _, x := range meta.List("constraints") {
		o, _ := x.(*Object)
		kw := o.Obj("kwargs")
		c := schema.Constraint{Kind: constraintKinds[o.Str("type")], Name: kw.Str("name"), Deferral: deferrals[kw.Str("deferrable")], Method: kw.Str("index_type")}
		if c.Kind == 0 {
			continue
		}
		ok := true
		names := func(key string) []string {
			list, _ := strs(kw.Obj(key).List("$tuple"))
			if list == nil {
				list, _ = strs(kw.List(key))
			}
			return list
		}
		c.Fields, c.Include, c.Classes = names("fields"), names("include"), names("opclasses")
		exprs := o.List("args")
		for _, pair := range kw.List("expressions") {
			p, _ := pair.(*Object)
			if list := p.List("$tuple"); len(list) == 2 {
				op, _ := list[1].(string)
				exprs, c.Operators = append(exprs, list[0]), append(c.Operators, op)
			}
		}
		for _, x := range exprs {
			e, err := Expr(x, true)
			ok = ok && err == nil
			c.Exprs = append(c.Exprs, message(query.Step{Kind: query.StepOrderBy, Exprs: []query.Expr{e}}))
		}
		for _, key := range []string{"check", "condition"} {
			if cond := kw.Get(key); cond != nil && ok {
				e, err := Expr(cond, false)
				q, isCond := e.(*query.Cond)
				if ok = err == nil; ok && !isCond {
					q = &query.Cond{Children: []query.Expr{e}}
				}
				c.Where = message(query.Step{Kind: query.StepFilter, Cond: q})
			}
		}
		if ok {
			out = append(out, c)
		}
	}
	return out
}

// message is a query whose only step is s.
func message(s query.Step) string {
	shape, params := query.Encode(&query.Query{Verb: query.VerbSelect, Steps: []query.Step{s}}, nil)
	return string(query.AppendStatement(nil, shape, params))
}
