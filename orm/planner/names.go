package planner

import (
	"slices"
	"strings"
)

// namedPath is a name of a lookup and the relations it crosses.
type namedPath struct {
	name string
	path []pathInfo
}

// multiJoin is Django's MultiJoin: a many-valued relation where it is not
// allowed.
type multiJoin struct{ names []namedPath }

// resolvedPath is what namesToPath finds.
type resolvedPath struct {
	path    []pathInfo
	final   *Field
	targets []*Field // the columns: one, but for a foreign object
	rest    []string
}

// namesToPath walks the names of a lookup from model to model. What is left
// when a name is no field are transforms and a lookup.
func (q *Query) namesToPath(names []string, m *Model, allowMany, failOnMissing bool) (r resolvedPath, multi *multiJoin, err error) {
	var walked []namedPath
	pos := 0
	for ; pos < len(names); pos++ {
		name := names[pos]
		cur := namedPath{name: name}
		if name == "pk" && m != nil {
			name = m.pk.Name
		}
		var f *Field
		if m != nil {
			f = m.field(name)
		}
		if f == nil && q.noteSelected(name) {
			if f = q.annotations[name].output(); f == nil {
				f = typed("IntegerField")
			}
		}
		var only *filtered
		var paths []pathInfo
		if f == nil && pos == 0 && q.filtered[name] != nil {
			only = q.filtered[name]
			f = m.field(only.relation)
			if containsSep(only.relation) {
				up, multi, err := q.namesToPath(strings.Split(only.relation, lookupSep), m, allowMany, failOnMissing)
				if multi != nil || err != nil {
					return r, multi, err
				}
				if n := len(up.path) - 1; n >= 0 {
					f, paths = up.final, up.path[n:]
					r.path = append(r.path, up.path[:n]...)
				}
			}
		}
		if f == nil {
			if pos == 0 || failOnMissing {
				label, choices := "", q.selectedNotes()
				if m != nil {
					label, choices = m.label, append(slices.Clone(m.choices), choices...)
					for name := range q.filtered {
						choices = append(choices, name)
					}
				}
				return r, nil, unresolved(label, name, slices.Clone(choices))
			}
			break
		}
		if f.generic != nil && f.to == nil {
			return r, nil, misuse(m.label, name, "Field '%s' does not generate an automatic reverse relation and therefore cannot be used for reverse querying. If it is a GenericForeignKey, consider adding a GenericRelation.", name)
		}
		if m != nil && f.model != nil && f.model != m && paths == nil {
			if up := m.pathToParent(f.model.concrete); len(up) > 0 {
				r.path = append(r.path, up...)
				cur.path = append(cur.path, up...)
				m = up[len(up)-1].to
			}
		}
		if paths == nil {
			paths = f.paths
		}
		if len(paths) > 0 {
			if !allowMany {
				for i, p := range paths {
					if p.m2m {
						cur.path = append(cur.path, paths[:i+1]...)
						return r, &multiJoin{append(walked, cur)}, nil
					}
				}
			}
			paths = only.last(paths)
			last := paths[len(paths)-1]
			r.path = append(r.path, paths...)
			r.final = last.field()
			r.targets = last.targets
			m = last.to
			cur.path = append(cur.path, paths...)
			walked = append(walked, cur)
			continue
		}
		r.final, r.targets = f, []*Field{f}
		pos++
		if failOnMissing && pos != len(names) {
			label := ""
			if m != nil {
				label = m.label
			}
			return r, nil, misuse(label, names[pos], "Cannot resolve keyword '%s' into field. Join on '%s' not permitted.", names[pos], name)
		}
		break
	}
	r.rest = names[pos:]
	return r, nil, nil
}

// field is the relation that p crosses, as the type of its columns.
func (p pathInfo) field() *Field {
	if !p.join.reverse {
		return p.join.f
	}
	// A ForeignKey's far side; through tables of many-to-many fields may hide
	// it from lookups, so it is made here.
	f := p.join.f
	return &Field{Field: f.Field, model: f.to, to: f.model, target: p.targets[0], pairs: f.pairs, reverse: true, src: f}
}

// joinInfo is what setupJoins finds.
type joinInfo struct {
	resolvedPath
	model      *Model
	joins      []string
	transforms []string
}

