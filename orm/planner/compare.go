package planner

import (
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// resolveCompare makes the lookup of an expression: Django's
// GreaterThan(F("a"), F("b")).
func (q *Query) resolveCompare(l *query.Lookup, o options) (node, error) {
	if l.Value == nil {
		return nil, badMessage("the lookup %q has no value", l.Path)
	}
	lhs, err := q.resolve(l.Left, o)
	if err != nil {
		return nil, err
	}
	rhs, err := q.resolveValue(l.Value, o)
	if err != nil {
		return nil, err
	}
	names := []string{"exact"}
	if l.Path != "" {
		names = strings.Split(l.Path, lookupSep)
	}
	if len(names) > maxJoins {
		return nil, tooComplex()
	}
	rhs.general = len(names) == 1
	switch names[len(names)-1] {
	case "exact", "gt", "gte", "lt", "lte":
		if rhs.param != nil && rhs.param.Value.Kind != abi.KindList && rhs.general && !hasType(l.Left) {
			if rhs.node, err = q.resolveParam(rhs.param, o); err != nil {
				return nil, err
			}
			rhs.param = nil
		}
	}
	n, err := q.buildLookup(names, lhs, rhs)
	if err != nil {
		return nil, inLookup(err, l.Path)
	}
	return n, nil
}

// ownTypes are the functions whose type doesn't follow from their arguments.
var ownTypes = map[string]bool{
	"Now": true, "Random": true, "TruncDate": true, "TruncTime": true, "Extract": true, "Count": true, "KeyTextTransform": true, "Left": true, "Right": true,
	"RandomUUID": true, "TransactionNow": true, "HStoreKeyTransform": true,
}

// hasType tells whether an expression has a type before its fields are looked
// up: only then does it say how a plain value beside it is bound.
func hasType(e query.Expr) bool {
	switch e := e.(type) {
	case *query.Param, *query.Cond, *query.Lookup, *query.Sub:
		return true
	case *query.Func:
		spec, ok := functions[e.Name]
		if !ok {
			spec = windowFunctions[e.Name]
		}
		if similarities[e.Name] != "" || searchFunctions[e.Name] || option(e, "output_field") != "" || ownTypes[e.Name] || extractParts[e.Name] != "" || spec.out == isInteger || spec.out == isText || spec.out == isFloat {
			return true
		}
		for _, a := range e.Args {
			if !hasType(a) {
				return false
			}
		}
		return true
	case *query.Window:
		return hasType(e.Expr)
	case *query.Combined:
		return hasType(e.L) && hasType(e.R)
	case *query.Case:
		for _, w := range e.Whens {
			if !hasType(w.Then) {
				return false
			}
		}
		return len(e.Whens) > 0
	}
	return false
}
