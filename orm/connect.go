package orm

import (
	"strings"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

// onDeleteUnset marks a relation whose tag does not say on_delete.
const onDeleteUnset schema.OnDelete = 255

// connect finds the models that relations point to.
func (m *modelInfo) connect(errs *modelErrors) {
	find := func(key any, goName, tag string) *modelInfo {
		t := registry[key]
		if t == nil {
			name := strings.TrimPrefix(typeName(key), "*")
			*errs = append(*errs, &ModelError{
				Model: m.goType, Field: goName, Tag: tag,
				Reason: "it points to " + name + ", which is not registered: declare var " + name[strings.LastIndexByte(name, '.')+1:] + "s = orm.Register[" + name + "]()",
			})
		}
		return t
	}
	for _, f := range append(m.fields[:len(m.fields):len(m.fields)], m.m2m...) {
		if f.rel != nil {
			f.rel.related, f.rel.queryName = m.placeholders(f.rel.related), m.placeholders(f.rel.queryName)
			f.rel.target = find(f.rel.key, f.goName, f.tag)
		}
	}
	for _, a := range m.accessors {
		if a.points == nil {
			a.target = find(a.key, a.goName, a.tag)
		}
	}
	for _, f := range m.m2m {
		m.accessors = append(m.accessors, &accessor{
			owner: m, target: f.rel.target, goName: f.goName, name: f.name, tag: f.tag, off: f.off, field: f, forward: true,
		})
	}
}

// nameReverse finds the field that each Reverse mirrors; an undeclared related
// name is the Reverse's.
func (m *modelInfo) nameReverse(errs *modelErrors) {
	for _, a := range m.accessors {
		if a.forward || a.target == nil || a.generic != nil {
			continue
		}
		fail := func(reason string) {
			*errs = append(*errs, &ModelError{Model: m.goType, Field: a.goName, Tag: a.tag, Reason: reason})
		}
		var all, free []*field
		var names []string
		for _, f := range append(a.target.fields[:len(a.target.fields):len(a.target.fields)], a.target.m2m...) {
			if f.rel == nil || f.rel.target != m || a.one != (f.rel.kind == schema.OneToOne) {
				continue
			}
			all = append(all, f)
			names = append(names, f.name)
			switch {
			case a.via == f.name, a.via == "" && f.rel.related == a.name:
				a.field = f
			case f.rel.related == "":
				free = append(free, f)
			}
		}
		if a.field == nil && a.via == "" && len(all) == 1 && len(free) == 1 {
			a.field = free[0]
		}
		switch {
		case a.field != nil:
			if a.field.rel.related == "" {
				a.field.rel.related = a.name
			}
		case len(all) == 0 && a.one:
			fail("no OneToOne field of " + a.target.goType + " points to " + m.goType)
		case len(all) == 0:
			fail("no ForeignKey or ManyToMany field of " + a.target.goType + " points to " + m.goType)
		default:
			fail("say which field of " + a.target.goType + " it mirrors: via=" + strings.Join(names, " or via="))
		}
	}
}

// makeThrough finds or makes the model between the two sides of a many-to-many field.
func (m *modelInfo) makeThrough(errs *modelErrors) {
	for _, f := range m.m2m {
		r := f.rel
		if r.target == nil {
			continue
		}
		if r.throughTag == "" {
			if r.endTags[0] != "" {
				*errs = append(*errs, &ModelError{Model: m.goType, Field: f.goName, Tag: f.tag, Reason: "through_fields is about a model of your own: name it, through=MODEL"})
			}
			m.autoThrough(f)
			continue
		}
		for _, t := range models {
			if t.label == r.throughTag || t.name == r.throughTag && (r.through == nil || t.app == m.app) {
				r.through = t
			}
		}
		if r.through == nil {
			*errs = append(*errs, &ModelError{
				Model: m.goType, Field: f.goName, Tag: f.tag,
				Reason: "there is no registered model " + r.throughTag + nearest(r.throughTag, modelNames()) + "; through names one with a ForeignKey to " + m.goType + " and one to " + r.target.goType,
			})
			continue
		}
		if reason := f.findEnds(); reason != "" {
			*errs = append(*errs, &ModelError{Model: m.goType, Field: f.goName, Tag: f.tag, Reason: reason})
		}
	}
}

func (m *modelInfo) autoThrough(f *field) {
	r := f.rel
	t := &modelInfo{
		app: m.app, name: m.name + "_" + f.name, table: m.table + "_" + f.name, auto: true,
		byName: map[string]*field{}, byRel: map[string]*accessor{},
	}
	if f.column != f.att {
		t.table = f.column
	}
	t.label, t.goType = t.app+"."+t.name, t.name
	from, to := strings.ToLower(m.name), strings.ToLower(r.target.name)
	if from == to { // itself, or another app's of the same name
		from, to = "from_"+from, "to_"+to
	}
	id := &field{model: t, name: "id", att: "id", column: "id", class: "BigAutoField", kind: kInt64, pk: true, auto: true, unique: true}
	link := func(name string, target *modelInfo) *field {
		return &field{
			model: t, goName: name, name: name, att: name + "_id", column: name + "_id", class: "ForeignKey", kind: kForeign, db: true,
			rel: &relation{kind: schema.ForeignKey, target: target, onDelete: schema.Cascade, related: t.name + "+", queryName: strings.ToLower(t.name)},
		}
	}
	r.from, r.to, r.through = link(from, m), link(to, r.target), t
	t.fields, t.pk = []*field{id, r.from, r.to}, id
	t.opts.UniqueTogether = [][]string{{from, to}}
	t.index(nil)
	t.root = &core{info: t, shared: true}
	models = append(models, t)
}

// finish fills in the names that Django would choose and links both ends.
func (m *modelInfo) finish(errs *modelErrors) {
	for _, other := range models {
		if other != m && other.label == m.label && !m.auto {
			*errs = append(*errs, &ModelError{Model: m.goType, Reason: "another model has the label " + m.label + " too: give one of them another App in Meta"})
			break
		}
	}
	lower := strings.ToLower(m.name)
	for _, f := range m.owned() {
		r := f.rel
		if r == nil || r.target == nil {
			continue
		}
		if r.kind == schema.ManyToMany && r.hidden(m) { // of several fields each has a name of its own
			r.related = "_" + m.app + "_" + lower + "_" + f.name + "_+"
		} else if r.queryName == "" {
			if r.queryName = strings.TrimSuffix(r.related, "+"); r.queryName == "" {
				r.queryName = lower
			}
		}
		if r.related == "" {
			if r.related = lower + "_set"; r.kind == schema.OneToOne {
				r.related = lower
			}
		}
		if g := r.target.byName[r.queryName]; g != nil && !strings.HasSuffix(r.related, "+") {
			*errs = append(*errs, &ModelError{
				Model: m.goType, Field: f.goName, Tag: f.tag,
				Reason: "from " + r.target.goType + " it would be called " + r.queryName + ", which is a field there: choose another related=NAME",
			})
		}
		r.target.reached = append(r.target.reached, f)
		if r.kind != schema.ManyToMany {
			to := r.target.table1()
			to.inbound = append(to.inbound, f)
		}
		if r.through != nil && r.through.auto {
			r.through.opts.Unmanaged = m.opts.Unmanaged && r.target.opts.Unmanaged
			r.from.rel.target.inbound = append(r.from.rel.target.inbound, r.from)
			r.to.rel.target.inbound = append(r.to.rel.target.inbound, r.to)
		}
	}
	for _, a := range m.accessors {
		if a.field == nil {
			continue
		}
		a.other = a.byOther()
		a.lookup = a.field.name
		if a.forward {
			if a.lookup = a.field.rel.queryName; a.lookup == "" {
				a.lookup = a.field.rel.related // hidden, but the planner knows it
			}
		}
		m.byRel[a.name] = a
	}
	if m.orderedIn != "" {
		if f := m.byName[m.orderedIn]; (f == nil || f.rel == nil || f.kind != kForeign) && m.generic(m.orderedIn) == nil {
			*errs = append(*errs, &ModelError{Model: m.goType, Reason: "order_in=" + m.orderedIn + " names no ForeignKey or GenericForeignKey of the model" + nearest(m.orderedIn, m.names())})
		} else if len(m.opts.Ordering) == 0 {
			m.opts.Ordering = []string{"_order"}
		}
	}
	check := func(kind string, names []string) {
		for _, n := range names {
			base, _, _ := strings.Cut(strings.TrimPrefix(n, "-"), "__")
			if base != "?" && base != "" && m.byName[base] == nil && m.byRel[base] == nil {
				*errs = append(*errs, &ModelError{Model: m.goType, Reason: "Meta's " + kind + " names " + base + ", which is no field" + nearest(base, m.names())})
			}
		}
	}
	check("Ordering", m.opts.Ordering)
	check("Latest", m.opts.Latest)
	for _, u := range m.opts.UniqueTogether {
		check("UniqueTogether", u)
	}
	for _, u := range m.opts.Indexes {
		check("Indexes", u)
	}
	for i := range m.opts.Constraints {
		c := &m.opts.Constraints[i]
		check("constraint "+c.c.Name, c.c.Fields)
		check("constraint "+c.c.Name, c.c.Include)
		if c.err != nil {
			*errs = append(*errs, &ModelError{Model: m.goType, Reason: "Meta's constraint " + c.c.Name + ": " + c.err.Error()})
		}
	}
}

// names are those of the model's columns.
func (m *modelInfo) names() []string {
	known := make([]string, len(m.fields))
	for i, f := range m.fields {
		known[i] = f.name
	}
	return known
}

// placeholders fills in the model's name, so that relations of a struct that
// several models embed are called differently.
func (m *modelInfo) placeholders(s string) string {
	if !strings.Contains(s, "%(") {
		return s
	}
	return strings.NewReplacer("%(class)s", strings.ToLower(m.name), "%(app_label)s", m.app).Replace(s)
}

// linkFields finds the fields that foreign keys with a to_field point to.
func (m *modelInfo) linkFields(errs *modelErrors) {
	for _, f := range m.owned() {
		r := f.rel
		if r == nil || r.toTag == "" || r.target == nil {
			continue
		}
		to := r.target.byName[r.toTag]
		fail := func(reason string) {
			*errs = append(*errs, &ModelError{Model: m.goType, Field: f.goName, Tag: f.tag, Reason: reason})
		}
		switch {
		case to == nil:
			fail(r.target.goType + " has no field " + r.toTag + nearest(r.toTag, r.target.names()))
		case to.class == "ManyToManyField" || to.kind >= kArray:
			fail(r.target.goType + "." + to.goName + " is no field that can be pointed to")
		case !to.unique && !to.pk:
			fail("what it points to must be unique: tag " + r.target.goType + "." + to.goName + " unique")
		case to.pk:
		case r.parent:
			fail("a ParentLink points to the parent's primary key")
		default:
			r.toField = to
		}
	}
}

// describe returns what the host gets to know of the models.
func describe(app string) *schema.Registry {
	reg := &schema.Registry{App: app, Lookups: lookups, Extensions: extensions}
	for _, m := range models {
		sm := schema.Model{
			App: m.app, Name: m.name, Table: m.table, Ordering: m.opts.Ordering, Latest: m.opts.Latest,
			Unique: m.opts.UniqueTogether, Indexes: m.opts.Indexes, AutoCreated: m.auto,
			OrderedIn: m.orderedIn, Generic: m.ends, SelectFirst: m.opts.SelectOnSave, OrderBy: m.orderBy, Unmanaged: m.opts.Unmanaged,
		}
		for i := range m.opts.Constraints {
			sm.Constraints = append(sm.Constraints, m.opts.Constraints[i].c)
		}
		if m.line != nil {
			sm.Proxy = m.line.concrete != m
			for i, p := range m.line.parents {
				parent := schema.Parent{Model: p.label}
				if l := m.line.links[i]; l != nil {
					parent.Link = l.name
				}
				sm.Parents = append(sm.Parents, parent)
			}
		}
		for _, f := range m.owned() {
			sm.Fields = append(sm.Fields, f.describe())
		}
		reg.Models = append(reg.Models, sm)
	}
	return reg
}

func (f *field) describe() schema.Field {
	s := schema.Field{
		Name: f.name, Attname: f.att, Column: f.column, Type: f.class, Null: f.null, PK: f.pk, Auto: f.auto,
		Unique: f.unique, Index: f.db, MaxLength: f.maxLength, Digits: f.digits, Places: f.places,
	}
	if f.kind == kArray {
		base := f.base.describe()
		base.Places = max(base.Places, 0)
		s.Base = &base
	}
	if f.hasDef && f.class != "ManyToManyField" {
		p := f.model.slab(1)
		_ = storeDefault(f, p) // checked at setup
		s.Default = &schema.Default{Value: f.value(p)}
	}
	r := f.rel
	if r == nil {
		return s
	}
	s.Rel = &schema.Relation{Kind: r.kind, To: r.target.label, RelatedName: r.related, QueryName: r.queryName, OnDelete: r.onDelete, Set: r.set}
	if r.toField != nil {
		s.Rel.ToField = r.toField.name
	}
	if r.kind == schema.ManyToMany {
		s.Column, s.Rel.OnDelete = "", schema.Cascade
		s.Rel.Through, s.Rel.FromField, s.Rel.TargetField = r.through.label, r.from.name, r.to.name
	}
	return s
}
