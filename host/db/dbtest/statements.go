package dbtest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// numbers selects the integers from 1 to {1}.
const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {1})"

func values(t *testing.T, d *database) {
	d.write("CREATE TABLE t (id integer PRIMARY KEY, i bigint, f double precision, s text, b BLOB, n integer)")
	d.write("INSERT INTO t (id, i, f, s, b, n) VALUES ({1}, {2}, {3}, {4}, {5}, {6})",
		abi.Int(1), abi.Int(-1<<63), abi.Float(1.5), abi.Text("héllo \U0001F600"), abi.Bytes([]byte{0, 255}), abi.Null)
	d.write("INSERT INTO t (id, i, f, s, b) VALUES ({1}, {2}, {3}, {4}, {5})", abi.Int(2), abi.Int(1<<63-1), abi.Float(-1e300), abi.Text(""), abi.Bytes(nil))
	require.Equal(t, [][]abi.Value{
		{abi.Int(-1 << 63), abi.Float(1.5), abi.Text("héllo \U0001F600"), abi.Bytes([]byte{0, 255}), abi.Null},
		{abi.Int(1<<63 - 1), abi.Float(-1e300), abi.Text(""), abi.Bytes(nil), abi.Null},
	}, d.read("SELECT i, f, s, b, n FROM t ORDER BY id"))
}

func frames(t *testing.T, d *database) {
	r, err := Do(t.Context(), d, db.Read, d.sql(numbers+" SELECT i, 'row' FROM n"), abi.Int(1000))
	require.NoError(t, err)
	require.Equal(t, 2, r.Columns)
	require.Len(t, r.Rows, 1000)
	require.Equal(t, []int{256, 256, 256, 232}, r.Frames)
	require.Equal(t, []abi.Value{abi.Int(1000), abi.Text("row")}, r.Rows[999])

	c := d.acquire(db.Read)
	cur, err := c.Query(t.Context(), db.Statement{SQL: d.sql(numbers + " SELECT i, 'twenty bytes of text' FROM n"), Args: []abi.Value{abi.Int(10)}})
	require.NoError(t, err)
	res := Result{Columns: cur.Columns()}
	for _, lim := range []db.Limits{{Rows: 1, Bytes: 1 << 20}, {Rows: 3, Bytes: 1 << 20}, {Rows: 100, Bytes: 1}, {Rows: 100, Bytes: 60}} {
		b, done, err := cur.Fill(t.Context(), nil, lim)
		require.NoError(t, err)
		require.False(t, done)
		_, err = res.frames(abi.ReadBytes(b))
		require.NoError(t, err)
	}
	require.Equal(t, []int{1, 3, 1, 2}, res.Frames, "a frame is full with the row that goes beyond its bytes")
	b, done, err := cur.Fill(t.Context(), nil, db.DefaultLimits)
	require.NoError(t, err)
	require.True(t, done)
	end, err := res.frames(abi.ReadBytes(b))
	require.NoError(t, err)
	require.True(t, end)
	require.Len(t, res.Rows, 10)
	require.Empty(t, d.must(c, "SELECT 1 WHERE 1 = 2").Frames, "no rows, no frame of rows")
}

func affected(t *testing.T, d *database) {
	d.write("CREATE TABLE t (id integer PRIMARY KEY, n integer)")
	r := d.write("INSERT INTO t (id, n) VALUES (1, 1), (2, 2), (3, 3) RETURNING id, n + 10")
	require.EqualValues(t, 3, r.Affected)
	require.EqualValues(t, 3, r.Last, "the key that an insert returns first")
	require.Equal(t, [][]abi.Value{{abi.Int(1), abi.Int(11)}, {abi.Int(2), abi.Int(12)}, {abi.Int(3), abi.Int(13)}}, r.Rows)
	require.EqualValues(t, 2, d.write("UPDATE t SET n = n + {1} WHERE id > {2}", abi.Int(1), abi.Int(1)).Affected)
	require.Zero(t, d.write("UPDATE t SET n = 0 WHERE id > 100").Affected)
	require.EqualValues(t, 3, d.write("DELETE FROM t").Affected)
	r, err := Do(t.Context(), d, db.Read, "SELECT 1")
	require.NoError(t, err)
	require.Zero(t, r.Affected, "reading changes nothing")
}

