package planner

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// TestFirst: the order that there is, else the primary key's.
func TestFirst(t *testing.T) {
	p := testPlanner(t)
	count := query.Step{Kind: query.StepAnnotate, Named: []query.Named{{Name: "n", Expr: &query.Func{Name: "Count", Args: []query.Expr{&query.Ref{Name: "id"}}}}}}
	by := func(names ...string) query.Step { return query.Step{Kind: query.StepOrderBy, Names: names} }
	of := func(names ...string) query.Step { return query.Step{Kind: query.StepValues, Names: names} }
	for _, c := range []struct {
		model       string
		steps       []query.Step
		first, last string // the order, or the error
	}{
		{"Choice", nil, `"polls_choice"."id" ASC`, `"polls_choice"."id" DESC`},
		{"Question", nil, `"polls_question"."pub_date" DESC`, `"polls_question"."pub_date" ASC`},
		{"Question", []query.Step{by()}, `"polls_question"."id" ASC`, `"polls_question"."id" DESC`},
		{"Choice", []query.Step{by("votes")}, `"polls_choice"."votes" ASC`, `"polls_choice"."votes" DESC`},
		{"Choice", []query.Step{by("votes"), {Kind: query.StepReverse}}, `"polls_choice"."votes" DESC`, `"polls_choice"."votes" ASC`},
		{"Choice", []query.Step{count}, `"polls_choice"."id" ASC`, `"polls_choice"."id" DESC`},
		{"Choice", []query.Step{of("id"), count}, `"polls_choice"."id" ASC`, `"polls_choice"."id" DESC`},
		{"Choice", []query.Step{of("votes"), count}, "performing aggregation", "performing aggregation"},
		{"Question", []query.Step{of("question_text"), count}, "performing aggregation", "performing aggregation"}, // the model's order is none of groups
		{"Choice", []query.Step{of("votes"), count, by("n")}, `2 ASC`, `2 DESC`},
		{"Choice", []query.Step{by("votes"), {Kind: query.StepSlice, High: 5}}, `"polls_choice"."votes" ASC`, "Cannot reorder"},
		{"Choice", []query.Step{{Kind: query.StepSlice, High: 5}}, "Cannot reorder", "Cannot reorder"},
	} {
		for flag, want := range []string{c.first, c.last} {
			q := &query.Query{Model: "polls." + c.model, Verb: query.VerbSelect, Steps: append(c.steps[:len(c.steps):len(c.steps)], query.Step{Kind: query.StepFirst, Flags: uint32(flag)})}
			shape, params := query.Encode(q, nil)
			plan, err := p.Statement(string(shape), params)
			if err != nil {
				require.ErrorContains(t, err, want)
				continue
			}
			require.Regexp(t, ` LIMIT 1$`, plan.SQL)
			require.Contains(t, plan.SQL, " ORDER BY "+want+" LIMIT")
		}
	}
}

// TestNothingToAggregate: no database is asked for the aggregates of no rows.
func TestNothingToAggregate(t *testing.T) {
	p := testPlanner(t)
	none := filter("id__in", abi.List())
	sum := query.Named{Name: "s", Expr: &query.Func{Name: "Sum", Args: []query.Expr{&query.Ref{Name: "votes"}}}}
	or := query.Named{Name: "s", Expr: &query.Func{Name: "Sum", Args: []query.Expr{&query.Ref{Name: "votes"}}, Default: val(abi.Int(7))}}
	for _, c := range []struct {
		q     query.Query
		empty bool
	}{
		{query.Query{Verb: query.VerbCount, Steps: []query.Step{none}}, true},
		{query.Query{Verb: query.VerbCount, Steps: []query.Step{none, {Kind: query.StepDistinct}}}, true},
		{query.Query{Verb: query.VerbCount, Steps: []query.Step{{Kind: query.StepSlice}}}, true},
		{query.Query{Verb: query.VerbCount}, false},
		{query.Query{Verb: query.VerbAggregate, Aggregates: []query.Named{sum}, Steps: []query.Step{none}}, true},
		{query.Query{Verb: query.VerbAggregate, Aggregates: []query.Named{or}, Steps: []query.Step{none}}, true},
	} {
		c.q.Model = "polls.Choice"
		plan, _ := statement(t, p, &c.q)
		require.Equal(t, c.empty, plan.Empty, plan.SQL)
	}
}

// TestSticky: what related managers filter by shares its joins with the next
// filter, and with no later one.
func TestSticky(t *testing.T) {
	p := testPlanner(t)
	votes := filter("choice__votes", abi.Int(1))
	sticky := filter("choice__choice_text", abi.Text("a"))
	sticky.Flags = query.FlagSticky
	for _, c := range []struct {
		steps []query.Step
		joins string
	}{
		{[]query.Step{sticky, votes}, `FROM "polls_question" INNER JOIN "polls_choice" ON ("polls_question"."id" = "polls_choice"."question_id") WHERE`},
		{[]query.Step{sticky, {Kind: query.StepReverse}, votes}, `INNER JOIN "polls_choice" T3 ON`},
		{[]query.Step{votes, sticky}, `INNER JOIN "polls_choice" T3 ON`},
	} {
		plan, _ := statement(t, p, &query.Query{Model: "polls.Question", Verb: query.VerbSelect, Steps: c.steps})
		require.Contains(t, plan.SQL, c.joins)
	}
}
