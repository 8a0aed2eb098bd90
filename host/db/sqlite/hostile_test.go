package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"zombiezen.com/go/sqlite"
)

// TestOneRowIsInterrupted: SQLite looks for an interruption between rows, and a
// single comparison of long texts could take it for days.
func TestOneRowIsInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("much of SQLite's own work, one statement at a time")
	}
	text := func(n int, end string) abi.Value { return abi.Text(strings.Repeat("a", n) + end) }
	for name, c := range map[string]struct {
		sql  string
		args []abi.Value
	}{
		"INSTR":          {"SELECT INSTR(?, ?)", []abi.Value{text(32<<20, ""), text(16<<20, "b")}},
		"REPLACE":        {"SELECT REPLACE(?, ?, '')", []abi.Value{text(32<<20, ""), text(16<<20, "b")}},
		"LIKE":           {`SELECT ? LIKE ? ESCAPE '\'`, []abi.Value{text(64<<20, ""), abi.Text("%" + strings.Repeat("a", 40_000) + "b%")}},
		"LIKE _":         {`SELECT ? LIKE ? ESCAPE '\'`, []abi.Value{text(64<<20, ""), abi.Text("%" + strings.Repeat("_a", 40_000) + "b%")}},
		"GLOB":           {"SELECT ? GLOB ?", []abi.Value{text(64<<20, ""), abi.Text("*" + strings.Repeat("a", 40_000) + "b*")}},
		"TRIM":           {"SELECT length(TRIM(?, ?))", []abi.Value{text(16<<20, ""), abi.Text(strings.Repeat("bc", 1<<20) + "a")}},
		"UNHEX":          {"SELECT UNHEX(?, ?)", []abi.Value{abi.Text(strings.Repeat("-", 16<<20)), abi.Text(strings.Repeat("xy", 1<<20) + "-")}},
		"json_patch":     {"SELECT length(json_patch('{}', '{}'))", nil},
		"REGEXP":         {"SELECT ? REGEXP ?", []abi.Value{text(32<<20, ""), abi.Text(strings.Repeat("(a{0,1000})", 200) + "b")}},
		"a huge pattern": {"SELECT ? REGEXP ?", []abi.Value{text(10, ""), abi.Text(strings.Repeat("(a|b|c|[^d])*", 2<<20))}},
	} {
		t.Run(name, func(t *testing.T) {
			d := file(t)
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			defer cancel()
			ended := make(chan error, 1)
			go func() {
				_, err := dbtest.Do(ctx, d, db.Read, c.sql, c.args...)
				ended <- err
			}()
			select {
			case err := <-ended:
				t.Log(err)
			case <-time.After(10 * time.Second):
				t.Fatal("it goes on")
			}
			require.Equal(t, []abi.Value{abi.Int(1)}, read(t, d, "SELECT 1").Rows[0])
		})
	}
}

// TestTextFunctionsAreSQLites compares the functions that take the place of
// SQLite's with those.
func TestTextFunctionsAreSQLites(t *testing.T) {
	if testing.Short() {
		t.Skip("much of SQLite's own work, one statement at a time")
	}
	plain, err := sqlite.OpenConn(":memory:")
	require.NoError(t, err)
	defer plain.Close()
	ours, err := file(t).Acquire(context.Background(), db.Read)
	require.NoError(t, err)
	defer ours.Release()
	letters := []string{"a", "A", "b", "é", "É", "ß", "%", "_", "\\", "%", "_", "€", "."}
	rnd := rand.New(rand.NewPCG(1, 2))
	word := func(most int) abi.Value {
		switch rnd.IntN(20) {
		case 0:
			return abi.Null
		case 1:
			return abi.Int(int64(rnd.IntN(200)) - 100)
		case 2:
			return abi.Bytes([]byte(strings.Repeat("b", rnd.IntN(3))))
		}
		var b strings.Builder
		for range rnd.IntN(most) {
			b.WriteString(letters[rnd.IntN(len(letters))])
		}
		return abi.Text(b.String())
	}
	of := func(most int, letters ...string) abi.Value {
		var b strings.Builder
		for range rnd.IntN(most) {
			b.WriteString(letters[rnd.IntN(len(letters))])
		}
		return abi.Text(b.String())
	}
	// Both give the cell as it goes to the guest.
	want := func(sql string, args []abi.Value) []byte {
		st, _, err := plain.PrepareTransient(sql)
		require.NoError(t, err)
		defer func() { _ = st.Finalize() }()
		require.NoError(t, bind(st, args))
		_, err = st.Step()
		require.NoError(t, err)
		row, err := cells(st, 1, nil)
		require.NoError(t, err)
		return row
	}
	got := func(sql string, args []abi.Value) []byte {
		st, err := ours.(*conn).cache.get(ours.(*conn).sq, sql)
		require.NoError(t, err)
		defer ours.(*conn).cache.put(st)
		require.NoError(t, bind(st.sq, args))
		_, err = st.sq.Step()
		require.NoError(t, err)
		row, err := cells(st.sq, 1, nil)
		require.NoError(t, err)
		return row
	}
	for range 20_000 {
		x, y, z := word(8), word(5), word(3)
		glob, digits := of(8, "a", "A", "é", "*", "*", "?", "[", "]", "^", "-", "b"), of(6, "aF", "0", "9", "é", "%", "b_", "1A", "ff")
		for _, c := range []struct {
			sql  string
			args []abi.Value
		}{
			{`SELECT ? LIKE ?`, []abi.Value{x, y}},
			{`SELECT ? LIKE ? ESCAPE '\'`, []abi.Value{x, y}},
			{`SELECT ? LIKE ? ESCAPE 'é'`, []abi.Value{x, y}},
			{`SELECT INSTR(?, ?)`, []abi.Value{x, y}},
			{`SELECT REPLACE(?, ?, ?)`, []abi.Value{x, y, z}},
			{`SELECT ? GLOB ?`, []abi.Value{x, glob}},
			{`SELECT TRIM(?, ?)`, []abi.Value{x, z}},
			{`SELECT LTRIM(?, ?)`, []abi.Value{x, z}},
			{`SELECT RTRIM(?, ?)`, []abi.Value{x, z}},
			{`SELECT hex(UNHEX(?, ?))`, []abi.Value{digits, z}},
			{`SELECT ? LIKE '%' || ? || '_' || ? || '%'`, []abi.Value{x, y, z}},
		} {
			require.Equal(t, want(c.sql, c.args), got(c.sql, c.args), "%s %v", c.sql, c.args)
		}
	}
	_, err = dbtest.On(context.Background(), ours, false, `SELECT 'a' LIKE 'b' ESCAPE 'xy'`)
	require.ErrorContains(t, err, "single character")
}

