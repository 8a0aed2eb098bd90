package schema

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
)

func sample() *Registry {
	return &Registry{App: "polls", Build: "abc", Database: "archive", Models: []Model{
		{
			App: "polls", Name: "Question", Table: "polls_question", Ordering: []string{"-published"},
			Unique: [][]string{{"text", "published"}}, Indexes: [][]string{{"published"}},
			Constraints: []Constraint{
				{Kind: Check, Name: "fair", Where: "message"},
				{Kind: Exclude, Name: "apart", Exprs: []string{"a", "b"}, Include: []string{"text"}, Method: "gist", Classes: []string{"c"}, Operators: []string{"=", "&&"}, Deferral: Deferred},
				{Kind: Unique, Name: "one", Fields: []string{"text"}, Deferral: Immediate},
			},
			Fields: []Field{
				{Name: "id", Attname: "id", Column: "id", Type: "BigAutoField", PK: true, Auto: true, Unique: true},
				{Name: "text", Attname: "text", Column: "text", Type: "CharField", MaxLength: 200, Index: true},
				{Name: "price", Attname: "price", Column: "price", Type: "DecimalField", Digits: 8, Places: 2, Null: true, Default: &Default{Value: abi.Value{Kind: abi.KindDecimal, Str: "9.99"}}},
				{Name: "asked", Attname: "asked", Column: "asked", Type: "DateTimeField", AutoAdd: true},
				{Name: "token", Attname: "token", Column: "token", Type: "UUIDField", Default: &Default{Kind: RandomUUID}},
				{Name: "scores", Attname: "scores", Column: "scores", Type: Array, MaxLength: 3, Base: &Field{
					Type: Array, Base: &Field{Type: "DecimalField", Digits: 5, Places: 2, Null: true},
				}},
				{Name: "open", Attname: "open", Column: "open", Type: "DateTimeRangeField", Bounds: "[]", Null: true},
				{Name: "tags", Attname: "tags", Type: "ManyToManyField", Rel: &Relation{Kind: ManyToMany, To: "polls.Question", Symmetrical: true}},
			},
		},
		{App: "polls", Name: "Choice", Table: "polls_choice", AutoCreated: true, Fields: []Field{{
			Name: "question", Attname: "question_id", Column: "question_id", Type: "ForeignKey", Index: true,
			Rel: &Relation{
				Kind: ForeignKey, To: "polls.Question", ToField: "id", RelatedName: "choices", QueryName: "choice",
				OnDelete: Restrict, Through: "t", FromField: "f", TargetField: "g",
			},
		}}},
		{
			App: "polls", Name: "Riddle", Table: "polls_riddle", Parents: []Parent{{"polls.Question", "question_ptr"}},
			Generic: []Generic{
				{Name: "about", TypeField: "type", ObjectField: "object_id"},
				{Name: "tags", TypeField: "type", ObjectField: "object_id", Proxies: true, To: "polls.Tag", QueryName: "riddle"},
			},
			Ordering: []string{"-text", ""}, OrderBy: []string{"message"}, Latest: []string{"published"}, OrderedIn: "about",
			Fields: []Field{
				{Name: "question_ptr", Attname: "question_ptr_id", Column: "question_ptr_id", Type: "OneToOneField", PK: true, Unique: true, Rel: &Relation{Kind: OneToOne, To: "polls.Question", OnDelete: SetTo, Set: abi.Int(3)}},
				{Name: "place", Attname: "place", Type: "ForeignObject", Rel: &Relation{
					Kind: ForeignObject, To: "polls.Place", FromFields: []string{"x", "y"}, ToFields: []string{"lat", "long"},
				}},
			},
		},
		{App: "polls", Name: "Hard", Table: "polls_question", Proxy: true, Unmanaged: true, SelectFirst: true, Parents: []Parent{{Model: "polls.Question"}}},
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

func TestExtensions(t *testing.T) {
	reg := sample()
	reg.Extensions = []string{"pg_trgm", "unaccent"}
	for _, lookups := range [][]Lookup{nil, {{Class: "CharField", Name: "lower", Func: "Lower"}}} {
		reg.Lookups = lookups
		got, err := Read(string(reg.Append(nil)))
		require.NoError(t, err)
		require.Equal(t, reg, got)
	}
}

func TestRefused(t *testing.T) {
	f := Field{Type: Array}
	for range maxArrays {
		base := f
		f = Field{Type: Array, Base: &base}
	}
	for _, bad := range []Field{f, {Type: "DateTimeRangeField", Bounds: "()["}} {
		reg := &Registry{Models: []Model{{Fields: []Field{bad}}}}
		_, err := Read(string(reg.Append(nil)))
		require.ErrorIs(t, err, abi.ErrMessage)
	}
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
