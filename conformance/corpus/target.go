package corpus

import (
	"slices"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// Resolved is the key of a target whose query has been made already: one that
// begins at a record is known to those only who have the record.
const Resolved = "query"

// Target makes the query of a recorded queryset.
func Target(t *Object, verb query.Verb) (*query.Query, error) {
	if q, ok := t.Get(Resolved).(*query.Query); ok {
		c := *q
		c.Verb = verb
		return &c, nil
	}
	if t.Str("model") == "" || t.Get("raw") != nil {
		return nil, unsupported("target %v", t.Keys)
	}
	q := &query.Query{Model: t.Str("model"), Verb: verb, Using: t.Str("using")}
	for _, x := range t.List("chain") {
		s := x.(*Object)
		if alias, ok := Alias(s); ok {
			q.Using = alias
		}
		steps, err := Step(s)
		if err != nil {
			return nil, err
		}
		q.Steps = append(q.Steps, steps...)
	}
	return q, nil
}

// Alias is the database that a step of a chain names, if it does.
func Alias(step *Object) (string, bool) {
	if args := step.List("args"); step.Str("method") == "using" && len(args) == 1 {
		alias, ok := args[0].(string)
		return alias, ok
	}
	alias := step.Obj("kwargs").Str("alias")
	return alias, step.Str("method") == "using" && alias != ""
}

func strs(args []any) ([]string, bool) {
	var out []string
	for _, a := range args {
		s, ok := a.(string)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

// Conditions makes the Q of filter(*args, **kwargs); Django sorts keywords.
func Conditions(args []any, kw *Object) (*query.Cond, error) {
	c := &query.Cond{}
	for _, a := range args {
		e, err := Expr(a, false)
		if err != nil {
			return nil, err
		}
		c.Children = append(c.Children, e)
	}
	if kw != nil {
		keys := slices.Clone(kw.Keys)
		slices.Sort(keys)
		for _, k := range keys {
			v, err := operand(kw.Get(k))
			if err != nil {
				return nil, err
			}
			c.Children = append(c.Children, lookup(k, v))
		}
	}
	return c, nil
}

var connectors = map[string]uint32{"and": uint32(query.And), "or": uint32(query.Or), "xor": uint32(query.Xor)}

var combinators = map[string]uint32{"union": query.CombineUnion, "intersection": query.CombineIntersection, "difference": query.CombineDifference}

// Step makes the steps of one recorded call of a chain. Prefetches are none.
func Step(s *Object) ([]query.Step, error) {
	if sl := s.List("slice"); sl != nil {
		low, high, err := Bounds(sl)
		return []query.Step{{Kind: query.StepSlice, Low: low, High: high}}, err
	}
	method, args, kw := s.Str("method"), s.List("args"), s.Obj("kwargs")
	switch method {
	case "slice":
		low, high, err := Bounds(args)
		return []query.Step{{Kind: query.StepSlice, Low: low, High: high}}, err
	case "extra":
		return extra(args, kw)
	case "and", "or", "xor":
		o, _ := args[0].(*Object)
		if o.Obj("$qs") == nil {
			return nil, unsupported("%s", method)
		}
		q, err := Target(o.Obj("$qs"), query.VerbSelect)
		return []query.Step{{Kind: query.StepCombine, Others: []*query.Query{q}, Flags: connectors[method]}}, err
	case "dates", "datetimes":
		return dates(method, args, kw)
	case "complex_filter":
		if m, ok := args[0].(*Object); ok && m.Obj("$map") != nil {
			args, kw = nil, m.Obj("$map")
		}
		method = "filter"
	}
	var out query.Step
	var err error
	switch method {
	case "filter", "exclude":
		out.Kind = query.StepFilter
		if method == "exclude" {
			out.Kind = query.StepExclude
		}
		out.Cond, err = Conditions(args, kw)
	case "annotate", "alias":
		out.Kind = query.StepAnnotate
		if method == "alias" {
			out.Kind = query.StepAlias
		}
		out.Named, err = Annotations(args, kw)
	case "order_by":
		out.Kind = query.StepOrderBy
		if names, ok := strs(args); ok {
			out.Names = names
			break
		}
		for _, a := range args {
			if n, ok := a.(string); ok {
				out.Exprs = append(out.Exprs, &query.Ref{Name: n})
				continue
			}
			e, err := Expr(a, true)
			if err != nil {
				return nil, err
			}
			if _, ok := e.(*query.Ref); ok {
				e = &query.Ordered{Expr: e}
			}
			out.Exprs = append(out.Exprs, e)
		}
	case "reverse":
		out.Kind = query.StepReverse
	case "distinct":
		out.Kind = query.StepDistinct
		out.Names, _ = strs(args)
	case "values", "values_list":
		out.Kind = query.StepValues
		if method == "values_list" {
			out.Kind = query.StepValuesList
			if kw.Bool("flat") {
				out.Flags = query.FlagFlat
			}
			kw = nil
		}
		if out.Named, err = Annotations(nil, kw); err == nil {
			err = valueNames(args, &out)
		}
	case "select_related", "only", "defer":
		out.Kind = map[string]query.StepKind{"select_related": query.StepSelectRelated, "only": query.StepOnly, "defer": query.StepDefer}[method]
		if len(args) == 1 && args[0] == nil {
			if method == "only" {
				return nil, typeError("Cannot pass None as an argument to only().")
			}
			out.Flags = query.FlagClear
			break
		}
		out.Names, _ = strs(args)
	case "none":
		out.Kind = query.StepNone
	case "select_for_update":
		out.Kind = query.StepForUpdate
		for key, flag := range map[string]uint32{"nowait": query.LockNoWait, "skip_locked": query.LockSkipLocked, "no_key": query.LockNoKey} {
			if kw.Bool(key) {
				out.Flags |= flag
			}
		}
		of := kw.List("of")
		if t := kw.Obj("of"); t != nil {
			of = t.List("$tuple")
		}
		out.Names, _ = strs(of)
	case "all", "prefetch_related", "using":
		return nil, nil
	case "union", "intersection", "difference":
		out.Kind, out.Flags = query.StepUnion, combinators[method]
		if kw.Bool("all") {
			out.Flags = query.CombineUnionAll
		}
		for _, a := range args {
			t, ok := a.(*Object)
			if !ok || t.Obj("$qs") == nil {
				return nil, unsupported("%s", method)
			}
			o, err := Target(t.Obj("$qs"), query.VerbSelect)
			if err != nil {
				return nil, err
			}
			out.Others = append(out.Others, o)
		}
	default:
		return nil, unsupported("step %s", method)
	}
	return []query.Step{out}, err
}
