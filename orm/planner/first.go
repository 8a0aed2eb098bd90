package planner

import "slices"

// firstStep is first() and last(): one row by the order, and where there is
// none by the primary key.
func (q *Query) firstStep(last bool) error {
	name := "first"
	if last {
		name = "last"
	}
	switch {
	case q.ordered() && !last:
	case q.sliced():
		return misuse(q.model.label, name, "Cannot reorder a query once a slice has been taken.")
	case q.ordered():
		q.standard = !q.standard
	default:
		if q.grouping == groupList && !q.groupedByKey() {
			return misuse(q.model.label, name, "Cannot use QuerySet.%s() on an unordered queryset performing aggregation. Add an ordering with order_by().", name)
		}
		q.clearOrdering(true, false)
		key := "pk"
		if last {
			key = "-pk"
		}
		if err := q.orderName(key); err != nil {
			return err
		}
	}
	q.setLimits(0, 1)
	return nil
}

// ordered tells whether the rows come in an order. That of the model is no
// order of groups.
func (q *Query) ordered() bool {
	return q.none() || len(q.orderings) > 0 || len(q.extra.order) > 0 || q.defaultOrdering && len(q.model.order) > 0 && q.grouping == noGroup
}

// groupedByKey tells whether the model's primary key is among the columns that
// rows are grouped by.
func (q *Query) groupedByKey() bool {
	return slices.ContainsFunc(q.groupBy, func(n node) bool { return n.output() == q.model.pk })
}
