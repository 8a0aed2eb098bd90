package service_test

import (
	"context"
	"fmt"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db/open"
	"github.com/vinyl-edge/vinyl/host/service"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// models is what an app with one model describes.
var models = &schema.Registry{App: "polls", Models: []schema.Model{
	{App: "polls", Name: "Question", Table: "polls_question", Fields: []schema.Field{
		{Name: "id", Attname: "id", Column: "id", Type: "BigAutoField", PK: true, Auto: true, Unique: true},
		{Name: "text", Attname: "text", Column: "text", Type: "CharField", MaxLength: 200},
	}},
}}

// A guest's operations as its host hears them: it describes its models, then
// inserts in a transaction. What a session leaves open is rolled back.
func Example() {
	ctx := context.Background()
	database, err := open.Open(ctx, "file::memory:")
	if err != nil {
		panic(err)
	}
	defer database.Close()
	polls := service.New(service.Config{DB: database, App: "polls", CreateTables: true})
	defer polls.Close()

	do := func(s *service.Session, kind abi.OpKind, msg []byte) *abi.Reader {
		answer := abi.ReadBytes(s.Do(ctx, kind, msg))
		if err := answer.Begin(); err != nil {
			panic(err)
		}
		return answer
	}
	setup := polls.Session()
	described, err := abi.ReadDescribeResult(do(setup, abi.OpDescribe, models.Append(nil)))
	if err != nil {
		panic(err)
	}
	setup.Close()

	for _, commit := range []bool{true, false} {
		request := polls.Session()
		tx := do(request, abi.OpBegin, abi.TxBegin{}.Append(nil)).U64()
		do(request, abi.OpExec, statement(described.Registry, tx, &query.Query{
			Model: "polls.Question", Verb: query.VerbInsert,
			Set:  []query.Assign{{Field: "text"}},
			Rows: [][]query.Expr{{&query.Param{Value: abi.Text("What's new?")}}},
		}))
		if commit {
			do(request, abi.OpCommit, abi.AppendU64(nil, tx))
		}
		request.Close()
	}

	request := polls.Session()
	defer request.Close()
	answer := do(request, abi.OpQuery, statement(described.Registry, 0, &query.Query{Model: "polls.Question", Verb: query.VerbSelect}))
	answer.U32()                  // the plan's handle
	_ = answer.String()           // the layout of the columns
	fmt.Println(answer.U16())     // columns
	fmt.Println(answer.U8() == 1) // a frame of rows
	fmt.Println(answer.U32())     // rows
	// Output:
	// 2
	// true
	// 1
}

func statement(registry uint32, tx uint64, q *query.Query) []byte {
	shape, params := query.Encode(q, nil)
	return query.AppendStatement(abi.StatementHead{Registry: registry, Tx: tx}.Append(nil), shape, params)
}
