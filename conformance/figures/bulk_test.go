package figures

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

const bulkRows = 10_000

// BenchmarkBulkCreate has a view insert 10,000 rows of seven columns by
// BulkCreate, and native code insert the same rows into the same table by the
// driver alone, getting their keys too: the two take turns.
//
//	go test ./conformance/figures -run '^$' -bench BulkCreate -benchtime 10x
func BenchmarkBulkCreate(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		file := filepath.Join(b.TempDir(), "figures.db")
		compareBulk(b, "file:"+file, func() func() {
			c := alone(b, file)
			return func() { require.NoError(b, insertSQLite(c)) }
		})
	})
	b.Run("postgresql", func(b *testing.B) {
		url := pgtest.URL(b)
		compareBulk(b, url, func() func() {
			c, err := pgx.Connect(b.Context(), url)
			require.NoError(b, err)
			b.Cleanup(func() { _ = c.Close(context.Background()) })
			return func() { require.NoError(b, insertPostgres(b.Context(), c)) }
		})
	})
}

// alone opens a copy of the file: two who write the same one by turns would
// throw away, each time, what they know of it, which neither does otherwise.
func alone(b *testing.B, file string) *sqlite.Conn {
	c, err := sqlite.OpenConn(file)
	require.NoError(b, err)
	copied := file + ".native"
	require.NoError(b, sqlitex.ExecuteTransient(c, "VACUUM INTO ?", &sqlitex.ExecOptions{Args: []any{copied}}))
	require.NoError(b, c.Close())
	c, err = sqlite.OpenConn(copied)
	require.NoError(b, err)
	b.Cleanup(func() { _ = c.Close() })
	return c
}

// compareBulk measures the guest, and what open returns once the tables are there.
func compareBulk(b *testing.B, url string, open func() (native func())) {
	s := start(b, "async/1", "conformance/figures/app", url)
	guest := func() {
		c, err := dial(s.addr, fmt.Sprintf("/fill/%d/", bulkRows))
		require.NoError(b, err)
		defer c.conn.Close()
		require.NoError(b, c.send())
		_, err = c.receive()
		require.NoError(b, err)
	}
	native := open()
	guest()
	native()
	var ours, theirs, cpu []float64
	for b.Loop() {
		begin, used := time.Now(), s.usage().cpu
		guest()
		cpu = append(cpu, float64((s.usage().cpu-used).Nanoseconds())/bulkRows/1e3)
		ours = append(ours, bulkRows/time.Since(begin).Seconds())
		begin = time.Now()
		native()
		theirs = append(theirs, bulkRows/time.Since(begin).Seconds())
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ours), "rows/s")
	b.ReportMetric(median(theirs), "native-rows/s")
	b.ReportMetric(median(cpu), "µsCPU/row")
	b.ReportMetric(median(ours)/median(theirs), "of-native")
}

const noteColumns = `INSERT INTO "app_note" ("title", "text", "a", "b", "c", "flag", "tag") VALUES `

func insertSQLite(c *sqlite.Conn) (err error) {
	defer sqlitex.Transaction(c)(&err)
	st, err := c.Prepare(noteColumns + `(?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	for i := range bulkRows {
		st.BindText(1, fmt.Sprint("note number ", i))
		st.BindText(2, "some words about it")
		st.BindInt64(3, int64(i))
		st.BindInt64(4, int64(i*7))
		st.BindFloat(5, float64(i)/3)
		st.BindBool(6, i%2 == 0)
		st.BindText(7, "new")
		if _, err := st.Step(); err != nil {
			return err
		}
		_ = c.LastInsertRowID() // as the ORM learns the keys
		if err := st.Reset(); err != nil {
			return err
		}
	}
	return nil
}

func insertPostgres(ctx context.Context, c *pgx.Conn) error {
	const batch = 2000
	var sql strings.Builder
	sql.WriteString(noteColumns)
	for i := range batch {
		n := i * 7
		if i > 0 {
			sql.WriteString(", ")
		}
		fmt.Fprintf(&sql, "($%d, $%d, $%d, $%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4, n+5, n+6, n+7)
	}
	sql.WriteString(` RETURNING "id"`)
	return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		for first := 0; first < bulkRows; first += batch {
			args := make([]any, 0, 7*batch)
			for i := first; i < first+batch; i++ {
				args = append(args, fmt.Sprint("note number ", i), "some words about it", i, i*7, float64(i)/3, i%2 == 0, "new")
			}
			rows, err := tx.Query(ctx, sql.String(), args...)
			if err != nil {
				return err
			}
			if _, err := pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
				return err
			}
		}
		return nil
	})
}
