package planner_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/internal/build/buildtest"
	"github.com/vinyl-edge/vinyl/orm/planner"
	"github.com/vinyl-edge/vinyl/orm/planner/internal/loop"
	"github.com/vinyl-edge/vinyl/orm/query"
)

var statements = []struct {
	name  string
	query func() *query.Query
}{{"1join", planner.OneJoin}, {"3joins", planner.ThreeJoins}}

func statement(q *query.Query) string {
	shape, params := query.Encode(q, nil)
	return string(query.AppendStatement(nil, shape, params))
}

// looper is package loop, natively or in wasm.
type looper interface {
	Fresh(n int)
	Known(n int)
}

type nativeLoop struct {
	tb testing.TB
	loop.Loop
}

func (l *nativeLoop) Fresh(n int) {
	for range n {
		require.NoError(l.tb, l.Loop.Fresh())
	}
}

func (l *nativeLoop) Known(n int) {
	for range n {
		require.NoError(l.tb, l.Loop.Known())
	}
}

func newNativeLoop(tb testing.TB, registry, statement string) looper {
	l := &nativeLoop{tb: tb}
	require.NoError(tb, l.Open(registry))
	require.NoError(tb, l.Load(statement))
	return l
}

type wasmLoop struct{ *instance }

func (l wasmLoop) export(name string, params ...uint64) {
	out, err := l.mod.ExportedFunction(name).Call(context.Background(), params...)
	require.NoError(l.t, err)
	require.Zero(l.t, out[0], name)
}

func (l wasmLoop) give(name, message string) {
	at, err := l.mod.ExportedFunction("buffer").Call(context.Background(), uint64(len(message)))
	require.NoError(l.t, err)
	require.True(l.t, l.mod.Memory().WriteString(uint32(at[0]), message))
	l.export(name)
}

func (l wasmLoop) Fresh(n int) { l.export("fresh", uint64(n)) }
func (l wasmLoop) Known(n int) { l.export("known", uint64(n)) }

// BenchmarkWhere does the same work natively and in wasm. The loop is inside of
// the module: calls into it are not counted.
func BenchmarkWhere(b *testing.B) {
	registry := string(planner.ShopModels().Append(nil))
	fresh := engineOf(b, "github.com/vinyl-edge/vinyl/orm/planner/internal/loop/loopwasm")
	for _, s := range statements {
		for _, side := range []string{"native", "wasm"} {
			var l looper
			if side == "native" {
				l = newNativeLoop(b, registry, statement(s.query()))
			} else {
				w := wasmLoop{fresh()}
				defer w.close()
				w.give("open", registry)
				w.give("load", statement(s.query()))
				l = w
			}
			b.Run(s.name+"/uncached/"+side, func(b *testing.B) { l.Fresh(b.N) })
			b.Run(s.name+"/cached/"+side, func(b *testing.B) { l.Known(b.N) })
		}
	}
}

// BenchmarkCold is what happens once: the start of an instance, its registry,
// and the first statement, whose code and heap are cold.
func BenchmarkCold(b *testing.B) {
	registry := string(planner.ShopModels().Append(nil))
	fresh := engineOf(b, "github.com/vinyl-edge/vinyl/orm/planner/internal/loop/loopwasm")
	for _, s := range statements {
		first := statement(s.query())
		b.Run(s.name+"/native", func(b *testing.B) {
			var open, plan time.Duration
			for b.Loop() {
				l := &nativeLoop{tb: b}
				t0 := time.Now()
				require.NoError(b, l.Open(registry))
				t1 := time.Now()
				require.NoError(b, l.Load(first))
				l.Fresh(1)
				open, plan = open+t1.Sub(t0), plan+time.Since(t1)
			}
			report(b, 0, open, plan)
		})
		b.Run(s.name+"/wasm", func(b *testing.B) {
			var start, open, plan time.Duration
			for b.Loop() {
				t0 := time.Now()
				w := wasmLoop{fresh()}
				t1 := time.Now()
				w.give("open", registry)
				t2 := time.Now()
				w.give("load", first)
				w.Fresh(1)
				start, open, plan = start+t1.Sub(t0), open+t2.Sub(t1), plan+time.Since(t2)
				w.close()
			}
			report(b, start, open, plan)
		})
	}
}

func report(b *testing.B, start, open, plan time.Duration) {
	n := float64(b.N)
	if start > 0 {
		b.ReportMetric(float64(start.Nanoseconds())/n, "ns-start")
	}
	b.ReportMetric(float64(open.Nanoseconds())/n, "ns-registry")
	b.ReportMetric(float64(plan.Nanoseconds())/n, "ns-first-plan")
}

// BenchmarkSize reports what modules weigh: guests without and with the
// planner linked into them, and the planner as a module of its own.
func BenchmarkSize(b *testing.B) {
	for _, app := range []string{"examples/hello", "orm/planner/testdata/guests/hello", "examples/polls", "orm/planner/testdata/guests/polls"} {
		b.Run(app, func(b *testing.B) {
			weigh(b, buildtest.Wasm(b, app))
		})
	}
	b.Run("planner.wasm", func(b *testing.B) {
		wasm, err := plannerWasm()
		require.NoError(b, err)
		weigh(b, wasm)
	})
}

func weigh(b *testing.B, wasm []byte) {
	var packed bytes.Buffer
	for b.Loop() {
		packed.Reset()
		z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		require.NoError(b, err)
		_, err = z.Write(wasm)
		require.NoError(b, err)
		require.NoError(b, z.Close())
	}
	b.ReportMetric(float64(len(wasm)), "B")
	b.ReportMetric(float64(packed.Len()), "B-gz")
}
