package planner

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Model is one model with the names that lookups may use.
type Model struct {
	schema.Model
	label    string
	concrete *Model // the model itself, or that which a proxy is a name for
	parents  []parent
	own      []*Field // of its own: columns and foreign objects, then many-to-many fields
	forward  []*Field // columns and foreign objects, parents' first
	fields   []*Field // those with a column
	pk       *Field
	names    map[string]*Field
	back     []*Field // relations that point to this very model, in the registry's order
	reverses []*Field // with those of parents, without the hidden ones
	choices  []string // for errors
	order    []ordering
	quoted   string // the table's name
}

// parent is a model that another one extends; link is nil for a proxy.
type parent struct {
	model *Model
	link  *Field
}

func (m *Model) field(name string) *Field { return m.names[name] }

// registry builds models in stages, since they refer to each other.
type registry struct {
	models map[string]*Model
	order  []*Model
}

// buildModels resolves the registry's relations.
func buildModels(reg *schema.Registry) (map[string]*Model, error) {
	r := &registry{models: make(map[string]*Model, len(reg.Models))}
	for i := range reg.Models {
		if err := r.add(reg.Models[i]); err != nil {
			return nil, err
		}
	}
	for _, stage := range []func(*Model) error{r.extend, r.bound, r.gather, r.link, r.linkMany, r.linkGeneric, r.name, r.defaultOrder} {
		for _, m := range r.order {
			if err := stage(m); err != nil {
				return nil, err
			}
		}
	}
	return r.models, nil
}

// add makes a model with the columns of its own table.
func (r *registry) add(sm schema.Model) error {
	m := &Model{Model: sm, label: sm.Label(), names: map[string]*Field{}}
	m.concrete = m
	if r.models[m.label] != nil {
		return badMessage("the model %s is described twice", m.label)
	}
	if m.Table == "" && !m.Proxy || strings.ContainsRune(m.Table, 0) {
		return badMessage("the model %s has no valid table name", m.label)
	}
	m.quoted = quote(m.Table)
	r.models[m.label] = m
	r.order = append(r.order, m)
	var many []*Field
	for _, sf := range m.Fields {
		f := (&Field{Field: sf, model: m}).withBase()
		if strings.ContainsRune(sf.Column, 0) || sf.Name == "" {
			return badMessage("the model %s has a field without a valid name", m.label)
		}
		if f.Attname == "" {
			f.Attname = f.Name
		}
		switch {
		case f.Column != "":
			f.quoted = quote(f.Column)
			f.full = m.quoted + "." + f.quoted
			if f.PK && m.pk == nil {
				m.pk = f
			}
		case f.Rel == nil || f.Rel.Kind != schema.ForeignObject:
			many = append(many, f)
			continue
		}
		m.own = append(m.own, f)
	}
	m.own = append(m.own, many...)
	if m.pk == nil && !m.Proxy {
		return badMessage("the model %s has no primary key", m.label)
	}
	return nil
}

// gather collects the fields of m and its parents, in Django's order, and
// their names: a model's own win.
func (r *registry) gather(m *Model) error {
	if m.Proxy {
		m.pk = m.concrete.pk
	}
	for _, f := range m.ownAndInherited(map[*Model]bool{}) {
		m.names[f.Name], m.names[f.Attname] = f, f
		if f.Column == "" && (f.Rel == nil || f.Rel.Kind != schema.ForeignObject) {
			continue
		}
		m.forward = append(m.forward, f)
		if f.Column != "" {
			m.fields = append(m.fields, f)
		}
	}
	return nil
}

// link resolves foreign keys, so that chains of them (a primary key that is
// one) have their targets before many-to-many paths are built.
func (r *registry) link(m *Model) error {
	for _, f := range m.own {
		if f.Rel == nil || f.Rel.Kind == schema.ManyToMany {
			continue
		}
		to := r.models[f.Rel.To]
		if to == nil {
			return badMessage("%s.%s points to %s, which is not described", m.label, f.Name, f.Rel.To)
		}
		f.to = to
		if f.Rel.Kind == schema.ForeignObject {
			if err := f.linkObject(); err != nil {
				return err
			}
		} else {
			target := to.pk
			if f.Rel.ToField != "" {
				target = to.field(f.Rel.ToField)
			}
			if target == nil || target.Column == "" {
				return badMessage("%s.%s points to the field %s.%s, which does not exist", m.label, f.Name, to.label, f.Rel.ToField)
			}
			f.pairs = []pair{{f, target}}
		}
		f.target = f.pairs[0].to
		targets := make([]*Field, len(f.pairs))
		for i, p := range f.pairs {
			targets[i] = p.to
		}
		f.paths = []pathInfo{{to: to, targets: targets, join: joinRef{f: f}, direct: true}}
		back := &Field{
			Field: schema.Field{Name: queryName(m, &f.Field), Type: "ForeignKey", Rel: f.Rel, Null: true, Unique: f.single()},
			model: to.concrete, to: m, target: m.pk, reverse: true, src: f, paths: []pathInfo{f.reversePath()},
		}
		back.hidden = m.AutoCreated || strings.HasSuffix(back.Name, "+")
		to.concrete.addReverse(back)
	}
	return nil
}

