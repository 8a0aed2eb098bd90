package planner_test

import (
	"errors"
	"fmt"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/planner"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// polls are two models, as an app describes them.
func polls() *schema.Registry {
	id := schema.Field{Name: "id", Attname: "id", Column: "id", Type: "BigAutoField", PK: true, Auto: true, Unique: true}
	return &schema.Registry{App: "polls", Models: []schema.Model{
		{App: "polls", Name: "Question", Table: "polls_question", Fields: []schema.Field{
			id,
			{Name: "text", Attname: "text", Column: "text", Type: "CharField", MaxLength: 200},
		}},
		{App: "polls", Name: "Choice", Table: "polls_choice", Fields: []schema.Field{
			id,
			{Name: "question", Attname: "question_id", Column: "question_id", Type: "ForeignKey", Rel: &schema.Relation{
				Kind: schema.ForeignKey, To: "polls.Question", RelatedName: "choices",
			}},
			{Name: "votes", Attname: "votes", Column: "votes", Type: "IntegerField"},
		}},
	}}
}

// about is Choices.Filter("question__text", text).Values("votes").
func about(field, text string) (shape string, params []abi.Value) {
	b, params := query.Encode(&query.Query{
		Model: "polls.Choice", Verb: query.VerbSelect,
		Steps: []query.Step{
			{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{
				&query.Lookup{Path: field, Value: &query.Param{Value: abi.Text(text)}},
			}}},
			{Kind: query.StepValues, Names: []string{"votes"}},
		},
	}, nil)
	return string(b), params
}

func Example() {
	p, err := planner.New(polls(), planner.SQLite())
	if err != nil {
		panic(err)
	}
	shape, params := about("question__text", "What's new?")
	plan, err := p.Statement(shape, params)
	if err != nil {
		panic(err)
	}
	args, err := plan.Args(params, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(plan.SQL)
	fmt.Println(args[0].Str, plan.Models)

	// The same query about another text: the plan is there already.
	shape, params = about("question__text", "Tabs or spaces?")
	again, err := p.Statement(shape, params)
	fmt.Println(again == plan, err)
	// Output:
	// SELECT "polls_choice"."votes" FROM "polls_choice" INNER JOIN "polls_question" ON ("polls_choice"."question_id" = "polls_question"."id") WHERE "polls_question"."text" = ?
	// What's new? [polls.Choice polls.Question]
	// true <nil>
}

// A name that does not resolve is an error with the names that would.
func ExamplePlanner_Statement() {
	p, err := planner.New(polls(), planner.SQLite())
	if err != nil {
		panic(err)
	}
	_, err = p.Statement(about("question__txt", "What's new?"))
	var e *abi.OpError
	fmt.Println(errors.As(err, &e) && e.Code == abi.CodeLookup)
	fmt.Println(e.Detail[:3]) // model, lookup, part
	// Output:
	// true
	// [polls.Choice question__txt txt]
}
