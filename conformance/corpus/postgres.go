package corpus

import (
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// The functions of django.contrib.postgres.
var (
	statistics  = names("Corr CovarPop RegrAvgX RegrAvgY RegrCount RegrIntercept RegrR2 RegrSlope RegrSXX RegrSXY RegrSYY")
	plainOwn    = names("ArrayAgg JSONBAgg StringAgg BitAnd BitOr BitXor BoolAnd BoolOr RandomUUID TransactionNow Unaccent")
	similar     = names("TrigramSimilarity TrigramDistance")
	similarWord = names("TrigramWordSimilarity TrigramStrictWordSimilarity TrigramWordDistance TrigramStrictWordDistance")
)

// ownLookups are the lookups of django.contrib.postgres, which apps register
// and a planner for PostgreSQL always has.
var ownLookups = names("SearchLookup TrigramSimilar TrigramWordSimilar TrigramStrictWordSimilar Unaccent")

// Own tells whether a registered lookup is one of django.contrib.postgres.
func Own(class string) bool { return ownLookups[class] }

func names(list string) map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(list) {
		m[n] = true
	}
	return m
}

// postgres makes the expressions of django.contrib.postgres; nil when the class
// is another one.
func postgres(o *Object) (query.Expr, error) {
	name, args, kw := o.Str("$expr"), o.List("args"), o.Obj("kwargs")
	c := &call{f: &query.Func{Name: name}, args: args, kw: kw}
	switch {
	case name == "KeyTransform" && strings.HasPrefix(o.Str("path"), "django.contrib.postgres"):
		c.f.Name = "HStoreKeyTransform"
		c.option("key", c.take(0, "key_name"))
		c.field(1, "")
	case name == "SliceTransform":
		c.option("start", c.take(0, "start"))
		c.option("end", c.take(1, "end"))
		c.field(2, "")
	case name == "IndexTransform":
		c.option("start", c.take(0, "index"))
		c.field(2, "")
	case name == "ArraySubquery":
		c.field(0, "queryset")
	case name == "CombinedSearchQuery" || name == "CombinedSearchVector":
		l, err := Expr(c.take(0, "lhs"), false)
		if err != nil {
			return nil, err
		}
		r, err := Expr(c.take(2, "rhs"), false)
		return &query.Combined{Op: argText(c.take(1, "connector")), L: l, R: r}, err
	case name == "SearchConfig":
		return Expr(c.take(0, "config"), false)
	case name == "SearchVector":
		for i := range args {
			c.field(i, "")
		}
		c.keyword("config", c.kw.Get("config"))
		c.keyword("weight", c.kw.Get("weight"))
	case name == "SearchQuery":
		c.value(0, "value")
		c.keyword("config", c.kw.Get("config"))
		c.option("search_type", c.kw.Get("search_type"))
		c.option("invert", c.kw.Get("invert"))
	case name == "SearchRank":
		c.field(0, "vector")
		c.value(1, "query")
		c.keyword("weights", c.take(2, "weights"))
		c.keyword("normalization", c.take(3, "normalization"))
		c.option("cover_density", c.take(4, "cover_density"))
	case name == "SearchHeadline":
		c.field(0, "expression")
		c.value(1, "query")
		c.keyword("config", c.kw.Get("config"))
		for _, n := range strings.Fields("start_sel stop_sel max_words min_words short_word highlight_all max_fragments fragment_delimiter") {
			c.option(n, c.kw.Get(n))
		}
	case similar[name]:
		c.field(0, "expression")
		c.value(1, "string")
	case similarWord[name]:
		c.value(0, "string")
		c.field(1, "expression")
	case statistics[name]:
		c.field(0, "y")
		c.field(1, "x")
		c.option("sample", c.kw.Get("sample"))
		c.aggregate()
	case plainOwn[name]:
		for i := range args {
			if name == "StringAgg" && i == 1 {
				break
			}
			c.field(i, "")
		}
		if name == "StringAgg" {
			c.value(1, "delimiter")
		}
		c.ordering()
		c.aggregate()
	default:
		return nil, nil
	}
	return c.f, c.err
}

// call is a recorded call of a class on its way to a function.
type call struct {
	f    *query.Func
	args []any
	kw   *Object
	err  error
}

// take returns an argument by its position or name.
func (c *call) take(i int, name string) any {
	if i < len(c.args) {
		return c.args[i]
	}
	return c.kw.Get(name)
}

func (c *call) add(e query.Expr, err error) {
	if err != nil && c.err == nil {
		c.err = err
	}
	c.f.Args = append(c.f.Args, e)
}

// field adds an argument of which a text is a field's name.
func (c *call) field(i int, name string) { c.add(Expr(c.take(i, name), true)) }

// value adds an argument of which a text is itself.
func (c *call) value(i int, name string) { c.add(Expr(c.take(i, name), false)) }

func (c *call) option(name string, v any) {
	switch v := v.(type) {
	case nil:
	case bool:
		if v {
			c.f.Options = append(c.f.Options, option(name, "true"))
		} else {
			c.f.Options = append(c.f.Options, option(name, "false"))
		}
	default:
		c.f.Options = append(c.f.Options, option(name, anyText(v)))
	}
}

// keyword adds an expression that is given by name.
func (c *call) keyword(name string, v any) {
	if v == nil {
		return
	}
	e, err := Expr(v, false)
	c.add(&query.Func{Name: "Keyword", Args: []query.Expr{e}, Options: []abi.Header{option("name", name)}}, err)
}

// ordering adds the terms by which an aggregate orders.
func (c *call) ordering() {
	list, err := expressions(c.kw.Get("ordering"))
	if err != nil && c.err == nil {
		c.err = err
	}
	for _, e := range list {
		switch x := e.(type) {
		case *query.Ordered:
			c.f.Args = append(c.f.Args, x)
		case *query.Ref:
			name, desc := strings.CutPrefix(x.Name, "-")
			c.f.Args = append(c.f.Args, &query.Ordered{Expr: &query.Ref{Name: name, Outer: x.Outer}, Desc: desc})
		default:
			c.f.Args = append(c.f.Args, &query.Ordered{Expr: e})
		}
	}
}

// aggregate adds what all aggregates take.
func (c *call) aggregate() {
	if c.kw == nil {
		return
	}
	c.f.Distinct = c.kw.Bool("distinct")
	if v := c.kw.Get("filter"); v != nil {
		cond, err := asCond(v)
		if c.f.Filter = cond; err != nil && c.err == nil {
			c.err = err
		}
	}
	if c.kw.Has("default") {
		e, err := Expr(c.kw.Get("default"), false)
		if c.f.Default = e; err != nil && c.err == nil {
			c.err = err
		}
	}
	opts, err := outputField(c.kw.Get("output_field"))
	if c.f.Options = append(c.f.Options, opts...); err != nil && c.err == nil {
		c.err = err
	}
}
