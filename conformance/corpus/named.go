package corpus

import (
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/query"
)

var aggregates = map[string]bool{"Count": true, "Sum": true, "Avg": true, "Min": true, "Max": true, "StdDev": true, "Variance": true}

// aggregateCall refuses what the constructors of aggregates refuse.
func aggregateCall(f *query.Func) error {
	star := len(f.Args) == 0
	if !star {
		r, ok := f.Args[0].(*query.Ref)
		star = ok && r.Name == "*"
	}
	switch {
	case f.Distinct && (f.Name == "Min" || f.Name == "Max" || f.Name == "StdDev" || f.Name == "Variance"):
		return typeError("%s does not allow distinct.", f.Name)
	case f.Default != nil && f.Name == "Count":
		return typeError("Count does not allow default.")
	case f.Filter != nil && f.Name == "Count" && star:
		return argumentError("Star cannot be used with filter. Please specify a field.")
	}
	return nil
}

// Annotations makes the named expressions of annotate(*args, **kwargs).
func Annotations(args []any, kw *Object) ([]query.Named, error) {
	return named("annotate", args, kw)
}

// Aggregates makes those of aggregate(*args, **kwargs), where keywords come first.
func Aggregates(args []any, kw *Object) ([]query.Named, error) {
	all, err := named("aggregate", args, kw)
	if err != nil {
		return nil, err
	}
	n := len(args)
	return append(all[n:len(all):len(all)], all[:n]...), nil
}

func named(method string, args []any, kw *Object) (out []query.Named, err error) {
	for _, a := range args {
		if !isAnnotation(a) {
			return nil, typeError("QuerySet.%s() received non-expression(s): %s.", method, Text(a))
		}
	}
	for _, k := range kw.keys() {
		if !isAnnotation(kw.Get(k)) {
			return nil, typeError("QuerySet.%s() received non-expression(s): %s.", method, Text(kw.Get(k)))
		}
	}
	for _, a := range args {
		e, err := Expr(a, true)
		if err != nil {
			return nil, err
		}
		name, ok := defaultAlias(e)
		switch f, _ := e.(*query.Func); {
		case !ok && method == "annotate" && (f == nil || !aggregates[f.Name]):
			return nil, &CallError{Class: "AttributeError", Reason: "this expression has no default alias: name it"}
		case !ok:
			return nil, typeError("Complex expressions require an alias")
		case method == "annotate" && kw.Get(name) != nil:
			return nil, argumentError("The named annotation '%s' conflicts with the default name for another annotation.", name)
		}
		out = append(out, query.Named{Name: name, Expr: e})
	}
	for _, k := range kw.keys() {
		e, err := annotation(kw.Get(k))
		if err != nil {
			return nil, err
		}
		out = append(out, query.Named{Name: k, Expr: e})
	}
	return out, nil
}

// isAnnotation tells whether v can be computed along with records.
func isAnnotation(v any) bool {
	o, _ := v.(*Object)
	return isNode(v) || o.Obj("$filtered_relation") != nil
}

// annotation is an expression or a FilteredRelation.
func annotation(v any) (query.Expr, error) {
	o, _ := v.(*Object)
	f := o.Obj("$filtered_relation")
	if f == nil {
		return Expr(v, true)
	}
	out := &query.Filtered{Relation: f.Str("relation_name")}
	q, _ := f.Get("condition").(*Object)
	if q.Obj("$q") == nil {
		return out, nil
	}
	c, err := Cond(q.Obj("$q"))
	out.Cond = c
	return out, err
}

// defaultAlias is the name of an aggregate of one field.
func defaultAlias(e query.Expr) (string, bool) {
	f, ok := e.(*query.Func)
	if !ok || !aggregates[f.Name] || len(f.Args) != 1 || f.Filter != nil {
		return "", false
	}
	r, ok := f.Args[0].(*query.Ref)
	if !ok || r.Name == "*" {
		return "", false
	}
	return r.Name + "__" + strings.ToLower(f.Name), true
}

// valueNames sets the names of values_list(): an expression is called by its
// class, or as an aggregate would be, and a number.
func valueNames(args []any, s *query.Step) error {
	given := map[string]bool{}
	for _, a := range args {
		if n, ok := a.(string); ok {
			given[n] = true
		}
	}
	n := 1
	for _, a := range args {
		name, ok := a.(string)
		if !ok {
			if !isNode(a) {
				return typeError("values_list() takes names and expressions, not %s", Text(a))
			}
			e, err := Expr(a, true)
			if err != nil {
				return err
			}
			prefix, ok := defaultAlias(e)
			if !ok {
				prefix = className(a.(*Object))
			}
			for {
				name = prefix + strconv.Itoa(n)
				if n++; !given[name] {
					break
				}
			}
			s.Named = append(s.Named, query.Named{Name: name, Expr: e})
		}
		s.Names = append(s.Names, name)
	}
	return nil
}

// className is the name of an expression's class in small letters.
func className(o *Object) string {
	switch {
	case o.Get("$qs") != nil:
		return "queryset"
	case o.Get("$query") != nil:
		return "query"
	case o.Get("$q") != nil:
		return "q"
	}
	return strings.ToLower(o.Str("$expr"))
}
