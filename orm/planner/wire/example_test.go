package wire_test

import (
	"fmt"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/planner/wire"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// What a host in another language does, through cmd/plannerwasm: it passes on
// the bytes of its guest, and runs the SQL of the answer.
func Example() {
	registry := (&schema.Registry{App: "polls", Models: []schema.Model{
		{App: "polls", Name: "Question", Table: "polls_question", Fields: []schema.Field{
			{Name: "id", Attname: "id", Column: "id", Type: "BigAutoField", PK: true, Auto: true, Unique: true},
			{Name: "text", Attname: "text", Column: "text", Type: "CharField", MaxLength: 200},
		}},
	}}).Append(nil)

	var planners wire.Planners
	answer := abi.ReadBytes(planners.Open(string(wire.AppendOpen(nil, "sqlite", true, "UTC", registry))))
	if err := answer.Begin(); err != nil {
		panic(err)
	}
	number := answer.U32()

	shape, params := query.Encode(&query.Query{
		Model: "polls.Question", Verb: query.VerbSelect,
		Steps: []query.Step{{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{
			&query.Lookup{Path: "text", Value: &query.Param{Value: abi.Text("What's new?")}},
		}}}},
	}, nil)
	answer = abi.ReadBytes(planners.Plan(number, string(query.AppendStatement(nil, shape, params))))
	if err := answer.Begin(); err != nil {
		panic(err)
	}
	handle, sql := answer.U32(), answer.String()
	fmt.Println(handle, sql)

	// From now on the handle and the parameters suffice. (A message may end with
	// how many others the query saves, which is nothing to the planner.)
	message := query.AppendParams(nil, []abi.Value{abi.Text("Tabs?")})
	answer = abi.ReadBytes(planners.Args(number, handle, string(query.AppendSaved(message, 2))))
	if err := answer.Begin(); err != nil {
		panic(err)
	}
	args, err := query.ReadParams(answer)
	fmt.Println(args[0].Str, err)
	// Output:
	// 1 SELECT "polls_question"."id", "polls_question"."text" FROM "polls_question" WHERE "polls_question"."text" = ?
	// Tabs? <nil>
}
