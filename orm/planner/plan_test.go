package planner

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

func polls() *schema.Registry {
	id := schema.Field{Name: "id", Attname: "id", Column: "id", Type: "BigAutoField", PK: true, Auto: true, Unique: true}
	return &schema.Registry{App: "polls", Models: []schema.Model{
		{App: "polls", Name: "Question", Table: "polls_question", Ordering: []string{"-pub_date"}, Fields: []schema.Field{
			id,
			{Name: "question_text", Attname: "question_text", Column: "question_text", Type: "CharField", MaxLength: 200},
			{Name: "pub_date", Attname: "pub_date", Column: "pub_date", Type: "DateTimeField"},
		}},
		{App: "polls", Name: "Choice", Table: "polls_choice", Fields: []schema.Field{
			id,
			{Name: "question", Attname: "question_id", Column: "question_id", Type: "ForeignKey", Rel: &schema.Relation{Kind: schema.ForeignKey, To: "polls.Question"}},
			{Name: "choice_text", Attname: "choice_text", Column: "choice_text", Type: "CharField", MaxLength: 200},
			{Name: "votes", Attname: "votes", Column: "votes", Type: "IntegerField"},
		}},
	}}
}

func testPlanner(t testing.TB) *Planner {
	p, err := New(polls(), SQLite())
	require.NoError(t, err)
	return p
}

func val(v abi.Value) query.Expr { return &query.Param{Value: v} }

func filter(path string, v abi.Value) query.Step {
	return query.Step{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{&query.Lookup{Path: path, Value: val(v)}}}}
}

func statement(t testing.TB, p *Planner, q *query.Query) (*Plan, []abi.Value) {
	shape, params := query.Encode(q, nil)
	plan, err := p.Statement(string(shape), params)
	require.NoError(t, err)
	args, err := plan.Args(params, nil)
	require.NoError(t, err)
	return plan, args
}

func TestStatements(t *testing.T) {
	p := testPlanner(t)
	cases := []struct {
		q    query.Query
		sql  string
		args []abi.Value
	}{
		{query.Query{Verb: query.VerbSelect}, `SELECT "polls_choice"."id", "polls_choice"."question_id", "polls_choice"."choice_text", "polls_choice"."votes" FROM "polls_choice"`, nil},
		{
			query.Query{Verb: query.VerbSelect, Steps: []query.Step{filter("question__question_text__icontains", abi.Text("50%")), {Kind: query.StepOrderBy, Names: []string{"-votes"}}, {Kind: query.StepSlice, Low: 10, High: 20}}},
			`SELECT "polls_choice"."id", "polls_choice"."question_id", "polls_choice"."choice_text", "polls_choice"."votes" FROM "polls_choice" INNER JOIN "polls_question" ON ("polls_choice"."question_id" = "polls_question"."id") WHERE "polls_question"."question_text" LIKE ? ESCAPE '\' ORDER BY "polls_choice"."votes" DESC LIMIT 10 OFFSET 10`,
			[]abi.Value{abi.Text(`%50\%%`)},
		},
		{query.Query{Verb: query.VerbCount, Steps: []query.Step{filter("votes__gt", abi.Int(3))}}, `SELECT COUNT(*) AS "__count" FROM "polls_choice" WHERE "polls_choice"."votes" > ?`, []abi.Value{abi.Int(3)}},
		{query.Query{Verb: query.VerbExists}, `SELECT ? AS "a" FROM "polls_choice" LIMIT 1`, []abi.Value{abi.Int(1)}},
		{
			query.Query{Verb: query.VerbInsert, Returning: true, Set: []query.Assign{{Field: "question"}, {Field: "choice_text"}, {Field: "votes"}}, Rows: [][]query.Expr{{val(abi.Int(1)), val(abi.Text("a")), val(abi.Int(0))}}},
			`INSERT INTO "polls_choice" ("question_id", "choice_text", "votes") VALUES (?, ?, ?) RETURNING "polls_choice"."id"`,
			[]abi.Value{abi.Int(1), abi.Text("a"), abi.Int(0)},
		},
		{
			query.Query{Verb: query.VerbUpdate, Steps: []query.Step{filter("pk", abi.Int(7))}, Set: []query.Assign{{Field: "votes", Expr: &query.Combined{Op: "+", L: &query.Ref{Name: "votes"}, R: val(abi.Int(1))}}}},
			`UPDATE "polls_choice" SET "votes" = ("polls_choice"."votes" + ?) WHERE "polls_choice"."id" = ?`,
			[]abi.Value{abi.Int(1), abi.Int(7)},
		},
		{query.Query{Verb: query.VerbDelete, Steps: []query.Step{filter("question__in", abi.List(abi.Int(1), abi.Int(2)))}}, `DELETE FROM "polls_choice" WHERE "polls_choice"."question_id" IN (?, ?)`, []abi.Value{abi.Int(1), abi.Int(2)}},
		{
			query.Query{Verb: query.VerbDelete, Steps: []query.Step{filter("question__question_text", abi.Text("x"))}},
			`DELETE FROM "polls_choice" WHERE "polls_choice"."id" IN (SELECT U0."id" FROM "polls_choice" U0 INNER JOIN "polls_question" U1 ON (U0."question_id" = U1."id") WHERE U1."question_text" = ?)`,
			[]abi.Value{abi.Text("x")},
		},
	}
	for _, c := range cases {
		c.q.Model = "polls.Choice"
		plan, args := statement(t, p, &c.q)
		require.Equal(t, c.sql, plan.SQL)
		if c.args != nil {
			require.Equal(t, c.args, args)
		}
		if plan.Returning {
			require.Equal(t, plan.SQL, plan.Keys.Without+` RETURNING "polls_choice"."id"`)
			require.Equal(t, `SELECT max("id") FROM "polls_choice"`, plan.Keys.Greatest)
			require.Equal(t, 1, plan.Keys.Rows)
		}
		again, _ := statement(t, p, &c.q)
		require.Same(t, plan, again)
		byHandle, ok := p.ByHandle(plan.Handle)
		require.True(t, ok)
		require.Same(t, plan, byHandle)
	}
}