func parameters(t *testing.T, d *database) {
	for _, args := range [][]abi.Value{nil, {abi.Int(1)}, {abi.Int(1), abi.Int(2), abi.Int(3)}} {
		_, err := Do(t.Context(), d, db.Read, d.sql("SELECT {1} + 1, {2} + 1"), args...)
		Code(t, abi.CodeValue, err)
	}
	// The same SQL with values of other kinds.
	sql := "SELECT coalesce({1}, {2})"
	for _, v := range []abi.Value{abi.Int(1), abi.Int(1 << 40), abi.Text("x"), abi.Int(2), abi.Text("")} {
		require.Equal(t, v, d.read(sql, abi.Null, v)[0][0])
		require.Equal(t, v, d.read(sql, v, v)[0][0])
	}
	require.Equal(t, [][]abi.Value{{abi.Int(0), abi.Int(1), abi.Text("x")}},
		d.read("SELECT CASE WHEN {1} IS NULL THEN 1 ELSE 0 END, CASE WHEN {2} IS NULL THEN 1 ELSE 0 END, {3}", abi.Text("a"), abi.Null, abi.Text("x")),
		"nothing tells the types of these")
	many := d.acquire(db.Read)
	_, err := d.on(many, "SELECT 1", slices.Repeat([]abi.Value{abi.Int(1)}, 70_000)...)
	require.ErrorContains(t, Code(t, abi.CodeDatabase, err), "70000")
	require.Equal(t, [][]abi.Value{{abi.Int(2)}}, d.must(many, "SELECT 2").Rows, "the connection goes on")
	many.Release()
	long := strings.Repeat("x", 1<<20)
	require.Equal(t, int64(len(long)), d.read("SELECT length({1})", abi.Text(long))[0][0].Int64())
}

func readOnly(t *testing.T, d *database) {
	d.write("CREATE TABLE t (id integer)")
	for _, mode := range []db.Mode{db.Read, db.Hold} {
		for _, sql := range []string{"INSERT INTO t (id) VALUES (1)", "DELETE FROM t", "CREATE TABLE u (id integer)", "DROP TABLE t"} {
			_, err := Do(t.Context(), d, mode, sql)
			Code(t, abi.CodeReadOnly, err)
		}
	}
	require.Zero(t, d.count("t"))
}

func refused(t *testing.T, d *database) {
	for _, sql := range []string{"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT a", "RELEASE a"} {
		for _, mode := range []db.Mode{db.Read, db.Write} {
			_, err := Do(t.Context(), d, mode, sql)
			Code(t, abi.CodeForbidden, err)
		}
	}
	_, err := Do(t.Context(), d, db.Write, "SELECT 1; SELECT 2")
	Code(t, abi.CodeDatabase, err)
}

func wrongSQL(t *testing.T, d *database) {
	c := d.acquire(db.Read)
	for _, sql := range []string{"SELEC 1", "SELECT * FROM nowhere", "SELECT nosuch(1)", "SELECT 'x"} {
		_, err := d.on(c, sql)
		require.Error(t, err, sql)
		require.Equal(t, int64(1), d.must(c, "SELECT 1").Rows[0][0].Int64())
	}
}

