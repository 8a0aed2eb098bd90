package corpus

import (
	"encoding/json"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// Bounds reads [start, stop]; -1 is an open end.
func Bounds(sl []any) (low, high int64, err error) {
	high = -1
	for i, p := range []*int64{&low, &high} {
		if i < len(sl) && sl[i] != nil {
			n, ok := sl[i].(json.Number)
			if !ok {
				return 0, 0, unsupported("slice")
			}
			if *p, err = n.Int64(); err != nil {
				return 0, 0, err
			}
		}
	}
	return low, high, nil
}

// kinds are the operations that are one statement.
var kinds = map[string]bool{"fetch": true, "iterator": true, "count": true, "exists": true, "delete": true, "aggregate": true, "update": true, "get": true, "getitem": true}

// Operation makes the query of a recorded operation that is one statement.
func Operation(op *Object) (*query.Query, error) {
	t := op.Obj("target")
	if t == nil {
		return nil, unsupported("no target")
	}
	switch op.Str("op") {
	case "fetch", "iterator":
		return Target(t, query.VerbSelect)
	case "count":
		return Target(t, query.VerbCount)
	case "exists":
		return Target(t, query.VerbExists)
	case "delete":
		// One statement, when no other object hangs on those deleted.
		if first, _ := firstSQL(op); !strings.HasPrefix(first, "DELETE ") {
			return nil, unsupported("delete of several statements")
		}
		q, err := Target(t, query.VerbDelete)
		if q != nil {
			q.Steps = append(q.Steps, query.Step{Kind: query.StepOrderBy})
		}
		return q, err
	case "aggregate":
		q, err := Target(t, query.VerbAggregate)
		if err != nil {
			return nil, err
		}
		q.Aggregates, err = Aggregates(op.List("args"), op.Obj("kwargs"))
		return q, err
	case "update":
		if first, _ := firstSQL(op); first != "" && !strings.HasPrefix(first, "UPDATE ") {
			return nil, unsupported("update of several statements")
		}
		q, err := Target(t, query.VerbUpdate)
		if err != nil {
			return nil, err
		}
		kw := op.Obj("kwargs")
		if kw == nil {
			return nil, unsupported("update of nothing")
		}
		for _, k := range kw.Keys {
			e, err := Expr(kw.Get(k), false)
			if err != nil {
				return nil, err
			}
			q.Set = append(q.Set, query.Assign{Field: k, Expr: e})
		}
		return q, nil
	case "get":
		return get(op, t)
	case "getitem":
		return item(op, t)
	}
	return nil, unsupported("operation %s", op.Str("op"))
}

// maxGet is how many rows Django's get() asks for, to say how many there are.
const maxGet = 21

// get is filter(...), unordered, of the first rows.
func get(op, t *Object) (*query.Query, error) {
	q, err := Target(t, query.VerbSelect)
	if err != nil {
		return nil, err
	}
	sliced, first := false, false
	for _, s := range q.Steps {
		sliced = sliced || s.Kind == query.StepSlice
		first = first || s.Kind == query.StepDistinct && len(s.Names) > 0
	}
	c, err := Conditions(op.List("args"), op.Obj("kwargs"))
	if err != nil {
		return nil, err
	}
	if len(c.Children) > 0 {
		q.Steps = append(q.Steps, query.Step{Kind: query.StepFilter, Cond: c})
	}
	if !sliced && !first { // the order says which row is the first of equal ones
		q.Steps = append(q.Steps, query.Step{Kind: query.StepOrderBy})
	}
	q.Steps = append(q.Steps, query.Step{Kind: query.StepSlice, High: maxGet})
	return q, nil
}

// item is queryset[k] or queryset[a:b:c].
func item(op, t *Object) (*query.Query, error) {
	q, err := Target(t, query.VerbSelect)
	if err != nil {
		return nil, err
	}
	args := op.List("args")
	if len(args) != 1 {
		return nil, unsupported("getitem of %d arguments", len(args))
	}
	s := query.Step{Kind: query.StepSlice}
	if n, ok := args[0].(json.Number); ok {
		if s.Low, err = n.Int64(); err != nil {
			return nil, err
		}
		s.High = s.Low + 1
	} else {
		o, _ := args[0].(*Object)
		if o.List("$slice") == nil {
			return nil, unsupported("getitem")
		}
		if s.Low, s.High, err = Bounds(o.List("$slice")); err != nil {
			return nil, err
		}
	}
	q.Steps = append(q.Steps, s)
	return q, nil
}
