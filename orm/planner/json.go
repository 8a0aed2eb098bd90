package planner

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// keyTransform is what stands below a key of a JSON document; with text, as
// text.
type keyTransform struct {
	src  node
	key  string
	text bool
}

func (n *keyTransform) sources() []node      { return []node{n.src} }
func (n *keyTransform) with(src []node) node { return &keyTransform{src[0], n.key, n.text} }
func (n *keyTransform) output() *Field {
	if n.text {
		return typed("TextField")
	}
	return n.src.output()
}

// path splits the document from the keys that lead into it.
func (n *keyTransform) path() (document node, keys []string) {
	document = n
	for k := n; k != nil; k, _ = document.(*keyTransform) {
		keys = append(keys, k.key)
		document = k.src
	}
	slices.Reverse(keys)
	return document, keys
}

func (n *keyTransform) compile(c *compiler) (string, []arg, error) {
	document, keys := n.path()
	s, args, err := c.compile(document)
	if err != nil {
		return "", nil, err
	}
	s, args = c.d.JSONKey(s, args, keys, n.text)
	return s, args, nil
}

// jsonPath is SQLite's and MySQL's path of keys: what is a number counts in a
// list.
func jsonPath(keys []string) string {
	b := []byte{'$'}
	for _, k := range keys {
		b = appendPath(b, k)
	}
	return string(b)
}

func appendPath(b []byte, key string) []byte {
	if n, ok := jsonIndex(key); ok {
		return append(append(append(b, '['), n...), ']')
	}
	return appendKey(b, key)
}

// appendKey appends a key that is one even if it is a number.
func appendKey(b []byte, key string) []byte { return appendQuoted(append(b, '.'), key) }

// jsonIndex reads a key as Python's int() does.
func jsonIndex(key string) (string, bool) {
	s := strings.TrimSpace(key)
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = strings.Trim(s[:1], "+"), s[1:]
	}
	if s == "" || s[0] == '_' || s[len(s)-1] == '_' || strings.Contains(s, "__") {
		return "", false
	}
	s = strings.ReplaceAll(s, "_", "")
	if strings.Trim(s, "0123456789") != "" {
		return "", false
	}
	if s = strings.TrimLeft(s, "0"); s == "" {
		return "0", true
	}
	return sign + s, true
}

// sqliteKey is the value below a path: null, true and false as these words, for
// SQLite would say NULL, 1 and 0.
func sqliteKey(sql string, args []arg, keys []string, _ bool) (string, []arg) {
	path := constArg(abi.Text(jsonPath(keys)))
	one := append(args[:len(args):len(args)], path)
	all := slices.Concat(one, one, one)
	return "(CASE WHEN JSON_TYPE(" + sql + ", " + phMark + ") IN ('null','false','true') THEN JSON_TYPE(" + sql + ", " + phMark + ") ELSE JSON_EXTRACT(" +
		sql + ", " + phMark + ") END)", all
}

// postgresKey uses the operators -> and, for several keys, #>.
func postgresKey(sql string, args []arg, keys []string, text bool) (string, []arg) {
	op, key := "->", abi.Text(keys[0])
	if n, ok := jsonIndex(keys[0]); ok {
		if i, err := strconv.ParseInt(n, 10, 64); err == nil {
			key = abi.Int(i)
		}
	}
	if len(keys) > 1 {
		op, key = "#>", abi.List()
		for _, k := range keys {
			key.List = append(key.List, abi.Text(k))
		}
	}
	if text {
		op += ">"
	}
	return "(" + sql + " " + op + " " + phMark + ")", append(args[:len(args):len(args)], constArg(key))
}

// jsonOf tells whether n is a JSON document or a part of one.
func jsonOf(n node) bool {
	if _, ok := n.(*keyTransform); ok {
		return true
	}
	return classOf(n.output()) == clsJSON
}

var jsonLookups = []string{"contained_by", "has_key", "has_keys", "has_any_keys"}

