package planner

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// shopModels are the models of benchmarks and of properties.
func shopModels() *schema.Registry {
	id := schema.Field{Name: "id", Attname: "id", Column: "id", Type: "BigAutoField", PK: true, Auto: true, Unique: true}
	text := func(name string, null bool) schema.Field {
		return schema.Field{Name: name, Attname: name, Column: name, Type: "CharField", MaxLength: 200, Null: null}
	}
	of := func(name, typ string, null bool) schema.Field {
		return schema.Field{Name: name, Attname: name, Column: name, Type: typ, Null: null, Digits: 8, Places: 2}
	}
	to := func(name, model string, null bool) schema.Field {
		return schema.Field{
			Name: name, Attname: name + "_id", Column: name + "_id", Type: "ForeignKey", Null: null,
			Rel: &schema.Relation{Kind: schema.ForeignKey, To: "shop." + model},
		}
	}
	model := func(name string, ordering []string, fields ...schema.Field) schema.Model {
		return schema.Model{App: "shop", Name: name, Table: "shop_" + name, Ordering: ordering, Fields: append([]schema.Field{id}, fields...)}
	}
	tags := schema.Field{Name: "tags", Attname: "tags", Type: "ManyToManyField", Rel: &schema.Relation{
		Kind: schema.ManyToMany, To: "shop.Tag", QueryName: "book", Through: "shop.Book_tags", FromField: "book", TargetField: "tag",
	}}
	through := model("Book_tags", nil, to("book", "Book", false), to("tag", "Tag", false))
	through.AutoCreated = true
	return &schema.Registry{App: "shop", Models: []schema.Model{
		model("Country", []string{"name"}, text("name", false)),
		model("Author", nil, text("name", false), of("born", "DateField", true), to("country", "Country", true)),
		model("Publisher", nil, text("name", false), to("country", "Country", false)),
		model("Tag", nil, text("name", false)),
		model("Book", []string{"-published", "title"}, text("title", false), text("subtitle", true), to("author", "Author", false), to("publisher", "Publisher", true),
			of("published", "DateTimeField", true), of("price", "DecimalField", false), of("stock", "IntegerField", false), of("in_print", "BooleanField", false), tags),
		through,
		model("Note", nil, of("doc", "JSONField", true), to("book", "Book", false)),
	}}
}

func newShop(t testing.TB) *Planner {
	p, err := New(shopModels(), SQLite())
	require.NoError(t, err)
	return p
}

// books is a select of books.
func books(steps ...query.Step) *query.Query {
	return &query.Query{Model: "shop.Book", Verb: query.VerbSelect, Steps: steps}
}

func cond(kind query.StepKind, pairs ...any) query.Step {
	c := &query.Cond{}
	for i := 0; i < len(pairs); i += 2 {
		c.Children = append(c.Children, &query.Lookup{Path: pairs[i].(string), Value: val(pairs[i+1].(abi.Value))})
	}
	return query.Step{Kind: kind, Cond: c}
}

var firstPage = query.Step{Kind: query.StepSlice, High: 20}

// oneJoin and threeJoins are what pages of a shop ask for.
func oneJoin() *query.Query {
	return books(cond(query.StepFilter, "author__name__icontains", abi.Text("ann"), "stock__gt", abi.Int(0)), firstPage)
}

func threeJoins() *query.Query {
	return books(
		cond(query.StepFilter, "author__country__name", abi.Text("France"), "publisher__name__startswith", abi.Text("O"), "in_print", abi.Bool(true)),
		cond(query.StepExclude, "stock", abi.Int(0)),
		query.Step{Kind: query.StepSelectRelated, Names: []string{"author"}},
		query.Step{Kind: query.StepOrderBy, Names: []string{"-published", "title"}},
		firstPage,
	)
}
