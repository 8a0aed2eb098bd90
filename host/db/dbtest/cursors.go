package dbtest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// endless is a query that runs until it is stopped, and has no row before.
const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i > 0) SELECT count(*) FROM n WHERE i < 0"

// stream is an open cursor over the numbers up to n, whose next is at.
type stream struct {
	t   *testing.T
	cur db.Cursor
	at  int
}

func (d *database) stream(t *testing.T, c db.Conn, n int, marked bool) *stream {
	t.Helper()
	cur, err := c.Query(t.Context(), db.Statement{SQL: d.sql(numbers + " SELECT i FROM n"), Args: []abi.Value{abi.Int(int64(n))}, Stream: marked})
	require.NoError(t, err)
	return &stream{t: t, cur: cur}
}

// next reads one frame and checks that the numbers go on.
func (s *stream) next(lim db.Limits) (done bool) {
	s.t.Helper()
	b, done, err := s.cur.Fill(s.t.Context(), nil, lim)
	require.NoError(s.t, err)
	res := Result{Columns: 1}
	_, err = res.frames(abi.ReadBytes(b))
	require.NoError(s.t, err)
	require.LessOrEqual(s.t, len(res.Rows), lim.Rows)
	for _, row := range res.Rows {
		s.at++
		require.EqualValues(s.t, s.at, row[0].Int64())
	}
	return done
}

func cursors(t *testing.T, d *database) {
	lim := db.Limits{Rows: 7, Bytes: 1 << 20}
	for _, marked := range []bool{false, true} {
		c := d.acquire(db.Hold)
		if marked {
			require.NoError(t, c.Begin(t.Context(), db.TxOptions{ReadOnly: true}))
		}
		a, b := d.stream(t, c, 100, marked), d.stream(t, c, 50, marked)
		aDone, bDone := false, false
		for !aDone || !bDone {
			if !aDone {
				aDone = a.next(lim)
			}
			require.Equal(t, int64(3), d.must(c, "SELECT 3").Rows[0][0].Int64())
			if !bDone {
				bDone = b.next(lim)
			}
		}
		require.Equal(t, 100, a.at)
		require.Equal(t, 50, b.at)
		c.Release()
	}
}

func streams(t *testing.T, d *database) {
	d.write("CREATE TABLE t (id integer PRIMARY KEY)")
	c := d.acquire(db.Write)
	require.NoError(t, c.Begin(t.Context(), db.TxOptions{}))
	s := d.stream(t, c, 1000, true)
	for done := false; !done; {
		done = s.next(db.Limits{Rows: 100, Bytes: 1 << 20})
		d.must(c, "INSERT INTO t (id) VALUES ({1})", abi.Int(int64(s.at)+1000*int64(len(d.must(c, "SELECT id FROM t").Rows))))
	}
	require.NoError(t, c.Commit(t.Context()))
	require.GreaterOrEqual(t, d.count("t"), int64(10))
}

func earlyEnd(t *testing.T, d *database) {
	many := 5_000_000
	if d.suite.Remote {
		many = 5_000
	}
	for _, tx := range []bool{false, true} {
		c := d.acquire(db.Hold)
		if tx {
			require.NoError(t, c.Begin(t.Context(), db.TxOptions{ReadOnly: true}))
		}
		for i := range 4 {
			s := d.stream(t, c, many, tx || i%2 == 0)
			s.next(db.Limits{Rows: 10, Bytes: 1 << 20})
			began := time.Now()
			s.cur.Close()
			s.cur.Close()
			require.Less(t, time.Since(began), 2*time.Second, "the rest is not waited for")
			require.Equal(t, tx, c.InTx())
			d.must(c, "SELECT 1")
			_, _, err := s.cur.Fill(t.Context(), nil, db.DefaultLimits)
			Code(t, abi.CodeTxDone, err)
		}
		d.stream(t, c, many, true)
		c.Release() // closes it
	}
}

func lateCursors(t *testing.T, d *database) {
	lim := db.Limits{Rows: 2, Bytes: 1 << 20}
	for _, end := range []func(db.Conn) error{func(c db.Conn) error { return c.Commit(context.Background()) }, db.Conn.Rollback} {
		c := d.acquire(db.Write)
		require.NoError(t, c.Begin(t.Context(), db.TxOptions{}))
		s := d.stream(t, c, 100, true)
		require.False(t, s.next(lim))
		if err := end(c); err == nil { // a driver may refuse to commit while a cursor is open
			if _, _, err := s.cur.Fill(t.Context(), nil, lim); err != nil {
				Code(t, abi.CodeTxDone, err)
			}
		}
		s.cur.Close()
		c.Release()
	}
	d.read("SELECT 1")
}

// slow runs the endless query with ctx.
func (d *database) slow(ctx context.Context, c db.Conn) error {
	_, err := On(ctx, c, false, endless)
	return err
}

func cancelled(t *testing.T, d *database) {
	c := d.acquire(db.Read)
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		began := time.Now()
		Code(t, abi.CodeCancelled, d.slow(ctx, c))
		require.Less(t, time.Since(began), 2*time.Second)
		require.Equal(t, int64(1), d.must(c, "SELECT 1").Rows[0][0].Int64(), "only that statement is interrupted")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	Code(t, abi.CodeCancelled, d.slow(ctx, c))

	// A ctx that ends after its statement has nothing to do with the next.
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := On(ctx, c, false, "SELECT 1")
		require.NoError(t, err)
		cancel()
		d.must(c, "SELECT 1")
	}

	// Nor has one that ends while its statement does.
	for i := range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(i)*5*time.Microsecond, cancel)
		if _, err := On(ctx, c, false, d.sql(numbers+" SELECT count(*) FROM n"), abi.Int(10)); err != nil {
			Code(t, abi.CodeCancelled, err)
		}
		_, err := On(t.Context(), c, false, d.sql(numbers+" SELECT count(*) FROM n"), abi.Int(2000))
		require.NoError(t, err)
	}

	// The ctx of Query is not that of Fill.
	ctx, cancel = context.WithCancel(t.Context())
	cur, err := c.Query(ctx, db.Statement{SQL: d.sql(numbers + " SELECT i FROM n"), Args: []abi.Value{abi.Int(1000)}})
	require.NoError(t, err)
	cancel()
	s := &stream{t: t, cur: cur}
	for !s.next(db.DefaultLimits) {
	}
	require.Equal(t, 1000, s.at)
}

func deadline(t *testing.T, d *database) {
	d.write("CREATE TABLE t (id integer PRIMARY KEY)")
	c := d.acquire(db.Write)
	require.NoError(t, c.Begin(t.Context(), db.TxOptions{}))
	d.must(c, "INSERT INTO t (id) VALUES (1)")
	require.NoError(t, c.Savepoint(t.Context(), abi.SavepointCreate, 1))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	Code(t, abi.CodeTimeout, d.slow(ctx, c))
	if d.suite.Remote {
		require.False(t, c.InTx())
		Code(t, abi.CodeTxDone, c.Savepoint(t.Context(), abi.SavepointRollback, 1))
		Code(t, abi.CodeTxDone, c.Commit(t.Context()))
		require.Zero(t, d.count("t"))
		require.NoError(t, c.Begin(t.Context(), db.TxOptions{}), "the connection goes on")
		d.must(c, "INSERT INTO t (id) VALUES (1)")
		require.NoError(t, c.Commit(t.Context()))
		return
	}
	require.True(t, c.InTx())
	require.NoError(t, c.Savepoint(t.Context(), abi.SavepointRollback, 1))
	require.NoError(t, c.Commit(t.Context()))
	require.EqualValues(t, 1, d.count("t"))
}
