package orm

import (
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// Lookup compares the expression as Filter compares a field:
// F("price").Mul(2).Lookup("gte", F("limit")). The lookup may begin with
// transforms: "year__gt".
func (x Expr) Lookup(lookup string, v any) Cond {
	r, err := toExpr(v)
	c := &query.Lookup{Left: x.e, Path: lookup, Value: unique(lookup, r)}
	if x.e == nil && x.err == nil {
		err = &ValueError{Field: "Lookup", Reason: "the expression is empty"}
	}
	return Cond{c: &query.Cond{Children: []query.Expr{c}}, err: firstError(x.err, err)}
}

// RawSQL is an expression in the database's own language, with ? for each
// argument. Never put what a user wrote into sql: give it as an argument.
func RawSQL(sql string, args ...any) Expr {
	f := &query.Func{Name: "RawSQL", Options: []abi.Header{{Name: "sql", Value: sql}}}
	x := Expr{e: f}
	for _, a := range args {
		e, err := toExpr(a)
		x.err = firstError(x.err, err)
		f.Args = append(f.Args, e)
	}
	return x
}

// Output says what type of field an expression has, by the field's name in
// Django: RawSQL("price * 2").Output("IntegerField"), Func("Cast",
// "id").Output("TextField").
func (x Expr) Output(class string) Expr {
	out := abi.Header{Name: "output_field", Value: class}
	if f, ok := x.e.(*query.Func); ok {
		c := *f
		c.Options = append(c.Options[:len(c.Options):len(c.Options)], out)
		x.e = &c
		return x
	}
	return Expr{e: &query.Func{Name: "ExpressionWrapper", Args: []query.Expr{x.e}, Options: []abi.Header{out}}, name: x.name, err: x.err}
}

// In takes the parts of a datetime in a zone other than the current one:
// Func("TruncDay", "created").In("Europe/Berlin"), or "UTC+05:30".
func (x Expr) In(zone string) Expr {
	return x.onFunc("In", func(f *query.Func) error {
		f.Options = append(f.Options[:len(f.Options):len(f.Options)], abi.Header{Name: "tzinfo", Value: zone})
		return nil
	})
}

// KT is the text below a path of keys of a JSON field: KT("data__owner__name").
func KT(path string) Expr { return keyTransform("KeyTextTransform", path) }

// unique drops values that a list has twice: Django compares with each once.
func unique(lookup string, e query.Expr) query.Expr {
	if p, ok := e.(*query.Param); ok && (lookup == "in" || strings.HasSuffix(lookup, "__in")) {
		return &query.Param{Value: query.Unique(p.Value)}
	}
	return e
}

func keyTransform(name, path string) Expr {
	parts := strings.Split(path, "__")
	x, keys := F(parts[0]), parts[1:]
	if len(keys) == 0 {
		x.err = &ValueError{Field: "KT", Value: path, Reason: "the path leads to no key: write KT(\"field__key\")"}
	}
	for _, k := range keys {
		x.e = &query.Func{Name: name, Args: []query.Expr{x.e}, Options: []abi.Header{{Name: "key", Value: k}}}
	}
	return x
}

// FilteredRelation is, given to Annotate or Alias, a relation under a name of
// its own, whose records are those only that match. Conditions name the
// relation:
//
//	Authors.Alias("recent", FilteredRelation("books", "books__published__year", 2024)).Filter("recent__isnull", false)
func FilteredRelation(relation string, args ...any) Expr {
	c := conds("FilteredRelation", args)
	f := &query.Filtered{Relation: relation}
	if !c.empty() {
		f.Cond = c.noted()
	}
	return Expr{e: f, err: c.err}
}

// ExtraSQL is what Extra adds to a query, in the database's own language with
// ? for each argument.
type ExtraSQL struct {
	Select  []any // names and expressions by turns: "age", RawSQL("now() - born")
	Where   []Expr
	Tables  []string
	OrderBy []string // names, of fields or of Select, or table.column
}

// Extra adds SQL to the query, for what cannot be said otherwise. RawSQL in
// Annotate, Filter and OrderBy often can.
func (s *QuerySet[T]) Extra(x ExtraSQL) *QuerySet[T] { return wrap[T](s.q.extra(x)) }

func (q *core) extra(x ExtraSQL) *core {
	n, err := named("Extra", x.Select)
	step := query.Step{Kind: query.StepExtra, Names: x.Tables, Named: n}
	for _, w := range x.Where {
		err = firstError(err, w.err)
		step.Exprs = append(step.Exprs, w.e)
	}
	out := q.with(step, err)
	if len(x.OrderBy) > 0 {
		out = out.with(query.Step{Kind: query.StepExtraOrder, Names: x.OrderBy}, nil)
		out.ordered = true
	}
	return out
}
