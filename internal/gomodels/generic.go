package gomodels

import "go/types"

// Generic is a GenericForeignKey, or a GenericRelation, which has a target.
type Generic struct {
	GoName, Name           string
	TypeField, ObjectField string // of the model with the GenericForeignKey
	Proxies                bool
	Target                 *Model
	Query                  string // the relation's name at the target, if it has one
}

// on is the model with the columns of m's relation.
func (g *Generic) on(m *Model) *Model {
	if g.Target != nil {
		return g.Target
	}
	return m
}

// generic reads a relation through content types; false when v is none.
func (s *Set) generic(m *Model, v *types.Var, f *Field, opts map[string]string) bool {
	g := &Generic{GoName: f.GoName, Name: f.Name, TypeField: opts["content_type"], ObjectField: opts["object_id"], Proxies: opts["for_concrete_model"] == "false"}
	if to := generic(v.Type(), "GenericRelation"); to != nil {
		if g.Target, g.Query = s.Of(to), opts["query_name"]; g.Target == nil {
			return true // not registered, which the app's start tells
		}
	} else if n, ok := types.Unalias(v.Type()).(*types.Named); !ok || n.Obj().Pkg() == nil || n.Obj().Pkg().Path() != ORM || n.Obj().Name() != "GenericForeignKey" {
		return false
	}
	m.Generics = append(m.Generics, g)
	return true
}

// columns gives m's relations through content types the names of their columns:
// those of the target's only GenericForeignKey, or Django's.
func (m *Model) columns() {
	or := func(name *string, byDefault string) {
		if *name == "" {
			*name = byDefault
		}
	}
	for _, g := range m.Generics {
		if g.Target != nil {
			for _, key := range g.Target.Generics {
				if key.Target == nil {
					or(&g.TypeField, key.TypeField)
					or(&g.ObjectField, key.ObjectField)
				}
			}
		}
		or(&g.TypeField, "content_type")
		or(&g.ObjectField, "object_id")
	}
}

// Named calls f with the relations through content types of other models, and
// m's own, that lookups can name from m.
func (s *Set) Named(m *Model, f func(from *Model, by *Generic)) {
	for _, other := range s.Models {
		for _, g := range other.Generics[:other.generics] {
			if g.Query != "" && m.is(g.Target) {
				f(other, g)
			}
		}
	}
}
