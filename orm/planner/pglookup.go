package planner

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
)

// The comparisons that PostgreSQL's types have besides those of all types, and
// their operators. A range has startswith and endswith as transforms.
var (
	arrayOperators  = map[string]string{"contains": "@>", "contained_by": "<@", "overlap": "&&"}
	hstoreOperators = map[string]string{"contains": "@>", "contained_by": "<@", "has_key": "?", "has_keys": "?&", "has_any_keys": "?|"}
	rangeOperators  = map[string]string{
		"contains": "@>", "contained_by": "<@", "overlap": "&&", "fully_lt": "<<", "fully_gt": ">>", "not_lt": "&>", "not_gt": "&<", "adjacent_to": "-|-",
	}
	textOperators = map[string]string{
		"search": "@@", "trigram_similar": "%", "trigram_word_similar": "%>", "trigram_strict_word_similar": "%>>",
	}
	scalarOperators = map[string]string{"contained_by": "<@"}

	rangeTransforms = map[string]string{
		"startswith": "lower", "endswith": "upper", "isempty": "isempty",
		"lower_inc": "LOWER_INC", "lower_inf": "LOWER_INF", "upper_inc": "UPPER_INC", "upper_inf": "UPPER_INF",
	}
	hstoreTransforms = map[string]string{"keys": "akeys", "values": "avals"}
)

// scalarRanges are the types of the ranges that hold values of a type.
var scalarRanges = map[string]string{
	"smallint": "int4range", "integer": "int4range", "bigint": "int8range", "double precision": "numrange", "numeric": "numrange", "date": "daterange",
	"timestamp with time zone": "tstzrange",
}

// operatorsOf are the operators that a type's own comparisons are.
func operatorsOf(out *Field) map[string]string {
	if out == nil || out.relation() {
		return nil
	}
	switch out.class {
	case clsArray:
		return arrayOperators
	case clsHStore:
		return hstoreOperators
	case clsRange:
		return rangeOperators
	case clsInt, clsFloat, clsDecimal, clsDate, clsDateTime:
		return scalarOperators
	}
	if isClass(out.Type, "CharField") || isClass(out.Type, "TextField") {
		return textOperators
	}
	return nil
}

// postgresLookups are the comparisons of a type besides those of all types; of
// ranges all that they have.
func postgresLookups(out *Field) []string {
	names := keys(operatorsOf(out))
	if classOf(out) != clsRange {
		return names
	}
	for _, n := range baseLookups {
		if rangeTransforms[n] == "" && rangeOperators[n] == "" {
			names = append(names, n)
		}
	}
	return names
}

