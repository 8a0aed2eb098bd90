package planner

import (
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// options of resolving an expression.
type options struct {
	allowJoins bool
	reuse      aliasSet // nil: every join may be reused
	summarize  bool     // for aggregate()
	forSave    bool
}

// filterState is what build_filter hands down.
type filterState struct {
	branchNegated, negated bool
	reuse                  aliasSet
	allowJoins, split      bool
	checkFilterable        bool
	summarize              bool
	loose                  bool // joins of reuse serve whatever their condition
}

// joinPromoter decides which joins of a condition are inner and which outer:
// a join that a condition needs is inner, one that only some branches of an
// OR need is outer.
type joinPromoter struct {
	conn     query.Connector // the effective one: NOT (a AND b) promotes as OR
	children int
	votes    map[string]int
	order    []string
}

func newJoinPromoter(conn query.Connector, children int, negated bool) *joinPromoter {
	if negated {
		if conn == query.And {
			conn = query.Or
		} else {
			conn = query.And
		}
	}
	return &joinPromoter{conn: conn, children: children, votes: map[string]int{}}
}

func (p *joinPromoter) vote(joins []string) {
	for _, j := range joins {
		if p.votes[j] == 0 {
			p.order = append(p.order, j)
		}
		p.votes[j]++
	}
}

// update changes the joins and returns those that are needed.
func (p *joinPromoter) update(q *Query) []string {
	var promote, demote []string
	for _, j := range p.order {
		n := p.votes[j]
		if p.conn == query.Or && n < p.children {
			promote = append(promote, j)
		}
		if p.conn == query.And || p.conn == query.Or && n == p.children {
			demote = append(demote, j)
		}
	}
	q.promote(promote)
	q.demote(demote)
	return demote
}

// filter adds the condition of one filter() or exclude(): its many-valued
// relations share joins with each other, not with those of earlier calls.
func (q *Query) filter(c *query.Cond) error {
	return q.filterSharing(c, aliasSet{})
}

// filterSharing is filter that may share the joins in used, which learns of the
// condition's own.
func (q *Query) filterSharing(c *query.Cond, used aliasSet) error {
	var existing []string
	for _, a := range q.aliases {
		if q.joins[a].kind == inner {
			existing = append(existing, a)
		}
	}
	clause, _, err := q.addQ(c, filterState{reuse: used, allowJoins: true, split: true, checkFilterable: true})
	if err != nil {
		return err
	}
	if len(clause.children) > 0 {
		q.where.add(clause, query.And)
	}
	q.demote(existing)
	return nil
}

func (q *Query) addQ(c *query.Cond, s filterState) (*where, []string, error) {
	s.negated = s.negated != c.Negated
	s.branchNegated = s.branchNegated || c.Negated
	target := &where{conn: c.Conn, negated: c.Negated}
	p := newJoinPromoter(c.Conn, len(c.Children), s.negated)
	for _, child := range c.Children {
		clause, needed, err := q.buildFilter(child, s)
		if err != nil {
			return nil, nil, err
		}
		p.vote(needed)
		if clause != nil && len(clause.children) > 0 {
			target.add(clause, c.Conn)
		}
	}
	return target, p.update(q), nil
}

func single(n node) *where { return &where{children: []node{n}} }

func (q *Query) buildFilter(e query.Expr, s filterState) (*where, []string, error) {
	if err := q.env.spend(4); err != nil {
		return nil, nil, err
	}
	switch e := e.(type) {
	case *query.Cond:
		return q.addQ(e, s)
	case *query.Lookup:
		if e.Left != nil {
			break
		}
		w, needed, err := q.buildLookupFilter(e, s)
		return w, needed, inLookup(err, e.Path)
	case nil:
		return nil, nil, badMessage("a condition is missing")
	}
	n, err := q.resolve(e, options{allowJoins: s.allowJoins, summarize: s.summarize})
	if err != nil {
		return nil, nil, err
	}
	return q.conditionFilter(n)
}

// conditionFilter uses an expression as a condition.
func (q *Query) conditionFilter(n node) (*where, []string, error) {
	if err := typeError(n); err != nil {
		return nil, nil, err
	}
	if !conditional(n) {
		return nil, nil, misuse(q.model.label, "", "Cannot filter against a non-conditional expression.")
	}
	if _, ok := n.(*lookup); !ok {
		n = &lookup{name: "exact", lhs: n, rhs: constant(abi.Bool(true)), direct: true}
	}
	return single(n), nil, nil
}

// solveLookup splits a lookup into the fields and what is asked of them, or
// an annotation.
func (q *Query) solveLookup(path string, summarize bool) (lookups, parts []string, note node, err error) {
	all := strings.Split(path, lookupSep)
	if len(q.annotations) > 0 {
		for n := 1; n <= len(all); n++ {
			name := strings.Join(all[:n], lookupSep)
			if a := q.annotations[name]; a != nil {
				if err := q.env.spend(nodeSize(a)); err != nil {
					return nil, nil, nil, err
				}
				if summarize {
					a = &ref{name, a}
				}
				return all[n:], nil, a, nil
			}
		}
	}
	r, _, err := q.namesToPath(all, q.model, true, false)
	if err != nil {
		return nil, nil, nil, err
	}
	parts = all[:len(all)-len(r.rest)]
	if len(r.rest) > 1 && len(parts) == 0 {
		return nil, nil, nil, misuse(q.model.label, path, "Invalid lookup \"%s\" for model %s.", path, q.model.Name)
	}
	return r.rest, parts, nil, nil
}

func (q *Query) buildLookupFilter(l *query.Lookup, s filterState) (*where, []string, error) {
	if l.Path == "" {
		return nil, nil, misuse(q.model.label, "", "Cannot parse an empty keyword")
	}
	if l.Value == nil {
		return nil, nil, badMessage("the lookup %q has no value", l.Path)
	}
	lookups, parts, note, err := q.solveLookup(l.Path, s.summarize)
	if err != nil {
		return nil, nil, err
	}
	if !s.allowJoins && len(parts) > 1 {
		return nil, nil, joinedReference(q, l.Path)
	}
	before := make(map[string]int, len(q.refs))
	for a, n := range q.refs {
		before[a] = n
	}
	rhs, err := q.resolveValue(l.Value, options{allowJoins: s.allowJoins, reuse: s.reuse, summarize: s.summarize})
	if err != nil {
		return nil, nil, err
	}
	used := map[string]bool{}
	for a, n := range q.refs {
		if n > before[a] {
			used[a] = true
		}
	}
	if note != nil {
		cond, err := q.buildLookup(lookups, note, rhs)
		if err != nil {
			return nil, nil, err
		}
		return single(cond), nil, nil
	}
	alias, err := q.initialAlias()
	if err != nil {
		return nil, nil, err
	}
	info, multi, err := q.setupLoose(parts, q.model, alias, s.reuse, !s.branchNegated || !s.split, s.loose)
	if err != nil {
		return nil, nil, err
	}
	if multi != nil {
		return q.splitExclude(l, s.reuse, multi.names)
	}
	if err := checkRelated(q, info, rhs); err != nil {
		return nil, nil, err
	}
	q.lookupJoins = info.joins
	for _, j := range info.joins {
		used[j] = true
	}
	targets, alias, joins := q.trimJoins(info)
	target := targets[0]
	if s.reuse != nil {
		for _, j := range joins {
			s.reuse[j] = true
		}
	}
	column := &col{alias: alias, target: target, out: info.final}
	var cond *lookup
	clause := &where{}
	if len(targets) > 1 {
		cond, err = q.columnsLookup(clause, lookups, column, targets, info, rhs)
	} else {
		cond, err = q.buildLookup(lookups, column, rhs)
		clause.children = []node{cond}
	}
	if err != nil {
		return nil, nil, err
	}
	isNull := cond.name == "isnull"
	outer := isNull && cond.isTrue() && !s.negated
	null := rhs.param != nil && rhs.param.Value.Kind == abi.KindNull && !isNull // JSON's
	if s.negated && (!isNull || !cond.isTrue()) && !null {
		outer = true
		if !isNull {
			if target.Null || q.joins[joins[len(joins)-1]].kind == louter {
				clause.add(newIsNull(&col{alias: alias, target: target, out: info.targets[0]}, false), query.And)
			}
			if c, ok := rhs.node.(*col); ok && c.target.Null {
				clause.add(newIsNull(c, false), query.And)
			}
		}
	}
	if outer {
		return clause, nil, nil
	}
	needed := make([]string, 0, len(used))
	for _, a := range q.aliases {
		if used[a] {
			needed = append(needed, a)
		}
	}
	return clause, needed, nil
}

// splitExclude makes NOT EXISTS of a condition on a many-valued relation: of
// the related rows, none may satisfy it.
func (q *Query) splitExclude(l *query.Lookup, reuse aliasSet, names []namedPath) (*where, []string, error) {
	value := l.Value
	if r, ok := value.(*query.Ref); ok {
		// In the subquery, a reference to this query's model is one to the
		// outer query.
		if r.Outer {
			r = &query.Ref{Name: "^" + r.Name, Outer: true}
		} else {
			r = &query.Ref{Name: r.Name, Outer: true}
		}
		value = r
	}
	sub := newQuery(q.env, q.model)
	sub.filtered = q.filtered
	if err := sub.filter(&query.Cond{Children: []query.Expr{&query.Lookup{Path: l.Path, Value: value}}}); err != nil {
		return nil, nil, err
	}
	sub.clearOrdering(true, true)
	prefix, column, outer, err := sub.trimStart(names)
	if err != nil {
		return nil, nil, err
	}
	if reuse[column.alias] {
		// The outer query has this very table and row: tie the two by primary key.
		alias, pk := column.alias, column.target.model.pk
		if err := sub.bumpPrefix(q, ""); err != nil {
			return nil, nil, err
		}
		own := sub.sel[0].(*col).alias
		sub.where.add(&lookup{name: "exact", lhs: newCol(own, pk), rhs: newCol(alias, pk)}, query.And)
		sub.external[alias] = true
	}
	sub.where.add(&lookup{name: "exact", lhs: column, rhs: &outerRef{name: prefix}}, query.And)
	if err := sub.exists(true); err != nil {
		return nil, nil, err
	}
	n, err := q.resolveNode(&subquery{q: sub, exists: true}, options{allowJoins: true})
	if err != nil {
		return nil, nil, err
	}
	clause, needed, err := q.conditionFilter(n)
	if err != nil || !outer {
		return clause, needed, err
	}
	null := &query.Lookup{Path: prefix + "__isnull", Value: &query.Param{Value: abi.Bool(true), Index: -1}}
	or, _, err := q.buildFilter(null, filterState{branchNegated: true, negated: true, reuse: reuse, allowJoins: true, split: true})
	if err != nil {
		return nil, nil, err
	}
	clause.add(or, query.Or)
	return clause, needed, nil
}
