package figures

import (
	"slices"
	"testing"
	"time"
)

// BenchmarkHello compares examples/hello with a native net/http handler, both
// over HTTP at 64 connections. Each round lets every server work for a second,
// in turn; the medians of the rounds are reported: requests per second, the
// server's CPU time per request (µs), and both as ratios to native.
func BenchmarkHello(b *testing.B) {
	const conns, turn = 64, time.Second
	kinds := []string{"native", "async", "blocking"}
	servers := make([]*server, len(kinds))
	for i, kind := range kinds {
		servers[i] = start(b, kind, "examples/hello", "")
		load(b, servers[i], "/", "Hello, World!", conns, turn/2)
	}
	rate, cpu := make([][]float64, len(kinds)), make([][]float64, len(kinds))
	rates, cpus := make([][]float64, len(kinds)), make([][]float64, len(kinds))
	for b.Loop() {
		for i, s := range servers {
			got := load(b, s, "/", "Hello, World!", conns, turn)
			rate[i], cpu[i] = append(rate[i], got.perSecond()), append(cpu[i], got.cpuPerRequest())
			last := len(rate[0]) - 1
			rates[i] = append(rates[i], rate[i][last]/rate[0][last])
			cpus[i] = append(cpus[i], cpu[i][last]/cpu[0][last])
		}
	}
	b.ReportMetric(0, "ns/op")
	for i, kind := range kinds {
		b.ReportMetric(median(rate[i]), kind+"-req/s")
		b.ReportMetric(median(cpu[i]), kind+"-µsCPU/req")
		if i > 0 {
			b.ReportMetric(median(rates[i]), kind+"-rate-ratio")
			b.ReportMetric(median(cpus[i]), kind+"-CPU-ratio")
		}
	}
}

func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(x))
	return s[len(s)/2]
}
