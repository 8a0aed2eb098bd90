package planner

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// operand is the right side of a lookup before the left side types it.
type operand struct {
	param *query.Param // a plain value
	node  node         // or an expression
	items []operand    // or a list that holds expressions
	// general is the right side of a lookup that was written as an expression: it
	// is compared as it stands, without regard to what the left side would make of it.
	general bool
}

// lookup is a comparison. A direct right side is a plain value, which needs no
// parentheses; items are the elements of in and range.
type lookup struct {
	name     string
	lhs, rhs node
	direct   bool
	items    []node
	// Of a comparison by an operator of PostgreSQL's own: the operator, and the
	// types that the sides are cast to.
	op, leftCast, cast string
}

func newIsNull(lhs node, yes bool) *lookup {
	return &lookup{name: "isnull", lhs: lhs, rhs: constant(abi.Bool(yes)), direct: true}
}

// isTrue tells whether l compares with the plain value true.
func (l *lookup) isTrue() bool { b, ok := l.truth(); return ok && b }

func (l *lookup) truth() (val, ok bool) {
	v, isValue := l.rhs.(*value)
	if !l.direct || !isValue || v.shape.Kind != abi.KindBool {
		return false, false
	}
	return v.shape.Num != 0, true
}

func (l *lookup) output() *Field { return typed("BooleanField") }

func (l *lookup) sources() []node {
	src := []node{l.lhs}
	if l.rhs != nil && !l.direct {
		src = append(src, l.rhs)
	}
	return append(src, l.items...)
}

func (l *lookup) with(src []node) node {
	c := *l
	c.lhs, src = src[0], src[1:]
	if l.rhs != nil && !l.direct {
		c.rhs, src = src[0], src[1:]
	}
	if c.items != nil {
		c.items = src
	}
	return &c
}

var (
	baseLookups = []string{
		"exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "gt", "gte", "lt", "lte",
		"in", "range", "isnull", "regex", "iregex",
	}
	relatedLookups = []string{"exact", "in", "gt", "gte", "lt", "lte", "isnull"}
	dateParts      = []string{"year", "iso_year", "month", "day", "week", "week_day", "iso_week_day", "quarter"}
	timeParts      = []string{"hour", "minute", "second"}
)

// buildLookup makes the comparison that the names after the field ask for.
func (q *Query) buildLookup(names []string, lhs node, rhs operand) (*lookup, error) {
	if err := typeError(lhs); err != nil {
		return nil, err
	}
	name := "exact"
	if len(names) > 0 {
		name = names[len(names)-1]
		for _, t := range names[:len(names)-1] {
			var err error
			if lhs, err = tryTransform(q, lhs, t); err != nil {
				return nil, err
			}
		}
	}
	if !slices.Contains(q.lookupsOn(lhs), name) {
		var err error
		if lhs, err = tryTransform(q, lhs, name); err != nil {
			return nil, err
		}
		name = "exact"
	}
	if rhs.param != nil && rhs.param.Value.Kind == abi.KindNull && (name != "exact" || !jsonOf(lhs)) {
		if name != "exact" && name != "iexact" && name != "isnull" {
			return nil, misuse(q.model.label, name, "Cannot use None as a query value")
		}
		if name != "isnull" {
			return newIsNull(lhs, true), nil
		}
	}
	if n := withoutAccents(lhs); n != nil { // what it is compared with loses its accents too
		return q.bilateral(name, lhs, n, rhs)
	}
	return q.finishLookup(name, lhs, rhs)
}

// finishLookup fixes how the right side is converted.
func (q *Query) finishLookup(name string, lhs node, rhs operand) (*lookup, error) {
	if jsonOf(lhs) {
		if l, err := q.jsonLookup(name, lhs, rhs); l != nil || err != nil {
			return l, err
		}
	}
	if q.env.d.NativeTypes {
		if l, err := q.postgresLookup(name, lhs, rhs); l != nil || err != nil {
			return l, err
		}
	}
	l := &lookup{name: name, lhs: lhs}
	out := lhs.output()
	switch name {
	case "in", "range":
		return q.listLookup(l, out, rhs)
	case "isnull":
		if rhs.param == nil || rhs.param.Value.Kind != abi.KindBool {
			return nil, misuse(q.model.label, name, "The QuerySet value for an isnull lookup must be True or False.")
		}
		l.rhs, l.direct = constant(abi.Bool(rhs.param.Value.Num != 0)), true
		return l, nil
	}
	if rhs.items != nil || rhs.param != nil && rhs.param.Value.Kind == abi.KindList && !composite(out) {
		if err := listAsOne(name, out); err != nil {
			return nil, err
		}
		return nil, misuse(q.model.label, name, "The lookup '%s' needs a single value, not a list: use '__in'.", name)
	}
	if rhs.node != nil {
		l.rhs = rhs.node
		if s, ok := rhs.node.(*subquery); ok && !s.exists && s.plain {
			if name == "exact" {
				if !s.q.limitOne() {
					return nil, misuse(q.model.label, name, "The QuerySet value for an exact lookup must be limited to one result using slicing.")
				}
				return l, s.selectKey(out)
			}
			return l, s.selectKey(out)
		}
		if uuidPattern(q, name, out) {
			l.rhs = withoutHyphens(rhs.node)
		}
		return l, nil
	}
	l.direct = true
	if y := yearLookup(name, lhs, rhs.param); y != nil && !rhs.general {
		return y, nil
	}
	c, field := convField, out
	switch name {
	case "iexact":
		if c = convText; strings.HasPrefix(q.env.d.Operators[name], "LIKE") {
			c = convIExact
		}
	case "contains", "icontains":
		c = convContains
	case "startswith", "istartswith":
		c = convStartsWith
	case "endswith", "iendswith":
		c = convEndsWith
	case "regex", "iregex":
		c = convRaw
	case "gte", "lt":
		if out != nil && isClass(out.Type, "IntegerField") && !rhs.general {
			c = convCeil
		}
	}
	l.rhs = paramNode(rhs.param, c, field)
	if uuidPattern(q, name, out) {
		l.direct = false
		l.rhs = withoutHyphens(paramNode(rhs.param, convText, nil))
	}
	return l, nil
}