// jsonLookup makes the comparisons that JSON documents have of their own; nil
// when the name is a comparison like another.
func (q *Query) jsonLookup(name string, lhs node, rhs operand) (*lookup, error) {
	k, isKey := lhs.(*keyTransform)
	document := classOf(lhs.output()) == clsJSON
	l := &lookup{name: name, lhs: lhs, direct: true}
	switch name {
	case "has_key", "has_keys", "has_any_keys":
		if !document {
			return nil, nil
		}
		return q.hasKeyLookup(l, rhs)
	case "contains", "contained_by":
		if !document {
			return nil, nil
		}
		if q.env.d.JSONOperators[name] == "" {
			return nil, notSupported("%s lookup is not supported on this database backend.", name)
		}
	case "iexact", "icontains", "startswith", "istartswith", "endswith", "iendswith", "regex", "iregex":
		if !isKey || k.text {
			return nil, nil
		}
		return q.finishLookup(name, &keyTransform{src: k.src, key: k.key, text: true}, rhs)
	case "exact":
	case "in", "range":
		return q.jsonList(l, isKey, rhs)
	case "gt", "gte", "lt", "lte":
	default:
		return nil, nil
	}
	switch {
	case rhs.items != nil:
		return nil, misuse(q.model.label, name, "A list of expressions cannot be compared with a JSON document.")
	case rhs.param == nil:
		if isKey && name == "exact" {
			rhs.node = q.extractedFrom(rhs.node)
		}
		l.rhs, l.direct = rhs.node, false
	case isKey && !q.env.d.JSONNative && name != "exact":
		l.rhs = paramNode(rhs.param, convRaw, nil)
	case !document && rhs.param.Value.Kind == abi.KindNull:
		l.rhs = constant(abi.Text("null"))
	case !document:
		l.rhs = paramNode(rhs.param, convField, lhs.output())
	default:
		v := jsonParam(rhs.param, lhs.output())
		if l.rhs = v; isKey && name == "exact" {
			l.rhs = q.extracted(v)
		}
	}
	return l, nil
}

// jsonParam binds a parameter as a document.
func jsonParam(p *query.Param, f *Field) *value {
	v := paramNode(p, convJSON, f)
	if v.shape.Kind == abi.KindNull { // JSON's null
		v.shape = abi.Value{Kind: abi.KindJSON, Num: 1}
	}
	return v
}

// extracted makes of a bound document what JSONKey makes of a stored one.
func (q *Query) extracted(v *value) node {
	if q.env.d.JSONNative || v.shape.Kind == abi.KindBool || v.shape.Kind == abi.KindNull || query.Word(&v.shape) || classOf(v.out) != clsJSON {
		return v
	}
	return &extracted{v}
}

// extractedFrom is extracted for a value that may stand in a cast.
func (q *Query) extractedFrom(n node) node {
	switch n := n.(type) {
	case *value:
		return q.extracted(n)
	case *cast:
		if v, ok := n.expr.(*value); ok && !q.env.d.JSONNative && n.out.class == clsJSON {
			return &cast{&extracted{v}, n.out}
		}
	}
	return n
}

// extracted is JSON_EXTRACT(v, '$').
type extracted struct{ v *value }

func (n *extracted) sources() []node  { return nil }
func (n *extracted) with([]node) node { return n }
func (n *extracted) output() *Field   { return n.v.output() }
func (n *extracted) compile(c *compiler) (string, []arg, error) {
	s, args, err := c.compile(n.v)
	return "JSON_EXTRACT(" + s + ", '$')", args, err
}

// jsonList is in and range: each element is a document.
func (q *Query) jsonList(l *lookup, isKey bool, rhs operand) (*lookup, error) {
	if classOf(l.lhs.output()) != clsJSON {
		return nil, nil
	}
	add := func(v *value) {
		if isKey && l.name == "in" {
			l.items = append(l.items, q.extracted(v))
			return
		}
		l.items = append(l.items, v)
	}
	switch {
	case rhs.items != nil:
		for _, it := range rhs.items {
			switch {
			case it.node != nil:
				l.items = append(l.items, it.node)
			case it.param == nil:
				return nil, misuse(q.model.label, l.name, "The lookup '%s' needs a list of single values.", l.name)
			case it.param.Value.Kind != abi.KindNull:
				add(jsonParam(it.param, l.lhs.output()))
			}
		}
	case rhs.param != nil && rhs.param.Value.Kind == abi.KindList:
		for i := range rhs.param.Value.List {
			v := elemNode(rhs.param, i, convJSON, l.lhs.output())
			if v.shape.Kind == abi.KindNull && l.name == "in" {
				continue
			}
			add(v)
		}
	default:
		return nil, nil
	}
	if l.name == "range" && len(l.items) != 2 {
		return nil, misuse(q.model.label, l.name, "The lookup 'range' needs a list of two values.")
	}
	return l, nil
}

