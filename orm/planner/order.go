package planner

import (
	"reflect"
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// orderTerm is one compiled ordering term.
type orderTerm struct {
	n    *orderBy
	sql  string
	bare string // without the direction
	args []arg
	ref  bool // refers to the select list by position
}

// maxOrderDepth bounds chains of default orderings through relations.
const maxOrderDepth = 16

// orderPairs are the terms in effect, unresolved positions included.
func (c *compiler) orderPairs() ([]*orderBy, error) {
	q := c.q
	terms := q.orderings
	if len(q.extra.order) > 0 {
		terms = make([]ordering, len(q.extra.order))
		for i, name := range q.extra.order {
			terms[i].name = name
		}
	} else if q.defaultOrdering && len(terms) == 0 {
		terms = q.model.order
		c.metaOrder = len(terms) > 0
	}
	positions := map[string]int{}
	for i, s := range c.cols {
		if s.alias != "" {
			positions[s.alias] = i + 1
		}
	}
	var out []*orderBy
	for _, t := range terms {
		if t.expr != nil {
			o, err := c.orderExpression(t.expr, positions)
			if err != nil {
				return nil, err
			}
			out = append(out, o)
			continue
		}
		if t.name == "?" {
			out = append(out, &orderBy{expr: &rawSQL{sql: c.d.Random}})
			continue
		}
		name, desc := orderDir(t.name, !q.standard)
		if pos, ok := positions[name]; ok {
			out = append(out, &orderBy{expr: c.cols[pos-1].n, desc: desc, position: pos, inSelect: true})
			continue
		}
		if n := q.annotations[name]; n != nil {
			out = append(out, &orderBy{expr: castConstant(n), desc: desc, src: name})
			continue
		}
		if strings.Contains(name, ".") && slices.Contains(q.extra.order, t.name) {
			n, err := c.tableColumn(name)
			if err != nil {
				return nil, err
			}
			out = append(out, &orderBy{expr: n, desc: desc})
			continue
		}
		if n := q.extra.sql[name]; n != nil {
			out = append(out, &orderBy{expr: n, desc: desc})
			continue
		}
		more, err := c.orderingName(t.name, q.model, "", !q.standard, "", nil)
		if err != nil {
			return nil, inLookup(err, name)
		}
		if len(more) == 1 {
			more[0].src = name
		}
		out = append(out, more...)
	}
	return out, nil
}

func (c *compiler) orderExpression(e *query.Ordered, positions map[string]int) (*orderBy, error) {
	name := ""
	if r, ok := e.Expr.(*query.Ref); ok && !r.Outer {
		name = r.Name
	}
	if pos := c.selectedAs(e.Expr); pos > 0 && name == "" && (!e.NullsFirst && !e.NullsLast || c.d.NullsModifier) {
		o := &orderBy{expr: c.cols[pos-1].n, desc: e.Desc, nullsFirst: e.NullsFirst, nullsLast: e.NullsLast, position: pos, inSelect: true}
		if !c.q.standard {
			o = o.reversed()
		}
		return o, nil
	}
	n, err := c.q.resolve(e, options{allowJoins: true})
	if err != nil {
		return nil, inLookup(err, name)
	}
	o := n.(*orderBy)
	o.expr, o.src, o.from = castConstant(o.expr), name, e.Expr
	if !c.q.standard {
		o = o.reversed()
	}
	if pos, ok := positions[name]; ok && name != "" && (!o.nullsFirst && !o.nullsLast || c.d.NullsModifier) {
		o.position, o.inSelect = pos, true
	}
	return o, nil
}

// selectedAs is the position of an expression that is selected as it stands, 0
// for none. Values are not known yet: expressions that have some are taken for
// others, unless they are the very same.
func (c *compiler) selectedAs(e query.Expr) int {
	for i, s := range c.cols {
		w := c.q.written[s.alias]
		if w == nil || s.alias == "" || !c.q.noteSelected(s.alias) {
			continue
		}
		if _, plain := w.(*query.Ref); !plain && (w == e || !hasValues(w) && reflect.DeepEqual(w, e)) {
			return i + 1
		}
	}
	return 0
}

// hasValues tells whether an expression has parameters, or a query.
func hasValues(e query.Expr) bool {
	some := func(es []query.Expr) bool { return slices.ContainsFunc(es, hasValues) }
	switch e := e.(type) {
	case nil, *query.Ref:
		return false
	case *query.Func:
		return some(e.Args) || e.Filter != nil || hasValues(e.Default)
	case *query.Combined:
		return hasValues(e.L) || hasValues(e.R)
	case *query.Ordered:
		return hasValues(e.Expr)
	case *query.Window:
		return hasValues(e.Expr) || some(e.Partition) || some(e.Order)
	}
	return true
}

// castConstant keeps databases from taking a constant for a position.
func castConstant(n node) node {
	if v, ok := n.(*value); ok && v.out != nil {
		return &cast{v, v.out}
	}
	return n
}

// orderDir splits "-name"; reverse turns the direction.
func orderDir(name string, reverse bool) (string, bool) {
	if rest, ok := strings.CutPrefix(name, "-"); ok {
		return rest, !reverse
	}
	return name, reverse
}

// orderBy compiles the terms, each once.
func (c *compiler) orderBy() ([]orderTerm, error) {
	pairs, err := c.orderPairs()
	if err != nil {
		return nil, err
	}
	var out []orderTerm
	seen := map[string]bool{}
	for _, o := range pairs {
		if c.q.combinator != "" && !o.inSelect && len(c.cols) > 0 {
			if o, err = c.orderCombined(o); err != nil {
				return nil, err
			}
		}
		t := orderTerm{n: o, ref: o.inSelect}
		if o.position > 0 {
			t.bare = itoa(o.position)
		} else {
			if t.bare, t.args, err = c.compile(reresolve(o.expr)); err != nil {
				return nil, err
			}
		}
		t.sql = o.wrap(c.d, t.bare)
		if key := argsKey(t.bare, t.args); !seen[key] {
			seen[key] = true
			out = append(out, t)
		}
	}
	return out, nil
}

// orderCombined orders a UNION by one of its columns.
func (c *compiler) orderCombined(o *orderBy) (*orderBy, error) {
	key, args, err := c.compile(o.expr)
	if err != nil {
		return nil, err
	}
	want := argsKey(key, args)
	q := c.q
	for _, s := range c.cols {
		if argsKey(s.sql, s.args) != want || q.selected && q.noteSelected(s.alias) && o.src != s.alias {
			continue
		}
		name := s.alias
		if column, ok := s.n.(*col); ok && name == "" {
			name = column.target.Column
		}
		r := *o
		r.expr = &ref{name, s.n}
		return &r, nil
	}
	// The term is selected along, under a name of its own.
	name := "__orderbycol" + itoa(len(q.sel)+1)
	for _, p := range q.combined {
		if p.selected {
			return nil, notSupported("ORDER BY term does not match any column in the result set.")
		}
		n, err := p.orderedBy(o)
		if err != nil {
			return nil, err
		}
		if err := p.addAnnotation(name, n, true); err != nil {
			return nil, err
		}
	}
	q.sel = append(slices.Clip(q.sel), o.expr)
	q.valuesSelect = append(slices.Clip(q.valuesSelect), name)
	r := *o
	r.expr = &ref{name, o.expr}
	return &r, nil
}

// orderedBy resolves in q, a part of a UNION, what the whole is ordered by.
func (q *Query) orderedBy(o *orderBy) (node, error) {
	_, own := o.expr.(*userSQL)
	switch {
	case o.from != nil:
		return q.resolve(o.from, options{allowJoins: true})
	case own:
		return o.expr, nil
	case o.src != "":
		return q.resolveRef(o.src, options{allowJoins: true})
	}
	return nil, notSupported("ORDER BY term does not match any column in the result set.")
}

// orderingName resolves "author__name". A relation without a field orders by
// the related model's own default.
// prefix leads to m from the query's own model.
func (c *compiler) orderingName(name string, m *Model, alias string, reverse bool, prefix string, seen []string) ([]*orderBy, error) {
	name, desc := orderDir(name, reverse)
	parts := strings.Split(name, lookupSep)
	var err error
	if alias == "" {
		if alias, err = c.q.initialAlias(); err != nil {
			return nil, err
		}
	}
	info, _, err := c.q.setupJoins(parts, m, alias, nil, true)
	if err != nil {
		return nil, err
	}
	f, to := info.final, info.model
	if f.relation() && len(to.order) > 0 && (f.reverse || f.Attname != parts[len(parts)-1]) && name != "pk" && len(info.transforms) == 0 {
		key := strings.Join(info.joins, ",")
		if c.joinKey(info.joins) != "" {
			key = c.joinKey(info.joins)
		}
		if slices.Contains(seen, key) || len(seen) >= maxOrderDepth {
			return nil, misuse(m.label, name, "Infinite loop caused by ordering.")
		}
		seen = append(slices.Clip(seen), key)
		var out []*orderBy
		for _, item := range to.order {
			if err := c.q.env.spend(8); err != nil {
				return nil, err
			}
			if item.expr != nil {
				o, err := c.relatedTerm(item, prefix+name+lookupSep, desc)
				if err != nil {
					return nil, err
				}
				out = append(out, o)
				continue
			}
			if item.name == "?" {
				out = append(out, &orderBy{expr: &rawSQL{sql: c.d.Random}})
				continue
			}
			more, err := c.orderingName(item.name, to, info.joins[len(info.joins)-1], desc, prefix+name+lookupSep, seen)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
		return out, nil
	}
	targets, final, _ := c.q.trimJoins(info)
	out := make([]*orderBy, len(targets))
	for i, t := range targets {
		n, err := info.transform(c.q, t, final)
		if err != nil {
			return nil, err
		}
		out[i] = &orderBy{expr: n, desc: desc}
	}
	return out, nil
}

// joinKey names the columns that joins cross, to find loops.
func (c *compiler) joinKey(joins []string) string {
	var b strings.Builder
	for _, a := range joins {
		if j := c.q.joins[a]; j != nil && j.kind != baseTable {
			for _, p := range j.ref.f.pairs {
				l, r := j.ref.columns(p)
				b.WriteString(l.Column + "=" + r.Column + ";")
			}
		} else {
			b.WriteString(";")
		}
	}
	return b.String()
}
