package planner

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// TestTooComplex plans small messages that stand for very much work: a host
// must not be kept busy by a guest.
func TestTooComplex(t *testing.T) {
	note := func(name string, e query.Expr) query.Step {
		return query.Step{Kind: query.StepAnnotate, Named: []query.Named{{Name: name, Expr: e}}}
	}
	repeated := func(n int, s query.Step) *query.Query {
		q := books()
		for range n {
			q.Steps = append(q.Steps, s)
		}
		return q
	}
	doubling := books(note("a0", &query.Ref{Name: "stock"}))
	for i := range 40 {
		last := &query.Ref{Name: "a" + strconv.Itoa(i)}
		doubling.Steps = append(doubling.Steps, note("a"+strconv.Itoa(i+1), &query.Combined{Op: "+", L: last, R: last}))
	}
	xor := &query.Cond{Conn: query.Xor}
	for range 5000 {
		xor.Children = append(xor.Children, &query.Lookup{Path: "stock", Value: val(abi.Int(1))})
	}
	nested := books()
	for range 12 {
		exists := &query.Sub{Exists: true, Query: nested}
		nested = books(note("x", exists), query.Step{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{exists}}})
	}
	for name, q := range map[string]*query.Query{
		"an expression that doubles": doubling,
		"joins":                      repeated(300, cond(query.StepFilter, "tags__name", abi.Text("x"))),
		"text copied at each level":  books(query.Step{Kind: query.StepFilter, Cond: xor}),
		"subqueries in subqueries":   nested,
	} {
		shape, params := query.Encode(q, nil)
		_, err := newShop(t).Statement(string(shape), params)
		var refused *abi.OpError
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, abi.CodeNotSupported, refused.Code, "%s: %s", name, refused.Message)
		require.Contains(t, refused.Message, "too complex", name)
	}
	// What is only long is planned.
	list := abi.List()
	for i := range 50_000 {
		list.List = append(list.List, abi.Int(int64(i)))
	}
	for name, q := range map[string]*query.Query{
		"a long list":  books(cond(query.StepFilter, "stock__in", list)),
		"many filters": repeated(2000, cond(query.StepFilter, "author__name", abi.Text("x"))),
	} {
		shape, params := query.Encode(q, nil)
		_, err := newShop(t).Statement(string(shape), params)
		require.NoError(t, err, name)
	}
}
