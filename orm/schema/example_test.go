package schema_test

import (
	"fmt"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

// A guest describes its models in one message, at its setup.
func Example() {
	id := schema.Field{Name: "id", Attname: "id", Column: "id", Type: "BigAutoField", PK: true, Auto: true, Unique: true}
	polls := &schema.Registry{App: "polls", Models: []schema.Model{
		{App: "polls", Name: "Question", Table: "polls_question", Fields: []schema.Field{
			id,
			{Name: "text", Attname: "text", Column: "text", Type: "CharField", MaxLength: 200},
		}},
		{App: "polls", Name: "Choice", Table: "polls_choice", Fields: []schema.Field{
			id,
			{Name: "question", Attname: "question_id", Column: "question_id", Type: "ForeignKey", Rel: &schema.Relation{
				Kind: schema.ForeignKey, To: "polls.Question", RelatedName: "choices", OnDelete: schema.Cascade,
			}},
		}},
	}}

	got, err := schema.Read(string(polls.Append(nil)))
	if err != nil {
		panic(err)
	}
	for _, m := range got.Models {
		for _, f := range m.Fields {
			if f.Rel != nil {
				fmt.Println(m.Label(), f.Name, "points to", f.Rel.To)
			}
		}
	}
	// Output: polls.Choice question points to polls.Question
}
