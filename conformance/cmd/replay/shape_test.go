package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm/planner"
	"github.com/vinyl-edge/vinyl/orm/query"
)

func TestShape(t *testing.T) {
	same := []string{`SELECT "a"."id" FROM "a" U0 WHERE U0."x" = %s`, `SELECT a.id FROM a V3 WHERE V3.x = $1`}
	require.True(t, sameShapes(same[:1], same[1:]))
	for _, other := range []string{
		`SELECT "a"."id" FROM "a" U0 WHERE U0."y" = %s`, `SELECT "a"."id" FROM "a" U0 WHERE U1."x" = %s`, `SELECT "a"."id" FROM "a" U0`,
	} {
		require.False(t, sameShapes(same[:1], []string{other}), other)
	}
	require.False(t, sameShapes(same[:1], same))
}

// TestDroppedSteps drops a step of each recorded chain: the comparison of
// shapes must notice nine in ten.
func TestDroppedSteps(t *testing.T) {
	files, err := corpus.Files("../../testdata/corpus", "sqlite")
	require.NoError(t, err)
	dropped, noticed := 0, 0
	for _, f := range files {
		for i := range f.Ops {
			op := &f.Ops[i]
			if op.Query == nil || op.SQL == "" || !plans(f, op, op.Query) {
				continue
			}
			for j, s := range op.Query.Steps {
				if s.Kind == query.StepOrderBy && len(s.Names)+len(s.Exprs) == 0 {
					continue // get and delete forget the order by themselves: nobody wrote the step
				}
				q := *op.Query
				q.Steps = append(append([]query.Step(nil), op.Query.Steps[:j]...), op.Query.Steps[j+1:]...)
				dropped++
				if !plans(f, op, &q) {
					noticed++
				}
			}
		}
	}
	t.Logf("%d of %d dropped steps are noticed, %.1f %%", noticed, dropped, percent(noticed, dropped))
	require.Greater(t, dropped, 3000)
	require.GreaterOrEqual(t, percent(noticed, dropped), 90.0)
}

// plans tells whether a query's plan has the shape of the recorded SQL.
func plans(f *corpus.File, op *corpus.Op, q *query.Query) bool {
	d := planner.SQLite()
	d.UseTZ = op.UseTZ
	zone, err := time.LoadLocation(op.Zone)
	if err != nil {
		return false
	}
	d.Zone = zone
	p, err := planner.New(f.Registry, d)
	if err != nil {
		return false
	}
	s, params := query.Encode(q, nil)
	plan, err := p.Statement(string(s), params)
	return err == nil && shape(plan.SQL) == shape(op.SQL)
}
