package sqlite

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

func rawOf(t *testing.T, d *DB, plain bool) *Raw {
	r, err := d.Raw(t.Context(), plain)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r
}

// runRaw runs one statement and returns its rows.
func runRaw(ctx context.Context, r *Raw, sql string, args ...abi.Value) (rows [][]abi.Value, affected int64, err error) {
	err = r.Within(ctx, func() error {
		st, _, err := r.Prepare(sql)
		if err != nil || st == nil {
			return err
		}
		defer st.Close()
		for i := range args {
			if err := st.Bind(i+1, &args[i]); err != nil {
				return err
			}
		}
		names, _ := st.Columns()
		for {
			row, err := st.Step(ctx)
			if err != nil || !row {
				affected = st.Affected()
				return err
			}
			var cells []abi.Value
			for i := range names {
				cells = append(cells, st.Cell(i))
			}
			rows = append(rows, cells)
		}
	})
	return rows, affected, err
}

func TestRaw(t *testing.T) {
	d := file(t)
	r := rawOf(t, d, false)
	must := func(sql string, args ...abi.Value) ([][]abi.Value, int64) {
		rows, n, err := runRaw(t.Context(), r, sql, args...)
		require.NoError(t, err, sql)
		return rows, n
	}
	must("CREATE TABLE t (id integer PRIMARY KEY, at datetime, u text UNIQUE)")
	_, n := must("INSERT INTO t (at, u) VALUES (?, 'a'), (?, 'b')", abi.Text("2024-01-01"), abi.Null)
	require.EqualValues(t, 2, n)
	require.EqualValues(t, 2, r.LastInsertRowID())
	st, rest, err := r.Prepare("-- why\nSELECT at, at || ?2, id FROM t WHERE id > :id; SELECT 2")
	require.NoError(t, err)
	require.Equal(t, " SELECT 2", rest)
	names, types := st.Columns()
	require.Equal(t, []string{"at", "at || ?2", "id"}, names)
	require.Equal(t, []string{"datetime", "", "INTEGER"}, []string{types[0], types[1], strings.ToUpper(types[2])})
	require.Equal(t, []string{"", "?2", ":id"}, st.Params())
	require.True(t, st.ReadOnly())
	require.False(t, st.Explain())
	st.Close()
	st, rest, err = r.Prepare(" /* nothing */ ")
	require.NoError(t, err)
	require.Nil(t, st)
	require.Empty(t, rest)

	must("BEGIN IMMEDIATE")
	require.False(t, r.Autocommit())
	must("DELETE FROM t")
	must("ROLLBACK")
	require.True(t, r.Autocommit())
	rows, n := must("SELECT count(*) FROM t")
	require.Equal(t, [][]abi.Value{{abi.Int(2)}}, rows)
	require.Zero(t, n, "a query changes nothing")

	_, _, err = runRaw(t.Context(), r, "INSERT INTO t (u) VALUES ('a')")
	name, msg := ResultName(err)
	require.Equal(t, "SQLITE_CONSTRAINT_UNIQUE", name)
	require.Contains(t, msg, "UNIQUE constraint failed: t.u")

	// A function that fails leaves nothing behind, though SQLite doesn't know.
	_, _, err = runRaw(t.Context(), r, "INSERT INTO t (u) SELECT 'x' REGEXP '['")
	require.Error(t, err)
	rows, _ = must("SELECT count(*) FROM t")
	require.Equal(t, int64(2), rows[0][0].Int64())
}

func TestRawIsKeptToItsFile(t *testing.T) {
	r := rawOf(t, file(t), false)
	for _, sql := range []string{
		"ATTACH DATABASE ':memory:' AS x", "DETACH DATABASE main", "VACUUM INTO '/tmp/vinyl-stolen.db'", "SELECT load_extension('x')", "PRAGMA journal_mode=DELETE",
		"PRAGMA writable_schema=ON", "PRAGMA query_only=OFF", "PRAGMA temp_store_directory='/tmp'", "PRAGMA wal_checkpoint", "PRAGMA page_size=512", "PRAGMA nonsense",
	} {
		_, _, err := runRaw(t.Context(), r, sql)
		require.Error(t, err, sql)
	}
	for _, sql := range []string{"PRAGMA table_info(t)", "PRAGMA journal_mode", "PRAGMA foreign_keys=OFF", "PRAGMA user_version=3", "SELECT * FROM pragma_function_list"} {
		_, _, err := runRaw(t.Context(), r, sql)
		require.NoError(t, err, sql)
	}
}

func TestRawPlain(t *testing.T) {
	r := rawOf(t, file(t), true)
	for _, sql := range []string{"SELECT django_date_extract('year', '2024-01-01')", "SELECT 'a' REGEXP 'a'", "SELECT STDDEV_POP(1)", "SELECT MD5('a')"} {
		_, _, err := runRaw(t.Context(), r, sql)
		require.ErrorContains(t, err, "no such function", sql)
	}
	rows, _, err := runRaw(t.Context(), r, "SELECT 'abc' LIKE 'a%', replace('aa', 'a', 'b'), sqrt(4)")
	require.NoError(t, err)
	require.Equal(t, [][]abi.Value{{abi.Int(1), abi.Text("bb"), abi.Float(2)}}, rows)
}

func TestRawWaitsAndStops(t *testing.T) {
	d := file(t)
	a, b := rawOf(t, d, false), rawOf(t, d, false)
	_, _, err := runRaw(t.Context(), a, "CREATE TABLE t (id integer)")
	require.NoError(t, err)
	_, _, err = runRaw(t.Context(), a, "BEGIN IMMEDIATE")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, _, err = runRaw(ctx, b, "INSERT INTO t VALUES (1)")
	require.Error(t, err, "the lock is held for as long as it waits")
	committed := make(chan error, 1)
	time.AfterFunc(20*time.Millisecond, func() {
		_, _, err := runRaw(context.Background(), a, "COMMIT")
		committed <- err
	})
	_, _, err = runRaw(t.Context(), b, "INSERT INTO t VALUES (1)")
	require.NoError(t, err, "it waited")
	require.NoError(t, <-committed)

	ctx, cancel = context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, _, err = runRaw(ctx, b, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
	name, _ := ResultName(err)
	require.Equal(t, "SQLITE_INTERRUPT", name)
	_, _, err = runRaw(t.Context(), b, "SELECT 1")
	require.NoError(t, err)

	require.NoError(t, d.Close())
	_, err = d.Raw(t.Context(), false)
	require.Equal(t, db.ErrClosed, err)
}
