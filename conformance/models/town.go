package models

import (
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Town has models that extend others, a proxy, relations through content types
// and by several columns.
func Town() *schema.Registry {
	id := schema.Field{Name: "id", Attname: "id", Column: "id", Type: "AutoField", PK: true, Auto: true, Unique: true}
	of := func(name, typ string) schema.Field {
		return schema.Field{Name: name, Attname: name, Column: name, Type: typ, MaxLength: 50}
	}
	label := func(name string) schema.Field {
		f := of(name, "CharField")
		f.MaxLength = 100
		return f
	}
	to := func(name, label, related string) schema.Field {
		return schema.Field{
			Name: name, Attname: name + "_id", Column: name + "_id", Type: "ForeignKey",
			Rel: &schema.Relation{Kind: schema.ForeignKey, To: label, RelatedName: related},
		}
	}
	link := func(name, label string) schema.Field {
		f := to(name, label, "")
		f.Type, f.PK, f.Unique, f.Rel.Kind = "OneToOneField", true, true, schema.OneToOne
		return f
	}
	byName := &query.Query{Model: "town.Place", Verb: query.VerbSelect, Steps: []query.Step{
		{Kind: query.StepOrderBy, Exprs: []query.Expr{&query.Ordered{Expr: &query.Ref{Name: "name"}, Desc: true, NullsLast: true}}},
	}}
	shape, params := query.Encode(byName, nil)
	return &schema.Registry{App: "town", Models: []schema.Model{
		{App: "contenttypes", Name: "ContentType", Table: "django_content_type", Fields: []schema.Field{id, label("app_label"), label("model")}},
		{
			App: "town", Name: "Tag", Table: "town_tag", Fields: []schema.Field{id, of("name", "CharField"), to("kind", "contenttypes.ContentType", ""), of("of", "PositiveIntegerField")},
			Generic: []schema.Generic{{Name: "what", TypeField: "kind", ObjectField: "of"}},
		},
		{
			App: "town", Name: "Place", Table: "town_place", Fields: []schema.Field{id, of("name", "CharField"), of("street", "CharField"), of("number", "IntegerField")},
			Generic:  []schema.Generic{{Name: "tags", TypeField: "kind", ObjectField: "of", To: "town.Tag", QueryName: "place"}},
			Ordering: []string{"street", ""}, OrderBy: []string{string(query.AppendStatement(nil, shape, params))},
		},
		{
			App: "town", Name: "Cafe", Table: "town_cafe", Ordering: []string{"-seats"}, Parents: []schema.Parent{{Model: "town.Place", Link: "place_ptr"}},
			Fields: []schema.Field{link("place_ptr", "town.Place"), {Name: "seats", Attname: "seats", Column: "seats", Type: "IntegerField", Null: true}},
		},
		{
			App: "town", Name: "Teahouse", Table: "town_teahouse", Parents: []schema.Parent{{Model: "town.Cafe", Link: "cafe_ptr"}},
			Fields: []schema.Field{link("cafe_ptr", "town.Cafe"), of("sorts", "IntegerField")},
		},
		{App: "town", Name: "Corner", Table: "town_cafe", Proxy: true, Ordering: []string{"number"}, Parents: []schema.Parent{{Model: "town.Cafe"}}},
		{App: "town", Name: "Visit", Table: "town_visit", Ordering: []string{"at"}, Fields: []schema.Field{
			id, to("at", "town.Corner", "visits"), of("street", "CharField"), of("number", "IntegerField"),
			{Name: "next_to", Attname: "next_to", Type: "ForeignObject", Rel: &schema.Relation{
				Kind: schema.ForeignObject, To: "town.Place", RelatedName: "neighbours", FromFields: []string{"street", "number"}, ToFields: []string{"street", "number"},
			}},
		}},
	}}
}
