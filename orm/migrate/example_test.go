package migrate_test

import (
	"errors"
	"fmt"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/migrate"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

func polls() *schema.Registry {
	return &schema.Registry{App: "polls", Models: []schema.Model{
		{App: "polls", Name: "Question", Table: "polls_question", Fields: []schema.Field{
			{Name: "id", Attname: "id", Column: "id", Type: "BigAutoField", PK: true, Auto: true, Unique: true},
			{Name: "text", Attname: "text", Column: "text", Type: "CharField", MaxLength: 200},
			{Name: "pub_date", Attname: "pub_date", Column: "pub_date", Type: "DateTimeField", Index: true},
		}},
	}}
}

// The tables of a new database.
func ExampleCreate() {
	statements, err := migrate.Create(polls(), "sqlite", nil)
	if err != nil {
		panic(err)
	}
	for _, s := range statements {
		fmt.Println(s.SQL)
	}
	// Output:
	// CREATE TABLE "polls_question" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "text" varchar(200) NOT NULL, "pub_date" datetime NOT NULL)
	// CREATE INDEX "polls_question_pub_date_a2b255e5" ON "polls_question" ("pub_date")
}

// What a database lacks is created; what is there and differs is an error that
// says how.
func ExamplePlan() {
	question := migrate.Table{Name: "polls_question", Columns: []migrate.Column{
		{Name: "id", Type: "integer", PK: true, Auto: true},
		{Name: "text", Type: "varchar(200)"},
		{Name: "pub_date", Type: "datetime"},
	}}
	statements, err := migrate.Plan(polls(), "sqlite", []migrate.Table{question}, nil)
	if err != nil {
		panic(err)
	}
	for _, s := range statements {
		fmt.Println(s.Note)
	}

	question.Columns[1].Type = "integer"
	_, err = migrate.Plan(polls(), "sqlite", []migrate.Table{question}, nil)
	var e *abi.OpError
	if errors.As(err, &e) {
		fmt.Println(e.Detail[0])
	}
	// Output:
	// created index polls_question_pub_date_a2b255e5
	// table polls_question, column text: type is integer, the model says varchar(200)
}
