package planner

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

func ruleMessage(s query.Step) string {
	shape, params := query.Encode(&query.Query{Verb: query.VerbSelect, Steps: []query.Step{s}}, nil)
	return string(query.AppendStatement(nil, shape, params))
}

func whereMessage(path string, v query.Expr) string {
	return ruleMessage(query.Step{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{&query.Lookup{Path: path, Value: v}}}})
}

func byExpr(e query.Expr) string {
	return ruleMessage(query.Step{Kind: query.StepOrderBy, Exprs: []query.Expr{e}})
}

// ruled is a model with one constraint.
func ruled(c schema.Constraint) *schema.Registry {
	field := func(name, class string) schema.Field {
		return schema.Field{Name: name, Attname: name, Column: name, Type: class, Null: true}
	}
	id := field("id", "AutoField")
	id.PK, id.Null = true, false
	team := field("team", "ForeignKey")
	team.Attname, team.Column, team.Rel = "team_id", "team_id", &schema.Relation{Kind: schema.ForeignKey, To: "a.M"}
	return &schema.Registry{Models: []schema.Model{{
		App: "a", Name: "M", Table: "a_m", Constraints: []schema.Constraint{c},
		Fields: []schema.Field{id, field("name", "CharField"), field("n", "IntegerField"), field("m", "IntegerField"), field("day", "DateField"), field("ok", "BooleanField"), team},
	}}}
}

func TestRules(t *testing.T) {
	param := func(v abi.Value) query.Expr { return &query.Param{Value: v} }
	lower := &query.Func{Name: "Lower", Args: []query.Expr{&query.Ref{Name: "name"}}}
	day := abi.Value{Kind: abi.KindDate, Num: uint64(time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC).Unix() / 86400)}
	for name, test := range map[string]struct {
		c            schema.Constraint
		terms        []string
		sqlite, post string
	}{
		"fields compared": {schema.Constraint{Kind: schema.Check, Where: whereMessage("n__gt", &query.Ref{Name: "m"})}, nil, `"n" > ("m")`, `"n" > ("m")`},
		"numbers":         {schema.Constraint{Kind: schema.Check, Where: whereMessage("n__range", param(abi.List(abi.Int(-1), abi.Int(9))))}, nil, `"n" BETWEEN -1 AND 9`, `"n" BETWEEN -1 AND 9`},
		"text":            {schema.Constraint{Kind: schema.Check, Where: whereMessage("name", param(abi.Text("it's \"a\" ?")))}, nil, `"name" = 'it''s "a" ?'`, `"name" = 'it''s "a" ?'`},
		"date":            {schema.Constraint{Kind: schema.Check, Where: whereMessage("day__gte", param(day))}, nil, `"day" >= '2024-02-29'`, `"day" >= '2024-02-29'`},
		"condition":       {schema.Constraint{Kind: schema.Unique, Fields: []string{"name", "team"}, Where: whereMessage("ok", param(abi.Bool(true)))}, []string{`"name"`, `"team_id"`}, `"ok"`, `"ok"`},
		"expressions":     {schema.Constraint{Kind: schema.Unique, Exprs: []string{byExpr(lower), byExpr(&query.Ordered{Expr: &query.Ref{Name: "n"}, Desc: true})}}, []string{`(LOWER("name"))`, `"n" DESC`}, "", ""},
		"descending":      {schema.Constraint{Kind: schema.Index, Fields: []string{"-n", "pk"}}, []string{`"n" DESC`, `"id"`}, "", ""},
		"classes":         {schema.Constraint{Kind: schema.Index, Fields: []string{"name"}, Classes: []string{"text_pattern_ops"}}, []string{`"name" "text_pattern_ops"`}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			test.c.Name = "c"
			for _, d := range []*Dialect{SQLite(), Postgres()} {
				p, err := New(ruled(test.c), d)
				require.NoError(t, err)
				rules, err := p.Rules("a.M")
				require.NoError(t, err)
				require.Len(t, rules, 1)
				want := test.sqlite
				if d.NativeTypes {
					want = test.post
				}
				require.Equal(t, want, rules[0].Where)
				require.Equal(t, test.terms, rules[0].Terms)
			}
		})
	}
	for says, c := range map[string]schema.Constraint{
		"not permitted":           {Kind: schema.Check, Name: "c", Where: whereMessage("team__name", param(abi.Text("x")))},
		"Choices are: day":        {Kind: schema.Check, Name: "c", Where: whereMessage("nam", param(abi.Text("x")))},
		"constraint c: ":          {Kind: schema.Unique, Name: "c", Fields: []string{"nam"}},
		"neither fields nor":      {Kind: schema.Unique, Name: "c"},
		"no name":                 {Kind: schema.Unique, Fields: []string{"n"}},
		"a condition and nothing": {Kind: schema.Check, Name: "c"},
		"SQL of the app's own":    {Kind: schema.Index, Name: "c", Exprs: []string{byExpr(&query.Func{Name: "RawSQL", Args: []query.Expr{}})}},
		"an operator for each":    {Kind: schema.Exclude, Name: "c", Fields: []string{"n"}},
		"something else than one": {Kind: schema.Check, Name: "c", Where: byExpr(lower)},
	} {
		p, err := New(ruled(c), SQLite())
		require.NoError(t, err)
		_, err = p.Rules("a.M")
		require.Error(t, err, says)
		if says != "SQL of the app's own" {
			require.ErrorContains(t, err, says)
		}
	}
}
