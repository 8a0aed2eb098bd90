package planner

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// TestPrefetch: a slice is one of each owner's records, and columns of joins go
// before all others.
func TestPrefetch(t *testing.T) {
	p := testPlanner(t)
	pre := func(path string, lead ...query.Named) query.Step {
		s := filter(path+"__in", abi.List(abi.Int(1), abi.Int(2)))
		s.Kind, s.Names, s.Named = query.StepPrefetch, []string{path}, lead
		return s
	}
	by, slice := query.Step{Kind: query.StepOrderBy, Names: []string{"-votes"}}, query.Step{Kind: query.StepSlice, Low: 1, High: 3}
	all := `"polls_choice"."id", "polls_choice"."question_id", "polls_choice"."choice_text", "polls_choice"."votes"`
	plan, args := statement(t, p, &query.Query{Model: "polls.Choice", Verb: query.VerbSelect, Steps: []query.Step{by, pre("question")}})
	require.Equal(t, `SELECT `+all+` FROM "polls_choice" WHERE "polls_choice"."question_id" IN (?, ?) ORDER BY "polls_choice"."votes" DESC`, plan.SQL)
	require.Equal(t, []abi.Value{abi.Int(1), abi.Int(2)}, args)

	plan, args = statement(t, p, &query.Query{Model: "polls.Choice", Verb: query.VerbSelect, Steps: []query.Step{by, slice, pre("question")}})
	require.Equal(t, `SELECT "col1", "col2", "col3", "col4" FROM ( SELECT * FROM ( SELECT "polls_choice"."id" AS "col1", "polls_choice"."question_id" AS "col2", "polls_choice"."choice_text" AS "col3", "polls_choice"."votes" AS "col4", `+
		`ROW_NUMBER() OVER (PARTITION BY "polls_choice"."question_id" ORDER BY "polls_choice"."votes" DESC) AS "qual0" FROM "polls_choice" WHERE "polls_choice"."question_id" IN (?, ?) ORDER BY "polls_choice"."votes" DESC ) "qualify" `+
		`WHERE ("qual0" > ? AND "qual0" <= ?) ) "qualify_mask" ORDER BY "col4" DESC`, plan.SQL)
	require.Equal(t, []abi.Value{abi.Int(1), abi.Int(2), abi.Int(1), abi.Int(3)}, args)

	plan, _ = statement(t, p, &query.Query{Model: "polls.Question", Verb: query.VerbSelect, Steps: []query.Step{pre("choice", query.Named{Name: "owner", Expr: &query.Ref{Name: "choice"}})}})
	require.Contains(t, plan.SQL, `SELECT ("polls_choice"."id") AS "owner", "polls_question"."id"`)
	l, err := query.ReadLayout(string(plan.Layout))
	require.NoError(t, err)
	require.Equal(t, 1, l.Lead)
	require.Equal(t, []string{"BigAutoField"}, l.Types)
	require.False(t, plan.Raw, "the caller wrote none of it")

	for word, q := range map[string][]query.Step{
		"no condition":   {{Kind: query.StepPrefetch}},
		"no reference":   {pre("question", query.Named{Name: "x", Expr: &query.Ref{Name: "y", Outer: true}})},
		"Cannot resolve": {pre("question", query.Named{Name: "x", Expr: &query.Ref{Name: "nowhere"}})},
		"after union":    {{Kind: query.StepUnion, Others: []*query.Query{{Model: "polls.Choice", Verb: query.VerbSelect}}}, pre("question")},
	} {
		shape, params := query.Encode(&query.Query{Model: "polls.Choice", Verb: query.VerbSelect, Steps: q}, nil)
		_, err := p.Statement(string(shape), params)
		require.ErrorContains(t, err, word)
	}
}
