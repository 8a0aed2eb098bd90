package query

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
)

func text(s string) *Param { return &Param{Value: abi.Text(s)} }

// sample uses every field of the language.
func sample() *Query {
	inner := &Query{Model: "polls.Choice", Verb: VerbSelect, Steps: []Step{{Kind: StepFilter, Cond: &Cond{Children: []Expr{
		&Lookup{Path: "question", Value: &Ref{Name: "pk", Outer: true}},
	}}}}}
	return &Query{
		Model: "polls.Question", Verb: VerbSelect, Returning: true, Ignore: true,
		Steps: []Step{
			{Kind: StepFilter, Cond: &Cond{Conn: Or, Negated: true, Children: []Expr{
				&Lookup{Path: "text__icontains", Value: text("go")},
				&Cond{Children: []Expr{&Lookup{Path: "id__in", Value: &Param{Value: abi.List(abi.Int(1), abi.Null, abi.Text("3"))}}}},
				&Sub{Query: inner, Exists: true, Negated: true},
				&Lookup{Path: "x__isnull", Value: &Param{Value: abi.Bool(true)}},
			}}},
			{Kind: StepAnnotate, Named: []Named{{Name: "n", Expr: &Func{
				Name: "Count", Args: []Expr{&Ref{Name: "choice"}}, Distinct: true, Filter: &Cond{Conn: Xor},
				Default: &Param{Value: abi.Int(0)}, Options: []abi.Header{{Name: "output_field", Value: "IntegerField"}},
			}}}},
			{Kind: StepOrderBy, Names: []string{"-n"}, Exprs: []Expr{&Ordered{Expr: &Ref{Name: "n"}, Desc: true, NullsLast: true}}},
			{Kind: StepSlice, Low: 5, High: -1},
			{Kind: StepUnion, Others: []*Query{inner}, Flags: 3},
			{Kind: StepCombine, Others: []*Query{inner}, Flags: uint32(Or)},
			{Kind: StepAlias, Named: []Named{{Name: "open", Expr: &Filtered{Relation: "choice", Cond: &Cond{Children: []Expr{
				&Lookup{Left: &Ref{Name: "votes"}, Path: "gte", Value: &Ref{Name: "n"}},
			}}}}}},
			{Kind: StepAnnotate, Named: []Named{{Name: "w", Expr: &Window{
				Expr: &Func{Name: "Rank"}, Partition: []Expr{&Ref{Name: "author"}}, Order: []Expr{&Ordered{Expr: text("x")}},
				Frame: &Frame{Range: true, Start: Bound{Offset: -2}, End: Bound{All: true}},
			}}}},
			{Kind: StepExtra, Names: []string{"t"}, Exprs: []Expr{&Func{Name: "RawSQL", Args: []Expr{text("y")}}}},
			{Kind: StepExtraOrder, Names: []string{"x"}},
			{Kind: StepPrefetch, Names: []string{"author"}, Named: []Named{{Name: "v", Expr: &Ref{Name: "author"}}}, Cond: &Cond{}},
			{Kind: StepFirst, Flags: FlagLast},
		},
		Conflict: &Conflict{Unique: []string{"id"}, Update: []string{"text", "votes"}},

		Set:        []Assign{{Field: "votes", Expr: &Combined{Op: "+", L: &Ref{Name: "votes"}, R: &Param{Value: abi.Int(1)}}}},
		Rows:       [][]Expr{{text("a"), nil}, nil},
		Aggregates: []Named{{Name: "s", Expr: &Case{Whens: []When{{Cond: &Cond{}, Then: text("y")}, {}}, Default: text("n")}}},
		Raw:        "SELECT ?", RawArgs: []Expr{&Param{Value: abi.Value{Kind: abi.KindUUID, Str: strings.Repeat("u", 16)}}},
	}
}

// bare is v without content, as Decode returns it.
func bare(v abi.Value) abi.Value {
	b := abi.Value{Kind: v.Kind}
	switch {
	case v.Kind == abi.KindBool:
		b.Num = v.Num
	case Word(&v):
		b.Num = 1
	}
	for _, x := range v.List {
		b.List = append(b.List, bare(x))
	}
	return b
}

func TestShapeRoundTrip(t *testing.T) {
	q := sample()
	shape, params := Encode(q, nil)
	got, err := Decode(string(shape))
	require.NoError(t, err)
	again, kinds := Encode(got, nil)
	require.Equal(t, shape, again)
	require.Len(t, kinds, len(params))
	for i := range params {
		require.Equal(t, bare(params[i]), kinds[i])
	}
	third, err := Decode(string(again))
	require.NoError(t, err)
	require.Equal(t, got, third)
	require.Equal(t, 1, got.Steps[0].Cond.Children[1].(*Cond).Children[0].(*Lookup).Value.(*Param).Index)
}

func TestShapesTellApartWhatNeedsOtherSQL(t *testing.T) {
	of := func(v abi.Value) string {
		s, _ := Encode(&Query{Model: "m", Verb: VerbSelect, Steps: []Step{{Kind: StepFilter, Cond: &Cond{Children: []Expr{&Lookup{Path: "a", Value: &Param{Value: v}}}}}}}, nil)
		return string(s)
	}
	document := func(s string) abi.Value { return abi.Value{Kind: abi.KindJSON, Str: s} }
	same := [][2]abi.Value{{document("[1]"), document("{}")}, {document("true"), document("null")}, {abi.Int(1), abi.Int(2)}, {abi.Text("a"), abi.Text("")}, {abi.List(abi.Int(1)), abi.List(abi.Int(7))}}
	for _, p := range same {
		require.Equal(t, of(p[0]), of(p[1]))
	}
	other := [][2]abi.Value{
		{abi.Int(1), abi.Null},
		{abi.Bool(true), abi.Bool(false)},
		{abi.List(), abi.Null},
		{abi.List(abi.Int(1)), abi.List(abi.Int(1), abi.Int(2))},
		{abi.List(abi.Int(1)), abi.List(abi.Null)},
		{document("null"), document("{}")},
	}
	for _, p := range other {
		require.NotEqual(t, of(p[0]), of(p[1]))
	}
}

