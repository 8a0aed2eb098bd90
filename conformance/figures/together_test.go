package figures

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// contender is a server and the path it is asked for.
type contender struct{ name, kind, path string }

// compete lets the contenders take turns under load and reports them, and their
// ratios to the first.
func compete(b *testing.B, url, want string, conns int, list []contender) {
	servers := make([]*server, len(list))
	for i, c := range list {
		servers[i] = start(b, c.kind, "conformance/figures/app", url)
	}
	fillNotes(b, servers[len(servers)-1])
	for i, c := range list {
		load(b, servers[i], c.path, want, conns, time.Second/4)
	}
	took, cpu := make([][]float64, len(list)), make([][]float64, len(list))
	for b.Loop() {
		for i, c := range list {
			got := load(b, servers[i], c.path, want, conns, time.Second)
			took[i] = append(took[i], 1e6*float64(conns)/got.perSecond())
			cpu[i] = append(cpu[i], got.cpuPerRequest())
		}
	}
	b.ReportMetric(0, "ns/op")
	for i, c := range list {
		b.ReportMetric(median(took[i]), c.name+"-µs")
		b.ReportMetric(median(cpu[i]), c.name+"-µsCPU")
		if i > 0 {
			b.ReportMetric(ratio(took[0], took[i]), c.name+"-times-as-fast")
			b.ReportMetric(ratio(cpu[i], cpu[0]), c.name+"-CPU-ratio")
		}
	}
}

// ratio is the median of the ratios in each round.
func ratio(a, b []float64) float64 {
	var all []float64
	for i := range a {
		all = append(all, a[i]/b[i])
	}
	return median(all)
}

func fillNotes(b *testing.B, s *server) {
	c, err := dial(s.addr, "/fill/1000/")
	require.NoError(b, err)
	defer c.conn.Close()
	require.NoError(b, c.send())
	_, err = c.receive()
	require.NoError(b, err)
}

// BenchmarkTwenty asks 20 queries in one view, which one client waits for.
//
//	go test ./conformance/figures -run '^$' -bench Twenty -benchtime 5x
func BenchmarkTwenty(b *testing.B) {
	compete(b, pgtest.URL(b), "190", 1, []contender{
		{"native", "native-pgx", "/together/20/"},
		{"native-batch", "native-pgx", "/batch/20/"},
		{"vinyl-off", "async-off", "/together/20/"},
		{"vinyl", "async", "/together/20/"},
	})
}

// BenchmarkSingle asks one query in each of many views at a time.
//
//	go test ./conformance/figures -run '^$' -bench Single -benchtime 5x
func BenchmarkSingle(b *testing.B) {
	for _, conns := range []int{64, 256} {
		b.Run(fmt.Sprint(conns), func(b *testing.B) {
			compete(b, pgtest.URL(b), "note number 6", conns, []contender{
				{"native", "native-pgx", "/read/7/"},
				{"vinyl-off", "async-off", "/read/7/"},
				{"vinyl", "async", "/read/7/"},
			})
		})
	}
}

// BenchmarkSlowOnes has 64 clients ask short queries, of which every hundredth
// takes 10 ms: how long the short ones take at worst, with statements that share
// connections and without.
//
//	go test ./conformance/figures -run '^$' -bench SlowOnes -benchtime 5x
func BenchmarkSlowOnes(b *testing.B) {
	const conns = 64
	url := pgtest.URL(b)
	kinds := []string{"async-off", "async", "native-pgx"}
	servers := make([]*server, len(kinds))
	for i, kind := range kinds {
		servers[i] = start(b, kind, "conformance/figures/app", url)
	}
	fillNotes(b, servers[0])
	worst := make([][]float64, len(kinds))
	turn := func(s *server) float64 {
		var mu sync.Mutex
		var all []time.Duration
		var wait sync.WaitGroup
		end := time.Now().Add(time.Second)
		for i := range conns {
			fast, err := dial(s.addr, "/read/7/")
			require.NoError(b, err)
			slow, err := dial(s.addr, "/nap/")
			require.NoError(b, err)
			wait.Go(func() {
				defer fast.conn.Close()
				defer slow.conn.Close()
				for n := i; time.Now().Before(end); n++ {
					c := fast
					if n%100 == 99 {
						c = slow
					}
					began := time.Now()
					if c.send() != nil {
						return
					}
					if _, err := c.receive(); err != nil {
						b.Error(err)
						return
					}
					if c == fast {
						mu.Lock()
						all = append(all, time.Since(began))
						mu.Unlock()
					}
				}
			})
		}
		wait.Wait()
		slices.Sort(all)
		return float64(all[len(all)*99/100].Microseconds()) / 1000
	}
	for _, s := range servers {
		turn(s)
	}
	for b.Loop() {
		for i, s := range servers {
			worst[i] = append(worst[i], turn(s))
		}
	}
	b.ReportMetric(0, "ns/op")
	for i, kind := range kinds {
		b.ReportMetric(median(worst[i]), kind+"-p99-ms")
	}
	b.ReportMetric(ratio(worst[1], worst[0]), "p99-to-plain-pool")
}
