package planner

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// Records combined with values are records of those columns, as in Django.
func TestRecordsCombinedWithValues(t *testing.T) {
	p := newShop(t)
	values := books(query.Step{Kind: query.StepValues, Names: []string{"stock"}})
	plan, _ := statement(t, p, books(cond(query.StepFilter, "pk", abi.Int(1)), query.Step{Kind: query.StepCombine, Others: []*query.Query{values}}))
	layout, err := query.ReadLayout(string(plan.Layout))
	require.NoError(t, err)
	require.Len(t, layout.Groups, 1)
	require.Equal(t, []string{"stock"}, layout.Groups[0].Fields)
}

// A queryset of several values stands for no value; a subquery may.
func TestSubqueriesOfSeveralValues(t *testing.T) {
	p := newShop(t)
	plan := func(v query.Expr) error {
		where := &query.Cond{Children: []query.Expr{&query.Lookup{Path: "pk__in", Value: v}}}
		shape, params := query.Encode(books(query.Step{Kind: query.StepFilter, Cond: where}), nil)
		_, err := p.Statement(string(shape), params)
		return err
	}
	one := &query.Sub{Query: books(query.Step{Kind: query.StepValues, Names: []string{"stock"}})}
	two := &query.Sub{Query: books(query.Step{Kind: query.StepValues, Names: []string{"stock", "price"}})}
	require.NoError(t, plan(one))
	require.ErrorContains(t, plan(two), "multi-field values")
	require.NoError(t, plan(&query.Func{Name: "Subquery", Args: []query.Expr{two}}), "the database says what it thinks of it")
}
