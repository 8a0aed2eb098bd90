package lookupcheck

import (
	"go/ast"
	"strings"
)

// list checks names of one use, and what expressions among them name.
func (c *checker) list(s scope, args []ast.Expr, as use) {
	for _, a := range args {
		if text, ok := c.text(a); ok {
			c.name(s, a.Pos(), text, as)
			continue
		}
		if call, ok := ast.Unparen(a).(*ast.CallExpr); ok && as == asPrefetched {
			if fn, _ := c.callee(call); fn == "With" && len(call.Args) > 0 {
				c.list(s, call.Args[:1], as)
			}
			continue
		}
		c.expr(s, a)
	}
}

// pairs checks name-value pairs, with conditions among them.
func (c *checker) pairs(s scope, args []ast.Expr, as use) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		if !isString(c.info.TypeOf(a)) {
			c.expr(s, a)
			continue
		}
		text, constant := c.text(a)
		if i+1 == len(args) {
			if constant {
				c.report(a.Pos(), "\""+text+"\" has no value: a value follows each name")
			}
			return
		}
		if constant {
			c.name(s, a.Pos(), text, as)
		}
		i++
		c.expr(s, args[i])
	}
}

// named checks names that are given to expressions, and the expressions.
func (c *checker) named(s scope, args []ast.Expr) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		if isString(c.info.TypeOf(a)) {
			if i++; i == len(args) {
				return
			}
			a = args[i]
			if text, ok := c.text(args[i-1]); ok {
				c.expr(s, a)
				s = s.with(text) // the next expressions may name it
				continue
			}
		}
		c.expr(s, a)
		if n := c.nameOf(a); n != "" {
			s = s.with(n)
		}
	}
}

// fieldArgs are functions of package orm whose first arguments are fields'
// names when they are strings: how many, -1 for all.
var fieldArgs = map[string]int{
	"F": 1, "KT": 1, "Count": 1, "Sum": 1, "Avg": 1, "Min": 1, "Max": 1, "StdDev": 1, "Variance": 1,
	"FirstValue": 1, "LastValue": 1, "NthValue": 1, "Lag": 1, "Lead": 1, "FilteredRelation": 1,
}

// expr checks what an expression names.
func (c *checker) expr(s scope, e ast.Expr) {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return
	}
	name, recv := c.callee(call)
	args := call.Args
	if recv != nil {
		if t, _ := argument(c.info.TypeOf(recv)); t != "" {
			return // a queryset, which has names of its own
		}
		c.method(s, name, recv, args)
		return
	}
	if own, ok := strings.CutPrefix(name, "fn."); ok {
		if own == "JSONObject" || own == "StrIndex" {
			c.values(s, args, own == "StrIndex")
			return
		}
		c.list(s, c.anyArgs(call), asValue)
		return
	}
	if n, ok := fieldArgs[name]; ok {
		fields := args[:min(n, len(args))]
		if name == "KT" && len(args) == 1 {
			if text, ok := c.text(args[0]); ok {
				first, _, _ := strings.Cut(text, "__")
				c.name(s, args[0].Pos(), first, asValue)
			}
			return
		}
		c.list(s, fields, asValue)
		return
	}
	switch name {
	case "Q":
		c.pairs(s, args, asLookup)
	case "Func":
		if len(args) > 1 {
			c.list(s, args[1:], asValue)
		}
	case "Not", "Window", "Value":
		for _, a := range args {
			c.expr(s, a)
		}
	case "Assign":
		c.pairs(s, args, asTarget)
	case "Defaults":
		c.pairs(s, args, asTarget)
	}
}

// values checks arguments of which only the first may be a field's name.
func (c *checker) values(s scope, args []ast.Expr, first bool) {
	for i, a := range args {
		if text, ok := c.text(a); ok {
			if first && i == 0 {
				c.name(s, a.Pos(), text, asValue)
			}
			continue
		}
		c.expr(s, a)
	}
}

// anyArgs are the arguments of a function of package fn that can be expressions:
// those of type string are constants.
func (c *checker) anyArgs(call *ast.CallExpr) (out []ast.Expr) {
	sig := c.signature(call)
	if sig == nil {
		return nil
	}
	for i, a := range call.Args {
		p := sig.Params().At(min(i, sig.Params().Len()-1)).Type()
		if !isString(p) {
			out = append(out, a)
		}
	}
	return out
}

// method checks a method of an expression, and what it is called on.
func (c *checker) method(s scope, name string, recv ast.Expr, args []ast.Expr) {
	c.expr(s, recv)
	switch name {
	case "Filter":
		c.pairs(s, args, asLookup)
	case "PartitionBy":
		c.list(s, args, asValue)
	case "OrderBy":
		c.list(s, args, asOrder)
	case "As", "Output", "In":
	case "Lookup":
		if len(args) == 2 {
			c.expr(s, args[1])
		}
	default: // arithmetic, When, Else, And, Or: strings are values
		for _, a := range args {
			c.expr(s, a)
		}
	}
}
