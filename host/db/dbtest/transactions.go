package dbtest

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// begun returns a connection in a transaction, and the table t.
func begun(t *testing.T, d *database) db.Conn {
	d.write("CREATE TABLE t (id integer PRIMARY KEY)")
	c := d.acquire(db.Write)
	require.False(t, c.InTx())
	require.NoError(t, c.Begin(t.Context(), db.TxOptions{}))
	require.True(t, c.InTx())
	d.must(c, "INSERT INTO t (id) VALUES (1)")
	return c
}

func commit(t *testing.T, d *database) {
	c := begun(t, d)
	require.Zero(t, d.count("t"), "nobody sees what is not committed")
	require.NoError(t, c.Commit(t.Context()))
	require.False(t, c.InTx())
	require.EqualValues(t, 1, d.count("t"))
	Code(t, abi.CodeTxDone, c.Commit(t.Context()))
	require.NoError(t, c.Rollback(), "nothing to undo")
	require.NoError(t, c.Begin(t.Context(), db.TxOptions{}))
	d.must(c, "INSERT INTO t (id) VALUES (2)")
	require.NoError(t, c.Commit(t.Context()))
	require.EqualValues(t, 2, d.count("t"))
}

func rollback(t *testing.T, d *database) {
	c := begun(t, d)
	require.NoError(t, c.Rollback())
	require.False(t, c.InTx())
	require.Zero(t, d.count("t"))
	require.NoError(t, c.Begin(t.Context(), db.TxOptions{}))
	d.must(c, "INSERT INTO t (id) VALUES (2)")
	c.Release()
	require.Zero(t, d.count("t"), "giving a connection back rolls back")
	d.write("INSERT INTO t (id) VALUES (2)") // nothing holds it
}

func readTx(t *testing.T, d *database) {
	c := begun(t, d)
	require.NoError(t, c.Commit(t.Context()))
	h := d.acquire(db.Hold)
	require.NoError(t, h.Begin(t.Context(), db.TxOptions{ReadOnly: true}))
	require.Len(t, d.must(h, "SELECT id FROM t").Rows, 1)
	require.NoError(t, c.Begin(t.Context(), db.TxOptions{}), "a reader keeps no writer waiting")
	d.must(c, "INSERT INTO t (id) VALUES (2)")
	require.NoError(t, c.Commit(t.Context()))
	require.Len(t, d.must(h, "SELECT id FROM t").Rows, 1, "it sees one state of the data")
	_, err := d.on(h, "DELETE FROM t")
	Code(t, abi.CodeReadOnly, err)
	require.NoError(t, h.Rollback())
	require.Len(t, d.must(h, "SELECT id FROM t").Rows, 2)
}

// isolation begins transactions at every level, and looks at what a reader of
// each sees of a change that is committed meanwhile.
func isolation(t *testing.T, d *database) {
	d.write("CREATE TABLE t (id integer PRIMARY KEY)")
	w := d.acquire(db.Write)
	id := int64(0)
	for _, level := range []abi.Isolation{abi.IsolationDefault, abi.IsolationReadUncommitted, abi.IsolationReadCommitted, abi.IsolationRepeatableRead, abi.IsolationSerializable} {
		for _, opts := range []db.TxOptions{{ReadOnly: true, Isolation: level}, {ReadOnly: true, Isolation: level, Deferrable: true}} {
			if opts.Deferrable && level != abi.IsolationSerializable {
				continue
			}
			h := d.acquire(db.Hold)
			require.NoError(t, h.Begin(t.Context(), opts), "%+v", opts)
			d.must(h, "SELECT id FROM t")
			require.NoError(t, w.Begin(t.Context(), db.TxOptions{Isolation: level}), "%+v", opts)
			id++
			d.must(w, "INSERT INTO t (id) VALUES ({1})", abi.Int(id))
			require.NoError(t, w.Commit(t.Context()))
			before, after := d.count("t")-1, d.must(h, "SELECT count(*) FROM t").Rows[0][0].Int64()
			if d.suite.Levels && level > abi.IsolationDefault && level < abi.IsolationRepeatableRead {
				require.Equal(t, before+1, after, "%v: what was committed before the statement", level)
			} else {
				require.Equal(t, before, after, "%v: one state of the data", level)
			}
			_, err := d.on(h, "DELETE FROM t")
			Code(t, abi.CodeReadOnly, err)
			h.Release()
		}
	}
}