// hasKeyLookup is has_key and its siblings. The keys are the items; a key that
// an expression leads to is a path.
func (q *Query) hasKeyLookup(l *lookup, rhs operand) (*lookup, error) {
	if l.name == "has_key" {
		if k, ok := rhs.node.(*keyTransform); ok {
			_, keys := k.path()
			for _, key := range keys[:len(keys)-1] {
				l.lhs = &keyTransform{src: l.lhs, key: key}
			}
			l.items = []node{constant(abi.Text(keys[len(keys)-1]))}
			return l, nil
		}
		if rhs.node != nil && q.env.d.JSONNative {
			l.rhs, l.direct = rhs.node, false
			return l, nil
		}
		if rhs.param == nil || rhs.param.Value.Kind == abi.KindList || rhs.param.Value.Kind == abi.KindNull {
			return nil, misuse(q.model.label, l.name, "The lookup 'has_key' needs the name of a key.")
		}
		c := convKeyPath
		if q.env.d.JSONNative {
			c = convText
		}
		l.items = []node{paramNode(rhs.param, c, nil)}
		return l, nil
	}
	if rhs.param == nil || rhs.param.Value.Kind != abi.KindList {
		return nil, misuse(q.model.label, l.name, "The lookup '%s' needs a list of keys.", l.name)
	}
	if q.env.d.JSONNative {
		l.rhs = &value{arg: arg{index: rhs.param.Index, elem: -1, conv: convTexts}, shape: rhs.param.Value, direct: true}
		if rhs.param.Index < 0 {
			l.rhs = constant(rhs.param.Value)
		}
		return l, nil
	}
	l.items = []node{}
	for i := range rhs.param.Value.List {
		l.items = append(l.items, elemNode(rhs.param, i, convKeyTextPath, nil))
	}
	return l, nil
}

// compileHasKey compiles has_key and its siblings.
func (l *lookup) compileHasKey(c *compiler) (string, []arg, error) {
	if op := c.d.JSONOperators[l.name]; op != "" {
		right := l.rhs
		if l.items != nil {
			right = l.items[0]
		}
		return l.compileOperator(c, op, right)
	}
	document, keys := node(l.lhs), []string(nil)
	if k, ok := l.lhs.(*keyTransform); ok {
		document, keys = k.path()
	}
	s, args, err := c.compileLeft(document)
	if err != nil {
		return "", nil, err
	}
	prefix := jsonPath(keys)
	var parts []string
	var all []arg
	for _, it := range l.items {
		a := it.(*value).arg
		if a.index < 0 {
			a.con = abi.Text(string(appendKey([]byte(prefix), a.con.Str)))
		} else {
			a.con = abi.Text(prefix)
		}
		parts = append(parts, "JSON_TYPE("+s+", "+phMark+") IS NOT NULL")
		all = append(append(all, args...), a)
	}
	switch {
	case len(parts) == 0:
		return "", nil, outcome(l.name == "has_any_keys")
	case l.name == "has_key":
		return parts[0], all, nil
	}
	and := " AND "
	if l.name == "has_any_keys" {
		and = " OR "
	}
	return "(" + strings.Join(parts, and) + ")", all, nil
}

// compileOperator compiles a comparison whose operator is the database's own.
func (l *lookup) compileOperator(c *compiler, op string, right node) (string, []arg, error) {
	s, args, err := c.compileLeft(l.lhs)
	if err != nil {
		return "", nil, err
	}
	r, more, err := c.compile(right)
	if err != nil {
		return "", nil, err
	}
	if !l.direct && r != "" && r[0] != '(' {
		r = "(" + r + ")"
	}
	return s + " " + op + " " + r, append(args[:len(args):len(args)], more...), nil
}

// compileLeft compiles the left side of a comparison.
func (c *compiler) compileLeft(n node) (string, []arg, error) {
	s, args, err := c.compile(reresolve(n))
	if _, ok := n.(*lookup); ok {
		s = "(" + s + ")"
	}
	return s, args, err
}

// compileIsNull tells whether there is a key, where that is not whether its
// value is NULL.
func (n *keyTransform) compileIsNull(c *compiler, yes bool) (string, []arg, error) {
	document, keys := n.path()
	s, args, err := c.compileLeft(document)
	if err != nil {
		return "", nil, err
	}
	args = append(args[:len(args):len(args)], constArg(abi.Text(jsonPath(keys))))
	if yes {
		return "JSON_TYPE(" + s + ", " + phMark + ") IS NULL", args, nil
	}
	return "JSON_TYPE(" + s + ", " + phMark + ") IS NOT NULL", args, nil
}
