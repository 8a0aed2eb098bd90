package orm

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

func quote(s string) string { return strconv.Quote(s) }

func typeName(key any) string { return reflect.TypeOf(key).String() }

// Cond is a condition: Django's Q. It is immutable.
type Cond struct {
	c      *query.Cond
	err    error
	claims []claim // what a queryset has to check, which knows its model
}

// Q makes a condition of name-value pairs and other conditions, all of which must hold.
func Q(args ...any) Cond { return conds("Q", args) }

// Not negates a condition.
func Not(c Cond) Cond { return c.Not() }

// And holds when both conditions hold.
func (c Cond) And(o Cond) Cond { return c.join(query.And, o) }

// Or holds when one of the conditions holds.
func (c Cond) Or(o Cond) Cond { return c.join(query.Or, o) }

// Xor holds when exactly one of the conditions holds.
func (c Cond) Xor(o Cond) Cond { return c.join(query.Xor, o) }

// Not holds when c does not.
func (c Cond) Not() Cond {
	if c.c == nil {
		return c
	}
	return Cond{&query.Cond{Negated: true, Children: []query.Expr{c.c}}, c.err, c.claims}
}

func (c Cond) join(conn query.Connector, o Cond) Cond {
	err := c.err
	if err == nil {
		err = o.err
	}
	claims := append(c.claims[:len(c.claims):len(c.claims)], o.claims...)
	switch {
	case c.empty():
		return Cond{o.c, err, claims}
	case o.empty():
		return Cond{c.c, err, claims}
	}
	return Cond{&query.Cond{Conn: conn, Children: []query.Expr{c.c, o.c}}, err, claims}
}

func (c Cond) empty() bool { return c.c == nil || len(c.c.Children) == 0 }

func lookupCond(path string, v abi.Value) Cond {
	return Cond{c: &query.Cond{Children: []query.Expr{&query.Lookup{Path: path, Value: &query.Param{Value: v}}}}}
}

// conds reads arguments by slog's rule: a string begins a name-value pair, a
// condition stands alone.
func conds(method string, args []any) Cond {
	deepen(0)
	c := Cond{c: &query.Cond{}}
	if len(args) == 1 {
		if one, ok := args[0].(Cond); ok && one.c != nil {
			return one
		}
	}
	for i := 0; i < len(args); i++ {
		switch a := args[i].(type) {
		case string:
			if i+1 == len(args) {
				return Cond{c: c.c, err: &LookupError{Lookup: a, Reason: method + " takes a value after each name: " + method + "(" + quote(a) + ", value)"}}
			}
			i++
			v, err := toExpr(args[i])
			if err != nil {
				return Cond{c: c.c, err: err}
			}
			c.c.Children = append(c.c.Children, &query.Lookup{Path: a, Value: unique(a, v)})
			c.claims = appendClaim(c.claims, a, args[i])
		case Cond:
			if a.err != nil {
				return a
			}
			if !a.empty() {
				c.c.Children = append(c.c.Children, a.c)
				c.claims = append(c.claims, a.claims...)
			}
		case Expr:
			if a.err != nil {
				return Cond{c: c.c, err: a.err}
			}
			c.c.Children = append(c.c.Children, a.e)
		default:
			return Cond{c: c.c, err: &ValueError{Field: method, Reason: "argument " + strconv.Itoa(i+1) + " is neither a name nor a condition: write " + method + "(\"name\", value) or " + method + "(orm.Q(...))"}}
		}
	}
	return c
}

// Expr is an expression: a field, a value, arithmetic, a function, an aggregate.
type Expr struct {
	e    query.Expr
	name string
	err  error
}

// F refers to a field of the model or, over relations, of another.
func F(path string) Expr { return Expr{e: &query.Ref{Name: path}} }

// OuterRef refers, in a subquery, to a field of the query around it.
func OuterRef(path string) Expr { return Expr{e: &query.Ref{Name: path, Outer: true}} }

// Value is a constant.
func Value(v any) Expr {
	e, err := toExpr(v)
	return Expr{e: e, err: err}
}

func (x Expr) combine(op string, v any) Expr {
	r, err := toExpr(v)
	if x.err != nil {
		err = x.err
	}
	return Expr{e: &query.Combined{Op: op, L: x.e, R: r}, err: err}
}

// Add adds v, a value or an expression.
func (x Expr) Add(v any) Expr { return x.combine("+", v) }

// Sub subtracts v.
func (x Expr) Sub(v any) Expr { return x.combine("-", v) }

// Mul multiplies by v.
func (x Expr) Mul(v any) Expr { return x.combine("*", v) }

// Div divides by v.
func (x Expr) Div(v any) Expr { return x.combine("/", v) }

// Mod is the remainder of the division by v. Django writes it %%.
func (x Expr) Mod(v any) Expr { return x.combine("%", v) }

// Pow raises to the power of v.
func (x Expr) Pow(v any) Expr { return x.combine("^", v) }

// As names the expression.
func (x Expr) As(name string) Expr { x.name = name; return x }

// Order is a term of OrderBy.
type Order struct {
	o   query.Ordered
	err error
}

// Asc orders by the expression, smallest first.
func (x Expr) Asc() Order { return Order{query.Ordered{Expr: x.e}, x.err} }

// Desc orders by the expression, largest first.
func (x Expr) Desc() Order { return Order{query.Ordered{Expr: x.e, Desc: true}, x.err} }

// NullsFirst puts rows without value first.
func (o Order) NullsFirst() Order { o.o.NullsFirst = true; return o }

