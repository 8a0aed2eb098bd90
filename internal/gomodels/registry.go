package gomodels

import (
	"strings"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

var kinds = map[string]schema.RelationKind{"ForeignKey": schema.ForeignKey, "OneToOne": schema.OneToOne, "ManyToMany": schema.ManyToMany}

// Registry describes the models as the app would, as far as names and types of
// fields go: enough to plan queries, not to make tables. Models of different
// packages with the same label get labels of their own.
func (s *Set) Registry(lookups []schema.Lookup) *schema.Registry {
	labels, taken := map[*Model]string{}, map[string]bool{}
	for _, m := range s.Models {
		for taken[m.Label()] {
			m.App += "_"
		}
		labels[m], taken[m.Label()] = m.Label(), true
	}
	reg := &schema.Registry{App: "check", Lookups: lookups}
	for _, m := range s.Models {
		sm := schema.Model{App: m.App, Name: m.Name, Table: m.App + "_" + strings.ToLower(m.Name)}
		sm.Proxy = m.Proxy
		for _, p := range m.Parents {
			parent := schema.Parent{Model: labels[p.Model]}
			if p.Link != nil {
				parent.Link = p.Link.Name
			}
			sm.Parents = append(sm.Parents, parent)
		}
		for _, f := range m.Own {
			sf := schema.Field{Name: f.Name, Attname: f.Attname, Column: f.Attname, Type: f.Class, Null: f.Null, PK: f.PK, Auto: strings.HasSuffix(f.Class, "AutoField"), Unique: f.Unique}
			if f.Class == "DecimalField" {
				sf.Digits, sf.Places = 30, 10
			}
			if r := f.Relation; r != nil {
				sf.Rel = &schema.Relation{Kind: kinds[r.Kind], To: labels[r.Target], RelatedName: r.Related, QueryName: r.Query}
				if r.Target.Field(r.ToField) != nil { // else the app's start tells
					sf.Rel.ToField = r.ToField
				}
				if r.Kind == "ManyToMany" {
					sf.Column = ""
					if !s.through(m, f, sf.Rel, labels) {
						reg.Models = append(reg.Models, auto(m, f, sf.Rel, labels[r.Target]))
					}
				}
			}
			sm.Fields = append(sm.Fields, sf)
		}
		for _, g := range m.Generics[:m.generics] {
			if far := g.on(m); far.Field(g.TypeField) == nil || far.Field(g.TypeField).Relation == nil || far.Field(g.ObjectField) == nil {
				continue // the app's start tells
			}
			sg := schema.Generic{Name: g.Name, TypeField: g.TypeField, ObjectField: g.ObjectField, Proxies: g.Proxies, QueryName: g.Query}
			if g.Target != nil {
				sg.To = labels[g.Target]
			}
			sm.Generic = append(sm.Generic, sg)
		}
		reg.Models = append(reg.Models, sm)
	}
	return reg
}

// through finds the model that a many-to-many field names.
func (s *Set) through(m *Model, f *Field, r *schema.Relation, labels map[*Model]string) bool {
	if f.Relation.Through == "" {
		return false
	}
	for _, t := range s.Models {
		if t.Name != f.Relation.Through && t.Label() != f.Relation.Through {
			continue
		}
		r.Through = labels[t]
		if from, to, ok := strings.Cut(f.Relation.ThroughFields, ":"); ok && t.related(from) && t.related(to) {
			r.FromField, r.TargetField = from, to
			return true
		}
		r.FromField, r.TargetField = "", ""
		for _, g := range t.Own {
			switch {
			case g.Relation == nil:
			case g.Relation.Target == m && r.FromField == "":
				r.FromField = g.Name
			case g.Relation.Target == f.Relation.Target && r.TargetField == "":
				r.TargetField = g.Name
			}
		}
		if r.FromField != "" && r.TargetField != "" {
			return true
		}
	}
	return false
}

// related tells whether a field is a relation.
func (m *Model) related(name string) bool {
	f := m.Field(name)
	return f != nil && f.Relation != nil
}

// auto is the model between both sides of a many-to-many field.
func auto(m *Model, f *Field, r *schema.Relation, target string) schema.Model {
	t := schema.Model{App: m.App, Name: m.Name + "_" + f.Name, AutoCreated: true}
	t.Table = t.App + "_" + strings.ToLower(t.Name)
	r.Through, r.FromField, r.TargetField = t.Label(), strings.ToLower(m.Name), strings.ToLower(f.Relation.Target.Name)
	if r.FromField == r.TargetField { // itself, or another app's of the same name
		r.FromField, r.TargetField = "from_"+r.FromField, "to_"+r.TargetField
	}
	link := func(name, to string) schema.Field {
		return schema.Field{
			Name: name, Attname: name + "_id", Column: name + "_id", Type: "ForeignKey",
			Rel: &schema.Relation{Kind: schema.ForeignKey, To: to, RelatedName: t.Name + "+", QueryName: strings.ToLower(t.Name)},
		}
	}
	t.Fields = []schema.Field{
		{Name: "id", Attname: "id", Column: "id", Type: "BigAutoField", PK: true, Auto: true, Unique: true},
		link(r.FromField, m.Label()), link(r.TargetField, target),
	}
	return t
}