func savepoints(t *testing.T, d *database) {
	c := begun(t, d)
	ctx := t.Context()
	require.NoError(t, c.Savepoint(ctx, abi.SavepointCreate, 1))
	d.must(c, "INSERT INTO t (id) VALUES (2)")
	require.NoError(t, c.Savepoint(ctx, abi.SavepointCreate, 2))
	d.must(c, "INSERT INTO t (id) VALUES (3)")
	require.NoError(t, c.Savepoint(ctx, abi.SavepointRollback, 2))
	require.NoError(t, c.Savepoint(ctx, abi.SavepointRelease, 2))
	d.must(c, "INSERT INTO t (id) VALUES (4)")
	require.NoError(t, c.Savepoint(ctx, abi.SavepointRelease, 1))
	Code(t, abi.CodeBadMessage, c.Savepoint(ctx, 9, 1))
	require.NoError(t, c.Commit(ctx))
	require.Equal(t, [][]abi.Value{{abi.Int(1)}, {abi.Int(2)}, {abi.Int(4)}}, d.read("SELECT id FROM t ORDER BY id"))
	Code(t, abi.CodeTxDone, c.Savepoint(ctx, abi.SavepointCreate, 1))
}

func failing(t *testing.T, d *database) {
	c := begun(t, d)
	ctx := t.Context()
	require.NoError(t, c.Savepoint(ctx, abi.SavepointCreate, 1))
	_, err := d.on(c, "INSERT INTO t (id) VALUES (1)")
	Code(t, abi.CodeIntegrity, err)
	require.True(t, c.InTx())
	_, err = d.on(c, "SELECT 1")
	if d.suite.FailedTx {
		require.Contains(t, Code(t, abi.CodeDatabase, err).Message, "savepoint")
	} else {
		require.NoError(t, err)
	}
	require.NoError(t, c.Savepoint(ctx, abi.SavepointRollback, 1))
	d.must(c, "INSERT INTO t (id) VALUES (2)")
	_, err = d.on(c, "SELECT * FROM nowhere")
	require.Error(t, err)
	err = c.Commit(ctx)
	require.False(t, c.InTx())
	if d.suite.FailedTx {
		Code(t, abi.CodeTxDone, err)
		require.Zero(t, d.count("t"))
	} else {
		require.NoError(t, err)
		require.EqualValues(t, 2, d.count("t"))
	}
	d.must(c, "SELECT 1")
}

func lateCommit(t *testing.T, d *database) {
	c := begun(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	Code(t, abi.CodeCancelled, c.Commit(ctx))
	require.False(t, c.InTx())
	require.Zero(t, d.count("t"), "what is cancelled before it is committed is undone")
}

func concurrent(t *testing.T, d *database) {
	d.write("CREATE TABLE t (id integer PRIMARY KEY, n integer)")
	d.write("INSERT INTO t (id, n) VALUES (1, 0)")
	const workers, times = 8, 10
	errs := make(chan error, workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range times {
				if err := increment(d); err != nil {
					errs <- err
					return
				}
				if _, err := Do(context.Background(), d, db.Read, "SELECT n FROM t"); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, int64(workers*times), d.read("SELECT n FROM t")[0][0].Int64())
}

func increment(d *database) error {
	c, err := d.Acquire(context.Background(), db.Write)
	if err != nil {
		return err
	}
	defer c.Release()
	if err := c.Begin(context.Background(), db.TxOptions{}); err != nil {
		return err
	}
	if _, err := d.on(c, "UPDATE t SET n = n + 1 WHERE id = {1}", abi.Int(1)); err != nil {
		return err
	}
	return c.Commit(context.Background())
}
