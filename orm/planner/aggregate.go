package planner

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

type aggregateSpec struct {
	sql      string
	distinct bool // may be DISTINCT
	numeric  bool // refuses dates
	// Those of PostgreSQL alone: how many arguments they have, whether an order
	// may follow, the type, and what they are of no rows where no default is given.
	postgres int
	ordered  bool
	out      string
	nothing  abi.Value
}

var aggregates = map[string]aggregateSpec{
	"Count": {sql: "COUNT", distinct: true}, "Sum": {sql: "SUM", distinct: true, numeric: true}, "Avg": {sql: "AVG", distinct: true, numeric: true},
	"Min": {sql: "MIN"}, "Max": {sql: "MAX"}, "StdDev": {sql: "STDDEV_POP", numeric: true}, "Variance": {sql: "VAR_POP", numeric: true},

	"ArrayAgg":  {sql: "ARRAY_AGG", distinct: true, postgres: 1, ordered: true, out: schema.Array, nothing: abi.Array()},
	"JSONBAgg":  {sql: "JSONB_AGG", distinct: true, postgres: 1, ordered: true, out: "JSONField", nothing: abi.Value{Kind: abi.KindJSON, Str: "[]"}},
	"StringAgg": {sql: "STRING_AGG", distinct: true, postgres: 2, ordered: true, out: "TextField", nothing: abi.Text("")},
	"BitAnd":    {sql: "BIT_AND", postgres: 1}, "BitOr": {sql: "BIT_OR", postgres: 1}, "BitXor": {sql: "BIT_XOR", postgres: 1},
	"BoolAnd": {sql: "BOOL_AND", postgres: 1, out: "BooleanField"}, "BoolOr": {sql: "BOOL_OR", postgres: 1, out: "BooleanField"},
	"Corr": {sql: "CORR", postgres: 2, out: "FloatField"}, "CovarPop": {sql: "COVAR_POP", postgres: 2, out: "FloatField"},
	"RegrAvgX": {sql: "REGR_AVGX", postgres: 2, out: "FloatField"}, "RegrAvgY": {sql: "REGR_AVGY", postgres: 2, out: "FloatField"},
	"RegrCount":     {sql: "REGR_COUNT", postgres: 2, out: "IntegerField", nothing: abi.Int(0)},
	"RegrIntercept": {sql: "REGR_INTERCEPT", postgres: 2, out: "FloatField"}, "RegrR2": {sql: "REGR_R2", postgres: 2, out: "FloatField"},
	"RegrSlope": {sql: "REGR_SLOPE", postgres: 2, out: "FloatField"}, "RegrSXX": {sql: "REGR_SXX", postgres: 2, out: "FloatField"},
	"RegrSXY": {sql: "REGR_SXY", postgres: 2, out: "FloatField"}, "RegrSYY": {sql: "REGR_SYY", postgres: 2, out: "FloatField"},
}

// samples are the aggregates over a sample of all rows.
var samples = map[string]string{"StdDev": "STDDEV_SAMP", "Variance": "VAR_SAMP", "CovarPop": "COVAR_SAMP"}

// aggregate is an aggregate function.
type aggregate struct {
	class    string // Django's name
	sql      string
	args     []node
	order    []node // of the rows, as far as they count
	distinct bool
	filter   node
	out      *Field
	err      error     // why there is no type
	summary  bool      // made by aggregate()
	nothing  abi.Value // what NULL stands for, null for itself
}

func (n *aggregate) sources() []node {
	if n.filter == nil && n.order == nil {
		return n.args
	}
	src := slices.Concat(n.args, n.order)
	if n.filter != nil {
		src = append(src, n.filter)
	}
	return src
}

func (n *aggregate) with(src []node) node {
	c := *n
	if n.filter != nil {
		c.filter, src = src[len(src)-1], src[:len(src)-1]
	}
	c.args = src[:len(n.args):len(n.args)]
	if n.order != nil {
		c.order = src[len(n.args):]
	}
	return &c
}
func (n *aggregate) output() *Field { return n.out }

func (n *aggregate) compile(c *compiler) (string, []arg, error) {
	if err := c.d.has(n.sql); err != nil {
		return "", nil, err
	}
	if n.filter != nil && !c.d.AggregateFilter {
		m := *n
		m.filter = nil
		m.args = append([]node{&caseNode{whens: []*when{{n.filter, n.args[0]}}, def: constant(abi.Null)}}, n.args[1:]...)
		return m.compile(c)
	}
	parts, args, err := c.operands(n.args)
	if err != nil {
		return "", nil, err
	}
	s := strings.Join(parts, ", ")
	if n.order != nil {
		by, more, err := c.operands(n.order)
		if err != nil {
			return "", nil, err
		}
		s, args = s+" ORDER BY "+strings.Join(by, ", "), append(args, more...)
	}
	if n.distinct {
		s = "DISTINCT " + s
	}
	s = n.sql + "(" + s + ")"
	if n.filter != nil {
		f, more, err := c.compile(n.filter)
		switch {
		case err == errFull:
		case err != nil:
			return "", nil, err
		default:
			s += " FILTER (WHERE " + f + ")"
			args = append(args, more...)
		}
	}
	return numeric(c, n.out, s), args, nil
}