// TestSortingDoesNotTakeTheHostsMemory: a query that multiplies rows by joins
// sorts gigabytes, which belong on disk.
func TestSortingDoesNotTakeTheHostsMemory(t *testing.T) {
	c, err := file(t).Acquire(context.Background(), db.Read)
	require.NoError(t, err)
	defer c.Release()
	rows, err := c.(*conn).strings(context.Background(), "PRAGMA temp_store")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"1"}}, rows, "1 = FILE")
}

func TestAValueIsNotTheHostsMemory(t *testing.T) {
	_, err := dbtest.Do(context.Background(), file(t), db.Read, "SELECT length(REPLACE(REPEAT('x', 1000000), 'x', REPEAT('y', 1000)))")
	require.ErrorContains(t, err, "too long")
	_, err = dbtest.Do(context.Background(), file(t), db.Read, "SELECT length(hex(zeroblob(100000000)))")
	require.ErrorContains(t, err, "too big")
}

// TestManyValuesAreNotTheHostsMemory: each is short enough, and a row has up to
// 2,000 of them, made by functions or the same one again and again.
func TestManyValuesAreNotTheHostsMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("much of SQLite's own work, one statement at a time")
	}
	d := file(t)
	same := "WITH t AS MATERIALIZED (SELECT zeroblob(60000000) || 'x' AS v) SELECT v" + strings.Repeat(", v", 40) + " FROM t"
	_, err := dbtest.Do(context.Background(), d, db.Read, same)
	require.ErrorContains(t, err, "a row is larger than 256 MiB")

	less := heap.limit - 100<<20 // what the pages take does not matter here
	reserve(-less)
	defer reserve(less)
	write(t, d, "CREATE TABLE t (a)")
	made := "SELECT 1" + strings.Repeat(", zeroblob(5000000) || 'x'", 40)
	for sql, mode := range map[string]db.Mode{made: db.Read, "INSERT INTO t SELECT 1 FROM (" + made + " LIMIT 1) WHERE length(" + strings.Repeat("zeroblob(5000000) || 'x' || ", 40) + "'') > 0": db.Write} {
		_, err = dbtest.Do(context.Background(), d, mode, sql)
		var op *abi.OpError
		require.ErrorAs(t, err, &op, sql)
		require.Contains(t, []abi.ErrorCode{abi.CodeNotSupported, abi.CodeValue}, op.Code, err)
	}
	_, err = dbtest.Do(context.Background(), d, db.Read, made)
	require.ErrorContains(t, err, "more memory than SQLite may have here")
	require.Equal(t, []abi.Value{abi.Int(1)}, read(t, d, "SELECT 1").Rows[0])
	write(t, d, "INSERT INTO t VALUES (1)")
}

func TestPreparedStatementsAreBounded(t *testing.T) {
	a, err := file(t).Acquire(context.Background(), db.Read)
	require.NoError(t, err)
	defer a.Release()
	c := a.(*conn)
	run := func(sql string) {
		_, err := dbtest.On(context.Background(), a, false, sql)
		require.NoError(t, err)
	}
	run("SELECT 1")
	run("SELECT 1 " + strings.Repeat(" ", maxCached))
	require.Len(t, c.cache.m, 1, "a long one is not kept")
	for i := range 2 * cacheSize {
		run(fmt.Sprintf("SELECT %d%10000s", i, ""))
	}
	require.LessOrEqual(t, c.cache.bytes, cacheBytes)
	require.Equal(t, cacheBytes/10_010, len(c.cache.m))
	for i := range 2 * cacheSize {
		run(fmt.Sprintf("SELECT %d", i))
	}
	require.Len(t, c.cache.m, cacheSize)
}

func BenchmarkLike(b *testing.B) {
	d := file(b)
	write(b, d, "CREATE TABLE t (s text)")
	write(b, d, "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 100000) SELECT 'the quick brown fox jumps over the lazy dog ' || i FROM n")
	for _, sql := range []string{`SELECT count(*) FROM t WHERE s LIKE '%dog 77777%' ESCAPE '\'`, `SELECT count(*) FROM t WHERE INSTR(s, 'dog 77777')`, `SELECT count(*) FROM t WHERE REPLACE(s, 'dog', 'cat') = 'x'`, `SELECT count(*) FROM t WHERE s REGEXP 'dog 77777'`} {
		b.Run(strings.Fields(sql)[5], func(b *testing.B) {
			for b.Loop() {
				read(b, d, sql)
			}
		})
	}
}
