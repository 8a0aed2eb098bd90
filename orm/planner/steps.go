package planner

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// build applies the steps of a queryset.
func (e *env) build(src *query.Query) (*Query, error) {
	m, err := e.model(src.Model)
	if err != nil {
		return nil, err
	}
	if err := e.spend(1); err != nil {
		return nil, err
	}
	q := newQuery(e, m)
	for i := range src.Steps {
		if err := e.spend(1); err != nil {
			return nil, err
		}
		if err := q.step(&src.Steps[i]); err != nil {
			return nil, err
		}
	}
	return q, nil
}

func (e *env) model(label string) (*Model, error) {
	if m := e.p.models[label]; m != nil {
		return m, nil
	}
	names := make([]string, 0, len(e.p.models))
	for l := range e.p.models {
		names = append(names, l)
	}
	slices.Sort(names)
	msg := "There is no model " + label + "."
	if near := schema.Nearest(label, names, schema.Near(label)); near != "" {
		msg += " Did you mean '" + near + "'?"
	}
	return nil, lookupError(label, label, "no such model", names, "%s", msg)
}

var stepNames = [...]string{
	query.StepFilter: "filter", query.StepExclude: "exclude", query.StepAnnotate: "annotate", query.StepOrderBy: "order_by",
	query.StepReverse: "reverse", query.StepSlice: "slice", query.StepDistinct: "distinct", query.StepValues: "values",
	query.StepValuesList: "values_list", query.StepSelectRelated: "select_related", query.StepOnly: "only", query.StepDefer: "defer",
	query.StepNone: "none", query.StepAlias: "alias", query.StepForUpdate: "select_for_update", query.StepUnion: "union",
	query.StepCombine: "combine", query.StepExtra: "extra", query.StepExtraOrder: "extra", query.StepFirst: "first", query.StepPrefetch: "filter",
}

// allowed refuses steps that don't go with earlier ones.
func (q *Query) allowed(k query.StepKind) error {
	if int(k) >= len(stepNames) || k == 0 {
		return badMessage("unknown step %d", k)
	}
	name := stepNames[k]
	switch k {
	case query.StepFilter, query.StepExclude:
		if q.sliced() {
			return misuse(q.model.label, name, "Cannot filter a query once a slice has been taken.")
		}
	case query.StepOrderBy, query.StepReverse:
		if q.sliced() {
			return misuse(q.model.label, name, "Cannot reorder a query once a slice has been taken.")
		}
	case query.StepDistinct:
		if q.sliced() {
			return misuse(q.model.label, name, "Cannot create distinct fields once a slice has been taken.")
		}
	case query.StepExtra, query.StepExtraOrder:
		if q.sliced() {
			return misuse(q.model.label, name, "Cannot change a query once a slice has been taken.")
		}
	case query.StepSelectRelated, query.StepOnly, query.StepDefer:
		if q.selected {
			return misuse(q.model.label, name, "Cannot call %s() after .values() or .values_list()", name)
		}
	}
	if q.combinator != "" {
		switch k {
		case query.StepFilter, query.StepExclude, query.StepAnnotate, query.StepAlias, query.StepDistinct, query.StepSelectRelated, query.StepOnly, query.StepDefer,
			query.StepExtra, query.StepExtraOrder, query.StepPrefetch:
			return notSupported("Calling QuerySet.%s() after %s() is not supported.", name, q.combinator)
		}
	}
	return nil
}

