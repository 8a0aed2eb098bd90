package figures

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/conformance/figures/app"
	"github.com/vinyl-edge/vinyl/host/hosttest"
)

// BenchmarkBuild makes chains of five steps and encodes them, in a guest and
// natively: what a query costs before it leaves the view.
func BenchmarkBuild(b *testing.B) {
	report := func(b *testing.B, body string) (ns, size float64) {
		_, err := fmt.Sscan(body, &ns, &size)
		require.NoError(b, err, body)
		b.ReportMetric(0, "ns/op")
		return ns, size
	}
	b.Run("guest", func(b *testing.B) {
		s := start(b, "blocking/1", "conformance/figures/app", "file:"+filepath.Join(b.TempDir(), "figures.db"))
		var took, cpu []float64
		for b.Loop() {
			used := s.usage().cpu
			c, err := dial(s.addr, "/build/1000/")
			require.NoError(b, err)
			require.NoError(b, c.send())
			body, err := c.receive()
			require.NoError(b, err)
			c.conn.Close()
			ns, size := report(b, string(body))
			took, cpu = append(took, ns), append(cpu, float64((s.usage().cpu-used).Nanoseconds())/1000)
			b.ReportMetric(size, "bytes")
		}
		b.ReportMetric(median(took), "ns/chain")
		b.ReportMetric(median(cpu), "nsCPU/chain")
	})
	b.Run("native", func(b *testing.B) {
		h := hosttest.New(b, app.App(), hosttest.Options{DB: "file:" + filepath.Join(b.TempDir(), "figures.db")})
		var took []float64
		for b.Loop() {
			w := httptest.NewRecorder()
			h.Handler().ServeHTTP(w, httptest.NewRequest("GET", "http://localhost/build/1000/", nil))
			ns, _ := report(b, w.Body.String())
			took = append(took, ns)
		}
		b.ReportMetric(median(took), "ns/chain")
	})
}