// NullsLast puts rows without value last.
func (o Order) NullsLast() Order { o.o.NullsLast = true; return o }

// Func is a database function by Django's name: Func("Lower", F("name")). A
// string among args is a field's name; constants are given by Value.
func Func(name string, args ...any) Expr {
	f := &query.Func{Name: name}
	x := Expr{e: f}
	for _, a := range args {
		e, err := fieldExpr(a)
		if err != nil && x.err == nil {
			x.err = err
		}
		f.Args = append(f.Args, e)
	}
	return x
}

// fieldExpr takes a string for a field's name.
func fieldExpr(v any) (query.Expr, error) {
	if s, ok := v.(string); ok {
		return &query.Ref{Name: s}, nil
	}
	return toExpr(v)
}

func aggregate(name string, arg any) Expr {
	x := Func(name, arg)
	if f, ok := arg.(FieldRef); ok {
		arg = f.FieldPath()
	}
	if s, ok := arg.(string); ok {
		x.name = s + "__" + strings.ToLower(name)
	}
	return x
}

// Count counts what arg, a field's name or an expression, holds; "*" counts rows.
func Count(arg any) Expr { return aggregate("Count", arg) }

// Sum adds up arg.
func Sum(arg any) Expr { return aggregate("Sum", arg) }

// Avg is the mean of arg.
func Avg(arg any) Expr { return aggregate("Avg", arg) }

// Min is the smallest arg.
func Min(arg any) Expr { return aggregate("Min", arg) }

// Max is the largest arg.
func Max(arg any) Expr { return aggregate("Max", arg) }

// StdDev is the population standard deviation of arg.
func StdDev(arg any) Expr { return aggregate("StdDev", arg) }

// Variance is the population variance of arg.
func Variance(arg any) Expr { return aggregate("Variance", arg) }

func (x Expr) onFunc(method string, change func(f *query.Func) error) Expr {
	f, ok := x.e.(*query.Func)
	if !ok {
		x.err = &ValueError{Field: method, Reason: "only aggregates such as orm.Count have " + method}
		return x
	}
	c := *f
	if err := change(&c); err != nil && x.err == nil {
		x.err = err
	}
	x.e = &c
	return x
}

// Distinct makes an aggregate count each value once.
func (x Expr) Distinct() Expr {
	return x.onFunc("Distinct", func(f *query.Func) error { f.Distinct = true; return nil })
}

// Filter restricts an aggregate to rows that match.
func (x Expr) Filter(args ...any) Expr {
	return x.onFunc("Filter", func(f *query.Func) error {
		c := conds("Filter", args)
		f.Filter = c.noted()
		return c.err
	})
}

// keywords are the arguments by name that are expressions.
var keywords = map[string]bool{"config": true, "weight": true, "weights": true, "normalization": true}

// With gives a function an argument by its name, as some of those of full-text
// search have: fn.SearchQuery("x").With("config", "english").
func (x Expr) With(name string, v any) Expr {
	return x.onFunc("With", func(f *query.Func) error {
		if keywords[name] {
			e, err := toExpr(v)
			f.Args = append(f.Args[:len(f.Args):len(f.Args)], &query.Func{Name: "Keyword", Args: []query.Expr{e}, Options: []abi.Header{{Name: "name", Value: name}}})
			return err
		}
		text := ""
		switch v := v.(type) {
		case string:
			text = v
		case bool:
			text = strconv.FormatBool(v)
		case int:
			text = strconv.Itoa(v)
		default:
			return &ValueError{Field: "With", Reason: name + " takes a text, a number or a bool"}
		}
		f.Options = append(f.Options[:len(f.Options):len(f.Options)], abi.Header{Name: name, Value: text})
		return nil
	})
}

// Default is an aggregate's value when there are no rows.
func (x Expr) Default(v any) Expr {
	return x.onFunc("Default", func(f *query.Func) (err error) { f.Default, err = toExpr(v); return err })
}

// Query is any queryset, whatever its records.
type Query interface{ coreQuery() *core }

// Exists holds when the queryset, which may use OuterRef, has a record.
func Exists(q Query) Cond {
	t, err := q.coreQuery().tree(query.VerbSelect)
	return Cond{c: &query.Cond{Children: []query.Expr{&query.Sub{Query: t, Exists: true}}}, err: err}
}

// Subquery is the value of the queryset's first row; give it one column by ValuesList.
func Subquery(q Query) Expr {
	t, err := q.coreQuery().tree(query.VerbSelect)
	return Expr{e: &query.Sub{Query: t}, err: err}
}

// CaseBuilder is the beginning of a Case.
type CaseBuilder struct {
	c   query.Case
	err error
}

// Case begins a choice between values: Case().When(cond, then).Else(value).
func Case() CaseBuilder { return CaseBuilder{} }

// When adds a branch: then is the value where cond holds and no branch before did.
func (b CaseBuilder) When(cond Cond, then any) CaseBuilder {
	t, err := toExpr(then)
	if cond.err != nil {
		err = cond.err
	}
	if b.err == nil {
		b.err = err
	}
	b.c.Whens = append(b.c.Whens[:len(b.c.Whens):len(b.c.Whens)], query.When{Cond: cond.noted(), Then: t})
	return b
}

// Else ends the choice with the value where no branch holds; nil is NULL.
func (b CaseBuilder) Else(v any) Expr {
	x := Expr{err: b.err}
	c := b.c
	if v != nil {
		d, err := toExpr(v)
		if c.Default = d; x.err == nil {
			x.err = err
		}
	}
	x.e = &c
	return x
}