func (q *Query) step(s *query.Step) error {
	if err := q.allowed(s.Kind); err != nil {
		return err
	}
	used := q.sticky
	q.sticky = nil
	switch s.Kind {
	case query.StepFilter, query.StepExclude:
		if s.Cond == nil {
			return nil
		}
		c := s.Cond
		if c.Negated || c.Conn != query.And {
			c = &query.Cond{Children: []query.Expr{c}}
		}
		if s.Kind == query.StepExclude {
			c = &query.Cond{Conn: c.Conn, Negated: true, Children: c.Children}
		}
		if used == nil {
			used = aliasSet{}
		}
		if s.Kind == query.StepFilter && s.Flags&query.FlagSticky != 0 {
			q.sticky = used
		}
		return q.filterSharing(c, used)
	case query.StepAnnotate, query.StepAlias:
		return q.annotate(s.Named, s.Kind == query.StepAnnotate)
	case query.StepOrderBy:
		return q.orderByStep(s)
	case query.StepReverse:
		q.standard = !q.standard
	case query.StepSlice:
		if s.Low < 0 || s.High < -1 {
			return misuse(q.model.label, "slice", "Negative indexing is not supported.")
		}
		if s.High >= 0 && s.High < s.Low {
			s = &query.Step{Low: s.Low, High: s.Low}
		}
		q.setLimits(s.Low, s.High)
	case query.StepDistinct:
		q.distinct, q.distinctOn = true, s.Names
	case query.StepValues, query.StepValuesList:
		return q.valuesStep(s)
	case query.StepSelectRelated:
		switch {
		case s.Flags&query.FlagClear != 0:
			q.related, q.relatedOf = false, nil
		case len(s.Names) == 0:
			q.related, q.relatedOf = true, nil
		default:
			if q.relatedOf == nil || !q.related {
				q.relatedOf = &fieldTree{}
			}
			q.related = true
			for _, n := range s.Names {
				q.relatedOf.add(n)
			}
		}
	case query.StepOnly:
		for _, n := range s.Names {
			if n, _, _ = strings.Cut(n, lookupSep); q.filtered[n] != nil {
				return misuse(q.model.label, n, "only() is not supported with FilteredRelation.")
			}
		}
		q.onlyStep(s.Names)
	case query.StepDefer:
		if s.Flags&query.FlagClear != 0 {
			q.deferred, q.deferOnly = nil, false
			return nil
		}
		q.deferStep(s.Names)
	case query.StepNone:
		q.setEmpty()
	case query.StepForUpdate:
		q.lock, q.lockFlags, q.lockOf = true, s.Flags, s.Names
		if s.Flags&query.LockNoWait != 0 && s.Flags&query.LockSkipLocked != 0 {
			return misuse(q.model.label, "select_for_update", "The nowait option cannot be used with skip_locked.")
		}
	case query.StepUnion:
		return q.unionStep(s)
	case query.StepCombine:
		return q.combineStep(s)
	case query.StepExtra:
		return q.extraStep(s)
	case query.StepExtraOrder:
		q.extra.order = s.Names
	case query.StepFirst:
		return q.firstStep(s.Flags&query.FlagLast != 0)
	case query.StepPrefetch:
		return q.prefetchStep(s)
	}
	return nil
}

// annotate adds computed columns; an aggregate groups the query.
func (q *Query) annotate(named []query.Named, sel bool) error {
	for _, n := range named {
		if n.Expr == nil {
			return badMessage("the annotation %q has no expression", n.Name)
		}
		conflict := slices.Contains(q.model.choices, n.Name)
		if q.selected {
			conflict = slices.Contains(q.fieldNames, n.Name)
		}
		if conflict {
			return misuse(q.model.label, n.Name, "The annotation '%s' conflicts with a field on the model.", n.Name)
		}
		if f, ok := n.Expr.(*query.Filtered); ok {
			if err := q.addFiltered(n.Name, f); err != nil {
				return err
			}
			continue
		}
		x, err := q.resolve(n.Expr, options{allowJoins: true})
		if err != nil {
			return inLookup(err, n.Name)
		}
		if nodeSize(x) >= maxNodes {
			return tooComplex()
		}
		if err := q.addAnnotation(n.Name, x, sel); err != nil {
			return err
		}
		q.written[n.Name] = n.Expr
	}
	for _, n := range named {
		if !hasAggregate(q.annotations[n.Name]) {
			continue
		}
		if !q.selected {
			q.grouping = groupAll
			return nil
		}
		return q.setGroupBy(true)
	}
	return nil
}

func (q *Query) orderByStep(s *query.Step) error {
	q.clearOrdering(true, false)
	if len(s.Names) == 0 && len(s.Exprs) == 0 {
		q.defaultOrdering = false
		return nil
	}
	for _, name := range s.Names {
		if err := q.orderName(name); err != nil {
			return err
		}
	}
	for _, e := range s.Exprs {
		if r, ok := e.(*query.Ref); ok && !r.Outer {
			if err := q.orderName(r.Name); err != nil {
				return err
			}
			continue
		}
		o, err := q.orderTerm(e)
		if err != nil {
			return err
		}
		q.orderings = append(q.orderings, o)
	}
	return nil
}

