package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
)

func TestInspect(t *testing.T) {
	for sql, want := range map[string]int{
		"SELECT $1, $3": 3, "  ((select 1))": 0, "/* a /* b */ COMMIT */ -- $9\nWITH x AS (SELECT $1) TABLE x": 1, "": 0, ";": -1, "SELECT '$1 '' $2', $$ $3 $$, $a$ $4 $$ $a$, \"$5\", E'\\' $6'": 0,
		"COMMIT": -1, "Set x = 1": -1, "COPY t TO PROGRAM 'x'": -1, "DO $$ $$": -1, "CALL p()": -1, "/* open": 0, "\"select\"": -1, "SELECT 'open": 0, "SELECT $x$ open": 0, "SELECT a$1, $2": 2,
		"DEALLOCATE ALL": -1, "listen x": -1, "PREPARE x AS SELECT 1": -1, "VACUUM": -1, "\xff": -1,
	} {
		n, traces, _, err := inspect(sql)
		if want < 0 {
			dbtest.Code(t, abi.CodeForbidden, err)
			continue
		}
		require.NoError(t, err, sql)
		require.Equal(t, want, n, sql)
		require.False(t, traces, sql)
	}
	for sql, want := range map[string]bool{
		"SELECT set_config('a.b', 'c', false)": true, "SELECT pg_catalog . \"set_config\" ('a')": true, "SELECT U&\"set\\005fconfig\"('a')": true,
		"UPDATE pg_settings SET setting = 1": true, "CREATE TEMP TABLE t (x)": true, "SELECT 1 INTO temporary t": true, "SELECT pg_advisory_lock(1)": true,
		"SELECT 'set_config', \"temp\", temperature FROM t -- temp": false, "SELECT e'set_config', e FROM u": false, "SELECT $$set_config$$": false,
	} {
		_, traces, _, err := inspect(sql)
		require.NoError(t, err)
		require.Equal(t, want, traces, sql)
	}
}

func TestSessionsAreCleanForTheNext(t *testing.T) {
	d := opened(t, "&readers=1&writers=1")
	for _, sql := range []string{"SELECT set_config('search_path', 'pg_catalog', false)", "SELECT pg_advisory_lock(42)"} {
		_, err := dbtest.Do(t.Context(), d, db.Read, sql)
		require.NoError(t, err)
	}
	write(t, d, "CREATE TEMP TABLE temps (id integer)")
	require.Equal(t, [][]abi.Value{{abi.Null, abi.Int(0)}},
		read(t, d, "SELECT to_regclass('temps'), count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"))
	require.Contains(t, read(t, d, "SHOW search_path")[0][0].Str, "vinyl_test_")
	a := read(t, d, "SELECT pg_backend_pid(), 'set_config'")
	require.Equal(t, a, read(t, d, "SELECT pg_backend_pid(), 'set_config'"), "others keep their connection")
}

func TestPlansGoStale(t *testing.T) {
	d := opened(t, "&readers=1")
	write(t, d, "CREATE TABLE t (id integer PRIMARY KEY, v varchar(10))")
	write(t, d, "INSERT INTO t VALUES (1, '5')")
	get := func() []abi.Value { return read(t, d, "SELECT v FROM t WHERE v = $1", abi.Text("5"))[0] }
	require.Equal(t, []abi.Value{abi.Text("5")}, get())
	write(t, d, "ALTER TABLE t ALTER v TYPE integer USING v::integer")
	require.Equal(t, []abi.Value{abi.Int(5)}, get(), "the type of a column and of a parameter")
	c := acquire(t, d, db.Read)
	require.NoError(t, c.Begin(t.Context(), db.TxOptions{ReadOnly: true}))
	write(t, d, "ALTER TABLE t ALTER v TYPE bigint")
	_, err := dbtest.On(t.Context(), c, false, "SELECT v FROM t WHERE v = $1", abi.Text("5"))
	require.True(t, db.Retryable(err), "%v", err)
	require.NoError(t, c.Rollback())
	require.NoError(t, c.Begin(t.Context(), db.TxOptions{ReadOnly: true}))
	_, err = dbtest.On(t.Context(), c, false, "SELECT v FROM t WHERE v = $1", abi.Text("5"))
	require.NoError(t, err)
	c.Release()
	all := "SELECT * FROM t"
	require.Len(t, read(t, d, all)[0], 2)
	write(t, d, "ALTER TABLE t ADD w text")
	_, err = dbtest.Do(t.Context(), d, db.Read, all)
	require.ErrorContains(t, err, "run it again")
	require.Len(t, read(t, d, all)[0], 3)
	_, err = dbtest.Do(t.Context(), d, db.Read, "SELECT v FROM t WHERE v = $1", abi.Text("x"))
	dbtest.Code(t, abi.CodeValue, err)
}

