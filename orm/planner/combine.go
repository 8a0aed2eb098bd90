package planner

import (
	"maps"
	"slices"

	"github.com/vinyl-edge/vinyl/orm/query"
)

var operatorSigns = [...]string{query.And: "&", query.Or: "|", query.Xor: "^"}

// combineStep is one of the operators & | ^ of querysets.
func (q *Query) combineStep(s *query.Step) error {
	if s.Flags > uint32(query.Xor) || len(s.Others) != 1 || s.Others[0] == nil {
		return badMessage("an operator of querysets needs a connector and one other query")
	}
	conn := query.Connector(s.Flags)
	other, err := q.env.build(s.Others[0])
	if err != nil {
		return err
	}
	switch {
	case other.model != q.model:
		return misuse(q.model.label, operatorSigns[conn], "Cannot combine queries on two different base models.")
	case q.combinator != "" || other.combinator != "":
		return misuse(q.model.label, operatorSigns[conn], "Cannot use %s operator with combined queryset.", operatorSigns[conn])
	case q.selected && !q.sameValues(other):
		return misuse(q.model.label, operatorSigns[conn], "Merging 'QuerySet' classes must involve the same values in each case.")
	}
	empty, otherEmpty := q.none(), other.none()
	switch {
	case conn == query.And && otherEmpty, conn != query.And && empty:
		*q = *other
		return nil
	case empty || otherEmpty:
		return nil
	}
	if conn != query.And {
		if err := q.unsliced(); err != nil {
			return err
		}
		if err := other.unsliced(); err != nil {
			return err
		}
	}
	return q.combine(other, conn)
}

func (q *Query) sameValues(o *Query) bool {
	set := func(names []string) map[string]bool {
		m := map[string]bool{}
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	return maps.Equal(set(q.extra.selected()), set(o.extra.selected())) && maps.Equal(set(q.valuesSelect), set(o.valuesSelect)) && maps.Equal(set(q.selectedNotes()), set(o.selectedNotes()))
}

// unsliced makes a slice a condition: conditions can't be added to it.
func (q *Query) unsliced() error {
	if !q.sliced() {
		return nil
	}
	in := q.clone()
	if err := in.setValues([]string{"pk"}); err != nil {
		return err
	}
	outer := newQuery(q.env, q.model)
	alias, err := outer.initialAlias()
	if err != nil {
		return err
	}
	n, err := outer.resolveNode(&subquery{q: in, plain: true}, options{allowJoins: true})
	if err != nil {
		return err
	}
	l, err := outer.buildLookup([]string{"in"}, newCol(alias, q.model.pk), operand{node: n})
	if err != nil {
		return err
	}
	outer.where.add(l, query.And)
	*q = *outer
	return nil
}

// combine adds o's joins and conditions to q's. Joins are shared by OR, where
// one row is enough; with AND each side may need a row of its own.
func (q *Query) combine(o *Query, conn query.Connector) error {
	switch {
	case q.sliced():
		return misuse(q.model.label, operatorSigns[conn], "Cannot combine queries once a slice has been taken.")
	case q.distinct != o.distinct:
		return misuse(q.model.label, operatorSigns[conn], "Cannot combine a unique query with a non-unique query.")
	case !slices.Equal(q.distinctOn, o.distinctOn):
		return misuse(q.model.label, operatorSigns[conn], "Cannot combine queries with different distinct fields.")
	}
	base, err := q.initialAlias()
	if err != nil {
		return err
	}
	if err := o.bumpPrefix(q, base); err != nil {
		return err
	}
	reuse := aliasSet{}
	promoter := newJoinPromoter(conn, 2, false)
	var votes []string
	for _, a := range q.aliases {
		reuse[a] = conn != query.And
		if q.joins[a].kind == inner {
			votes = append(votes, a)
		}
	}
	promoter.vote(votes)
	votes = nil
	change := map[string]string{}
	for i, a := range o.aliases {
		if i == 0 {
			continue
		}
		j := *o.joins[a]
		j.relabel(change)
		before := len(q.aliases)
		to, err := q.join(&j, reuse)
		if err != nil {
			return err
		}
		kind := j.kind
		if len(q.aliases) > before {
			kind = q.joins[to].kind
		}
		if kind == inner && !slices.Contains(votes, to) {
			votes = append(votes, to)
		}
		delete(reuse, to)
		if a != to {
			change[a] = to
		}
		if o.refs[a] == 0 {
			q.unref(to)
		}
	}
	promoter.vote(votes)
	promoter.update(q)
	q.subq = maps.Clone(q.subq)
	maps.Copy(q.subq, o.subq)
	w := o.where.clone()
	w.relabel(change)
	q.where.add(w, conn)
	q.sel = nil
	if o.sel != nil {
		cols := make([]node, len(o.sel))
		for i, n := range o.sel {
			cols[i] = relabel(n, change)
		}
		q.setSelect(cols...)
	}
	if conn == query.Or && len(q.extra.names) > 0 && len(o.extra.names) > 0 {
		return misuse(q.model.label, "|", "When merging querysets using 'or', you cannot have extra(select=...) on both sides.")
	}
	q.extra.merge(&o.extra)
	if len(o.orderings) > 0 {
		q.orderings = o.orderings
	}
	return nil
}
