package planner

import (
	"slices"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// selMask holds the fields to load, and those of related models.
type selMask map[*Field]selMask

// selectMask applies only() and defer(); empty means everything.
func (q *Query) selectMask() (selMask, error) {
	if len(q.deferred) == 0 {
		return nil, nil
	}
	tree := &fieldTree{}
	for _, name := range q.deferred {
		tree.add(name)
	}
	mask := selMask{}
	if q.deferOnly {
		return mask, q.onlyMask(q.model, tree, mask)
	}
	return mask, q.deferMask(q.model, tree, mask)
}

func (q *Query) relatedMask(m *Model, name string, sub *fieldTree, mask selMask, walk func(*Model, *fieldTree, selMask) error) error {
	f := m.field(name)
	key := f
	if only := q.filtered[name]; f == nil && only != nil && m == q.model {
		f, key = m.field(only.relation), only.key
	}
	if f == nil {
		return inLookup(unresolved(m.label, name, slices.Clone(m.choices)), name)
	}
	if f.reverse && key == f {
		key = f.src
	}
	next := mask[key]
	if next == nil {
		next = selMask{}
		mask[key] = next
	}
	if len(sub.names) == 0 {
		return nil
	}
	if !f.relation() {
		return misuse(m.label, sub.names[0], "Cannot resolve '%s': %s is not a relation.", sub.names[0], name)
	}
	return walk(f.to, sub, next)
}

func (q *Query) onlyMask(m *Model, tree *fieldTree, mask selMask) error {
	mask[m.pk] = selMask{}
	for _, name := range tree.names {
		if err := q.relatedMask(m, name, tree.children[name], mask, q.onlyMask); err != nil {
			return err
		}
	}
	return nil
}

func (q *Query) deferMask(m *Model, tree *fieldTree, mask selMask) error {
	mask[m.pk] = selMask{}
	done := map[string]bool{}
	for _, f := range m.fields {
		sub := tree.child(f.Name)
		if sub == nil {
			sub = tree.child(f.Attname)
		}
		done[f.Name], done[f.Attname] = true, true
		if sub == nil {
			if mask[f] == nil {
				mask[f] = selMask{}
			}
			continue
		}
		if len(sub.names) > 0 {
			if err := q.relatedMask(m, f.Name, sub, mask, q.deferMask); err != nil {
				return err
			}
		}
	}
	for _, name := range tree.names {
		if done[name] {
			continue
		}
		if f := m.field(name); f != nil && !f.relation() {
			continue
		}
		if err := q.relatedMask(m, name, tree.children[name], mask, q.deferMask); err != nil {
			return err
		}
	}
	return nil
}

// relatedLevel is one model that select_related descends from.
type relatedLevel struct {
	model      *Model
	alias      string
	depth      int
	requested  *fieldTree
	restricted bool
	mask       selMask
	group      int
}

// maxRelatedDepth is how far select_related() without names follows.
const maxRelatedDepth = 5

// relatedSelections adds the columns of related instances.
func (c *compiler) relatedSelections(list []selectCol, l relatedLevel) ([]selectCol, error) {
	if !l.restricted && l.depth > maxRelatedDepth || l.depth > 32 {
		return list, nil
	}
	if err := c.q.env.spend(len(l.model.fields)); err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, f := range l.model.forward {
		found[f.Name] = true
		next := l.requested.child(f.Name)
		if l.restricted && next != nil && !f.relation() {
			return nil, misuse(l.model.label, f.Name, "Non-relational field given in select_related: '%s'. Choices are: %s", f.Name, l.choices())
		}
		if !f.relation() || f.parentLink() || l.restricted && next == nil || !l.restricted && f.Null {
			continue
		}
		if _, loaded := l.mask[f]; l.restricted && len(l.mask) > 0 && !loaded {
			return nil, misuse(l.model.label, f.Name, "Field %s.%s cannot be both deferred and traversed using select_related at the same time.", l.model.Name, f.Name)
		}
		var err error
		if list, err = c.relatedGroup(list, l, f, next, l.mask[f]); err != nil {
			return nil, err
		}
	}
	if !l.restricted {
		return list, nil
	}
	for _, f := range l.model.reverses {
		if !f.Unique {
			continue
		}
		next := l.requested.child(f.Name)
		if next == nil {
			continue
		}
		found[f.Name] = true
		var err error
		if list, err = c.relatedGroup(list, l, f, next, l.mask[f.src]); err != nil {
			return nil, err
		}
	}
	if l.depth == 1 {
		var err error
		if list, err = c.filteredGroups(list, l, found); err != nil {
			return nil, err
		}
	}
	if l.requested != nil {
		var missing []string
		for _, name := range l.requested.names {
			if !found[name] {
				missing = append(missing, "'"+name+"'")
			}
		}
		if len(missing) > 0 {
			slices.Sort(missing)
			return nil, lookupError(l.model.label, strings.Trim(missing[0], "'"), "not a single-valued relation", l.relations(),
				"Invalid field name(s) given in select_related: %s. Choices are: %s", strings.Join(missing, ", "), l.choices())
		}
	}
	return list, nil
}

func (l *relatedLevel) relations() (names []string) {
	for _, f := range l.model.forward {
		if f.relation() {
			names = append(names, f.Name)
		}
	}
	for _, f := range l.model.reverses {
		if f.Unique {
			names = append(names, f.Name)
		}
	}
	return names
}

func (l *relatedLevel) choices() string {
	if names := l.relations(); len(names) > 0 {
		return strings.Join(names, ", ")
	}
	return "(none)"
}

// filteredGroups adds the columns of filtered relations, which have their names
// in the queryset only.
func (c *compiler) filteredGroups(list []selectCol, l relatedLevel, found map[string]bool) ([]selectCol, error) {
	if l.requested == nil {
		return list, nil
	}
	for _, name := range l.requested.names {
		f := c.q.filtered[name]
		if f == nil || found[name] {
			continue
		}
		found[name] = true
		info, _, err := c.q.setupJoins([]string{name}, l.model, l.alias, nil, true)
		if err != nil {
			return nil, err
		}
		g := group{model: info.model, parent: l.group, field: name, reverse: true, first: len(list), alias: true}
		if last := info.path[len(info.path)-1]; len(info.joins) == 2 && last.join.reverse {
			g.back = last.join.f.Name
		}
		alias, mask := info.joins[len(info.joins)-1], l.mask[f.key]
		if list, g.fields, err = c.modelColumns(list, info.model, alias, mask, nil); err != nil {
			return nil, err
		}
		c.groups = append(c.groups, g)
		next := relatedLevel{
			model: info.model, alias: alias, depth: l.depth + 1, requested: l.requested.child(name), restricted: l.restricted, mask: mask, group: len(c.groups) - 1,
		}
		if list, err = c.relatedSelections(list, next); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (c *compiler) relatedGroup(list []selectCol, l relatedLevel, f *Field, next *fieldTree, mask selMask) ([]selectCol, error) {
	info, _, err := c.q.setupJoins([]string{f.Name}, l.model, l.alias, nil, true)
	if err != nil {
		return nil, err
	}
	alias := info.joins[len(info.joins)-1]
	g := group{model: f.to, parent: l.group, field: f.Name, reverse: f.reverse, first: len(list)}
	var from *Model
	if g.extends = f.reverse && f.src.parentLink(); g.extends {
		from = l.model
	}
	if list, g.fields, err = c.modelColumns(list, f.to, alias, mask, from); err != nil {
		return nil, err
	}
	c.groups = append(c.groups, g)
	return c.relatedSelections(list, relatedLevel{
		model: f.to, alias: alias, depth: l.depth + 1, requested: next, restricted: l.restricted, mask: mask, group: len(c.groups) - 1,
	})
}
