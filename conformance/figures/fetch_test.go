package figures

import (
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/conformance/figures/app"
	"github.com/vinyl-edge/vinyl/host/hosttest"
)

// BenchmarkFetch fetches 1,000 records of eight columns into structs: what one
// costs, as a record and as a row of orm.As without the host's work, and a record
// with it ("whole"). nsCPU is the time of the host's process, of which in the
// first two the guest is all. Each figure is the least of the runs: others on the
// machine can only add to it.
func BenchmarkFetch(b *testing.B) {
	const fetches = 20
	for _, what := range []string{"records", "rows", "whole"} {
		path := "/fetch/" + what + "/" + strconv.Itoa(fetches) + "/"
		b.Run("guest/"+what, func(b *testing.B) {
			s := start(b, "blocking/1", "conformance/figures/app", "file:"+filepath.Join(b.TempDir(), "figures.db"))
			ask := func(path string) float64 {
				c, err := dial(s.addr, path)
				require.NoError(b, err)
				defer c.conn.Close()
				require.NoError(b, c.send())
				body, err := c.receive()
				require.NoError(b, err)
				ns, _ := strconv.ParseFloat(string(body), 64)
				return ns
			}
			ask("/fill/1000/")
			ask(path)
			var took, cpu []float64
			for b.Loop() {
				used := s.usage().cpu
				took = append(took, ask(path))
				cpu = append(cpu, float64((s.usage().cpu-used).Nanoseconds())/((fetches+1)*1000))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(slices.Min(took), "ns/row")
			b.ReportMetric(slices.Min(cpu), "nsCPU/row")
		})
		b.Run("native/"+what, func(b *testing.B) {
			h := hosttest.New(b, app.App(), hosttest.Options{DB: "file:" + filepath.Join(b.TempDir(), "figures.db")})
			ask := func(path string) float64 {
				w := httptest.NewRecorder()
				h.Handler().ServeHTTP(w, httptest.NewRequest("GET", "http://localhost"+path, nil))
				ns, _ := strconv.ParseFloat(w.Body.String(), 64)
				return ns
			}
			ask("/fill/1000/")
			var took []float64
			for b.Loop() {
				took = append(took, ask(path))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(slices.Min(took), "ns/row")
		})
	}
}
