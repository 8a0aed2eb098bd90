package planner

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

func newTown(t testing.TB) *Planner {
	p, err := New(models.Town(), SQLite())
	require.NoError(t, err)
	return p
}

func visit(steps ...query.Step) *query.Query { return in("Visit", append(steps, order("id"))...) }

func in(model string, steps ...query.Step) *query.Query {
	return &query.Query{Model: "town." + model, Verb: query.VerbSelect, Steps: steps}
}

func order(names ...string) query.Step { return query.Step{Kind: query.StepOrderBy, Names: names} }

func named(k query.StepKind, names ...string) query.Step { return query.Step{Kind: k, Names: names} }

// townQueries are the queries of testdata/town.txt.
func townQueries() map[string]*query.Query {
	where := func(path string, v abi.Value) query.Step { return cond(query.StepFilter, path, v) }
	one, a := abi.Int(1), abi.Text("a")
	address := func(street string, n int64) abi.Value { return abi.List(abi.Text(street), abi.Int(n)) }
	several := query.Step{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{
		&query.Lookup{Path: "name__contains", Value: val(abi.Text("y"))}, &query.Lookup{Path: "seats", Value: val(abi.Int(3))}, &query.Lookup{Path: "street", Value: val(a)},
	}}}
	among := query.Step{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{
		&query.Lookup{Path: "next_to__in", Value: &query.Sub{Query: in("Place", where("name", a))}},
	}}}
	count := query.Step{Kind: query.StepAnnotate, Named: []query.Named{{Name: "n", Expr: &query.Func{Name: "Count", Args: []query.Expr{&query.Ref{Name: "tags"}}}}}}
	return map[string]*query.Query{
		"grandchild":  in("Teahouse", several),
		"proxy":       in("Corner", where("pk", one)),
		"down":        in("Place", where("cafe__seats__gt", one)),
		"two down":    in("Place", where("cafe__teahouse__sorts", one), order()),
		"only":        in("Cafe", named(query.StepOnly, "seats")),
		"only parent": in("Teahouse", named(query.StepOnly, "name")),
		"values":      in("Teahouse", named(query.StepValues, "name", "cafe_ptr", "place_ptr_id")),
		"related":     visit(named(query.StepSelectRelated, "at")),
		"extends":     in("Place", named(query.StepSelectRelated, "cafe__teahouse"), order()),
		"order":       in("Visit"),
		"gen":         in("Place", where("tags__name", a), order()),
		"gen child":   in("Cafe", where("tags__name", a), order()),
		"gen back":    in("Tag", where("place__name", a)),
		"gen exclude": in("Place", cond(query.StepExclude, "tags__name", a), order()),
		"fo":          visit(where("next_to__name", a)),
		"fo exact":    visit(where("next_to", address("s", 2))),
		"fo in":       visit(where("next_to__in", abi.List(address("s", 2), address("t", 3)))),
		"fo null":     visit(where("next_to__isnull", abi.Bool(true))),
		"fo sub":      visit(among),
		"fo back":     in("Place", where("neighbours__at", one), order()),
		"fo order":    in("Visit", order("next_to")),
		"count":       in("Cafe", count, order()),
	}
}

// TestTown plans queries over models that extend others as Django does.
func TestTown(t *testing.T) {
	p := newTown(t)
	text, err := os.ReadFile("testdata/town.txt")
	require.NoError(t, err)
	queries := townQueries()
	for _, part := range strings.Split(string(text), "\n== ")[1:] {
		name, want, _ := strings.Cut(strings.TrimSpace(part), "\n")
		require.Contains(t, queries, name)
		plan, args := statement(t, p, queries[name])
		require.Equal(t, want, strings.ReplaceAll(plan.SQL, typeQuery, "%s"), name)
		require.Equal(t, strings.Count(plan.SQL, "?"), len(args), name)
		delete(queries, name)
	}
	require.Empty(t, queries, "testdata/town.txt lacks queries")
}

// A relation of several columns is compared with as many values.
func TestForeignObjectValues(t *testing.T) {
	p, queries := newTown(t), townQueries()
	_, args := statement(t, p, queries["fo in"])
	require.Equal(t, []abi.Value{abi.Text("s"), abi.Int(2), abi.Text("t"), abi.Int(3)}, args)
	// The plan is by lengths: other values are bound, other lengths refused.
	plan, _ := statement(t, p, queries["fo exact"])
	args, err := plan.Args([]abi.Value{abi.List(abi.Text("x"), abi.Int(9))}, nil)
	require.NoError(t, err)
	require.Equal(t, []abi.Value{abi.Text("x"), abi.Int(9)}, args)
	_, err = plan.Args([]abi.Value{abi.List(abi.Text("x"))}, nil)
	require.Error(t, err)
	for name, v := range map[string]abi.Value{
		"next_to": abi.List(abi.Text("s")), "next_to__gt": abi.Int(1), "next_to__in": abi.List(abi.Int(1)), "next_to__contains": abi.List(abi.Text("s"), abi.Int(1)),
	} {
		requireRefused(t, p, visit(cond(query.StepFilter, name, v)), name, "")
	}
	plan, _ = statement(t, p, visit(cond(query.StepFilter, "next_to__in", abi.List())))
	require.True(t, plan.Empty)
}