func integrity(t *testing.T, d *database) {
	d.write("CREATE TABLE p (id integer PRIMARY KEY)")
	d.write("CREATE TABLE t (id integer PRIMARY KEY, u integer CONSTRAINT t_u UNIQUE, n integer NOT NULL, c integer CONSTRAINT positive CHECK (c > 0), p integer REFERENCES p (id), x integer, y integer, UNIQUE (x, y))")
	d.write("INSERT INTO t (id, u, n, c, x, y) VALUES (1, 1, 1, 1, 1, 1)")
	_, err := Do(t.Context(), d, db.Write, "INSERT INTO t (id, n, x, y) VALUES (2, 1, 1, 1)")
	require.Equal(t, []string{"x", "y"}, Code(t, abi.CodeIntegrity, err).Detail[2:], "both columns")
	for kind, sql := range map[string]string{
		"primary_key": "INSERT INTO t (id, n) VALUES (1, 1)",
		"unique":      "INSERT INTO t (id, u, n) VALUES (2, 1, 1)",
		"not_null":    "INSERT INTO t (id) VALUES (2)",
		"check":       "UPDATE t SET c = 0",
		"foreign_key": "UPDATE t SET p = 7",
	} {
		_, err := Do(t.Context(), d, db.Write, sql)
		e := Code(t, abi.CodeIntegrity, err)
		require.Equal(t, kind, e.Detail[0], sql)
		require.False(t, db.Retryable(err))
		switch kind {
		case "not_null":
			require.Equal(t, []string{"n", "n"}, e.Detail[1:])
		case "unique":
			require.Equal(t, []string{"u"}, e.Detail[2:])
		case "check":
			require.Equal(t, "positive", e.Detail[1])
		}
	}
	require.EqualValues(t, 1, d.count("t"))
}

func tables(t *testing.T, d *database) {
	d.write("CREATE TABLE b (id integer PRIMARY KEY, s varchar(20) NOT NULL UNIQUE, n bigint)")
	d.write("CREATE TABLE a (id integer PRIMARY KEY, b_id integer REFERENCES b (id), x integer, y integer, UNIQUE (x, y))")
	d.write("CREATE INDEX a_y_x ON a (y, x)")
	for _, mode := range []db.Mode{db.Read, db.Write} {
		c := d.acquire(mode)
		got, err := c.Tables(t.Context())
		require.NoError(t, err)
		require.Len(t, got, 2)
		a, b := got[0], got[1]
		require.Equal(t, "a", a.Name)
		require.Equal(t, [][]string{{"x", "y"}}, a.Unique)
		require.Equal(t, [][]string{{"y", "x"}}, a.Indexes)
		require.Len(t, a.Foreign, 1)
		require.Equal(t, [3]string{"b_id", "b", "id"}, [3]string{a.Foreign[0].Column, a.Foreign[0].Table, a.Foreign[0].To})
		require.Equal(t, [][]string{{"s"}}, b.Unique)
		require.Empty(t, b.Indexes)
		require.True(t, b.Columns[0].PK)
		require.False(t, b.Columns[1].Null)
		require.True(t, b.Columns[2].Null)
		require.Equal(t, "bigint", b.Columns[2].Type)
		c.Release()
	}
}

func acquire(t *testing.T, d *database) {
	c := d.acquire(db.Write)
	c.Release()
	c.Release() // harmless
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, mode := range []db.Mode{db.Read, db.Hold, db.Write} {
		_, err := d.Acquire(ctx, mode)
		Code(t, abi.CodeCancelled, err)
	}
	// Those who wait for a connection stop when their time is over.
	var held []db.Conn
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		c, err := d.Acquire(ctx, db.Write)
		cancel()
		if err != nil {
			Code(t, abi.CodeTimeout, err)
			break
		}
		held = append(held, c)
	}
	got := make(chan error)
	go func() {
		c, err := d.Acquire(context.Background(), db.Write)
		if err == nil {
			c.Release()
		}
		got <- err
	}()
	for _, c := range held {
		c.Release()
	}
	require.NoError(t, <-got)
}

func closed(t *testing.T, d *database) {
	c := d.acquire(db.Read)
	done := make(chan error)
	go func() { done <- d.Close() }()
	select {
	case <-done:
		require.Fail(t, "Close does not wait for connections")
	case <-time.After(20 * time.Millisecond):
	}
	require.Len(t, d.must(c, "SELECT 1").Rows, 1)
	c.Release()
	require.NoError(t, <-done)
	require.NoError(t, d.Close())
	_, err := d.Acquire(t.Context(), db.Read)
	require.Equal(t, db.ErrClosed, err)
}
