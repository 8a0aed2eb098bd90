package figures

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkStream reads a million rows of eight columns in a view with
// Stream. What the server's memory grows by over a first stream of 10,000 rows
// stays the same however many rows come: MB-grown.
func BenchmarkStream(b *testing.B) {
	const rows, step = 1_000_000, 10_000
	s := start(b, "async/1", "conformance/figures/app", "file:"+filepath.Join(b.TempDir(), "figures.db"))
	fill := fmt.Sprintf("/fill/%d/", step)
	ask := func(path, want string) {
		c, err := dial(s.addr, path)
		require.NoError(b, err)
		defer c.conn.Close()
		require.NoError(b, c.send())
		body, err := c.receive()
		require.NoError(b, err)
		require.Equal(b, want, string(body))
	}
	sum := step * (step - 1) / 2
	ask(fill, "ok")
	ask("/stream/", fmt.Sprint(step, " ", sum))
	for range rows/step - 1 {
		ask(fill, "ok")
	}
	before := s.usage()
	var took, cpu []float64
	for b.Loop() {
		begin, used := time.Now(), s.usage().cpu
		ask("/stream/", fmt.Sprint(rows, " ", rows/step*sum))
		took = append(took, float64(time.Since(begin).Nanoseconds())/rows)
		cpu = append(cpu, float64((s.usage().cpu-used).Nanoseconds())/rows)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(took), "ns/row")
	b.ReportMetric(median(cpu), "nsCPU/row")
	b.ReportMetric(float64(s.usage().memory-before.memory)/1e6, "MB-grown")
	b.ReportMetric(float64(s.usage().memory)/1e6, "MB-total")
}
