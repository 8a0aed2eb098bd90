package orm

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// core is a queryset without its record type, so that all that follows is
// compiled once and not per model. It is a node of an immutable chain: the
// step that was called last, and what it was called on.
type core struct {
	info     *modelInfo
	parent   *core
	step     query.Step
	depth    int
	err      error // the first mistake in the chain, reported by the fetch
	prefetch []Prefetch
	shared   bool // made before setup, as a package-level var: it keeps no records
	ordered  bool
	sliced   bool
	distinct bool
	on       bool // distinct by fields
	values   bool
	none     bool       // None was called last: the host need not be asked
	locks    bool       // ForUpdate
	using    string     // the alias of the database, "" = not said
	from     databaseID // where the record came from that the queryset begins at
	known    []known    // what its records may point to
	enc      atomic.Pointer[encoded]
	asked    atomic.Pointer[[]asked]
}

// encoded is a query as it is sent.
type encoded struct {
	shape  string
	params []byte   // count and values
	using  []string // databases of subqueries
	saved  uint32   // how many fetches need no statement of their own
}

func (q *core) coreQuery() *core { return q }

// with returns q with one more step.
func (q *core) with(s query.Step, err error) *core {
	n := &core{
		info: q.info, parent: q, step: s, depth: q.depth + 1, err: q.err, prefetch: q.prefetch, shared: !ready.Load(),
		ordered: q.ordered, sliced: q.sliced, distinct: q.distinct, on: q.on, values: q.values, locks: q.locks, using: q.using, from: q.from, known: q.known,
	}
	if n.err == nil && err != nil {
		if l, ok := err.(*LookupError); ok && l.Model == "" {
			c := *l
			c.Model = q.info.goType
			err = &c
		}
		n.err = err
	}
	switch s.Kind {
	case query.StepOrderBy:
		n.ordered = len(s.Names)+len(s.Exprs) > 0
	case query.StepExtraOrder:
		n.ordered = true
	case query.StepSlice:
		n.sliced = n.sliced || s.Low > 0 || s.High >= 0
	case query.StepFirst:
		n.sliced = true
	case query.StepDistinct:
		n.distinct, n.on = true, len(s.Names) > 0
	case query.StepValues, query.StepValuesList:
		n.values = true
	case query.StepNone:
		n.none = true
	case query.StepCombine: // of a slice, OR and XOR make a condition
		n.sliced, n.ordered = q.sliced && s.Flags == uint32(query.And), false
	case query.StepForUpdate:
		n.locks = true
	case query.StepUnion:
		n.ordered, n.sliced = false, false
	}
	return n
}

// copy returns the same query without its cache.
func (q *core) copy() *core {
	n := &core{
		info: q.info, parent: q.parent, step: q.step, depth: q.depth, err: q.err, prefetch: q.prefetch, shared: !ready.Load(),
		ordered: q.ordered, sliced: q.sliced, distinct: q.distinct, on: q.on, values: q.values, none: q.none, locks: q.locks, using: q.using, from: q.from, known: q.known,
	}
	n.enc.Store(q.enc.Load())
	return n
}

func (q *core) fail(err error) *core {
	n := q.copy()
	if n.err == nil {
		n.err = err
	}
	return n
}

func (q *core) filter(c Cond, negate bool) *core {
	if c.err == nil && c.empty() && !negate {
		return q.copy()
	}
	if q.sliced && c.err == nil {
		c.err = &ValueError{Field: "Filter", Reason: "a slice has been taken: filter before Slice"}
	}
	for _, k := range c.claims {
		if c.err == nil {
			c.err = q.info.check(k)
		}
	}
	if c.err == nil && len(c.claims) > 0 {
		c = q.info.rekey(c)
	}
	kind := query.StepFilter
	if negate {
		kind = query.StepExclude
	}
	return q.with(query.Step{Kind: kind, Cond: c.c}, c.err)
}

func (q *core) orderBy(by []any) *core {
	s := query.Step{Kind: query.StepOrderBy}
	plain := true
	for _, b := range by {
		if _, ok := b.(string); !ok {
			plain = false
		}
	}
	for i, b := range by {
		if name, ok := b.(string); ok && plain {
			s.Names = append(s.Names, name)
			continue
		}
		// Names and expressions are sent as one list, which keeps their order.
		e, err := orderTerm("OrderBy", i, b)
		if err != nil {
			return q.fail(err)
		}
		s.Exprs = append(s.Exprs, e)
	}
	if q.sliced {
		return q.fail(&ValueError{Field: "OrderBy", Reason: "a slice has been taken: order before Slice"})
	}
	return q.with(s, nil)
}

