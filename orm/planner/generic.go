package planner

import (
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// generic is what a relation through a content type needs besides its columns.
type generic struct {
	typ    *Field // foreign key to the content types, on the far side; nil for a GenericForeignKey
	target contentType
}

// contentType is the key of a model's content type. It is looked up where it
// is used: a key that the host knew by heart would be another one's as soon as
// somebody restores a database.
type contentType struct {
	types     *Model
	app, name string
}

func (n *contentType) sources() []node  { return nil }
func (n *contentType) with([]node) node { return n }
func (n *contentType) output() *Field   { return n.types.pk }
func (n *contentType) compile(c *compiler) (string, []arg, error) {
	t := n.types
	c.q.env.touch(t.concrete)
	app, name := t.field("app_label"), t.field("model")
	return "(SELECT " + t.pk.full + " FROM " + t.quoted + " WHERE (" + app.full + " = " + phMark + " AND " + name.full + " = " + phMark + "))",
		[]arg{constArg(abi.Text(n.app)), constArg(abi.Text(n.name))}, nil
}

// restriction is what besides the columns must hold where the relation is
// joined; alias is the table that points to records by content type.
func (f *Field) restriction(alias string) *lookup {
	return &lookup{name: "exact", lhs: newCol(alias, f.generic.typ), rhs: &f.generic.target, direct: true}
}

// typed is the alias of the table with the content type's column.
func (j *join) typed() string {
	if j.ref.reverse {
		return j.alias
	}
	return j.parent
}

// linkGeneric adds m's relations through content types, and those that it
// inherits: each model has its own, with its own key and content type.
func (r *registry) linkGeneric(m *Model) error {
	for _, g := range r.generics(m, 0) {
		if g.Name == "" {
			return badMessage("the model %s has a generic relation without a name", m.label)
		}
		f := &Field{Field: schema.Field{Name: g.Name, Attname: g.Name, Type: "GenericForeignKey", Null: true}, model: m, generic: &generic{}}
		if g.To != "" {
			if err := r.genericRelation(m, f, g); err != nil {
				return err
			}
		} else if err := checkGeneric(m, m, g); err != nil {
			return err
		}
		m.names[f.Name] = f
	}
	return nil
}

// generics are m's generic relations. An inherited one has no name to come
// back by: the parent has it.
func (r *registry) generics(m *Model, depth int) []schema.Generic {
	out := m.Generic
	if depth > maxAncestors {
		return out
	}
	for _, p := range m.parents {
		for _, g := range r.generics(p.model, depth+1) {
			if !hasGeneric(out, g.Name) {
				g.QueryName = ""
				out = append(out[:len(out):len(out)], g)
			}
		}
	}
	return out
}

func hasGeneric(list []schema.Generic, name string) bool {
	for i := range list {
		if list[i].Name == name {
			return true
		}
	}
	return false
}

// checkGeneric finds the fields that g names on far.
func checkGeneric(m, far *Model, g schema.Generic) error {
	typ, object := far.field(g.TypeField), far.field(g.ObjectField)
	if typ == nil || object == nil || object.Column == "" || typ.Column == "" || typ.to == nil {
		return badMessage("%s.%s: %s lacks %q, a foreign key to content types, or %q", m.label, g.Name, far.label, g.TypeField, g.ObjectField)
	}
	app, name := typ.to.field("app_label"), typ.to.field("model")
	if app == nil || name == nil || app.full == "" || name.full == "" || typ.to.pk.full == "" {
		return badMessage("%s.%s: content types are %s, which lacks app_label or model", m.label, g.Name, typ.to.label)
	}
	return nil
}

// genericRelation makes f the far end of a generic foreign key.
func (r *registry) genericRelation(m *Model, f *Field, g schema.Generic) error {
	far := r.models[g.To]
	if far == nil {
		return badMessage("%s.%s points to %s, which is not described", m.label, g.Name, g.To)
	}
	if err := checkGeneric(m, far, g); err != nil {
		return err
	}
	object := far.field(g.ObjectField)
	named := m
	if !g.Proxies {
		named = m.concrete
	}
	f.Type, f.Rel = "GenericRelation", &schema.Relation{Kind: schema.ForeignObject, To: g.To}
	f.to, f.target = far, far.pk
	f.pairs = []pair{{object, m.pk}}
	f.generic.typ = far.field(g.TypeField)
	f.generic.target = contentType{types: f.generic.typ.to, app: named.App, name: strings.ToLower(named.Name)}
	cross := joinRef{f: f, reverse: true}
	f.paths = []pathInfo{{to: far, targets: []*Field{far.pk}, join: cross, m2m: true}}
	if object.model != far {
		// The key is in the table of a parent: from there to the child.
		f.paths[0].to, f.paths[0].targets = object.model, []*Field{object.model.pk}
		f.paths = append(f.paths, far.pathFromParent(object.model)...)
	}
	if g.QueryName != "" {
		far.concrete.addReverse(&Field{
			Field: schema.Field{Name: g.QueryName, Type: "GenericRelation", Rel: f.Rel, Null: true},
			model: far.concrete, to: m, target: m.pk, reverse: true, src: f,
			paths: []pathInfo{{to: m, targets: []*Field{m.pk}, join: joinRef{f: f}}},
		})
	}
	return nil
}
