package planner

import (
	"slices"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

var constantTrue = constant(abi.Bool(true))

// numeric wraps the text of a decimal expression where the database would
// otherwise treat it as text or real.
func numeric(c *compiler, out *Field, s string) string {
	if c.d.NumericCast && out != nil && out.stored().class == clsDecimal {
		return "CAST(" + s + " AS NUMERIC)"
	}
	return s
}

// combined is arithmetic.
type combined struct {
	op   string
	l, r node
	kind combinedKind
	out  *Field
	err  error // why there is no type
}

type combinedKind uint8

const (
	plainOp    combinedKind = iota
	durationOp              // one side is a duration
	temporalOp              // the difference of two dates, datetimes or times
)

func (n *combined) sources() []node { return []node{n.l, n.r} }
func (n *combined) with(src []node) node {
	c := *n
	c.l, c.r = src[0], src[1]
	return &c
}
func (n *combined) output() *Field { return n.out }

func (n *combined) compile(c *compiler) (string, []arg, error) {
	l, args, err := c.compile(n.l)
	if err != nil {
		return "", nil, err
	}
	r, more, err := c.compile(n.r)
	if err != nil {
		return "", nil, err
	}
	args = append(args[:len(args):len(args)], more...)
	switch {
	case n.kind == durationOp && !c.d.NativeDuration:
		s, err := c.d.Duration(n.op, l, r)
		return "(" + s + ")", args, err
	case n.kind == temporalOp && c.d.Subtract != nil:
		return c.d.Subtract(n.l.output().Type, l, r), args, nil
	}
	return numeric(c, n.out, "("+c.d.Combine(n.op, l, r)+")"), args, nil
}

var operators = map[string]bool{"+": true, "-": true, "*": true, "/": true, "%": true, "^": true, "&": true, "|": true, "<<": true, ">>": true, "#": true}

func (q *Query) resolveCombined(e *query.Combined, o options) (node, error) {
	op := e.Op
	if op == "%%" {
		op = "%"
	}
	if !operators[op] && (!q.env.d.NativeTypes || op != "||" && op != "&&") {
		return nil, misuse(q.model.label, e.Op, "Unknown operator %q.", e.Op)
	}
	if e.L == nil || e.R == nil {
		return nil, badMessage("an operand of %q is missing", e.Op)
	}
	l, err := q.resolve(e.L, o)
	if err != nil {
		return nil, err
	}
	r, err := q.resolve(e.R, o)
	if err != nil {
		return nil, err
	}
	n := &combined{op: op, l: l, r: r}
	lo, ro := l.output(), r.output()
	if searching(op, lo, ro) {
		return &searchCombined{op, l, r}, nil
	}
	if !operators[op] {
		return nil, misuse(q.model.label, e.Op, "The operator %q joins two of SearchVector, or two of SearchQuery.", e.Op)
	}
	lc, rc := classOf(lo), classOf(ro)
	switch {
	case (lc == clsDuration) != (rc == clsDuration):
		n.kind = durationOp
		factors := []string{"DecimalField", "DurationField", "FloatField", "IntegerField"}
		if q.env.d.NativeDuration || op != "*" && op != "/" || lo == nil || ro == nil || slices.Contains(factors, lo.Type) && slices.Contains(factors, ro.Type) {
			break
		}
		return nil, notSupported("Invalid arguments for operator %s.", op)
	case op == "-" && lo != nil && ro != nil && lo.Type == ro.Type && (lc == clsDate || lc == clsDateTime || lc == clsTime):
		n.kind = temporalOp
		n.out = typed("DurationField")
		return n, nil
	}
	if n.err = firstTypeError(l, r); n.err != nil {
		return n, nil
	}
	if n.out = combinedType(op, lo, ro); n.out == nil && lo != nil && ro != nil {
		n.err = misuse(q.model.label, op, "Cannot infer type of '%s' expression involving these types: %s, %s. You must set output_field.", op, lo.Type, ro.Type)
	}
	return n, nil
}

// classOf is the class of an expression's own type; relations have none.
func classOf(f *Field) class {
	if f == nil || f.relation() {
		return clsOther
	}
	return f.class
}

// when is one branch of a caseNode.
type when struct{ cond, then node }

func (n *when) sources() []node      { return []node{n.cond, n.then} }
func (n *when) with(src []node) node { return &when{src[0], src[1]} }
func (n *when) output() *Field       { return n.then.output() }
func (n *when) compile(c *compiler) (string, []arg, error) {
	cond, args, err := c.compile(n.cond)
	if err != nil {
		return "", nil, err
	}
	then, more, err := c.compile(n.then)
	if err != nil {
		return "", nil, err
	}
	return "WHEN " + cond + " THEN " + then, append(args[:len(args):len(args)], more...), nil
}

// caseNode is CASE WHEN ... END.
type caseNode struct {
	whens []*when
	def   node
	out   *Field
	err   error // why there is no type
}

func (n *caseNode) sources() []node {
	src := make([]node, 0, len(n.whens)+1)
	for _, w := range n.whens {
		src = append(src, w)
	}
	return append(src, n.def)
}

func (n *caseNode) with(src []node) node {
	c := &caseNode{def: src[len(src)-1], out: n.out, err: n.err}
	for _, s := range src[:len(src)-1] {
		c.whens = append(c.whens, s.(*when))
	}
	return c
}

// results are what the branches yield.
func (n *caseNode) results() []node {
	out := make([]node, len(n.whens))
	for i, w := range n.whens {
		out[i] = w.then
	}
	return out
}

func (n *caseNode) output() *Field {
	if n.out != nil {
		return n.out
	}
	for _, w := range n.whens {
		if f := w.output(); f != nil {
			return f
		}
	}
	return n.def.output()
}

func (n *caseNode) compile(c *compiler) (string, []arg, error) {
	def, defArgs, err := c.compile(n.def)
	if err != nil {
		return "", nil, err
	}
	s := "CASE"
	var args []arg
	parts := 0
	for _, w := range n.whens {
		text, a, err := c.compile(w)
		if err == errEmpty {
			continue
		}
		if err == errFull {
			if def, defArgs, err = c.compile(w.then); err != nil {
				return "", nil, err
			}
			break
		}
		if err != nil {
			return "", nil, err
		}
		parts++
		s += " " + text
		args = append(args, a...)
	}
	if parts == 0 {
		return def, defArgs, nil
	}
	s = numeric(c, n.output(), s+" ELSE "+def+" END")
	if c.d.Unify != nil {
		s = c.d.Unify(c.d, n.output(), s)
	}
	return s, append(args, defArgs...), nil
}

// wrapper gives an expression a type: ExpressionWrapper.
type wrapper struct {
	expr node
	out  *Field
}

func (n *wrapper) sources() []node      { return []node{n.expr} }
func (n *wrapper) with(src []node) node { return &wrapper{src[0], n.out} }
func (n *wrapper) output() *Field       { return n.out }
func (n *wrapper) compile(c *compiler) (string, []arg, error) {
	s, args, err := c.compile(n.expr)
	if err != nil {
		return "", nil, err
	}
	return numeric(c, n.out, s), args, nil
}

// negation is NOT of a boolean expression.
type negation struct{ expr node }

func (n *negation) sources() []node      { return []node{n.expr} }
func (n *negation) with(src []node) node { return &negation{src[0]} }
func (n *negation) output() *Field       { return typed("BooleanField") }
func (n *negation) compile(c *compiler) (string, []arg, error) {
	s, args, err := c.compile(n.expr)
	if err == errEmpty {
		return c.compile(constantTrue)
	}
	if err != nil {
		return "", nil, err
	}
	return "NOT " + s, args, nil
}