func TestStatementsAreKept(t *testing.T) {
	d := opened(t, "&readers=1")
	kept := func() int64 { return read(t, d, "SELECT count(*) FROM pg_prepared_statements")[0][0].Int64() }
	for range 3 {
		read(t, d, "SELECT $1 + 1", abi.Int(1))
	}
	require.EqualValues(t, 2, kept())
	read(t, d, "SELECT $1 + 1", abi.Int(1<<40))
	require.EqualValues(t, 3, kept(), "another type, another statement")
	for i := range 2 * cacheSize {
		read(t, d, fmt.Sprintf("SELECT %d", i))
	}
	require.EqualValues(t, cacheSize, kept())
	read(t, d, "SELECT '"+strings.Repeat("x", keepSQL)+"'")
	require.EqualValues(t, cacheSize, kept(), "long ones are not kept")
}

func TestManyIntegersHaveOneType(t *testing.T) {
	d := opened(t, "&readers=1")
	write(t, d, "CREATE TABLE t (id integer, n bigint)")
	mixed := func(seed int) (args []abi.Value) {
		for i := range 20 {
			args = append(args, abi.Int(int64(1)<<((i*seed)%50)))
		}
		return args
	}
	in := "SELECT count(*) FROM t WHERE n IN (" + placeholders(20) + ")"
	for seed := range 10 {
		read(t, d, in, mixed(seed)...)
		read(t, d, "SELECT $1 + $2", abi.Int(1), abi.Int(int64(1)<<(seed*4)))
	}
	require.LessOrEqual(t, read(t, d, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT count%'")[0][0].Int64(), int64(3))
	write(t, d, "INSERT INTO t VALUES ($1, $2), ($3, $4)", abi.Int(1), abi.Int(1<<40), abi.Int(2), abi.Int(3))
	require.Equal(t, abi.Text("ab"), read(t, d, "SELECT left('abc', $1) WHERE $2 > 1", abi.Int(2), abi.Int(1<<40))[0][0], "but not where there are few")
}

func rowsOn(tb testing.TB, c *conn, sql string) [][]abi.Value {
	tb.Helper()
	r, err := dbtest.On(context.Background(), c, false, sql)
	require.NoError(tb, err)
	return r.Rows
}

func placeholders(n int) string {
	p := make([]string, n)
	for i := range p {
		p[i] = fmt.Sprintf("$%d", i+1)
	}
	return strings.Join(p, ", ")
}

func TestUnknownTypesInTransactions(t *testing.T) {
	d := opened(t, "")
	write(t, d, "CREATE TABLE t (id integer, s text)")
	for range 2 { // the second connection has been told
		c := begin(t, d)
		require.NoError(t, on(c, "INSERT INTO t (id) VALUES (1)"))
		require.NoError(t, on(c, "INSERT INTO t (id, s) SELECT 2, concat($1, $2) WHERE $3 IS NULL", abi.Text("a"), abi.Text("b"), abi.Null))
		require.NoError(t, c.Commit(t.Context()))
		defer c.Release()
	}
	require.Len(t, read(t, d, "SELECT * FROM t WHERE s = 'ab'"), 2)
	require.Len(t, d.hints.m, 1)
	c := begin(t, d)
	long := "SELECT '" + strings.Repeat("x", keepSQL) + "', $1 || 'x'"
	require.NoError(t, on(c, long, abi.Text("a")))
	require.NoError(t, on(c, long, abi.Text("a")))
	require.Equal(t, [][]abi.Value{{abi.Int(0)}}, rowsOn(t, c, "SELECT count(*) FROM pg_prepared_statements WHERE length(statement) > 30000"), "large ones are not kept")
	require.Error(t, on(c, "SELECT nosuch($1)", abi.Text("a")))
	require.EqualValues(t, txFailed, c.pg.TxStatus(), "what is wrong stays wrong")
}

// TestStreamsWaitForTheirReader reads a row of a result that is far too large
// for the buffers in between: the server waits, and so does its query.
func TestStreamsWaitForTheirReader(t *testing.T) {
	d := opened(t, "")
	write(t, d, "CREATE SEQUENCE made")
	for _, tx := range []bool{false, true} {
		c := acquire(t, d, db.Write)
		if tx {
			require.NoError(t, c.Begin(t.Context(), db.TxOptions{}))
		}
		cur, err := c.Query(t.Context(), db.Statement{SQL: "SELECT nextval('made'), repeat('x', 1000) FROM generate_series(1, 1000000)", Stream: true})
		require.NoError(t, err)
		_, done, err := cur.Fill(t.Context(), nil, db.Limits{Rows: 1, Bytes: 1 << 20})
		require.NoError(t, err)
		require.False(t, done)
		time.Sleep(100 * time.Millisecond)
		n := read(t, d, "SELECT last_value FROM made")[0][0].Int64()
		if tx {
			require.EqualValues(t, 1, n)
		} else {
			require.Less(t, n, int64(100_000))
		}
		cur.Close()
		c.Release()
		write(t, d, "SELECT setval('made', 1, false)")
	}
}

// TestCancelsAtTheServer looks whether the query is gone there.
func TestCancelsAtTheServer(t *testing.T) {
	d := opened(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := dbtest.Do(ctx, d, db.Read, "SELECT 'find me', pg_sleep(30)")
	dbtest.Code(t, abi.CodeCancelled, err)
	require.Equal(t, [][]abi.Value{{abi.Int(0)}},
		read(t, d, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%find me%' AND pid <> pg_backend_pid()"))
}

func TestStreamsAskForNoMoreThanAFrame(t *testing.T) {
	d := opened(t, "")
	c := begin(t, d)
	sql := "SELECT repeat('x', 1000) FROM generate_series(1, 1000) i"
	cur, err := c.Query(t.Context(), db.Statement{SQL: sql, Stream: true})
	require.NoError(t, err)
	rows, frames, largest := 0, 0, 0
	for done := false; !done; {
		var b []byte
		b, done, err = cur.Fill(t.Context(), nil, db.Limits{Rows: 200, Bytes: 5000})
		require.NoError(t, err)
		if b[0] == abi.FrameRows {
			rows += int(abi.U32(b[1:]))
			if frames++; frames > 1 { // of the first nothing is known before
				largest = max(largest, len(b))
			}
		}
	}
	require.Equal(t, 1000, rows)
	require.Less(t, largest, 6000)
}

// TestLargeStatementsAreKept inserts many rows by one statement again and again.
func TestLargeStatementsAreKept(t *testing.T) {
	d := opened(t, "")
	write(t, d, "CREATE TABLE t (n bigint)")
	c, err := d.Acquire(context.Background(), db.Write)
	require.NoError(t, err)
	defer c.Release()
	insert := func(rows int) {
		args := make([]abi.Value, rows)
		for i := range args {
			args[i] = abi.Int(int64(i))
		}
		_, err := dbtest.On(context.Background(), c, true, "INSERT INTO t VALUES ("+strings.ReplaceAll(placeholders(rows), ", ", "), (")+")", args...)
		require.NoError(t, err)
	}
	kept := func() int64 {
		r, err := dbtest.On(context.Background(), c, false, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT%'")
		require.NoError(t, err)
		return r.Rows[0][0].Int64()
	}
	for range 3 {
		insert(keepArgs + 1)
	}
	require.EqualValues(t, 1, kept())
	for i := range 2 * keepLarge {
		insert(keepArgs + 2 + i)
	}
	require.EqualValues(t, keepLarge, kept(), "the server takes much memory for each")
	insert(keepMost + 1)
	require.EqualValues(t, keepLarge, kept(), "those that are larger still are not kept")
}
