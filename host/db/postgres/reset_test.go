package postgres

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

func TestInspectCalls(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT * FROM t WHERE id IN ($1, $2) AND (a OR NOT (b))": false, "SELECT count(*), lower(a), coalesce(b, '') FROM t GROUP BY (a)": false,
		"INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = 1": false, "SELECT x::varchar(10), CAST(y AS numeric(3,2))": false,
		"SELECT f()": true, "SELECT my.lower_it(a) FROM t": true, "SELECT \"F\" (1)": true, "SELECT nextval('s')": true, "CREATE TABLE t (a integer)": true,
		"SELECT count(*) FROM g(1)": true, "WITH x AS (SELECT 1) SELECT * FROM x": false,
	} {
		_, _, calls, err := inspect(sql)
		require.NoError(t, err)
		require.Equal(t, want, calls, sql)
	}
}

// everything is a function that changes all of a session that can be changed,
// as an app's own may.
const everything = `CREATE FUNCTION everything() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN
	PERFORM set_config('search_path', 'pg_catalog', false), set_config('my.secret', 'x', false), set_config('statement_timeout', '1ms', false);
	EXECUTE 'PREPARE theirs AS SELECT 1'; EXECUTE 'LISTEN theirs'; EXECUTE 'CREATE TEMP TABLE theirs (id integer)';
	EXECUTE 'CREATE TEMP SEQUENCE their_numbers'; PERFORM nextval('pg_temp.their_numbers');
	EXECUTE 'DECLARE theirs CURSOR WITH HOLD FOR SELECT 1'; PERFORM pg_advisory_lock(77);
	RETURN pg_backend_pid();
END $$`

const traces = `SELECT pg_backend_pid(), current_setting('my.secret', true) IS NOT DISTINCT FROM 'x', current_setting('statement_timeout'), to_regclass('pg_temp.theirs') IS NULL,
	(SELECT count(*) FROM pg_prepared_statements WHERE from_sql), (SELECT count(*) FROM pg_listening_channels()),
	(SELECT count(*) FROM pg_cursors WHERE name = 'theirs'), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())`

// TestNothingOfARequestReachesAnother has a statement whose text is harmless do
// what a session remembers.
func TestNothingOfARequestReachesAnother(t *testing.T) {
	d := opened(t, "&writers=1")
	write(t, d, everything)
	for _, inTx := range []bool{false, true} {
		c := acquire(t, d, db.Write)
		read := func(sql string) []abi.Value { return rowsOn(t, c, sql)[0] }
		read("SELECT 'kept'")
		if inTx {
			require.NoError(t, c.Begin(t.Context(), db.TxOptions{}))
		}
		b, err := db.All(t.Context(), c, db.Statement{SQL: "SELECT everything()", Raw: true}, nil, 0)
		require.NoError(t, err, string(b))
		if inTx {
			require.NoError(t, c.Commit(t.Context()))
		}
		require.True(t, c.traces)
		pid := int64(c.pg.PID())
		c.Release()
		c = acquire(t, d, db.Write)
		require.Equal(t, []abi.Value{
			abi.Int(pid), abi.Int(0), abi.Text("0"), abi.Int(1), abi.Int(0), abi.Int(0), abi.Int(0), abi.Int(0),
		}, read(traces), "the connection is kept, and clean")
		require.Contains(t, read("SHOW search_path")[0].Str, "vinyl_test_")
		require.Equal(t, abi.Text("UTC"), read("SHOW timezone")[0])
		require.Equal(t, abi.Int(1), read("SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT ''kept'''")[0], "the driver's own are kept")
		_, err = db.All(t.Context(), c, db.Statement{SQL: "SELECT lastval()"}, nil, 0)
		require.Error(t, err, "no sequence has given a number")
		c.Release()
	}
}

// TestReadersStayReaders: what a session begins with comes back, too.
func TestReadersStayReaders(t *testing.T) {
	d := opened(t, "&readers=1")
	for _, sql := range []string{"SELECT set_config('default_transaction_read_only', 'off', false)", "SELECT set_config('role', 'pg_monitor', false)"} {
		read(t, d, sql)
		require.Equal(t, []abi.Value{abi.Text("on"), abi.Text("vinyl")}, read(t, d, "SELECT current_setting('default_transaction_read_only'), current_user::text")[0])
	}
}

// TestResetThatFails closes the connection.
func TestResetThatFails(t *testing.T) {
	d := opened(t, "&writers=1")
	c := acquire(t, d, db.Write)
	pid := int64(c.pg.PID())
	require.NoError(t, on(c, "SELECT set_config('my.x', 'y', false)"))
	terminate(t, d, c)
	c.Release()
	c = acquire(t, d, db.Write)
	require.NotEqual(t, abi.Int(pid), rowsOn(t, c, "SELECT pg_backend_pid()")[0][0])
}

// BenchmarkReset compares ways to give a connection back after a statement of
// which nobody knows what it did. The statements are prepared again where they
// are gone.
func BenchmarkReset(b *testing.B) {
	cfg, err := ParseURL(pgtest.URL(b) + "&writers=1")
	require.NoError(b, err)
	statements := []string{"SELECT 1", "SELECT 2", "SELECT 3", "SELECT 4", "SELECT 5"}
	for name, end := range map[string]func(c *conn){
		"none":      func(*conn) {},
		"reset":     func(c *conn) { c.traces = true },
		"discard":   func(c *conn) { _, _ = c.command(background, "DISCARD ALL"); c.cache = cache{names: c.cache.names} },
		"reconnect": func(c *conn) { c.broken = true },
	} {
		b.Run(name, func(b *testing.B) {
			d, err := Open(context.Background(), cfg)
			require.NoError(b, err)
			defer d.Close()
			for b.Loop() {
				x, err := d.Acquire(context.Background(), db.Write)
				if err != nil {
					b.Fatal(err)
				}
				for _, sql := range statements {
					if _, err := db.All(context.Background(), x, db.Statement{SQL: sql}, nil, 0); err != nil {
						b.Fatal(err)
					}
				}
				end(x.(*conn))
				x.Release()
			}
		})
	}
}
