package postgres

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

func acquire(tb testing.TB, d *DB, mode db.Mode) *conn {
	tb.Helper()
	c, err := d.Acquire(context.Background(), mode)
	require.NoError(tb, err)
	tb.Cleanup(c.Release)
	return c.(*conn)
}

// begin returns a connection in a transaction.
func begin(tb testing.TB, d *DB) *conn {
	tb.Helper()
	c := acquire(tb, d, db.Write)
	require.NoError(tb, c.Begin(context.Background(), db.TxOptions{}))
	return c
}

func on(c *conn, sql string, args ...abi.Value) error {
	_, err := dbtest.On(context.Background(), c, true, sql, args...)
	return err
}

func requireLost(tb testing.TB, code abi.ErrorCode, err error) {
	tb.Helper()
	require.Equal(tb, []string{db.LostConnection}, dbtest.Code(tb, code, err).Detail, "%v", err)
}

const slow = "SELECT pg_sleep(30)"

// terminate ends the server's side of c.
func terminate(tb testing.TB, d *DB, c *conn) {
	tb.Helper()
	require.Equal(tb, [][]abi.Value{{abi.Int(1)}}, read(tb, d, "SELECT pg_terminate_backend($1)", abi.Int(int64(c.pg.PID()))))
}

func TestLostConnections(t *testing.T) {
	d := opened(t, "")
	write(t, d, "CREATE TABLE t (id integer)")
	c := acquire(t, d, db.Read)
	terminate(t, d, c)
	_, err := dbtest.On(t.Context(), c, false, "SELECT 1")
	requireLost(t, abi.CodeDatabase, err)
	_, err = dbtest.On(t.Context(), c, false, "SELECT 1")
	requireLost(t, abi.CodeDatabase, err)
	c.Release()

	c = begin(t, d)
	require.NoError(t, on(c, "INSERT INTO t VALUES (1)"))
	time.AfterFunc(50*time.Millisecond, func() {
		_, _ = dbtest.Do(context.Background(), d, db.Read, "SELECT pg_terminate_backend($1)", abi.Int(int64(c.pg.PID())))
	})
	requireLost(t, abi.CodeDatabase, on(c, slow))
	require.False(t, c.InTx())
	dbtest.Code(t, abi.CodeTxDone, c.Commit(t.Context()))
	require.NoError(t, c.Rollback())
	c.Release()
	require.Empty(t, read(t, d, "SELECT * FROM t"), "a new connection takes over")
}

func TestIdleConnectionsAreLookedAt(t *testing.T) {
	d := opened(t, "&readers=1")
	c := acquire(t, d, db.Read)
	c.Release()
	w := acquire(t, d, db.Write)
	require.NoError(t, on(w, "SELECT pg_terminate_backend($1)", abi.Int(int64(c.pg.PID()))))
	require.Eventually(t, func() bool { return !c.alive(time.Minute) }, 30*time.Second, 5*time.Millisecond)
	c.born = time.Now() // what follows is about the check alone
	time.Sleep(1100 * time.Millisecond)
	read(t, d, "SELECT 1")
	again := acquire(t, d, db.Read)
	require.NotSame(t, c, again)
	again.born = time.Now().Add(-2 * time.Hour)
	again.Release()
	require.NotSame(t, again, acquire(t, d, db.Read), "too old")
}

// proxy stands between the driver and the server, and can stop.
type proxy struct {
	net.Listener
	stop atomic.Bool
}

// through returns a database whose connections go through a proxy.
func through(t *testing.T) (*DB, *proxy) {
	cfg, err := ParseURL(pgtest.URL(t))
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{Listener: l}
	t.Cleanup(func() { _ = l.Close() })
	dial, network, address := cfg.Server.DialFunc, "tcp", net.JoinHostPort(cfg.Server.Host, "5432")
	if strings.HasPrefix(cfg.Server.Host, "/") {
		network, address = "unix", cfg.Server.Host+"/.s.PGSQL.5432"
	} else if cfg.Server.Port != 5432 {
		address = net.JoinHostPort(cfg.Server.Host, strconv.Itoa(int(cfg.Server.Port)))
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s, err := dial(context.Background(), network, address)
			if err != nil {
				_ = c.Close()
				continue
			}
			go p.copy(s, c)
			go p.copy(c, s)
		}
	}()
	cfg.Server.Host, cfg.Server.Port, cfg.Server.Fallbacks = "127.0.0.1", uint16(l.Addr().(*net.TCPAddr).Port), nil
	cfg.CancelTimeout = 300 * time.Millisecond
	d, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = d.Close() })
	return d, p
}

