package sqlite

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
)

// doubled names a table expression of which SQLite makes 2^40 copies.
func doubled() string {
	var b strings.Builder
	b.WriteString("WITH t0 AS (SELECT 1 AS a)")
	for i := range 40 {
		fmt.Fprintf(&b, ", t%d AS (SELECT x.a FROM t%d x, t%d y)", i+1, i, i)
	}
	return b.String() + " SELECT count(*) FROM t40"
}

// views makes 40 views, each of which selects from the one before.
func views(t *testing.T, d *DB, selects string) {
	t.Helper()
	for i := range 41 {
		write(t, d, fmt.Sprintf("DROP VIEW IF EXISTS v%d", i))
	}
	write(t, d, "CREATE VIEW v0 AS SELECT 1 AS a")
	for i := range 40 {
		write(t, d, fmt.Sprintf("CREATE VIEW v%d AS ", i+1)+strings.ReplaceAll(selects, "$", fmt.Sprint("v", i)))
	}
}

func peak() int64 {
	tls := libc.NewTLS()
	defer tls.Close()
	return lib.Xsqlite3_memory_highwater(tls, 1)
}

// TestPreparingIsInterrupted: SQLite itself looks for an interruption nowhere
// in this work, and would fill all the memory it may have.
func TestPreparingIsInterrupted(t *testing.T) {
	const viewed = "SELECT count(*) FROM v40"
	for name, c := range map[string]struct {
		sql    string
		before func(t *testing.T, d *DB, c db.Conn)
		args   []abi.Value
	}{
		"table expressions": {sql: doubled()},
		"views":             {sql: viewed, before: func(t *testing.T, d *DB, _ db.Conn) { views(t, d, "SELECT x.a FROM $ x, $ y") }},
		"prepared again": {sql: viewed, before: func(t *testing.T, d *DB, c db.Conn) {
			views(t, d, "SELECT a FROM $")
			_, err := dbtest.On(t.Context(), c, false, viewed)
			require.NoError(t, err)
			views(t, d, "SELECT x.a FROM $ x, $ y")
		}},
		"one row": {sql: "SELECT 1" + strings.Repeat(", length(upper(?1))", 1900), args: []abi.Value{abi.Text(strings.Repeat("a", 30<<20))}},
	} {
		t.Run(name, func(t *testing.T) {
			d := file(t)
			a, err := d.Acquire(t.Context(), db.Read)
			require.NoError(t, err)
			defer a.Release()
			if c.before != nil {
				c.before(t, d, a)
			}
			peak()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			ended := make(chan error, 1)
			go func() {
				_, err := dbtest.On(ctx, a, false, c.sql, c.args...)
				ended <- err
			}()
			for going := true; going; { // others lack nothing
				require.Equal(t, []abi.Value{abi.Text("A")}, read(t, d, "SELECT upper('a')").Rows[0])
				select {
				case err := <-ended:
					var op *abi.OpError
					require.ErrorAs(t, err, &op)
					require.Equal(t, abi.CodeTimeout, op.Code, err)
					going = false
				case <-time.After(time.Millisecond):
				}
			}
			require.Less(t, peak(), heap.limit/2)
			a.Release()
			require.Equal(t, []abi.Value{abi.Int(1)}, read(t, d, "SELECT 1").Rows[0])
		})
	}
}

// TestPreparingEndsNoTransaction: what a transaction did before is still there.
func TestPreparingEndsNoTransaction(t *testing.T) {
	d := file(t)
	write(t, d, "CREATE TABLE t (a)")
	c, err := d.Acquire(t.Context(), db.Write)
	require.NoError(t, err)
	defer c.Release()
	require.NoError(t, c.Begin(t.Context(), db.TxOptions{}))
	_, err = dbtest.On(t.Context(), c, true, "INSERT INTO t VALUES (7)")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = dbtest.On(ctx, c, true, "INSERT INTO t "+doubled())
	var op *abi.OpError
	require.ErrorAs(t, err, &op)
	require.Equal(t, abi.CodeTimeout, op.Code, err)
	require.NoError(t, c.Commit(t.Context()))
	c.Release()
	require.Equal(t, [][]abi.Value{{abi.Int(7)}}, read(t, d, "SELECT a FROM t").Rows)
	write(t, d, "INSERT INTO t VALUES (8)")
}

// TestTheDriverLacksNothing: its own statements have memory also while the
// guest's get none.
func TestTheDriverLacksNothing(t *testing.T) {
	d := file(t)
	write(t, d, "CREATE TABLE t (a)")
	a, err := d.Acquire(t.Context(), db.Write)
	require.NoError(t, err)
	c := a.(*conn)
	defer c.Release()
	require.NoError(t, c.Begin(t.Context(), db.TxOptions{}))
	_, err = dbtest.On(t.Context(), c, true, "INSERT INTO t VALUES (7)")
	require.NoError(t, err)
	starving.of.Store(thread(c.sq), c)
	starving.n.Add(1)
	_, hungry := dbtest.On(t.Context(), c, true, "INSERT INTO t VALUES (8)"+strings.Repeat(", (8)", 400)) // more than a connection has in stock
	failed := c.Commit(t.Context())
	starving.n.Add(-1)
	starving.of.Delete(thread(c.sq))
	require.ErrorContains(t, hungry, "more memory than SQLite may have here")
	require.NoError(t, failed)
	require.Equal(t, [][]abi.Value{{abi.Int(7)}}, read(t, d, "SELECT a FROM t").Rows)
}

func TestPreparingForClientsIsInterrupted(t *testing.T) {
	r, err := file(t).Raw(t.Context(), false)
	require.NoError(t, err)
	defer r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	peak()
	err = r.Within(ctx, func() error {
		_, _, err := r.Prepare(doubled())
		return err
	})
	require.Error(t, err)
	require.Less(t, peak(), heap.limit/2)
	require.NoError(t, r.Within(t.Context(), func() error {
		st, _, err := r.Prepare("SELECT 1")
		if err == nil {
			st.Close()
		}
		return err
	}))
}