func (q *Query) resolveAggregate(f *query.Func, spec aggregateSpec, o options) (node, error) {
	if f.Distinct && !spec.distinct {
		return nil, misuse(q.model.label, f.Name, "%s does not allow distinct.", f.Name)
	}
	if f.Name == "Count" && len(f.Args) == 0 {
		f = &query.Func{Name: f.Name, Args: []query.Expr{&query.Ref{Name: "*"}}, Distinct: f.Distinct, Filter: f.Filter, Default: f.Default, Options: f.Options}
	}
	n := &aggregate{class: f.Name, sql: spec.sql, distinct: f.Distinct, summary: o.summarize}
	var by []query.Expr
	if spec.ordered {
		call := *f
		call.Args, by = splitOrder(f.Args)
		f = &call
	}
	count := max(spec.postgres, 1)
	if err := q.arity(f, count, count); err != nil {
		return nil, err
	}
	if spec.postgres > 0 && !q.env.d.NativeTypes {
		return nil, onlyPostgres(f.Name)
	}
	args, err := q.resolveArgs(f, o)
	if err != nil {
		return nil, err
	}
	n.args = args
	for _, e := range by {
		t, err := q.resolve(e, o)
		if err != nil {
			return nil, err
		}
		n.order = append(n.order, t)
	}
	if sample := samples[f.Name]; sample != "" && option(f, "sample") != "" && option(f, "sample") != "false" {
		n.sql = sample
	}
	def, given := f.Default.(*query.Param)
	if given = given && def.Value.Kind == abi.KindNull; given { // a default of None
		call := *f
		call.Default = nil
		f = &call
	}
	if f.Default == nil && !given {
		n.nothing = spec.nothing
	}
	if _, ok := args[0].(star); ok && f.Filter != nil {
		return nil, misuse(q.model.label, f.Name, "Star cannot be used with filter. Please specify a field.")
	}
	if f.Filter != nil {
		if n.filter, err = q.resolveCond(f.Filter, o); err != nil {
			return nil, err
		}
	}
	if err := q.checkNested(f, args, o); err != nil {
		return nil, err
	}
	if n.out, err = q.outputOption(f); err != nil {
		return nil, err
	}
	in := args[0].output()
	if c := classOf(in); spec.numeric && q.env.d.Name == "sqlite" && (c == clsDate || c == clsDateTime || c == clsTime) {
		return nil, notSupported("You cannot use Sum, Avg, StdDev, and Variance aggregations on date/time fields in SQLite since date/time is saved as text.")
	}
	if n.out == nil {
		if n.err = typeError(args[0]); f.Name == "Count" || spec.out != "" && spec.out != schema.Array {
			n.err = nil
		}
		switch f.Name {
		case "Count":
			n.out = typed("IntegerField")
		case "Avg", "StdDev", "Variance":
			n.out = numericType(args)
		case "ArrayAgg":
			n.out = arrayOf(in)
		default:
			if n.out = in; spec.out != "" {
				n.out = typed(spec.out)
			}
		}
	}
	if f.Default == nil {
		return n, nil
	}
	if f.Name == "Count" || f.Name == "RegrCount" {
		return nil, misuse(q.model.label, f.Name, "%s does not allow default.", f.Name)
	}
	return q.withDefault(n, f, o)
}

// splitOrder takes the terms of an aggregate's order off its arguments.
func splitOrder(args []query.Expr) (rest, by []query.Expr) {
	n := len(args)
	for n > 0 {
		if _, ok := args[n-1].(*query.Ordered); !ok {
			break
		}
		n--
	}
	return args[:n], args[n:]
}

// withDefault is n, or the default where it is NULL.
func (q *Query) withDefault(n *aggregate, f *query.Func, o options) (node, error) {
	def, err := q.resolve(f.Default, o)
	if err != nil {
		return nil, err
	}
	if v, ok := def.(*value); ok && n.out != nil {
		c := *v
		c.out, c.arg.field = n.out, n.out
		if composite(n.out) {
			c.arg.conv = convField
		}
		if n.out.class == clsJSON {
			c.arg.conv = convJSON
		}
		def = &c
	}
	return &fn{name: "COALESCE", args: []node{n, def}, out: n.out}, nil
}

// checkNested refuses an aggregate of an aggregate.
func (q *Query) checkNested(f *query.Func, args []node, o options) error {
	name := f.Name
	if r, ok := f.Args[0].(*query.Ref); ok {
		name = r.Name
	}
	nested := func(n node) bool {
		if o.summarize {
			a, ok := n.(*aggregate)
			return ok && a.summary
		}
		_, ok := n.(*aggregate)
		return ok
	}
	for _, a := range args {
		if anyNode(a, nested) {
			return misuse(q.model.label, name, "Cannot compute %s('%s'): '%s' is an aggregate", f.Name, name, name)
		}
	}
	return nil
}