func (p *proxy) copy(to, from net.Conn) {
	defer to.Close()
	b := make([]byte, 1<<16)
	for {
		n, err := from.Read(b)
		for p.stop.Load() {
			time.Sleep(time.Millisecond)
		}
		if _, werr := to.Write(b[:n]); err != nil || werr != nil {
			return
		}
	}
}

func TestServerThatFallsSilent(t *testing.T) {
	d, p := through(t)
	write(t, d, "CREATE TABLE t (id integer)")
	silent := func(f func(ctx context.Context)) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		p.stop.Store(true)
		began := time.Now()
		f(ctx)
		require.Less(t, time.Since(began), 3*time.Second)
		p.stop.Store(false)
	}
	c := acquire(t, d, db.Read)
	silent(func(ctx context.Context) {
		_, err := dbtest.On(ctx, c, false, "SELECT 1")
		dbtest.Code(t, abi.CodeTimeout, err)
	})
	c.Release()

	c = acquire(t, d, db.Write)
	require.NoError(t, on(c, "INSERT INTO t VALUES (1)"))
	silent(func(ctx context.Context) {
		_, err := dbtest.On(ctx, c, true, "INSERT INTO t VALUES (1)")
		requireLost(t, abi.CodeUnknown, err) // it may well have been done
	})
	c.Release()

	c = begin(t, d)
	require.NoError(t, on(c, "INSERT INTO t VALUES (1)"))
	silent(func(ctx context.Context) { requireLost(t, abi.CodeUnknown, c.Commit(ctx)) })
	c.Release()
	read(t, d, "SELECT * FROM t")
}

func TestTransactionsThatAreInTheWay(t *testing.T) {
	d := opened(t, "&default_transaction_isolation=serializable")
	write(t, d, "CREATE TABLE t (id integer PRIMARY KEY, n integer)")
	write(t, d, "INSERT INTO t VALUES (1, 0), (2, 0)")
	a, b := begin(t, d), begin(t, d)
	update := "UPDATE t SET n = n + 1 WHERE id = $1"

	require.NoError(t, on(a, update, abi.Int(1)))
	require.NoError(t, on(b, update, abi.Int(2)))
	errs := make(chan error, 2)
	go func() { errs <- on(a, update, abi.Int(2)) }()
	time.Sleep(20 * time.Millisecond)
	go func() { errs <- on(b, update, abi.Int(1)) }()
	err := errors.Join(<-errs, <-errs) // one of them gives way
	require.Equal(t, []string{db.BusyDeadlock}, dbtest.Code(t, abi.CodeBusy, err).Detail)
	require.True(t, db.Retryable(err))
	require.NoError(t, a.Rollback())
	require.NoError(t, b.Rollback())

	require.NoError(t, a.Begin(t.Context(), db.TxOptions{}))
	require.NoError(t, b.Begin(t.Context(), db.TxOptions{}))
	require.NoError(t, on(a, "SELECT n FROM t"))
	require.NoError(t, on(b, update, abi.Int(1)))
	require.NoError(t, b.Commit(t.Context()))
	err = on(a, update, abi.Int(1))
	require.Equal(t, []string{db.BusySerialization}, dbtest.Code(t, abi.CodeBusy, err).Detail)
	require.True(t, db.Retryable(err))
	require.NoError(t, a.Rollback())

	require.NoError(t, a.Begin(t.Context(), db.TxOptions{}))
	require.NoError(t, on(a, update, abi.Int(1)))
	_, err = dbtest.Do(t.Context(), d, db.Write, "SELECT n FROM t WHERE id = 1 FOR UPDATE NOWAIT")
	require.Equal(t, []string{db.BusyLock}, dbtest.Code(t, abi.CodeBusy, err).Detail)
	require.False(t, db.Retryable(err))
}

func TestServersOwnTimeouts(t *testing.T) {
	d := opened(t, "&statement_timeout=50&idle_in_transaction_session_timeout=50")
	_, err := dbtest.Do(t.Context(), d, db.Read, slow)
	dbtest.Code(t, abi.CodeTimeout, err)
	c := begin(t, d)
	require.Eventually(t, func() bool { return on(c, "SELECT 1") != nil }, 30*time.Second, 100*time.Millisecond)
	require.False(t, c.InTx())
	_, err = dbtest.Do(t.Context(), d, db.Read, "SELECT 1")
	require.NoError(t, err)
}

