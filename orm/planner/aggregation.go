package planner

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// aggregation compiles aggregate() and count(): the aggregates over q's rows,
// from a subquery where q groups, slices or removes duplicates.
func (q *Query) aggregation(aggs []query.Named) (c *compiler, sql string, args []arg, err error) {
	masked, maskNames := q.mask != nil, slices.Clone(q.selectedNotes())
	done := map[string]node{}
	subquery := false
	for _, a := range aggs {
		if err := checkAlias(q.model, a.Name); err != nil {
			return nil, "", nil, err
		}
		if a.Expr == nil {
			return nil, "", nil, badMessage("the aggregate %q is missing", a.Name)
		}
		n, err := q.resolve(a.Expr, options{allowJoins: true, summarize: true})
		if err != nil {
			return nil, "", nil, err
		}
		if !hasAggregate(n) {
			return nil, "", nil, misuse(q.model.label, a.Name, "%s is not an aggregate expression", a.Name)
		}
		q.appendMask(a.Name)
		refs := map[string]bool{}
		refsOf(n, refs)
		for r := range refs {
			subquery = subquery || q.annotations[r] != nil && (hasSubquery(q.annotations[r]) || hasWindow(q.annotations[r]))
		}
		n = rewrite(n, func(n node) node {
			if r, ok := n.(*ref); ok && done[r.name] != nil {
				return done[r.name]
			}
			return nil
		})
		q.setAnnotation(a.Name, n)
		done[a.Name] = n
	}
	for _, a := range aggs {
		q.dropAnnotation(a.Name)
	}
	q.mask = nil
	if masked {
		q.setMask(maskNames)
	}
	_, having, windows, err := q.where.split(false, false)
	if err != nil {
		return nil, "", nil, err
	}
	existing := having != nil
	for _, n := range q.annotations {
		existing = existing || hasAggregate(n)
	}
	if q.grouping == groupList || q.sliced() || existing || subquery || windows != nil || q.distinct || q.combinator != "" {
		return q.aggregateSubquery(aggs, done, existing, windows != nil)
	}
	q.sel, q.defaultCols, q.extra = nil, false, extraState{tables: q.extra.tables}
	for name, n := range done {
		done[name] = rewrite(n, func(n node) node {
			if r, ok := n.(*ref); ok {
				if a := q.annotations[r.name]; a != nil {
					return a
				}
			}
			return nil
		})
	}
	q.notes, q.annotations, q.mask = nil, map[string]node{}, nil
	for _, a := range aggs {
		q.setAnnotation(a.Name, done[a.Name])
	}
	q.clearOrdering(true, true)
	q.clearLimits()
	q.lock, q.related = false, false
	return q.elide(q.compiler, func(c *compiler) (string, []arg, error) { return c.selectSQL(false) })
}

// elide compiles aggregates, whose values are known where no row can match.
func (q *Query) elide(start func() *compiler, compile func(*compiler) (string, []arg, error)) (*compiler, string, []arg, error) {
	row := make([]arg, 0, len(q.notes))
	for _, name := range q.notes {
		if v, ok := emptyValue(q.annotations[name]); ok {
			row = append(row, v.(*value).arg)
		}
	}
	known := len(row) == len(q.notes)
	c := start()
	c.keepEmpty = !known
	sql, args, err := compile(c)
	if err == errEmpty && known {
		c = start()
		c.keepEmpty = true
		if sql, args, err = compile(c); err == nil {
			c.emptyRow = row
		}
	}
	return c, sql, args, err
}

func (q *Query) aggregateSubquery(aggs []query.Named, done map[string]node, existing, qualified bool) (*compiler, string, []arg, error) {
	in := q.clone()
	in.subquery = true
	in.lock, in.related = false, false
	in.setMask(q.selectedNotes())
	in.clearOrdering(false, true)
	if !in.distinct {
		if in.defaultCols && existing {
			alias, err := in.initialAlias()
			if err != nil {
				return nil, "", nil, err
			}
			in.grouping, in.groupBy = groupList, []node{newCol(alias, q.model.pk)}
		}
		in.defaultCols = false
		if !qualified {
			in.setMask(q.referredNotes(in, done))
		}
	}
	type key struct {
		alias string
		field *Field
	}
	cols := map[key]*ref{}
	outer := newQuery(q.env, q.model)
	outer.defaultCols = false
	for _, a := range aggs {
		n := done[a.Name]
		for _, column := range columnsOf(n, false, false) {
			k := key{column.alias, column.target}
			if cols[k] == nil {
				name := "__col" + itoa(len(cols)+1)
				cols[k] = &ref{name, column}
				in.setAnnotation(name, column)
				in.appendMask(name)
			}
		}
		outer.setAnnotation(a.Name, rewrite(n, func(n node) node {
			switch n := n.(type) {
			case *col:
				if r := cols[key{n.alias, n.target}]; r != nil {
					return r
				}
			case *ref:
				return n
			}
			return nil
		}))
	}
	if len(in.sel) == 0 && !in.defaultCols && len(in.selectedNotes()) == 0 {
		alias, err := in.initialAlias()
		if err != nil {
			return nil, "", nil, err
		}
		in.sel = []node{newCol(alias, q.model.pk)}
	}
	return outer.elide(outer.compiler, func(c *compiler) (string, []arg, error) { return c.overSubquery(in) })
}

// overSubquery compiles a query's annotations over the rows of in.
func (c *compiler) overSubquery(in *Query) (string, []arg, error) {
	outer := c.q
	var parts []string
	var args []arg
	for _, name := range outer.notes {
		n := outer.annotations[name]
		if err := typeError(n); err != nil {
			return "", nil, inLookup(err, name)
		}
		s, a, err := c.compile(n)
		if err != nil {
			return "", nil, err
		}
		c.cols = append(c.cols, selectCol{n: n, sql: s, alias: name})
		parts = append(parts, s)
		args = append(args, a...)
	}
	ic := in.compiler()
	ic.keepEmpty = c.keepEmpty
	s, a, err := ic.selectSQL(true)
	if err == errEmpty && c.keepEmpty {
		s, a, err = nothingOf(outer), nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	return "SELECT " + strings.Join(parts, ", ") + " FROM (" + s + ") subquery", append(args, a...), nil
}

// nothingOf is a select without rows that has the columns which outer refers to.
func nothingOf(outer *Query) string {
	refs := map[string]bool{}
	for _, n := range outer.annotations {
		refsOf(n, refs)
	}
	cols := make([]string, 0, len(refs))
	for name := range refs {
		cols = append(cols, "NULL AS "+quote(name))
	}
	if len(cols) == 0 {
		return "SELECT 1 WHERE 0 = 1"
	}
	slices.Sort(cols)
	return "SELECT " + strings.Join(cols, ", ") + " WHERE 0 = 1"
}

// referredNotes are the annotations that in, a subquery of q, selects for the
// aggregates: those they refer to, and those that groups depend on.
func (q *Query) referredNotes(in *Query, done map[string]node) (names []string) {
	keep := map[string]bool{}
	if in.grouping == groupList && q.grouping == groupList {
		for _, n := range q.groupBy {
			refsOf(n, keep)
		}
	}
	for _, n := range done {
		refsOf(n, keep)
	}
	for _, name := range q.selectedNotes() {
		if len(groupByCols(q.annotations[name])) > 0 {
			keep[name] = true
		}
	}
	for name := range keep {
		names = append(names, name)
	}
	return names
}
