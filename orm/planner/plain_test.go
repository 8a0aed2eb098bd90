package planner

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// What a database lacks is refused when the query is planned, with its name and
// what to do instead.
func TestPlainRefuses(t *testing.T) {
	require.Equal(t, "sqlite", Family("sqlite-plain"))
	require.Equal(t, "postgresql", Family("postgresql"))
	p, err := New(shopModels(), PlainSQLite())
	require.NoError(t, err)
	title := &query.Ref{Name: "title"}
	annotated := func(e query.Expr) *query.Query {
		return &query.Query{Model: "shop.Book", Verb: query.VerbSelect, Steps: []query.Step{{Kind: query.StepAnnotate, Named: []query.Named{{Name: "x", Expr: e}}}}}
	}
	filtered := &query.Query{Model: "shop.Book", Verb: query.VerbSelect, Steps: []query.Step{
		{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{&query.Lookup{Path: "title__iregex", Value: &query.Param{Value: abi.Text("x")}}}}},
	}}
	for name, q := range map[string]*query.Query{
		"iregex": filtered, "MD5": annotated(&query.Func{Name: "MD5", Args: []query.Expr{title}}), "STDDEV_SAMP": annotated(&query.Func{Name: "StdDev", Args: []query.Expr{&query.Ref{Name: "id"}}, Options: []abi.Header{{Name: "sample", Value: "true"}}}),
		"DJANGO_DATE_TRUNC": annotated(&query.Func{Name: "Func", Args: []query.Expr{title}, Options: []abi.Header{{Name: "function", Value: "DJANGO_DATE_TRUNC"}}}),
	} {
		shape, _ := query.Encode(q, nil)
		_, err := p.Statement(string(shape), nil)
		var op *abi.OpError
		require.ErrorAs(t, err, &op, name)
		require.Equal(t, abi.CodeNotSupported, op.Code)
		require.Contains(t, op.Message, name+" is not in this database")
		require.Contains(t, op.Message, "Instead, ")
	}
	_, err = plainShift("Europe/Zurich")
	require.ErrorContains(t, err, "TIME_ZONE")
}