func TestMessages(t *testing.T) {
	shape, params := Encode(sample(), nil)
	msg := AppendStatement(nil, shape, params)
	s, p, err := ReadStatement(abi.ReadBytes(msg))
	require.NoError(t, err)
	require.Equal(t, string(shape), s)
	require.Equal(t, params, p)
	for i := range msg {
		_, _, err := ReadStatement(abi.ReadBytes(msg[:i]))
		require.Error(t, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	shape, _ := Encode(sample(), nil)
	for i := range shape {
		_, err := Decode(string(shape[:i]))
		require.Error(t, err)
	}
	_, err := Decode(string(shape) + "x")
	require.Error(t, err)
	var op *abi.OpError
	_, err = Decode("\x7f")
	require.ErrorAs(t, err, &op)
	require.Equal(t, abi.CodeNotSupported, op.Code)

	var deep Expr = &Cond{}
	for range 100 {
		deep = &Cond{Children: []Expr{deep}}
	}
	s, _ := Encode(&Query{Verb: VerbSelect, Steps: []Step{{Kind: StepFilter, Cond: deep.(*Cond)}}}, nil)
	_, err = Decode(string(s))
	require.Error(t, err)
}

func FuzzDecode(f *testing.F) {
	shape, params := Encode(sample(), nil)
	f.Add(string(shape))
	f.Add(string(AppendStatement(nil, shape, params)))
	f.Fuzz(func(t *testing.T, s string) {
		if _, p, err := ReadStatement(abi.NewReader(s)); err == nil && len(p) > 0 {
			require.LessOrEqual(t, len(p), len(s))
		}
		q, err := Decode(s)
		if err != nil {
			return
		}
		again, _ := Encode(q, nil)
		q2, err := Decode(string(again))
		require.NoError(t, err)
		require.Equal(t, q, q2)
	})
}

func FuzzLayout(f *testing.F) {
	l := Layout{Groups: []Group{
		{Model: "a.B", Parent: -1, Fields: []string{"id"}}, {Model: "a.C", Field: "c", Reverse: true, Extends: true, First: 1, Fields: []string{"b_ptr"}},
	}, Names: []string{"n"}, Extra: 1}
	f.Add(string(l.Append(nil)))
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ReadLayout(s)
		if err != nil {
			return
		}
		l2, err := ReadLayout(string(l.Append(nil)))
		require.NoError(t, err)
		require.Equal(t, l, l2)
	})
}

func BenchmarkEncode(b *testing.B) {
	q := &Query{Model: "polls.Question", Verb: VerbSelect, Steps: []Step{
		{Kind: StepFilter, Cond: &Cond{Children: []Expr{&Lookup{Path: "text__icontains", Value: text("go")}, &Lookup{Path: "votes__gt", Value: &Param{Value: abi.Int(3)}}}}},
		{Kind: StepSlice, High: 20},
	}}
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		buf, _ = Encode(q, buf[:0])
	}
}

// TestEncodeInsert holds the short way to the tree's.
func TestEncodeInsert(t *testing.T) {
	q := &Query{Model: "polls.Question", Verb: VerbInsert, Returning: true, Conflict: &Conflict{Unique: []string{"id"}, Update: []string{"text"}}}
	q.Set = []Assign{{Field: "id"}, {Field: "text"}}
	lower := &Func{Name: "Lower", Args: []Expr{text("A")}}
	q.Rows = [][]Expr{{&Cell{Value: abi.Int(1)}, &Cell{Value: abi.Text("a")}}, {&Cell{Value: abi.Null}, lower}, {&Cell{Value: abi.Bool(true)}, &Cell{Value: abi.Text("c")}}}
	shape, params, _ := EncodeUsing(q, nil)
	tree := *q
	tree.Rows = nil
	short, sent, _, err := EncodeInsert(&tree, len(q.Rows), func(i, j int) (abi.Value, Expr, error) {
		if p, ok := q.Rows[i][j].(*Cell); ok {
			return p.Value, nil, nil
		}
		return abi.Null, q.Rows[i][j], nil
	})
	require.NoError(t, err)
	require.Equal(t, shape, short)
	require.Equal(t, AppendParams(nil, params), sent)
	back, err := Decode(string(shape))
	require.NoError(t, err)
	require.Equal(t, &Cell{Index: 4}, back.Rows[2][0], "Lower has one of its own")

	q.Rows[1][1] = &Cell{Value: abi.Text("b")}
	shape, _, _ = EncodeUsing(q, nil)
	require.Equal(t, shape, InsertShape(&tree, len(q.Rows)), "without expressions")

	q.Verb = VerbUpdate
	shape, _, _ = EncodeUsing(q, nil)
	_, err = Decode(string(shape))
	require.ErrorIs(t, err, abi.ErrMessage, "cells are of inserts only")
	_, _, _, err = EncodeInsert(&tree, 1, func(int, int) (abi.Value, Expr, error) { return abi.Null, nil, abi.ErrMessage })
	require.ErrorIs(t, err, abi.ErrMessage)
}
