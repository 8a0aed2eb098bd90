package planner

import (
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// window is a function over other rows of the result.
type window struct {
	expr      node
	partition []node
	order     []node
	frame     string
	out       *Field
}

func (n *window) sources() []node {
	src := make([]node, 0, 1+len(n.partition)+len(n.order))
	src = append(append(src, n.expr), n.partition...)
	return append(src, n.order...)
}

func (n *window) with(src []node) node {
	c := *n
	c.expr, src = src[0], src[1:]
	c.partition, c.order = src[:len(n.partition):len(n.partition)], src[len(n.partition):]
	return &c
}

func (n *window) output() *Field { return n.out }

func (n *window) compile(c *compiler) (string, []arg, error) {
	expr := n.expr
	if c.d.NumericCast && n.out != nil && n.out.stored().class == clsDecimal {
		// The cast goes around the window, not around the function.
		switch x := expr.(type) {
		case *aggregate:
			a := *x
			a.out, expr = typed("FloatField"), &a
		case *fn:
			expr = &fn{name: x.name, args: x.args, out: typed("FloatField")}
		}
	}
	s, args, err := c.compile(expr)
	if err != nil {
		return "", nil, err
	}
	var parts []string
	list := func(words string, ns []node) error {
		if len(ns) == 0 {
			return nil
		}
		texts, more, err := c.operands(ns)
		parts, args = append(parts, words+strings.Join(texts, ", ")), append(args[:len(args):len(args)], more...)
		return err
	}
	if err := list("PARTITION BY ", n.partition); err != nil {
		return "", nil, err
	}
	if err := list("ORDER BY ", n.order); err != nil {
		return "", nil, err
	}
	if n.frame != "" {
		parts = append(parts, n.frame)
	}
	return numeric(c, n.out, s+" OVER ("+strings.Join(parts, " ")+")"), args, nil
}

// windowFunctions work over a window only.
var windowFunctions = map[string]function{
	"CumeDist": {"CUME_DIST", 0, 0, isFloat, nil}, "DenseRank": {"DENSE_RANK", 0, 0, isInteger, nil}, "FirstValue": {"FIRST_VALUE", 1, 1, sameAsFirst, nil},
	"Lag": {"LAG", 1, 3, sameAsFirst, nil}, "LastValue": {"LAST_VALUE", 1, 1, sameAsFirst, nil}, "Lead": {"LEAD", 1, 3, sameAsFirst, nil},
	"NthValue": {"NTH_VALUE", 1, 2, sameAsFirst, nil}, "Ntile": {"NTILE", 0, 1, isInteger, nil}, "PercentRank": {"PERCENT_RANK", 0, 0, isFloat, nil},
	"Rank": {"RANK", 0, 0, isInteger, nil}, "RowNumber": {"ROW_NUMBER", 0, 0, isInteger, nil},
}

// windowCount is the argument that these functions have when it is left out:
// 1, at this place.
var windowCount = map[string]int{"Lag": 1, "Lead": 1, "NthValue": 1, "Ntile": 0}

func (q *Query) resolveWindow(w *query.Window, o options) (node, error) {
	f, ok := w.Expr.(*query.Func)
	if !ok {
		return nil, misuse(q.model.label, "Window", "Only aggregates and window functions are compatible with OVER clauses.")
	}
	n := &window{}
	var err error
	if n.expr, err = q.resolveWindowed(f, o); err != nil {
		return nil, err
	}
	n.out = n.expr.output()
	for _, e := range w.Partition {
		x, err := q.resolve(e, o)
		if err != nil {
			return nil, err
		}
		n.partition = append(n.partition, x)
	}
	for _, e := range w.Order {
		x, err := q.resolve(e, o)
		if err != nil {
			return nil, err
		}
		if by, ok := x.(*orderBy); ok && by.nullsFirst && by.nullsLast {
			return nil, misuse(q.model.label, "Window", "nulls_first and nulls_last are mutually exclusive")
		}
		n.order = append(n.order, x)
	}
	n.frame, err = q.windowFrame(w.Frame)
	return n, err
}

func (q *Query) resolveWindowed(f *query.Func, o options) (node, error) {
	if _, ok := aggregates[f.Name]; ok {
		n, err := q.resolve(f, o)
		if _, plain := n.(*aggregate); err == nil && !plain {
			return nil, misuse(q.model.label, f.Name, "An aggregate over a window has no default.")
		}
		return n, err
	}
	spec, ok := windowFunctions[f.Name]
	if !ok {
		return nil, misuse(q.model.label, f.Name, "Expression '%s' isn't compatible with OVER clauses.", f.Name)
	}
	if f.Distinct || f.Filter != nil || f.Default != nil {
		return nil, misuse(q.model.label, f.Name, "%s is not an aggregate: it takes no distinct, filter or default.", f.Name)
	}
	args, err := q.resolveArgs(f, o)
	if err != nil {
		return nil, err
	}
	if at, ok := windowCount[f.Name]; ok && at == len(args) {
		one := &query.Func{Name: f.Name, Args: append(f.Args[:at:at], nil), Options: f.Options}
		f, args = one, append(args, constant(abi.Int(1)))
	}
	out, err := q.outputOption(f)
	if err != nil {
		return nil, err
	}
	return q.callFunction(f, spec, args, out)
}

// windowFrame is the text of a frame.
func (q *Query) windowFrame(f *query.Frame) (string, error) {
	if f == nil {
		return "", nil
	}
	start, end, kind := "UNBOUNDED PRECEDING", "UNBOUNDED FOLLOWING", "ROWS"
	switch n := f.Start.Offset; {
	case f.Start.All:
	case n > 0:
		return "", misuse(q.model.label, "Window", "start argument must be a negative integer, zero, or None, but got '%d'.", n)
	case n == 0:
		start = "CURRENT ROW"
	default:
		start = strconv.FormatUint(uint64(-n), 10) + " PRECEDING"
	}
	switch n := f.End.Offset; {
	case f.End.All:
	case n < 0:
		return "", misuse(q.model.label, "Window", "end argument must be a positive integer, zero, or None, but got '%d'.", n)
	case n == 0:
		end = "CURRENT ROW"
	default:
		end = strconv.FormatInt(n, 10) + " FOLLOWING"
	}
	if f.Range {
		kind = "RANGE"
		if q.env.d.UnboundedRanges && (!f.Start.All && f.Start.Offset < 0 || !f.End.All && f.End.Offset > 0) {
			return "", notSupported("%s only supports UNBOUNDED together with PRECEDING and FOLLOWING.", q.env.d.Name)
		}
	}
	return kind + " BETWEEN " + start + " AND " + end, nil
}

func hasWindow(n node) bool {
	return anyNode(n, func(n node) bool { _, ok := n.(*window); return ok })
}
