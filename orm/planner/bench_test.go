package planner

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// BenchmarkPlan is a query that comes for the first time: the shape is
// decoded, resolved and written as SQL.
func BenchmarkPlan(b *testing.B) {
	for _, c := range []struct {
		name string
		q    *query.Query
	}{{"1join", oneJoin()}, {"3joins", threeJoins()}} {
		b.Run(c.name, func(b *testing.B) {
			p := newShop(b)
			raw, params := query.Encode(c.q, nil)
			shape := string(raw)
			b.ReportAllocs()
			for b.Loop() {
				plan, err := p.plan(shape)
				if err != nil || len(plan.kinds) != len(params) {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCached is a query whose shape is known: its message is read, the
// plan found and the arguments converted.
func BenchmarkCached(b *testing.B) {
	for _, c := range []struct {
		name string
		q    *query.Query
	}{{"1join", oneJoin()}, {"3joins", threeJoins()}} {
		p := newShop(b)
		raw, params := query.Encode(c.q, nil)
		msg := string(query.AppendStatement(nil, raw, params))
		plan, err := p.Statement(string(raw), params)
		require.NoError(b, err)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				shape, params, err := query.ReadStatement(abi.NewReader(msg))
				if err != nil {
					b.Fatal(err)
				}
				plan, err := p.Statement(shape, params)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := plan.Args(params, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/handle", func(b *testing.B) {
			msg := string(query.AppendParams(nil, params))
			b.ReportAllocs()
			for b.Loop() {
				params, err := query.ReadParams(abi.NewReader(msg))
				if err != nil {
					b.Fatal(err)
				}
				found, ok := p.ByHandle(plan.Handle)
				if !ok {
					b.Fatal("unknown plan")
				}
				if _, err := found.Args(params, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