// orderTerm is a term of an order; a bare reference is a name.
func orderTerm(method string, i int, b any) (query.Expr, error) {
	switch b := b.(type) {
	case string:
		return &query.Ref{Name: b}, nil
	case FieldRef:
		return &query.Ordered{Expr: &query.Ref{Name: b.FieldPath()}}, nil
	case Order:
		o := b.o
		return &o, b.err
	case Expr:
		return &query.Ordered{Expr: b.e}, b.err
	case Cond:
		return &query.Ordered{Expr: b.noted()}, b.err
	}
	return nil, &ValueError{Field: method, Reason: "argument " + strconv.Itoa(i+1) + " is neither a name nor an expression: write " + method + "(\"-name\") or " + method + "(orm.F(\"name\").Desc())"}
}

func (q *core) slice(low, high int) *core {
	var err error
	if low < 0 || high < low && high >= 0 {
		err = &ValueError{Field: "Slice", Reason: "it takes 0 <= low <= high, or a negative high for no limit"}
	}
	return q.with(query.Step{Kind: query.StepSlice, Low: int64(low), High: int64(max(high, -1))}, err)
}

func (q *core) names(kind query.StepKind, names []string) *core {
	return q.with(query.Step{Kind: kind, Names: names}, nil)
}

// named reads name-expression pairs and expressions that have a name.
func named(method string, args []any) (out []query.Named, err error) {
	for i := 0; i < len(args); i++ {
		switch a := args[i].(type) {
		case string:
			if i+1 == len(args) {
				return nil, &ValueError{Field: method, Value: a, Reason: "an expression follows each name, as in " + method + "(\"n\", orm.Count(\"books\"))"}
			}
			i++
			e, err := toExpr(args[i])
			if err != nil {
				return nil, err
			}
			out = append(out, query.Named{Name: a, Expr: e})
		case Expr:
			if a.err != nil {
				return nil, a.err
			}
			if a.name == "" {
				return nil, &ValueError{Field: method, Reason: "argument " + strconv.Itoa(i+1) + " has no name: write it before the expression, or call As(\"name\") on it"}
			}
			out = append(out, query.Named{Name: a.name, Expr: a.e})
		default:
			return nil, &ValueError{Field: method, Reason: "argument " + strconv.Itoa(i+1) + " is neither a name nor an expression"}
		}
	}
	return out, nil
}

func (q *core) annotate(method string, kind query.StepKind, args []any) *core {
	n, err := named(method, args)
	return q.with(query.Step{Kind: kind, Named: n}, err)
}

// valuesOf reads the arguments of Values: names, and expressions with names.
func (q *core) valuesOf(kind query.StepKind, args []any) *core {
	s := query.Step{Kind: kind}
	for i, a := range args {
		switch a := a.(type) {
		case string:
			s.Names = append(s.Names, a)
		case FieldRef:
			s.Names = append(s.Names, a.FieldPath())
		case Expr:
			if a.err != nil || a.name == "" {
				if a.err == nil {
					a.err = &ValueError{Field: "Values", Reason: "argument " + strconv.Itoa(i+1) + " needs a name: call As(\"name\") on it"}
				}
				return q.fail(a.err)
			}
			s.Names = append(s.Names, a.name)
			s.Named = append(s.Named, query.Named{Name: a.name, Expr: a.e})
		default:
			return q.fail(&ValueError{Field: "Values", Reason: "argument " + strconv.Itoa(i+1) + " is neither a name nor an expression"})
		}
	}
	return q.with(s, nil)
}

// tree is the query as data.
func (q *core) tree(verb query.Verb) (*query.Query, error) {
	if q.err != nil {
		return nil, q.err
	}
	t := &query.Query{Model: q.info.label, Verb: verb, Using: q.using}
	if q.depth > 0 {
		t.Steps = make([]query.Step, q.depth)
		for n := q; n.depth > 0; n = n.parent {
			t.Steps[n.depth-1] = n.step
		}
	}
	if noted.Load() {
		return t, q.info.settleSteps(t.Steps)
	}
	return t, nil
}

func encode(t *query.Query) *encoded {
	shape, params, using := query.EncodeUsing(t, make([]byte, 0, 256))
	return &encoded{shape: string(shape), params: query.AppendParams(nil, params), using: using}
}