// transform makes the column of a field, with the lookup's transforms around it.
func (i *joinInfo) transform(q *Query, target *Field, alias string) (node, error) {
	var n node = newCol(alias, target)
	for _, name := range i.transforms {
		var err error
		if n, err = tryTransform(q, n, name); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// setupJoins adds the joins that the names need. reuse holds those that a
// many-valued relation may share.
func (q *Query) setupJoins(names []string, m *Model, alias string, reuse aliasSet, allowMany bool) (*joinInfo, *multiJoin, error) {
	return q.setupLoose(names, m, alias, reuse, allowMany, false)
}

// setupLoose is setupJoins that, with loose, takes joins of reuse for those it
// needs whatever their condition.
func (q *Query) setupLoose(names []string, m *Model, alias string, reuse aliasSet, allowMany, loose bool) (*joinInfo, *multiJoin, error) {
	if len(names) > maxJoins {
		return nil, nil, tooComplex()
	}
	info := &joinInfo{joins: []string{alias}, model: m}
	var last error
	for pivot := len(names); pivot > 0; pivot-- {
		path, multi, err := q.namesToPath(names[:pivot], m, allowMany, true)
		if multi != nil {
			return nil, multi, nil
		}
		if err != nil {
			if pivot == 1 {
				if last != nil && len(names) > 1 && m.field(names[0]) != nil {
					return nil, nil, last
				}
				return nil, nil, err
			}
			if last == nil {
				last = err
			}
			continue
		}
		info.resolvedPath, info.transforms = path, names[pivot:]
		if last != nil && path.final.relation() {
			return nil, nil, last
		}
		if last != nil && q.transformable(path.final, names[pivot]) == nil {
			return nil, nil, last
		}
		break
	}
	for _, p := range info.path {
		nullable := true
		if p.direct {
			nullable = p.join.f.Null
		}
		info.model = p.to
		q.env.touch(p.to.concrete)
		var may aliasSet
		if p.m2m || loose {
			may = reuse
		}
		j := &join{table: p.to.Table, parent: alias, kind: inner, ref: p.join, nullable: nullable, filtered: p.filtered, loose: loose && len(reuse) > 0}
		var err error
		if alias, err = q.join(j, may); err != nil {
			return nil, nil, err
		}
		info.joins = append(info.joins, alias)
		if p.filtered != nil {
			c := *q.joins[alias]
			c.filteredPath = slices.Clone(info.joins)
			q.joins[alias] = &c
		}
	}
	return info, nil, nil
}

// trimJoins drops joins at the end whose only use is a column that the table
// before them has too.
func (q *Query) trimJoins(info *joinInfo) (targets []*Field, alias string, joins []string) {
	targets, joins = info.targets, slices.Clone(info.joins)
	for i := len(info.path) - 1; i >= 0; i-- {
		p := info.path[i]
		if len(joins) == 1 || !p.direct || p.filtered != nil {
			break
		}
		nearer := p.join.f.nearer(targets)
		if nearer == nil {
			break
		}
		targets = nearer
		q.unref(joins[len(joins)-1])
		joins = joins[:len(joins)-1]
	}
	return targets, joins[len(joins)-1], joins
}

// nearer are the columns of f, a relation, that equal the targets' columns on
// its far side; nil when one has no equal.
func (f *Field) nearer(targets []*Field) []*Field {
	out := make([]*Field, len(targets))
	for i, t := range targets {
		for _, p := range f.pairs {
			if p.to.Column == t.Column {
				out[i] = p.from
			}
		}
		if out[i] == nil {
			return nil
		}
	}
	return out
}

// column trims joins and makes the column that info leads to.
func (q *Query) column(info *joinInfo) (node, []string, error) {
	targets, alias, joins := q.trimJoins(info)
	if len(targets) > 1 {
		return nil, nil, misuse(info.final.model.label, info.final.Name, "'%s' has several columns: name one of the fields that it is made of.", info.final.Name)
	}
	n, err := info.transform(q, targets[0], alias)
	return n, joins, err
}

// resolveRef resolves F(name).
func (q *Query) resolveRef(name string, o options) (node, error) {
	if n := q.annotations[name]; n != nil {
		if err := q.env.spend(nodeSize(n)); err != nil {
			return nil, err
		}
		if !o.allowJoins {
			for _, c := range columnsOf(n, false, true) {
				if j := q.joins[c.alias]; j != nil && j.kind != baseTable {
					return nil, joinedReference(q, name)
				}
			}
		}
		if !o.summarize {
			return n, nil
		}
		if !q.noteSelected(name) {
			return nil, misuse(q.model.label, name, "Cannot aggregate over the '%s' alias. Use annotate() to promote it.", name)
		}
		return &ref{name, n}, nil
	}
	parts := strings.Split(name, lookupSep)
	if n := q.annotations[parts[0]]; n != nil {
		if err := q.env.spend(nodeSize(n)); err != nil {
			return nil, err
		}
		for _, t := range parts[1:] {
			var err error
			if n, err = tryTransform(q, n, t); err != nil {
				return nil, inLookup(err, name)
			}
		}
		return n, nil
	}
	alias, err := q.initialAlias()
	if err != nil {
		return nil, err
	}
	info, _, err := q.setupJoins(parts, q.model, alias, o.reuse, true)
	if err != nil {
		return nil, inLookup(err, name)
	}
	n, joins, err := q.column(info)
	if err != nil {
		return nil, inLookup(err, name)
	}
	if !o.allowJoins && len(joins) > 1 {
		return nil, joinedReference(q, name)
	}
	for _, j := range joins {
		if o.reuse != nil {
			o.reuse[j] = true
		}
	}
	return n, nil
}

func joinedReference(q *Query, name string) error {
	return inLookup(misuse(q.model.label, name, "Joined field references are not permitted in this query"), name)
}

// nodeSize counts the expressions in n, up to a bound.
func nodeSize(n node) int {
	left := maxNodes
	var walk func(node)
	walk = func(n node) {
		if n == nil || left <= 0 {
			return
		}
		left--
		if s, ok := n.(*subquery); ok {
			for _, c := range s.q.where.children {
				walk(c)
			}
			left -= len(s.q.aliases)
		}
		for _, s := range n.sources() {
			walk(s)
		}
	}
	walk(n)
	return maxNodes - left
}

// maxNodes bounds one expression, maxBudget a statement.
const (
	maxNodes  = 20_000
	maxBudget = 200_000
)
