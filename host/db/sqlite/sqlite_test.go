package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
)

// file opens a new database on disk.
func file(tb testing.TB) *DB {
	tb.Helper()
	d, err := Open(context.Background(), Config{Path: filepath.Join(tb.TempDir(), "test.db")})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, d.Close()) })
	return d
}

func write(tb testing.TB, d *DB, sql string, args ...abi.Value) dbtest.Result {
	tb.Helper()
	r, err := dbtest.Do(context.Background(), d, db.Write, sql, args...)
	require.NoError(tb, err, sql)
	return r
}

func read(tb testing.TB, d *DB, sql string, args ...abi.Value) dbtest.Result {
	tb.Helper()
	r, err := dbtest.Do(context.Background(), d, db.Read, sql, args...)
	require.NoError(tb, err, sql)
	return r
}

func TestValuesOfEveryType(t *testing.T) {
	d := file(t)
	write(t, d, "CREATE TABLE t (id integer PRIMARY KEY AUTOINCREMENT, i, f, s, b, n)")
	r := write(t, d, "INSERT INTO t (i, f, s, b, n) VALUES (?, ?, ?, ?, ?)",
		abi.Int(-7), abi.Float(1.5), abi.Text("héllo\x00x"), abi.Bytes([]byte{0, 255}), abi.Null)
	require.EqualValues(t, 1, r.Affected)
	require.EqualValues(t, 1, r.Last)
	write(t, d, "INSERT INTO t (i, s, b) VALUES (?, ?, ?)", abi.Bool(true), abi.Text(""), abi.Bytes(nil))
	got := read(t, d, "SELECT i, f, s, b, n FROM t ORDER BY id")
	require.Equal(t, 5, got.Columns)
	require.Equal(t, [][]abi.Value{
		{abi.Int(-7), abi.Float(1.5), abi.Text("héllo\x00x"), abi.Bytes([]byte{0, 255}), abi.Null},
		{abi.Int(1), abi.Null, abi.Text(""), abi.Bytes(nil), abi.Null},
	}, got.Rows)
	require.Zero(t, got.Affected)
	got = write(t, d, "INSERT INTO t (i) VALUES (1), (2) RETURNING id, i")
	require.Equal(t, [][]abi.Value{{abi.Int(3), abi.Int(1)}, {abi.Int(4), abi.Int(2)}}, got.Rows)
	require.EqualValues(t, 2, got.Affected)
	require.EqualValues(t, 3, write(t, d, "UPDATE t SET f = 2 WHERE id > ?", abi.Int(1)).Affected)
	require.EqualValues(t, 4, write(t, d, "DELETE FROM t").Affected)
}

func TestGuestsStatementsStayInTheirDatabase(t *testing.T) {
	d := file(t)
	dir := t.TempDir()
	for _, sql := range []string{
		"ATTACH '" + dir + "/x.db' AS x", "DETACH main", "VACUUM INTO '" + dir + "/x.db'", "PRAGMA query_only=OFF", "PRAGMA writable_schema=ON",
		"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT a", "RELEASE a", "SELECT load_extension('x')",
	} {
		for _, mode := range []db.Mode{db.Read, db.Write} {
			_, err := dbtest.Do(t.Context(), d, mode, sql)
			require.Error(t, err, sql)
		}
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
	_, err = dbtest.Do(t.Context(), d, db.Read, "CREATE TABLE t (x)")
	var e *abi.OpError
	require.ErrorAs(t, err, &e)
	require.Equal(t, abi.CodeReadOnly, e.Code)
}
