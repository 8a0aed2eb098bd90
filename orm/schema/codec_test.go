package schema

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
)

func sample() *Registry {
	return &Registry{App: "polls", Build: "abc", Models: []Model{
		{
			App: "polls", Name: "Question", Table: "polls_question", Ordering: []string{"-published"},
			Unique: [][]string{{"text", "published"}}, Indexes: [][]string{{"published"}},
			Fields: []Field{
				{Name: "id", Attname: "id", Column: "id", Type: "BigAutoField", PK: true, Auto: true, Unique: true},
				{Name: "text", Attname: "text", Column: "text", Type: "CharField", MaxLength: 200, Index: true},
				{Name: "price", Attname: "price", Column: "price", Type: "DecimalField", Digits: 8, Places: 2, Null: true},
			},
		},
		{App: "polls", Name: "Choice", Table: "polls_choice", AutoCreated: true, Fields: []Field{{
			Name: "question", Attname: "question_id", Column: "question_id", Type: "ForeignKey", Index: true,
			Rel: &Relation{
				Kind: ForeignKey, To: "polls.Question", ToField: "id", RelatedName: "choices", QueryName: "choice",
				OnDelete: Restrict, Through: "t", FromField: "f", TargetField: "g",
			},
		}}},
	}}
}

func TestRoundTrip(t *testing.T) {
	reg := sample()
	b := reg.Append(nil)
	got, err := Read(string(b))
	require.NoError(t, err)
	require.Equal(t, reg, got)
	require.Equal(t, "polls.Question", got.Models[0].Label())
	for i := range b {
		_, err := Read(string(b[:i]))
		require.Error(t, err)
	}
	_, err = Read(string(b) + "x")
	require.ErrorIs(t, err, abi.ErrMessage)
	var op *abi.OpError
	_, err = Read("\xff")
	require.ErrorAs(t, err, &op)
	require.Equal(t, abi.CodeNotSupported, op.Code)
}

func FuzzRead(f *testing.F) {
	f.Add(string(sample().Append(nil)))
	f.Fuzz(func(t *testing.T, s string) {
		reg, err := Read(s)
		if err != nil {
			return
		}
		again, err := Read(string(reg.Append(nil)))
		require.NoError(t, err)
		require.Equal(t, reg, again)
	})
}

func Example() {
	reg := &Registry{App: "polls", Models: []Model{{App: "polls", Name: "Question", Table: "polls_question"}}}
	back, err := Read(string(reg.Append(nil)))
	if err != nil {
		println(err.Error())
	}
	println(back.Models[0].Label())
}