func keys(m map[string]string) []string {
	var names []string
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// postgresTransforms are the transforms of PostgreSQL's types, but for those
// whose names are data: subscripts of arrays, keys of hstore.
func postgresTransforms(out *Field) []string {
	switch c := classOf(out); {
	case c == clsArray:
		return []string{"len"}
	case c == clsRange:
		return keys(rangeTransforms)
	case c == clsHStore:
		return keys(hstoreTransforms)
	case out != nil && !out.relation() && (isClass(out.Type, "CharField") || isClass(out.Type, "TextField")):
		return []string{"unaccent"}
	}
	return nil
}

// postgresTransform applies a transform of a type of PostgreSQL's own.
func postgresTransform(lhs node, out *Field, name string) (node, bool) {
	switch classOf(out) {
	case clsArray:
		if name == "len" {
			return &arrayLen{lhs}, true
		}
		if at, ok := arrayIndex(name); ok {
			return &element{src: lhs, from: at}, true
		}
		from, to, ok := arraySlice(name)
		return &element{src: lhs, from: from, to: to, slice: true}, ok
	case clsRange:
		to := typed("BooleanField")
		if name == "startswith" || name == "endswith" {
			to = out.base
		}
		return &fn{name: rangeTransforms[name], args: []node{lhs}, out: to}, rangeTransforms[name] != ""
	case clsHStore:
		if f := hstoreTransforms[name]; f != "" {
			return &fn{name: f, args: []node{lhs}, out: arrayOf(typed("TextField"))}, true
		}
		return &member{src: lhs, key: name}, true
	}
	if name == "unaccent" {
		return &unaccent{fn{name: "UNACCENT", args: []node{lhs}, out: out}}, true
	}
	return nil, false
}

// arrayIndex reads the name of an element: they are counted from 0.
func arrayIndex(name string) (int64, bool) {
	if strings.Contains(name, "_") {
		return 0, false
	}
	return pythonInt(name, 1)
}

// arraySlice reads the name of a slice, 0_2. PostgreSQL counts from 1 and takes
// the end as part of it.
func arraySlice(name string) (from, to int64, ok bool) {
	a, b, ok := strings.Cut(name, "_")
	if !ok || strings.Contains(b, "_") {
		return 0, 0, false
	}
	from, ok = pythonInt(a, 1)
	if ok {
		to, ok = pythonInt(b, 0)
	}
	return from, to, ok
}

func pythonInt(s string, plus int64) (int64, bool) {
	digits, ok := jsonIndex(s)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	return n + plus, err == nil
}

// subscript tells whether a transform is an element or a slice of an array.
func subscript(name string) bool {
	if _, ok := arrayIndex(name); ok {
		return true
	}
	_, _, ok := arraySlice(name)
	return ok
}

// postgresLookup makes the comparisons that types of PostgreSQL have of their
// own; nil when the name is a comparison like another.
func (q *Query) postgresLookup(name string, lhs node, rhs operand) (*lookup, error) {
	out := lhs.output()
	l := &lookup{name: name, lhs: lhs, op: operatorsOf(out)[name], direct: true}
	if c := classOf(out); name == "exact" && c == clsArray {
		l.op = "="
	} else if name == "exact" && c == clsVector {
		l.op = "@@"
	}
	if s, ok := rhs.node.(*subquery); ok && s.plain && l.op != "" {
		if err := s.selectKey(nil); err != nil {
			return nil, err
		}
	}
	switch classOf(out) {
	case clsArray:
		if l.op != "" {
			return q.arrayLookup(l, out, rhs)
		}
	case clsVector:
		if l.op != "" {
			return q.searchLookup(l, rhs)
		}
	case clsHStore:
		if l.op != "" {
			return q.hstoreLookup(l, out, rhs)
		}
	case clsRange:
		if l.op != "" {
			return q.rangeLookup(l, out, rhs)
		}
	case clsInt, clsFloat, clsDecimal, clsDate, clsDateTime:
		if l.op != "" {
			return q.containedLookup(l, out, rhs)
		}
	default:
		switch {
		case l.op == "@@":
			return q.searchLookup(l, rhs)
		case l.op != "":
			return q.ownLookup(l, out, rhs)
		}
	}
	return nil, nil
}

// ownLookup compares with a value or an expression by an operator.
func (q *Query) ownLookup(l *lookup, out *Field, rhs operand) (*lookup, error) {
	switch {
	case rhs.items != nil:
		return nil, misuse(q.model.label, l.name, "The lookup '%s' needs a single value, not a list.", l.name)
	case rhs.node != nil:
		l.rhs, l.direct = rhs.node, false
	case rhs.param.Value.IsList() && !composite(out):
		return nil, misuse(q.model.label, l.name, "The lookup '%s' needs a single value, not a list.", l.name)
	default:
		l.rhs = paramNode(rhs.param, convField, out)
	}
	return l, nil
}

// arrayLookup compares arrays. A list is written as one of its elements, unless
// there is nothing in it that has a type.
func (q *Query) arrayLookup(l *lookup, out *Field, rhs operand) (*lookup, error) {
	if out.base != nil {
		var err error
		if l.cast, err = q.env.d.castType(out); err != nil {
			return nil, err
		}
	}
	s, isQuery := rhs.node.(*subquery)
	switch {
	case rhs.items != nil:
		l.rhs, l.direct = q.arrayNode(rhs, out), false
	case isQuery && l.op == "&&" && !s.exists:
		l.rhs, l.direct = &arrayQuery{s.withQuery(s.q)}, false
	case isQuery && l.op == "=" && s.plain && !s.q.limitOne():
		return nil, misuse(q.model.label, l.name, "The QuerySet value for an exact lookup must be limited to one result using slicing.")
	case rhs.node != nil:
		l.rhs, l.direct = rhs.node, false
	case rhs.param.Value.Kind == abi.KindList && flat(rhs.param.Value.List):
		l.rhs, l.direct = q.arrayNode(rhs, out), false
	default:
		l.rhs = paramNode(rhs.param, convField, out)
	}
	return l, nil
}

// flat tells whether a list has elements that are no lists, and something else
// than NULL among them.
func flat(list []abi.Value) bool {
	some := false
	for i := range list {
		if list[i].IsList() {
			return false
		}
		some = some || list[i].Kind != abi.KindNull
	}
	return some
}

// arrayNode is ARRAY[...] of a list.
func (q *Query) arrayNode(rhs operand, out *Field) node {
	n := &array{out: out}
	var base *Field
	if out != nil {
		base = out.base
	}
	for _, it := range rhs.items {
		switch {
		case it.items != nil:
			n.items = append(n.items, q.arrayNode(it, base))
		case it.node != nil:
			n.items = append(n.items, it.node)
		default:
			n.items = append(n.items, paramNode(it.param, convField, base))
		}
	}
	if rhs.param != nil {
		for i := range rhs.param.Value.List {
			n.items = append(n.items, elemNode(rhs.param, i, convField, base))
		}
	}
	return n
}

func (q *Query) hstoreLookup(l *lookup, out *Field, rhs operand) (*lookup, error) {
	switch l.name {
	case "has_keys", "has_any_keys":
		if rhs.param == nil || !rhs.param.Value.IsList() {
			return nil, misuse(q.model.label, l.name, "The lookup '%s' needs a list of keys.", l.name)
		}
		l.rhs = &value{arg: arg{index: rhs.param.Index, elem: -1, conv: convTexts}, shape: rhs.param.Value, direct: true}
		return l, nil
	case "has_key":
		out = nil
		if rhs.param != nil {
			l.rhs = paramNode(rhs.param, convText, out)
			return l, nil
		}
	}
	return q.ownLookup(l, out, rhs)
}

// rangeLookup compares ranges. What contains compares with may be a value that
// lies in them.
func (q *Query) rangeLookup(l *lookup, out *Field, rhs operand) (*lookup, error) {
	if l.name != "contains" || out.base == nil || rhs.items != nil {
		return q.ownLookup(l, out, rhs)
	}
	moment := out.base.class == clsDate || out.base.class == clsDateTime
	n := rhs.node
	if p := rhs.param; p != nil {
		k := p.Value.Kind
		if k == abi.KindRange || p.Value.IsList() || moment && k != abi.KindDate && k != abi.KindTime && k != abi.KindNaive {
			return q.ownLookup(l, out, rhs)
		}
		v := paramNode(p, convField, typeOfKind(k))
		v.direct = false
		n = v
	}
	l.rhs, l.direct = n, false
	if is := n.output(); classOf(is) == clsRange || is == nil && moment {
		return l, nil
	}
	l.rhs = &cast{n, out.base}
	return l, nil
}

// containedLookup asks whether a value lies in a range.
func (q *Query) containedLookup(l *lookup, out *Field, rhs operand) (*lookup, error) {
	typ, err := q.env.d.castType(out)
	if err != nil {
		return nil, err
	}
	typ, _, _ = strings.Cut(typ, "(")
	l.cast = scalarRanges[typ]
	switch {
	case out.class == clsFloat:
		l.leftCast = "numeric"
	case typ == "smallint":
		l.leftCast = "integer"
	}
	if rhs.param == nil || rhs.param.Value.Kind == abi.KindText {
		return q.ownLookup(l, nil, rhs)
	}
	of := typed("IntegerRangeField") // any: bounds are not interpreted
	l.rhs = paramNode(rhs.param, convField, of)
	return l, nil
}

// bilateral is a comparison whose both sides are without accents.
func (q *Query) bilateral(name string, lhs node, of *unaccent, rhs operand) (*lookup, error) {
	strip := func(n node) node { return &fn{name: of.name, args: []node{n}, out: of.out} }
	switch {
	case name == "isnull" || name == "in" && rhs.node != nil:
		return q.finishLookup(name, lhs, rhs)
	case rhs.node != nil:
		return q.finishLookup(name, lhs, operand{node: strip(rhs.node)})
	case rhs.items != nil, rhs.param.Value.IsList():
		l, err := q.finishLookup(name, lhs, rhs)
		if err != nil {
			return nil, err
		}
		for i, n := range l.items {
			l.items[i] = strip(n)
		}
		return l, nil
	}
	v := paramNode(rhs.param, convField, of.out)
	return q.finishLookup(name, lhs, operand{node: strip(v)})
}

// compileOwn compiles a comparison by an operator of PostgreSQL's own.
func (l *lookup) compileOwn(c *compiler) (string, []arg, error) {
	left, args, err := c.compileLeft(l.lhs)
	if err != nil {
		return "", nil, err
	}
	if l.leftCast != "" {
		left += "::" + l.leftCast
	}
	right, more, err := c.compile(l.rhs)
	if err != nil {
		return "", nil, err
	}
	if !l.direct && right != "" && right[0] != '(' {
		right = "(" + right + ")"
	}
	if l.cast != "" {
		right += "::" + l.cast
	}
	return left + " " + l.op + " " + right, append(args[:len(args):len(args)], more...), nil
}
