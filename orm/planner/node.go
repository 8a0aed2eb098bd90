package planner

import (
	"slices"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// node is a resolved expression: Django's BaseExpression. Nodes are never
// changed after they are built, but for the children of a where under
// construction.
type node interface {
	// compile returns the SQL text and the values bound in it.
	compile(c *compiler) (string, []arg, error)
	sources() []node
	// with returns a copy that has other sources.
	with(src []node) node
	// output is the type, nil when it is not known.
	output() *Field
}

// col is a column of a table in the query. out is the field that types it,
// which differs from target when a join was trimmed.
type col struct {
	alias       string
	target, out *Field
	multi       bool // reached through relations of an outer query
}

// newCol has the type of the values that f's column holds: a foreign key's is
// that of the field it points to.
func newCol(alias string, f *Field) *col { return &col{alias: alias, target: f, out: f.stored()} }

// same tells whether o is the same column.
func (n *col) same(o node) bool {
	c, ok := o.(*col)
	return ok && c.alias == n.alias && c.target == n.target
}

func (n *col) sources() []node  { return nil }
func (n *col) with([]node) node { return n }
func (n *col) output() *Field   { return n.out }
func (n *col) compile(c *compiler) (string, []arg, error) {
	if c.bare {
		return n.target.column(), nil, nil
	}
	if m := n.target.model; m != nil && n.alias == m.Table && c.isTable(n.alias) && n.target.full != "" {
		return n.target.full, nil, nil
	}
	return c.quoteAlias(n.alias) + "." + n.target.column(), nil, nil
}

// value is a parameter or constant.
type value struct {
	arg   arg
	shape abi.Value // what of the value is known when the statement is planned
	out   *Field
	// direct is a lookup's right side, which is bound as it is; elsewhere a
	// decimal needs a cast.
	direct bool
}

func constant(v abi.Value) *value {
	return &value{arg: constArg(v), shape: v, out: typeOfKind(v.Kind)}
}

var intOne = abi.Int(1)

func (n *value) sources() []node  { return nil }
func (n *value) with([]node) node { return n }
func (n *value) output() *Field   { return n.out }
func (n *value) compile(c *compiler) (string, []arg, error) {
	if !n.direct && composite(n.out) {
		s, err := c.placeholder(n.out)
		return s, []arg{n.arg}, err
	}
	if n.shape.Kind == abi.KindNull {
		return "NULL", nil, nil
	}
	if !n.direct && n.out != nil && n.out.stored().class == clsDecimal && c.d.NumericCast {
		return "CAST(" + phMark + " AS NUMERIC)", []arg{n.arg}, nil
	}
	return phMark, []arg{n.arg}, nil
}

// typeOfKind is the field class that Django infers for a Python value.
func typeOfKind(k abi.Kind) *Field {
	names := [...]string{
		"", "IntegerField", "FloatField", "CharField", "BinaryField", "BooleanField", "DateTimeField", "DateTimeField", "DateField", "TimeField",
		"DurationField", "DecimalField", "UUIDField", "JSONField", "", "", "",
	}
	if int(k) >= len(names) || names[k] == "" {
		return nil
	}
	return typed(names[k])
}

// star is the * of COUNT(*).
type star struct{}

func (star) sources() []node                          { return nil }
func (n star) with([]node) node                       { return n }
func (star) output() *Field                           { return nil }
func (star) compile(*compiler) (string, []arg, error) { return "*", nil, nil }

// ref names a column of the select list.
type ref struct {
	name string
	src  node
}

func (n *ref) sources() []node      { return []node{n.src} }
func (n *ref) with(src []node) node { return &ref{n.name, src[0]} }
func (n *ref) output() *Field       { return n.src.output() }
func (n *ref) compile(*compiler) (string, []arg, error) {
	return quote(n.name), nil, nil
}

// outerRef is resolved when the query that it stands in becomes a subquery;
// depth counts how many queries out it lies beyond that.
type outerRef struct {
	name  string
	depth int
}

func (n *outerRef) sources() []node  { return nil }
func (n *outerRef) with([]node) node { return n }
func (n *outerRef) output() *Field   { return nil }
func (n *outerRef) compile(c *compiler) (string, []arg, error) {
	return "", nil, misuse(c.q.model.label, n.name, "This queryset contains a reference to an outer query and may only be used in a subquery.")
}

// rawSQL is text that the planner itself made.
type rawSQL struct {
	sql string
	out *Field
}

func (n *rawSQL) sources() []node                          { return nil }
func (n *rawSQL) with([]node) node                         { return n }
func (n *rawSQL) output() *Field                           { return n.out }
func (n *rawSQL) compile(*compiler) (string, []arg, error) { return n.sql, nil, nil }

// orderBy is an ordering term.
type orderBy struct {
	expr                  node
	desc                  bool
	nullsFirst, nullsLast bool
	position              int    // of the select list, when the term refers to it
	src                   string // the name that was asked for
	inSelect              bool   // Django's is_ref
	from                  query.Expr
}

func (n *orderBy) sources() []node { return []node{n.expr} }
func (n *orderBy) with(src []node) node {
	c := *n
	c.expr = src[0]
	return &c
}
func (n *orderBy) output() *Field { return n.expr.output() }

func (n *orderBy) reversed() *orderBy {
	c := *n
	c.desc = !n.desc
	c.nullsFirst, c.nullsLast = n.nullsLast, n.nullsFirst
	return &c
}

func (n *orderBy) compile(c *compiler) (string, []arg, error) {
	s, args, err := c.compile(n.expr)
	if err != nil {
		return "", nil, err
	}
	return n.wrap(c.d, s), args, nil
}

// wrap appends the direction to the compiled expression.
func (n *orderBy) wrap(d *Dialect, s string) string {
	t := s + " ASC"
	if n.desc {
		t = s + " DESC"
	}
	switch {
	case n.nullsLast && d.NullsModifier:
		t += " NULLS LAST"
	case n.nullsFirst && d.NullsModifier:
		t += " NULLS FIRST"
	case n.nullsLast:
		t = s + " IS NULL, " + t
	case n.nullsFirst:
		t = s + " IS NOT NULL, " + t
	}
	return t
}

// Properties of trees.

func anyNode(n node, f func(node) bool) bool {
	if n == nil {
		return false
	}
	if f(n) {
		return true
	}
	for _, s := range n.sources() {
		if anyNode(s, f) {
			return true
		}
	}
	return false
}

// hasAggregate tells whether n groups rows; an aggregate over a window doesn't.
func hasAggregate(n node) bool {
	switch n.(type) {
	case nil, *window:
		return false
	case *aggregate:
		return true
	}
	return slices.ContainsFunc(n.sources(), hasAggregate)
}

func hasSubquery(n node) bool {
	return anyNode(n, func(n node) bool { _, ok := n.(*subquery); return ok })
}

func hasColumn(n node) bool {
	return anyNode(n, func(n node) bool { _, ok := n.(*col); return ok })
}

// conditional tells whether n can stand as a condition.
func conditional(n node) bool {
	switch n.(type) {
	case *where, *lookup:
		return true
	}
	out := n.output()
	return out != nil && out.class == clsBool
}

// rewrite returns n with f applied from the top: where f returns nil, the
// sources are rewritten.
func rewrite(n node, f func(node) node) node {
	if r := f(n); r != nil {
		return r
	}
	src := n.sources()
	if len(src) == 0 {
		return n
	}
	changed := false
	out := make([]node, len(src))
	for i, s := range src {
		if s != nil {
			out[i] = rewrite(s, f)
			changed = changed || out[i] != s
		}
	}
	if !changed {
		return n
	}
	return n.with(out)
}

// relabel renames the tables that n's columns belong to.
func relabel(n node, change map[string]string) node {
	return rewrite(n, func(n node) node {
		switch n := n.(type) {
		case *col:
			if to, ok := change[n.alias]; ok {
				c := *n
				c.alias = to
				return &c
			}
			return n
		case *subquery:
			q := n.q.clone()
			q.changeAliases(change)
			return n.withQuery(q)
		case *where:
			w := n.clone()
			w.relabel(change)
			return w
		}
		return nil
	})
}

// groupByCols are the expressions that must be grouped by for n to be
// selected.
func groupByCols(n node) []node {
	switch n := n.(type) {
	case nil:
		return nil
	case *aggregate, *value, *outerRef:
		return nil
	case *col, *ref:
		return []node{n}
	case *subquery:
		if n.negated {
			return []node{n}
		}
		external := n.q.externalCols()
		for _, c := range external {
			if c.multi {
				return []node{n}
			}
		}
		out := make([]node, len(external))
		for i, c := range external {
			out[i] = c
		}
		return out
	case *arrayQuery:
		return groupByCols(n.q)
	case *where, *lookup, *when, *orderBy:
		return groupBySources(n)
	case *window:
		var out []node
		for _, s := range n.sources()[1:] {
			out = append(out, groupByCols(s)...)
		}
		return out
	case *wrapper:
		// A wrapped subquery is one with an output_field.
		s, ok := n.expr.(*subquery)
		_, isWhere := n.expr.(*where)
		if !isWhere && (!ok || !s.exists) {
			return groupByCols(n.expr)
		}
	case *caseNode:
		if len(n.whens) == 0 {
			return groupByCols(n.def)
		}
	}
	if !hasAggregate(n) {
		return []node{n}
	}
	return groupBySources(n)
}

func groupBySources(n node) (out []node) {
	for _, s := range n.sources() {
		out = append(out, groupByCols(s)...)
	}
	return out
}

// columnsOf lists the columns in n, with those of subqueries that belong to
// an outer query when external is set.
func columnsOf(n node, external, throughRefs bool) (out []*col) {
	switch n := n.(type) {
	case nil:
		return nil
	case *col:
		return []*col{n}
	case *subquery:
		if external {
			return n.q.externalCols()
		}
		return nil
	case *ref:
		if !throughRefs {
			return nil
		}
	}
	for _, s := range n.sources() {
		out = append(out, columnsOf(s, external, throughRefs)...)
	}
	return out
}

// refsOf collects the names of the select list that n refers to.
func refsOf(n node, into map[string]bool) {
	anyNode(n, func(n node) bool {
		if r, ok := n.(*ref); ok {
			into[r.name] = true
		}
		return false
	})
}
