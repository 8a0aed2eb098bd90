package figures

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

const suspendedViews = 10_000

// BenchmarkSuspended holds 10,000 views, each behind the app's middleware with
// one ORM statement, on a lock of SQLite, all in one instance. KB/view is what
// the server's resident memory grows by for each, first for the views alone,
// then with the connections of their clients; MB-total is all of the server's
// memory. Every view must then be answered.
func BenchmarkSuspended(b *testing.B) {
	for _, clients := range []bool{false, true} {
		name := "views"
		if clients {
			name = "views-and-connections"
		}
		b.Run(name, func(b *testing.B) {
			var grown, total, waited []float64
			for b.Loop() {
				g, t, w := suspend(b, clients)
				grown, total, waited = append(grown, g), append(total, t), append(waited, w)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(grown)/suspendedViews/1e3, "KB/view")
			b.ReportMetric(median(total)/1e6, "MB-total")
			b.ReportMetric(median(waited), "s-to-answer-all")
		})
	}
}

func suspend(b *testing.B, clients bool) (grown, total, seconds float64) {
	file := filepath.Join(b.TempDir(), "figures.db")
	s := start(b, "async/1", "conformance/figures/app", "file:"+file+"?busy_timeout=300000&queue_timeout=300000")
	load(b, s, "/fill/1/", "ok", 1, time.Millisecond)
	load(b, s, "/write/", "1", 8, time.Second)
	release := lock(b, file)
	before := s.usage()

	var conns []*client
	if clients {
		for range suspendedViews {
			c, err := dial(s.addr, "/write/?name=somebody")
			require.NoError(b, err)
			defer c.conn.Close()
			require.NoError(b, c.send())
			conns = append(conns, c)
		}
	} else {
		require.Equal(b, "asked", s.command(fmt.Sprint("ask ", suspendedViews)))
	}
	for until := time.Now().Add(2 * time.Minute); s.command("suspended") != fmt.Sprint(suspendedViews); {
		require.True(b, time.Now().Before(until), "only %s views are suspended", s.command("suspended"))
		time.Sleep(10 * time.Millisecond)
	}
	after := s.usage()

	begin := time.Now()
	release()
	if clients {
		for _, c := range conns {
			body, err := c.receive()
			require.NoError(b, err)
			require.Equal(b, "1", string(body))
		}
	} else {
		require.Equal(b, fmt.Sprint(suspendedViews), s.command("answers"), "every view is answered")
	}
	return float64(after.memory - before.memory), float64(after.memory), time.Since(begin).Seconds()
}

// lock takes SQLite's write lock as another process would.
func lock(b *testing.B, file string) (release func()) {
	c, err := sqlite.OpenConn(file, sqlite.OpenReadWrite)
	require.NoError(b, err)
	require.NoError(b, sqlitex.ExecuteTransient(c, "BEGIN IMMEDIATE", nil))
	return func() {
		require.NoError(b, sqlitex.ExecuteTransient(c, "ROLLBACK", nil))
		require.NoError(b, c.Close())
	}
}
