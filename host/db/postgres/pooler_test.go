//go:build unix

package postgres

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// pooled opens a schema of its own behind a pooler.
func pooled(tb testing.TB, bouncer, params string) *DB {
	tb.Helper()
	dsn, drop, err := pgtest.Schema(bouncer)
	require.NoError(tb, err)
	cfg, err := ParseURL(dsn + "&pool_mode=transaction" + params)
	require.NoError(tb, err)
	d, err := Open(context.Background(), cfg)
	require.NoError(tb, err)
	tb.Cleanup(func() {
		require.NoError(tb, d.Close())
		require.NoError(tb, drop())
	})
	return d
}

func TestDriverBehindAPooler(t *testing.T) {
	bouncer := pgtest.Bouncer(t, pgtest.Own(t, pgtest.Options{}), 20)
	dbtest.Suite{
		Open:        func(tb testing.TB) db.DB { return pooled(tb, bouncer, "") },
		Placeholder: func(n int) string { return "$" + strconv.Itoa(n) },
		Blob:        "bytea", FailedTx: true, Levels: true,
	}.Run(t)
}

// TestPooler has many connections share one session of the server.
func TestPooler(t *testing.T) {
	c := pgtest.Own(t, pgtest.Options{})
	d := pooled(t, pgtest.Bouncer(t, c, 1), "&statement_timeout=3s&default_transaction_isolation=repeatable%20read")
	w := begin(t, d) // the setting comes too late for a transaction that runs, so BEGIN says it
	level, err := dbtest.On(t.Context(), w, false, "SHOW transaction_isolation")
	require.NoError(t, err)
	require.Equal(t, "repeatable read", level.Rows[0][0].Str)
	w.Release()
	write(t, d, "CREATE TABLE t (id integer PRIMARY KEY, v text)")
	write(t, d, "INSERT INTO t VALUES (1, 'a'), (2, 'b')")

	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			for range 10 {
				r, err := dbtest.Do(context.Background(), d, db.Read, "SELECT v, $1 FROM t WHERE id = $1", abi.Int(int64(i%2+1)))
				if err != nil || len(r.Rows) != 1 || r.Rows[0][0].Str != string(rune('a'+i%2)) {
					t.Errorf("%v: %v", r.Rows, err)
				}
				if _, err := dbtest.Do(context.Background(), d, db.Write, "UPDATE t SET v = v WHERE id = $1", abi.Int(int64(i%2+1))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, "1", c.Exec("SELECT count(*) FROM pg_stat_activity WHERE application_name IN ('vinyl-edge', '') AND backend_type = 'client backend' AND pid <> pg_backend_pid()")[0][0])
	require.Equal(t, [][]abi.Value{{abi.Int(0)}}, read(t, d, "SELECT count(*) FROM pg_prepared_statements"))

	_, err = dbtest.Do(t.Context(), d, db.Read, "INSERT INTO t VALUES (3, 'c')")
	dbtest.Code(t, abi.CodeReadOnly, err)
	require.Equal(t, []abi.Value{abi.Text("off"), abi.Text("3s"), abi.Text("UTC"), abi.Text("postgres")}, func() []abi.Value {
		r, err := dbtest.Do(t.Context(), d, db.Write, "SELECT current_setting('transaction_read_only'), current_setting('statement_timeout'), current_setting('timezone'), current_setting('intervalstyle')")
		require.NoError(t, err)
		return r.Rows[0]
	}(), "what a reader is does not stay")
	_, err = dbtest.Do(t.Context(), d, db.Read, slow)
	require.Equal(t, []string{db.TimeoutStatement}, dbtest.Code(t, abi.CodeTimeout, err).Detail)
	for _, sql := range []string{"SELECT set_config('a.b', 'c', false)", "SELECT pg_advisory_lock(1)", "CREATE TEMP TABLE x (id integer)"} {
		_, err := dbtest.Do(t.Context(), d, db.Write, sql)
		require.Contains(t, dbtest.Code(t, abi.CodeNotSupported, err).Message, "transaction mode")
	}

	// A table that changes after its columns were described.
	require.Equal(t, abi.Text("a"), read(t, d, "SELECT v FROM t ORDER BY id")[0][0])
	write(t, d, "UPDATE t SET v = id")
	write(t, d, "ALTER TABLE t ALTER v TYPE integer USING v::integer")
	require.Equal(t, abi.Int(1), read(t, d, "SELECT v FROM t ORDER BY id")[0][0], "reading is done again")
	w = acquire(t, d, db.Write)
	insert := "INSERT INTO t VALUES ($1, 0) RETURNING v"
	require.NoError(t, on(w, insert, abi.Int(10)))
	require.NoError(t, on(w, "ALTER TABLE t ALTER v TYPE bigint"))
	dbtest.Code(t, abi.CodeUnknown, on(w, insert, abi.Int(11)))
	w.Release()
	require.Len(t, read(t, d, "SELECT id FROM t WHERE id = 11"), 1, "it has been carried out, once")

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err = dbtest.Do(ctx, d, db.Read, slow)
	dbtest.Code(t, abi.CodeCancelled, err)
	require.Len(t, read(t, d, "SELECT id FROM t"), 4)
}
