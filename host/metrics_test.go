package host_test

import (
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
)

func TestMetrics(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		dir := folder(t, map[string]string{"a.css": "a"})
		s := serve(t, variant, func(c *host.Config) { c.Static = dir })
		for range 5 {
			s.lives()
		}
		s.get("/none")
		s.get("/bad/panic")
		s.get("/static/a.css")
		s.get("/healthz")
		s.do("HEAD", "/", nil)
		s.do("BREW", "/", nil)
		for i := range 3 {
			require.Equal(t, 200, s.do("POST", "/notes?text=x", nil).StatusCode, i)
		}
		require.Equal(t, 500, s.do("POST", "/notes?text=undo", nil).StatusCode)

		m := s.metrics()
		for name, v := range map[string]float64{
			`vinyl_requests_total{code="200",method="GET"}`:                 6,
			`vinyl_requests_total{code="404",method="GET"}`:                 1,
			`vinyl_requests_total{code="500",method="GET"}`:                 1,
			`vinyl_requests_total{code="200",method="HEAD"}`:                1,
			`vinyl_requests_total{code="200",method="other"}`:               1,
			`vinyl_requests_total{code="200",method="POST"}`:                3,
			`vinyl_requests_total{code="500",method="POST"}`:                1,
			`vinyl_request_duration_seconds_count{method="GET"}`:            8,
			`vinyl_request_duration_seconds_count{method="POST"}`:           4,
			`vinyl_request_duration_seconds_bucket{method="GET",le="+Inf"}`: 8,
			`vinyl_db_queries_total{kind="begin",result="ok"}`:              4,
			`vinyl_db_queries_total{kind="commit",result="ok"}`:             3,
			`vinyl_db_queries_total{kind="rollback",result="ok"}`:           1,
			`vinyl_db_queries_total{kind="query",result="ok"}`:              3,
			`vinyl_db_query_duration_seconds_count{kind="begin"}`:           4,
			`vinyl_requests_in_flight`:                                      0,
			`vinyl_suspended_requests`:                                      0,
			`vinyl_instance_restarts_total`:                                 0,
		} {
			got, ok := m[name]
			require.True(t, ok, "%s is missing", name)
			require.Equal(t, v, got, name)
		}
		require.Equal(t, m[`vinyl_db_queries_total{kind="exec",result="ok"}`]+m[`vinyl_db_queries_total{kind="exec",result="error"}`],
			m[`vinyl_db_query_duration_seconds_count{kind="exec"}`])
		sum := m[`vinyl_request_duration_seconds_sum{method="GET"}`]
		require.Greater(t, sum, 0.0)
		require.Less(t, sum, 60.0)

		instances, suspensions := 1.0, 0.0
		if blocking(t) {
			instances = 3
		} else {
			for name, v := range m { // all of SQLite but what describes the models
				if strings.HasPrefix(name, "vinyl_db_queries_total{") && !strings.Contains(name, "describe") {
					suspensions += v
				}
			}
			require.Greater(t, suspensions, 10.0)
		}
		require.Equal(t, instances, m["vinyl_instances"])
		require.Equal(t, suspensions, m["vinyl_suspensions_total"])
		require.Greater(t, m["vinyl_guest_memory_bytes"], instances*1e6)
		require.Less(t, m["vinyl_guest_memory_bytes"], instances*100e6)
		require.Contains(t, m, "go_goroutines")
		require.Contains(t, m, "process_start_time_seconds")
	})
}

func TestGauges(t *testing.T) {
	s := serve(t)
	holder := s.background("/notes/hold")
	s.logs("holding")
	writer := make(chan answer, 1)
	go func() { writer <- s.do("POST", "/notes", nil) }() // waits for the holder's transaction
	require.Eventually(t, func() bool { return s.metrics()["vinyl_suspended_requests"] == 1 }, 30*time.Second, time.Millisecond)
	require.EqualValues(t, 2, s.metrics()["vinyl_requests_in_flight"])
	require.Equal(t, 503, s.get("/bad/exit").StatusCode)
	require.Equal(t, 503, (<-holder).StatusCode)
	require.Equal(t, 503, (<-writer).StatusCode)
	require.Zero(t, s.metrics()["vinyl_suspended_requests"])
	require.Zero(t, s.metrics()["vinyl_requests_in_flight"])
	require.EqualValues(t, 1, s.metrics()[restarts])
}

func names(found [][]string) (all []string) {
	for _, m := range found {
		all = append(all, m[1])
	}
	return all
}

func TestMetricsHandler(t *testing.T) {
	s := serve(t)
	s.notes()
	h := s.MetricsHandler()
	for path, code := range map[string]int{"/metrics": 200, "/healthz": 200, "/": 404} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		require.Equal(t, code, rec.Code, path)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	// What the package's documentation lists is what there is.
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	documented := regexp.MustCompile(`(?m)^//\t(vinyl_\w+)`).FindAllStringSubmatch(string(doc), -1)
	served := regexp.MustCompile(`(?m)^# HELP (vinyl_\w+) `).FindAllStringSubmatch(rec.Body.String(), -1)
	require.ElementsMatch(t, names(documented), names(served))
}