// linkObject finds the columns of a foreign object.
func (f *Field) linkObject() error {
	from, to := f.Rel.FromFields, f.Rel.ToFields
	if len(from) == 0 || len(from) != len(to) || len(from) > 64 {
		return badMessage("%s.%s needs as many fields as it points to", f.model.label, f.Name)
	}
	for i := range from {
		p := pair{f.model.field(from[i]), f.to.field(to[i])}
		if p.from == nil || p.from.Column == "" || p.to == nil || p.to.Column == "" {
			return badMessage("%s.%s points by %s to %s.%s, which are no fields with columns", f.model.label, f.Name, from[i], f.to.label, to[i])
		}
		f.pairs = append(f.pairs, p)
	}
	return nil
}

func (m *Model) addReverse(back *Field) {
	if back.Name != "" {
		m.back = append(m.back, back)
	}
}

// queryName is the name of f's relation in lookups from the other side.
func queryName(m *Model, f *schema.Field) string {
	switch r := f.Rel; {
	case r.QueryName != "":
		return r.QueryName
	case m.AutoCreated, r.RelatedName == "+":
		return ""
	case r.RelatedName != "": // one that ends with + is hidden: nothing but a manager names it
		return r.RelatedName
	}
	return strings.ToLower(m.Name)
}

func (r *registry) linkMany(m *Model) error {
	for _, f := range m.own {
		if f.Rel == nil || f.Rel.Kind != schema.ManyToMany {
			continue
		}
		to, through := r.models[f.Rel.To], r.models[f.Rel.Through]
		if to == nil || through == nil {
			return badMessage("%s.%s: the related model %s or the through model %s is not described", m.label, f.Name, f.Rel.To, f.Rel.Through)
		}
		near, far := through.field(f.Rel.FromField), through.field(f.Rel.TargetField)
		if near == nil || far == nil || !near.isKey() || !far.isKey() {
			return badMessage("%s.%s: the through model %s lacks the foreign keys %q and %q", m.label, f.Name, through.label, f.Rel.FromField, f.Rel.TargetField)
		}
		f.to, f.paths = to, crossThrough(near, far)
		f.target = to.pk
		back := &Field{
			Field: schema.Field{Name: queryName(m, &f.Field), Type: "ManyToManyField", Rel: f.Rel, Null: true},
			model: to.concrete, to: m, target: m.pk, reverse: true, src: f, paths: crossThrough(far, near),
		}
		back.hidden = m.AutoCreated || strings.HasSuffix(back.Name, "+")
		to.concrete.addReverse(back)
	}
	return nil
}

// isKey tells whether f is a foreign key or a foreign object.
func (f *Field) isKey() bool { return len(f.pairs) > 0 && !f.reverse }

// crossThrough is the path in by one foreign key of a through model and out by
// the other. Either may be one that the model inherits.
func crossThrough(in, out *Field) []pathInfo {
	path := []pathInfo{in.reversePath()}
	switch {
	case in.model == out.model:
	case in.model.chain(out.model) != nil:
		path = append(path, in.model.pathToParent(out.model)...)
	default:
		path = append(path, out.model.pathFromParent(in.model)...)
	}
	return append(path, out.paths...)
}

// name collects what lookups may call the relations that point to m, and what
// errors offer.
func (r *registry) name(m *Model) error {
	seen := map[string]bool{}
	for _, f := range m.names {
		seen[f.Name] = true
		if f.Column != "" {
			seen[f.Attname] = true
		}
	}
	for _, f := range m.reverse(map[*Model]bool{}) {
		if old := m.names[f.Name]; old == nil || old.reverse {
			m.names[f.Name] = f
		}
		if !f.hidden {
			m.reverses = append(m.reverses, f)
			seen[f.Name] = true
		}
	}
	for name := range seen {
		m.choices = append(m.choices, name)
	}
	slices.Sort(m.choices)
	return nil
}
