package planner

import (
	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// prefetchStep filters for what is related to other records. A slice taken
// before is one of the rows that belong to the same of them: a window counts
// these.
func (q *Query) prefetchStep(s *query.Step) error {
	if s.Cond == nil || q.sliced() && len(s.Names) != 1 {
		return badMessage("a prefetch has no condition, or no field to count by")
	}
	low, high, sliced := q.low, q.high, q.sliced()
	var order []orderTerm
	if sliced {
		var err error
		if order, err = q.compiler().orderBy(); err != nil {
			return err
		}
		q.clearLimits()
	}
	used := aliasSet{}
	if err := q.filterSharing(s.Cond, used); err != nil {
		return err
	}
	if sliced {
		q.ranked = true
		rank := &window{expr: &fn{name: "ROW_NUMBER", out: typed("IntegerField")}, out: typed("IntegerField")}
		by, err := q.resolveRef(s.Names[0], options{allowJoins: true, reuse: used})
		if err != nil {
			return err
		}
		rank.partition = []node{by}
		for _, o := range order {
			rank.order = append(rank.order, o.n)
		}
		bound := func(name string, n int64) {
			q.where.add(&lookup{name: name, lhs: rank, rhs: constant(abi.Int(n)), direct: true}, query.And)
		}
		bound("gt", low)
		if high >= 0 {
			bound("lte", high)
		}
	}
	return q.leadColumns(s.Named)
}

// leadColumns selects columns of joins before all others.
func (q *Query) leadColumns(named []query.Named) error {
	for _, n := range named {
		if err := checkAlias(q.model, n.Name); err != nil {
			return err
		}
		r, ok := n.Expr.(*query.Ref)
		if !ok || r.Outer {
			return badMessage("the column %q of a prefetch is no reference", n.Name)
		}
		x, err := q.resolveRef(r.Name, options{allowJoins: true})
		if err != nil {
			return err
		}
		column, ok := x.(*col)
		if !ok {
			return misuse(q.model.label, r.Name, "'%s' is not a column.", r.Name)
		}
		q.extra.add(n.Name, &userSQL{sql: q.compiler().quoteAlias(column.alias) + "." + column.target.column(), out: column.out})
	}
	return nil
}