// encoded returns the select as it is sent; a queryset that is fetched again,
// such as a package-level one, is not encoded again.
func (q *core) encoded() (*encoded, error) {
	if e := q.enc.Load(); e != nil {
		return e, nil
	}
	t, err := q.tree(query.VerbSelect)
	if err != nil {
		return nil, err
	}
	e := encode(t)
	q.enc.Store(e)
	return e, nil
}

// fetch runs the query and returns pointers to its records.
func (q *core) fetch(ctx context.Context) ([]unsafe.Pointer, error) {
	deepen(0)
	if q.values {
		return nil, &ValueError{Field: q.describe(), Reason: "it selects values, not records"}
	}
	e, err := q.encoded()
	if err != nil {
		return nil, err
	}
	return q.send(ctx, e)
}

// send runs the query as it was encoded.
func (q *core) send(ctx context.Context, e *encoded) ([]unsafe.Pointer, error) {
	c, err := q.reading(ctx)
	if err != nil {
		return nil, err
	}
	if q.none {
		return nil, nil
	}
	res, err := c.query(ctx, e)
	if err != nil {
		return nil, err
	}
	ps, err := res.records(q.info)
	if err != nil {
		return nil, err
	}
	q.recognize(ps)
	if len(q.prefetch) > 0 && len(ps) > 0 {
		err = prefetch(ctx, q.info, ps, q.prefetch)
	}
	return ps, err
}

// maxGet is how many records Get asks for, as Django does: two would do to know
// that there are several.
const maxGet = 21

// sole is what Get asks for: enough to know that there is one row.
func (q *core) sole() *core {
	n := q
	if !q.sliced && !q.on && (q.ordered || len(q.info.opts.Ordering) > 0) {
		n = n.orderBy(nil) // the order of one row does not matter
	}
	return n.slice(0, maxGet)
}

// get returns the only record.
func (q *core) get(ctx context.Context) (unsafe.Pointer, error) { return q.only(q.sole().fetch(ctx)) }

// end keeps the first row, or the last: by the queryset's order, else by primary key.
func (q *core) end(last bool) *core {
	s := query.Step{Kind: query.StepFirst}
	var err error
	if last {
		s.Flags = query.FlagLast
		if q.sliced {
			err = &ValueError{Field: "Last", Reason: "a slice has been taken: call Reverse and First before Slice"}
		}
	}
	return q.with(s, err)
}

// first returns the first record, or the last.
func (q *core) first(ctx context.Context, last bool) (unsafe.Pointer, error) {
	ps, err := q.end(last).fetch(ctx)
	if err != nil {
		return nil, err
	}
	if len(ps) == 0 {
		return nil, &NotFoundError{Model: q.info.goType}
	}
	return ps[0], nil
}

var stepNames = [...]string{
	"", "Filter", "Exclude", "Annotate", "OrderBy", "Reverse", "Slice", "Distinct", "Values", "ValuesList",
	"SelectRelated", "Only", "Defer", "None", "Alias", "ForUpdate", "Union", "Combine", "Extra", "Extra", "First", "Filter",
}

// describe names the queryset in errors: Book.Filter(stock__gt).OrderBy(-title).
func (q *core) describe() string {
	if q.depth == 0 {
		return q.info.goType + " queryset"
	}
	var b strings.Builder
	b.WriteString(q.info.goType)
	chain := make([]*core, q.depth)
	for n := q; n.depth > 0; n = n.parent {
		chain[n.depth-1] = n
	}
	for _, n := range chain {
		b.WriteString("." + stepNames[n.step.Kind] + "(")
		names := n.step.Names
		if n.step.Cond != nil {
			names = condNames(n.step.Cond)
		}
		for _, x := range n.step.Named {
			names = append(names[:len(names):len(names)], x.Name)
		}
		if n.step.Kind == query.StepSlice {
			names = []string{strconv.FormatInt(n.step.Low, 10), strconv.FormatInt(n.step.High, 10)}
		}
		b.WriteString(strings.Join(names, ", ") + ")")
	}
	return b.String()
}

func condNames(c *query.Cond) (names []string) {
	for _, x := range c.Children {
		switch x := x.(type) {
		case *query.Lookup:
			names = append(names, x.Path)
		case *query.Cond:
			names = append(names, condNames(x)...)
		}
	}
	return names
}