func (q *Query) orderName(name string) error {
	q.orderings = append(q.orderings, ordering{name: name})
	bare := strings.TrimPrefix(name, "-")
	if name == "?" || q.annotations[bare] != nil || q.extra.sql[bare] != nil || q.combinator != "" {
		return nil
	}
	_, _, err := q.namesToPath(strings.Split(bare, lookupSep), q.model, true, false)
	return inLookup(err, bare)
}

// orderTerm checks an expression to order by.
func (q *Query) orderTerm(e query.Expr) (ordering, error) {
	o, directed := e.(*query.Ordered)
	if !directed {
		o = &query.Ordered{Expr: e}
	}
	if o.NullsFirst && o.NullsLast {
		return ordering{}, misuse(q.model.label, "order_by", "nulls_first and nulls_last are mutually exclusive")
	}
	if f, ok := o.Expr.(*query.Func); ok {
		if _, agg := aggregates[f.Name]; agg {
			return ordering{}, misuse(q.model.label, f.Name, "Using an aggregate in order_by() without also including it in annotate() is not allowed: %s", f.Name)
		}
	}
	if o.Expr == nil {
		return ordering{}, badMessage("an ordering has no expression")
	}
	return ordering{expr: o, bare: !directed}, nil
}

func (q *Query) valuesStep(s *query.Step) error {
	names := slices.Clone(s.Names)
	if len(s.Named) > 0 {
		if err := q.annotate(s.Named, true); err != nil {
			return err
		}
		for _, n := range s.Named {
			if !slices.Contains(names, n.Name) {
				names = append(names, n.Name)
			}
		}
	}
	q.flat = s.Flags&query.FlagFlat != 0
	if q.flat && len(names) > 1 {
		return misuse(q.model.label, "values_list", "'flat' is not valid when values_list is called with more than one field.")
	}
	q.fieldNames = names
	return q.setValues(names)
}

func (q *Query) onlyStep(names []string) {
	names = slices.Clone(names)
	for i, n := range names {
		if n == "pk" {
			names[i] = q.model.pk.Name
		}
	}
	if !q.deferOnly {
		names = slices.DeleteFunc(names, func(n string) bool { return slices.Contains(q.deferred, n) })
	}
	q.deferred, q.deferOnly = names, true
}

func (q *Query) deferStep(names []string) {
	if !q.deferOnly {
		q.deferred = append(slices.Clone(q.deferred), names...)
		return
	}
	left := slices.DeleteFunc(slices.Clone(q.deferred), func(n string) bool { return slices.Contains(names, n) })
	if len(left) > 0 {
		q.deferred = left
		return
	}
	existing := q.deferred
	q.deferOnly = false
	q.deferred = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(existing, n) })
}

var combinators = map[uint32]string{
	query.CombineUnion: "union", query.CombineUnionAll: "union", query.CombineIntersection: "intersection", query.CombineDifference: "difference",
}

// unionStep makes q a combination of itself and others.
func (q *Query) unionStep(s *query.Step) error {
	name := combinators[s.Flags]
	if name == "" {
		return badMessage("unknown kind of combination %d", s.Flags)
	}
	parts := []*Query{q.clone()}
	for _, o := range s.Others {
		if o == nil {
			return badMessage("a query of the union is missing")
		}
		sub, err := q.env.build(o)
		if err != nil {
			return err
		}
		parts = append(parts, sub)
	}
	// Querysets that are empty from the start drop out, or decide the result.
	switch {
	case parts[0].none() && name == "union":
		rest := slices.DeleteFunc(parts, (*Query).none)
		if len(rest) == 0 {
			return nil
		}
		if len(rest) == 1 {
			*q = *rest[0]
			return nil
		}
		*q = *rest[0].clone()
		parts = rest
	case parts[0].none():
		return nil
	case name == "intersection":
		for _, o := range parts[1:] {
			if o.none() {
				*q = *o
				return nil
			}
		}
	}
	q.clearOrdering(true, true)
	q.clearLimits()
	q.where = &where{}
	q.combined, q.combinator, q.combineAll = parts, name, s.Flags == query.CombineUnionAll
	return nil
}

// none tells whether q was emptied by none() or an empty slice.
func (q *Query) none() bool {
	return slices.ContainsFunc(q.where.children, func(n node) bool { _, ok := n.(nothing); return ok })
}
