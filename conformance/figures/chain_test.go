package figures

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkChain asks 1,000 queries one after the other in one view that is
// alone on its host: what a suspension costs in time, beside the query itself.
func BenchmarkChain(b *testing.B) {
	const queries = 1000
	for _, kind := range []string{"async/1", "blocking/1"} {
		b.Run(kind[:len(kind)-2], func(b *testing.B) {
			s := start(b, kind, "conformance/figures/app", "file:"+filepath.Join(b.TempDir(), "figures.db"))
			ask := func(path string) {
				c, err := dial(s.addr, path)
				require.NoError(b, err)
				defer c.conn.Close()
				require.NoError(b, c.send())
				_, err = c.receive()
				require.NoError(b, err)
			}
			ask("/fill/1/")
			ask("/chain/10/")
			var took, cpu []float64
			for b.Loop() {
				begin, used := time.Now(), s.usage().cpu
				ask("/chain/1000/")
				took = append(took, float64(time.Since(begin).Nanoseconds())/queries/1e3)
				cpu = append(cpu, float64((s.usage().cpu-used).Nanoseconds())/queries/1e3)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(took), "µs/query")
			b.ReportMetric(median(cpu), "µsCPU/query")
		})
	}
}