// listAsOne is the error of a list where a field takes one value, of those
// fields that look at values themselves: to them it is a wrong one.
func listAsOne(name string, out *Field) error {
	f := out.stored()
	if f == nil || !slices.Contains([]string{"exact", "gt", "gte", "lt", "lte"}, name) {
		return nil
	}
	switch f.class {
	case clsUUID:
		return valueError(f, "a list is not a valid UUID: use '__in' for several")
	case clsDecimal:
		return valueError(f, "a list is no decimal number: use '__in' for several")
	case clsBool:
		return valueError(f, "a list is neither true nor false: use '__in' for several")
	}
	return nil
}

// uuidPattern tells whether a text lookup meets a UUID that is stored as text
// without hyphens: patterns are compared without them too.
func uuidPattern(q *Query, name string, out *Field) bool {
	if f := out.stored(); f == nil || f.class != clsUUID || q.env.d.NativeUUID {
		return false
	}
	return name == "iexact" || q.env.d.PatternOps[name] != ""
}

func withoutHyphens(n node) node {
	return &fn{name: "REPLACE", args: []node{n, constant(abi.Text("-")), constant(abi.Text(""))}, out: typed("CharField")}
}

// paramNode binds a parameter through c.
func paramNode(p *query.Param, c conv, f *Field) *value {
	if p.Index < 0 {
		return constant(p.Value)
	}
	return &value{arg: arg{index: p.Index, elem: -1, conv: c, field: f}, shape: p.Value, out: f, direct: true}
}

func elemNode(p *query.Param, i int, c conv, f *Field) *value {
	if p.Index < 0 {
		return constant(p.Value.List[i])
	}
	return &value{arg: arg{index: p.Index, elem: i, conv: c, field: f}, shape: p.Value.List[i], out: f, direct: true}
}

// yearLookup makes a range of a comparison of years.
func yearLookup(name string, lhs node, p *query.Param) *lookup {
	e, ok := lhs.(*extract)
	if !ok || e.general || e.zone != "" || e.kind != "extract" || e.part != "year" && e.part != "iso_year" {
		return nil
	}
	start, end := convYearStart, convYearEnd
	if e.part == "iso_year" {
		start, end = convISOYearStart, convISOYearEnd
	}
	f := e.src.output()
	l := &lookup{name: name, lhs: e.src, direct: true}
	switch name {
	case "exact":
		l.name = "range"
		l.items = []node{paramNode(p, start, f), paramNode(p, end, f)}
	case "gt", "lte":
		l.rhs = paramNode(p, end, f)
	case "gte", "lt":
		l.rhs = paramNode(p, start, f)
	default:
		return nil
	}
	return l
}

// listLookup is in and range.
func (q *Query) listLookup(l *lookup, out *Field, rhs operand) (*lookup, error) {
	switch {
	case rhs.node != nil:
		s, ok := rhs.node.(*subquery)
		if !ok && l.name == "in" {
			l.rhs = rhs.node
			return l, nil
		}
		if !ok || l.name == "range" {
			return nil, misuse(q.model.label, l.name, "The lookup '%s' needs a list or a queryset.", l.name)
		}
		if s.plain {
			s.q.clearOrdering(false, true)
		}
		l.rhs = s
		if s.plain {
			return l, s.selectKey(out)
		}
		return l, nil
	case rhs.items != nil:
		for _, it := range rhs.items {
			if it.items != nil {
				return nil, misuse(q.model.label, l.name, "The lookup '%s' takes no lists that hold expressions.", l.name)
			}
			if it.node != nil {
				l.items = append(l.items, it.node)
			} else if it.param != nil && it.param.Value.Kind != abi.KindNull {
				l.items = append(l.items, paramNode(it.param, convField, out))
			}
		}
	case rhs.param.Value.IsList():
		for i := range rhs.param.Value.List {
			switch rhs.param.Value.List[i].Kind {
			case abi.KindNull:
				if l.name == "in" {
					continue
				}
			case abi.KindList:
				if !composite(out) {
					return nil, misuse(q.model.label, l.name, "The lookup '%s' needs a list of single values.", l.name)
				}
			}
			l.items = append(l.items, elemNode(rhs.param, i, convField, out))
		}
	default:
		return nil, misuse(q.model.label, l.name, "The lookup '%s' needs a list of values.", l.name)
	}
	if l.name == "range" && len(l.items) != 2 {
		return nil, misuse(q.model.label, l.name, "The lookup 'range' needs a list of two values.")
	}
	return l, nil
}

// sameLine tells whether one of the models extends the other.
func sameLine(a, b *Model) bool { return a.extends(b) || b.extends(a) }

// checkRelated refuses a queryset of another model.
func checkRelated(q *Query, info *joinInfo, rhs operand) error {
	s, ok := rhs.node.(*subquery)
	if !ok || !s.plain || s.q.selected || !info.final.relation() {
		return nil
	}
	// A primary key that is itself a relation can be compared with its own model.
	own := info.final.PK && sameLine(s.q.model, info.final.model)
	if !sameLine(s.q.model, info.model) && !own {
		return misuse(q.model.label, "", "Cannot use QuerySet for \"%s\": Use a QuerySet for \"%s\".", s.q.model.Name, info.model.Name)
	}
	return nil
}
