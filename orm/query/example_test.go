package query_test

import (
	"bytes"
	"fmt"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// search is Questions.Filter("text__icontains", text).OrderBy("-pub_date").
func search(text string) *query.Query {
	return &query.Query{
		Model: "polls.Question", Verb: query.VerbSelect,
		Steps: []query.Step{
			{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{
				&query.Lookup{Path: "text__icontains", Value: &query.Param{Value: abi.Text(text)}},
			}}},
			{Kind: query.StepOrderBy, Names: []string{"-pub_date"}},
		},
	}
}

// Queries that differ in their values only have the same shape, and so the
// same plan.
func Example() {
	shape, params := query.Encode(search("music"), nil)
	other, _ := query.Encode(search("films"), nil)
	fmt.Println(bytes.Equal(shape, other), params[0].Str)

	// What a planner sees of it: the tree, with places for the values.
	q, err := query.Decode(string(shape))
	if err != nil {
		panic(err)
	}
	lookup := q.Steps[0].Cond.Children[0].(*query.Lookup)
	place := lookup.Value.(*query.Param)
	fmt.Println(q.Model, lookup.Path, place.Value.Kind == abi.KindText, place.Index)
	// Output:
	// true music
	// polls.Question text__icontains true 0
}