func TestSavepointsEndTheirStreams(t *testing.T) {
	d := opened(t, "")
	c := begin(t, d)
	stream := func() db.Cursor {
		cur, err := c.Query(t.Context(), db.Statement{SQL: "SELECT i FROM generate_series(1, 100) i", Stream: true})
		require.NoError(t, err)
		_, done, err := cur.Fill(t.Context(), nil, db.Limits{Rows: 1, Bytes: 100})
		require.NoError(t, err)
		require.False(t, done)
		return cur
	}
	outer := stream()
	require.NoError(t, c.Savepoint(t.Context(), abi.SavepointCreate, 1))
	inner := stream()
	require.NoError(t, c.Savepoint(t.Context(), abi.SavepointRollback, 1))
	_, _, err := inner.Fill(t.Context(), nil, db.DefaultLimits)
	dbtest.Code(t, abi.CodeTxDone, err)
	_, done, err := outer.Fill(t.Context(), nil, db.DefaultLimits)
	require.NoError(t, err)
	require.True(t, done)
	require.NoError(t, c.Commit(t.Context()))
}

func TestDeferredConstraints(t *testing.T) {
	d := opened(t, "")
	write(t, d, "CREATE TABLE p (id integer PRIMARY KEY)")
	write(t, d, "CREATE TABLE t (p integer CONSTRAINT t_p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED, EXCLUDE USING btree (p WITH =))")
	c := begin(t, d)
	require.NoError(t, on(c, "INSERT INTO t VALUES (7)"))
	e := dbtest.Code(t, abi.CodeIntegrity, c.Commit(t.Context()))
	require.Equal(t, []string{"foreign_key", "t_p", "p"}, e.Detail)
	require.False(t, c.InTx())
	_, err := dbtest.Do(t.Context(), d, db.Write, "INSERT INTO t VALUES (7)")
	require.Equal(t, []string{"foreign_key", "t_p", "p"}, dbtest.Code(t, abi.CodeIntegrity, err).Detail, "the end of a statement's own transaction")
	write(t, d, "INSERT INTO p VALUES (7)")
	write(t, d, "INSERT INTO t VALUES (7)")
	_, err = dbtest.Do(t.Context(), d, db.Write, "INSERT INTO t VALUES (7)")
	require.Equal(t, "exclusion", dbtest.Code(t, abi.CodeIntegrity, err).Detail[0])
	_, err = dbtest.Do(t.Context(), d, db.Write, "INSERT INTO p VALUES (7)")
	require.Equal(t, []string{"primary_key", "p_pkey", "id"}, dbtest.Code(t, abi.CodeIntegrity, err).Detail)
}

func TestConnecting(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	good := pgtest.URL(t)
	for url, want := range map[string]string{
		"postgres://u:secret@" + address + "/db?sslmode=disable": "is the server running",
		strings.Replace(good, "/postgres?", "/nosuchdb?", 1):     "create it (createdb)",
		strings.Replace(good, "vinyl@", "nobodyatall@", 1):       "check user and password",
		good + "&nosuchsetting=1":                                "nosuchsetting",
	} {
		cfg, err := ParseURL(url)
		require.NoError(t, err)
		_, err = Open(t.Context(), cfg)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "secret")
	}
	cfg, err := ParseURL("postgresql://u@h:1,h:2/db?search_path=s&readers=3&writers=2&holds=1&queue_timeout=7&idle_timeout=8")
	require.NoError(t, err)
	require.Equal(t, [3]int{3, 2, 1}, [3]int{cfg.Readers, cfg.Writers, cfg.Holds})
	require.Equal(t, [2]time.Duration{7 * time.Millisecond, 8 * time.Millisecond}, [2]time.Duration{cfg.QueueTimeout, cfg.IdleTimeout})
	require.Equal(t, "s", cfg.Server.RuntimeParams["search_path"])
	require.Equal(t, "UTC", cfg.Server.RuntimeParams["timezone"])
	require.Equal(t, uint16(2), cfg.Server.Fallbacks[len(cfg.Server.Fallbacks)-1].Port)
	for url, want := range map[string]string{
		"postgres://u:secret%@h/db": "%XX", "postgres://u:secret@h/db?readers=x": "positive number", "postgres://u:secret@h/db?timezone=UTC": "belongs to the host",
		"postgres://u:secret@h:1,h:2/db?sslmode=bad": "sslmode", "postgres://u@h/db?password=secret&sslmode=x": "sslmode", "postgres://h/d?a=%&password=secret": "%XX",
		"postgres://u:secret/x@h/db": "special characters",
	} {
		_, err := ParseURL(url)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "secret")
	}
}
