package conformance_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/idea"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/open"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// TestIsolation has two guests change what the other one has read, on every
// host. Serializable transactions leave what they would one after the other,
// and on PostgreSQL one of them has to be run again for that. Without a level
// PostgreSQL lets both change something, and neither fails.
func TestIsolation(t *testing.T) {
	for _, v := range threeHosts {
		t.Run("sqlite, "+string(v), func(t *testing.T) {
			s := serve(t, v, "conformance/idea", idea.App(), filepath.Join(t.TempDir(), "idea.db"), 2)
			for _, level := range []string{"", "serializable"} {
				left, again := bothLeave(t, s, level, func() func() { return lock(t, s) })
				require.Equal(t, 1, left)
				require.Zero(t, again, "one writes at a time")
			}
			refusals(t, s)
		})
		t.Run("postgresql, "+string(v), func(t *testing.T) {
			pgtest.Server(t)
			s := serve(t, v, "conformance/idea", idea.App(), pgtest.URL(t), 2)
			for level, left := range map[string]int{"": 2, "serializable": 1} {
				n, again := bothLeave(t, s, level, func() func() { return stall(t, s) })
				require.Equal(t, left, n, "level %q", level)
				require.Equal(t, 2-left, again, "level %q", level)
			}
			refusals(t, s)
		})
	}
}

// bothLeave counts the books that left, and the transactions that were run again.
func bothLeave(t *testing.T, s *site, level string, hold func() func()) (left, again int) {
	require.Equal(t, 204, s.ask(t, "POST /renew/").status)
	let := hold()
	var answers []<-chan *answer
	for _, title := range []string{"Abacus", "Bicycle"} {
		answers = append(answers, s.later("POST /transaction/left/?level="+level+"&title="+title))
	}
	let()
	for _, got := range answers {
		switch body := answered(t, s, got).body; body {
		case "left: true, tries: 1":
			left++
		case "left: false, tries: 2":
			again++
		default:
			require.Equal(t, "left: false, tries: 1", body)
		}
	}
	return left, again
}

// stall keeps books from being written, until two transactions wait for that.
func stall(t *testing.T, s *site) (end func()) {
	d, err := open.Open(t.Context(), s.db)
	require.NoError(t, err)
	do := func(c db.Conn, sql string) int64 {
		cur, err := c.Query(t.Context(), db.Statement{SQL: sql})
		require.NoError(t, err)
		defer cur.Close()
		b, _, err := cur.Fill(t.Context(), nil, db.Limits{Rows: 1, Bytes: 1 << 10})
		require.NoError(t, err)
		if cur.Columns() == 0 {
			return 0
		}
		return abi.ReadBytes(b[db.RowsHeader:]).Value().Int64()
	}
	c, err := d.Acquire(t.Context(), db.Write)
	require.NoError(t, err)
	require.NoError(t, c.Begin(t.Context(), db.TxOptions{}))
	do(c, `LOCK TABLE idea_book IN SHARE MODE`)
	return func() {
		eventually(t, "both have read", func() bool {
			return do(c, `SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'idea_book'::regclass`) == 2
		})
		c.Release()
		require.NoError(t, d.Close())
	}
}

func refusals(t *testing.T, s *site) {
	require.Equal(t, "4 books, orm: this Atomic asks for Isolation(serializable) inside of a transaction that was begun with Isolation(repeatable read), "+
		"which cannot be changed once it runs: give the option to the outermost Atomic", answered(t, s, s.later("POST /transaction/refused/")).body)
}
