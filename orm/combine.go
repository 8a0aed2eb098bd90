package orm

import "github.com/vinyl-edge/vinyl/orm/query"

// Union is the records of s and of the others, each once.
func (s *QuerySet[T]) Union(others ...Query) *QuerySet[T] {
	return wrap[T](s.q.union(query.CombineUnion, others))
}

// UnionAll is Union that keeps duplicates.
func (s *QuerySet[T]) UnionAll(others ...Query) *QuerySet[T] {
	return wrap[T](s.q.union(query.CombineUnionAll, others))
}

// Intersection is the records that s and all others have.
func (s *QuerySet[T]) Intersection(others ...Query) *QuerySet[T] {
	return wrap[T](s.q.union(query.CombineIntersection, others))
}

// Difference is the records of s that none of the others has.
func (s *QuerySet[T]) Difference(others ...Query) *QuerySet[T] {
	return wrap[T](s.q.union(query.CombineDifference, others))
}

// And keeps records that are in both querysets, by joining their conditions:
// Django's &. Unlike Intersection it can be narrowed further.
func (s *QuerySet[T]) And(o *QuerySet[T]) *QuerySet[T] { return wrap[T](s.q.operator(query.And, o.q)) }

// Or has the records of either queryset, by joining their conditions: Django's |.
func (s *QuerySet[T]) Or(o *QuerySet[T]) *QuerySet[T] { return wrap[T](s.q.operator(query.Or, o.q)) }

// Xor has the records that are in one of the querysets only: Django's ^.
func (s *QuerySet[T]) Xor(o *QuerySet[T]) *QuerySet[T] { return wrap[T](s.q.operator(query.Xor, o.q)) }

// Union is the rows of s and of the others, each once.
func (s *Values[R]) Union(others ...Query) *Values[R] {
	return s.with(s.q.union(query.CombineUnion, others))
}

// UnionAll is Union that keeps duplicates.
func (s *Values[R]) UnionAll(others ...Query) *Values[R] {
	return s.with(s.q.union(query.CombineUnionAll, others))
}

// Intersection is the rows that s and all others have.
func (s *Values[R]) Intersection(others ...Query) *Values[R] {
	return s.with(s.q.union(query.CombineIntersection, others))
}

// Difference is the rows of s that none of the others has.
func (s *Values[R]) Difference(others ...Query) *Values[R] {
	return s.with(s.q.union(query.CombineDifference, others))
}

func (q *core) union(kind uint32, others []Query) *core {
	s := query.Step{Kind: query.StepUnion, Flags: kind}
	for _, o := range others {
		t, err := o.coreQuery().tree(query.VerbSelect)
		if err != nil {
			return q.fail(err)
		}
		s.Others = append(s.Others, t)
	}
	return q.with(s, nil)
}

func (q *core) operator(conn query.Connector, o *core) *core {
	t, err := o.tree(query.VerbSelect)
	if err != nil {
		return q.fail(err)
	}
	n := q.with(query.Step{Kind: query.StepCombine, Flags: uint32(conn), Others: []*query.Query{t}}, nil)
	n.knows(o.known...)
	if conn == query.And {
		// Values are left to the planner, which knows whether they are the same.
		n.none = q.none || o.none && !q.values
	} else {
		n.none = q.none && o.none
	}
	switch {
	case conn == query.And:
		n.ordered = q.ordered || o.ordered
	case q.none:
		n.ordered, n.sliced = o.ordered, o.sliced
	default:
		// A slice has become a condition, without its order.
		n.ordered, n.sliced = q.ordered && !q.sliced || o.ordered && !o.sliced, false
	}
	return n
}