// requireRefused wants an error that says word.
func requireRefused(t *testing.T, p *Planner, q *query.Query, name, word string) {
	t.Helper()
	shape, params := query.Encode(q, nil)
	_, err := p.Statement(string(shape), params)
	var refused *abi.OpError
	require.ErrorAs(t, err, &refused, name)
	require.Contains(t, refused.Message, word, name)
}

func TestTownRefusals(t *testing.T) {
	p := newTown(t)
	one := abi.Int(1)
	for word, q := range map[string]*query.Query{
		"consider adding a GenericRelation": in("Tag", cond(query.StepFilter, "what", one)),
		"Cannot resolve keyword 'sorts'":    in("Cafe", cond(query.StepFilter, "sorts", one)),
		"Cannot resolve keyword 'cafe'":     in("Cafe", cond(query.StepFilter, "cafe", one)), // that is Place's
		"'next_to' has several columns":     in("Visit", query.Step{Kind: query.StepValues, Names: []string{"next_to"}}),
		"is in the table of town.Place":     {Model: "town.Cafe", Verb: query.VerbUpdate, Set: []query.Assign{{Field: "name", Expr: val(one)}}},
		"Use a QuerySet for \"Corner\"":     in("Visit", query.Step{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{&query.Lookup{Path: "at__in", Value: &query.Sub{Query: in("Tag")}}}}}),
	} {
		requireRefused(t, p, q, word, word)
	}
	// A queryset of a parent or a child is one of the model.
	for _, model := range []string{"Place", "Cafe", "Teahouse", "Corner"} {
		statement(t, p, in("Visit", query.Step{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{&query.Lookup{Path: "at__in", Value: &query.Sub{Query: in(model)}}}}}))
	}
}

// The layout says which records share columns with the record that they extend.
func TestTownLayout(t *testing.T) {
	plan, _ := statement(t, newTown(t), townQueries()["extends"])
	l, err := query.ReadLayout(string(plan.Layout))
	require.NoError(t, err)
	require.Equal(t, []query.Group{
		{Model: "town.Place", Parent: -1, Fields: []string{"id", "name", "street", "number"}},
		{Model: "town.Cafe", Field: "cafe", Reverse: true, Extends: true, First: 4, Fields: []string{"place_ptr", "seats"}},
		{Model: "town.Teahouse", Parent: 1, Field: "teahouse", Reverse: true, Extends: true, First: 6, Fields: []string{"cafe_ptr", "sorts"}},
	}, l.Groups)
	plan, _ = statement(t, newTown(t), townQueries()["proxy"])
	l, err = query.ReadLayout(string(plan.Layout))
	require.NoError(t, err)
	require.Equal(t, "town.Corner", l.Groups[0].Model)
	require.Equal(t, []string{"town.Cafe", "town.Place"}, plan.Models, "grants are about tables")
	plan, _ = statement(t, newTown(t), townQueries()["gen"])
	require.Equal(t, []string{"town.Place", "town.Tag", "contenttypes.ContentType"}, plan.Models)
}

// TestTownIsChecked describes models that make no sense.
func TestTownIsChecked(t *testing.T) {
	const tag, place, cafe, teahouse, corner, visits = 1, 2, 3, 4, 5, 6
	for name, change := range map[string]func(m []schema.Model){
		"extends itself": func(m []schema.Model) { m[cafe].Parents[0].Model, m[cafe].Fields[0].Rel.To = "town.Cafe", "town.Cafe" },
		"extends its child": func(m []schema.Model) {
			m[place].Parents, m[place].Fields = m[teahouse].Parents, append(m[place].Fields, m[teahouse].Fields...)
		},
		"extends nobody": func(m []schema.Model) { m[cafe].Parents[0].Model = "town.Nobody" },
		"extends a proxy": func(m []schema.Model) {
			m[teahouse].Parents[0].Model, m[teahouse].Fields[0].Rel.To = "town.Corner", "town.Corner"
		},
		"a link to something else":  func(m []schema.Model) { m[cafe].Parents[0].Link = "seats" },
		"a proxy with fields":       func(m []schema.Model) { m[corner].Fields = m[cafe].Fields },
		"a proxy of nobody":         func(m []schema.Model) { m[corner].Parents = nil },
		"a generic relation's type": func(m []schema.Model) { m[place].Generic[0].TypeField = "name" },
		"a generic relation's key":  func(m []schema.Model) { m[place].Generic[0].ObjectField = "off" },
		"a generic relation's end":  func(m []schema.Model) { m[place].Generic[0].To = "town.Nobody" },
		"no content types":          func(m []schema.Model) { m[0].Fields[1].Name, m[0].Fields[1].Attname = "app", "app" },
		"no name":                   func(m []schema.Model) { m[tag].Generic[0].Name = "" },
		"columns that are missing":  func(m []schema.Model) { m[visits].Fields[4].Rel.ToFields[0] = "road" },
		"too few columns":           func(m []schema.Model) { m[visits].Fields[4].Rel.ToFields = []string{"street"} },
		"no columns": func(m []schema.Model) {
			m[visits].Fields[4].Rel.ToFields, m[visits].Fields[4].Rel.FromFields = nil, nil
		},
		"an order that is nothing": func(m []schema.Model) { m[place].OrderBy = nil },
		"an order that is noise":   func(m []schema.Model) { m[place].OrderBy[0] = "\x01noise" },
	} {
		reg := models.Town()
		change(reg.Models)
		_, err := New(reg, SQLite())
		require.Error(t, err, name)
	}
}
