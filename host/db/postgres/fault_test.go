//go:build unix

package postgres

import (
	"context"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// TestManyCallers: a thousand callers at a handful of connections, some of
// which give up.
func TestManyCallers(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 200
	}
	d := opened(t, "&readers=3&writers=2&holds=1&application_name=callers"+strconv.Itoa(os.Getpid()))
	write(t, d, "CREATE TABLE t (id integer)")
	var all sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		all.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%5 == 0 {
				time.AfterFunc(time.Duration(i%50)*time.Millisecond/10, cancel)
			}
			if i%2 == 0 {
				_, errs[i] = dbtest.Do(ctx, d, db.Read, "SELECT pg_sleep(0.0005)")
				return
			}
			errs[i] = func() error {
				c, err := d.Acquire(ctx, db.Write)
				if err != nil {
					return err
				}
				defer c.Release()
				if err := c.Begin(ctx, db.TxOptions{}); err != nil {
					return err
				}
				if _, err := dbtest.On(ctx, c, true, "INSERT INTO t VALUES ($1)", abi.Int(int64(i))); err != nil {
					return err
				}
				if i%3 == 0 {
					return nil // Release undoes it
				}
				return c.Commit(ctx)
			}()
		})
	}
	all.Wait()
	there := map[int64]bool{}
	for _, r := range read(t, d, "SELECT id FROM t") {
		there[r[0].Int64()] = true
	}
	for i, err := range errs {
		switch {
		case err == nil:
			require.Equal(t, i%2 == 1 && i%3 != 0, there[int64(i)], i)
		case db.AsOpError(err).Code == abi.CodeUnknown:
		default:
			require.Contains(t, []abi.ErrorCode{abi.CodeCancelled, abi.CodeBusy}, db.AsOpError(err).Code, "%v", err)
			require.False(t, there[int64(i)], i)
		}
	}
	for mode, most := range map[db.Mode]int{db.Read: 3, db.Write: 2, db.Hold: 1} { // none was lost
		var held []db.Conn
		for range most {
			c, err := d.Acquire(t.Context(), mode)
			require.NoError(t, err)
			held = append(held, c)
		}
		for _, c := range held {
			c.Release()
		}
	}
	rows := read(t, d, "SELECT count(*), count(xact_start) FROM pg_stat_activity WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()")
	require.LessOrEqual(t, rows[0][0].Int64(), int64(5))
	require.Equal(t, abi.Int(0), rows[0][1], "a transaction is left")
}

// TestAFullDisk: the file of a table is one that is always full.
func TestAFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full here")
	}
	c := pgtest.Own(t, pgtest.Options{})
	cfg, err := ParseURL(c.Socket())
	require.NoError(t, err)
	d, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	defer d.Close()
	c.Exec("CREATE TABLE t (id integer); CREATE TABLE u (id integer)")
	path := c.Path(c.Exec("SELECT pg_relation_filepath('t')")[0][0])
	c.Stop()
	require.NoError(t, os.Rename(path, path+".kept"))
	require.NoError(t, os.Symlink("/dev/full", path))
	c.Start()
	insert := func() error { _, err := dbtest.Do(t.Context(), d, db.Write, "INSERT INTO t VALUES (1)"); return err }
	eventually(t, func() error { _, err := dbtest.Do(t.Context(), d, db.Write, "INSERT INTO u VALUES (1)"); return err })
	for range 3 {
		require.Contains(t, dbtest.Code(t, abi.CodeFull, insert()).Message, "free some space on the server")
	}
	tx := acquire(t, d, db.Write)
	require.NoError(t, tx.Begin(t.Context(), db.TxOptions{}))
	require.NoError(t, on(tx, "INSERT INTO u VALUES (2)"))
	dbtest.Code(t, abi.CodeFull, on(tx, "INSERT INTO t VALUES (2)"))
	dbtest.Code(t, abi.CodeTxDone, tx.Commit(t.Context()))
	tx.Release()
	require.Equal(t, "1", c.Exec("SELECT count(*) FROM u")[0][0], "what came before is undone")
	c.Stop()
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Rename(path+".kept", path))
	c.Start()
	eventually(t, insert)
	require.Equal(t, "1", c.Exec("SELECT count(*) FROM t")[0][0])
}

// TestABackendThatIsKilled makes the server restart itself.
func TestABackendThatIsKilled(t *testing.T) {
	c := pgtest.Own(t, pgtest.Options{})
	cfg, err := ParseURL(c.Socket())
	require.NoError(t, err)
	d, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	defer d.Close()
	write(t, d, "CREATE TABLE t (id integer)")
	tx := begin(t, d)
	require.NoError(t, on(tx, "INSERT INTO t VALUES (1)"))
	write(t, d, "INSERT INTO t VALUES (2)")
	p, err := os.FindProcess(int(tx.pg.PID()))
	require.NoError(t, err)
	require.NoError(t, p.Kill())
	require.Eventually(t, func() bool { return on(tx, "SELECT 1") != nil }, time.Minute, 5*time.Millisecond)
	err = tx.Commit(t.Context())
	dbtest.Code(t, abi.CodeTxDone, err)
	tx.Release()
	eventually(t, func() error { _, err := dbtest.Do(t.Context(), d, db.Write, "INSERT INTO t VALUES (3)"); return err })
	eventually(t, func() error { // it may have been taken before the server noticed
		r, err := dbtest.Do(t.Context(), d, db.Read, "SELECT DISTINCT id FROM t ORDER BY id")
		if err == nil {
			require.Equal(t, [][]abi.Value{{abi.Int(2)}, {abi.Int(3)}}, r.Rows)
		}
		return err
	})
}

// TestBatchesOverFaults: the server dies, or the line breaks, while some of a
// batch have been answered. Each item ends, with its whole result or as lost, and
// the next batch finds a server.
func TestBatchesOverFaults(t *testing.T) {
	server := pgtest.Own(t, pgtest.Options{})
	p := pgtest.NewProxy(t, server.Dial)
	cfg, err := ParseURL("postgres://vinyl@" + p.Address() + "/postgres?sslmode=disable&readers=2")
	require.NoError(t, err)
	d, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	server.Exec("CREATE TABLE t (id integer)")

	const large = "SELECT repeat('x', 10000) FROM generate_series(1, 50)"
	cut := func(end pgtest.Verdict) func() {
		return func() {
			var n atomic.Int64
			p.Filter(func(fromServer bool, b []byte) pgtest.Verdict {
				if fromServer && n.Add(int64(len(b))) > 700_000 { // within the second of three
					return end
				}
				return pgtest.Pass
			})
		}
	}
	asleep := func() bool {
		return server.Exec("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")[0][0] == "1"
	}
	for name, c := range map[string]struct {
		sqls          []string
		before, after func() // it begins, and when it sleeps
	}{
		"killed":  {[]string{"SELECT 1", "SELECT pg_sleep(600)", "SELECT 3"}, nil, func() { server.Kill(); server.Start() }},
		"stopped": {[]string{"SELECT 1", "SELECT pg_sleep(600)", "SELECT 3"}, nil, func() { server.Stop(); server.Start() }},
		"cut":     {[]string{large, large, large}, cut(pgtest.Cut), nil},
		"reset":   {[]string{large, large, large}, cut(pgtest.Reset), nil},
	} {
		for _, how := range []string{"shared", "in a transaction"} {
			t.Run(name+" "+how, func(t *testing.T) {
				sqls, inTx := c.sqls, how != "shared"
				var tx *conn
				if inTx {
					sqls = append([]string{"INSERT INTO t VALUES (1)"}, sqls...)
					tx = begin(t, d)
				}
				if c.before != nil {
					c.before()
				}
				f := newFlock(sqls...)
				go func() {
					if inTx {
						tx.Pipeline(context.WithoutCancel(t.Context()), f.items)
					} else {
						d.ReadAll(f.items)
					}
				}()
				if c.after != nil {
					require.Eventually(t, asleep, 30*time.Second, 5*time.Millisecond)
					c.after()
				}
				f.order(t)
				p.Heal()
				lost := 0
				for i, err := range f.errs {
					if err != nil {
						requireLost(t, abi.CodeDatabase, err)
						lost++
						continue
					}
					r, err := dbtest.Decode(f.out[i])
					require.NoError(t, err)
					if sqls[i] == large {
						require.Len(t, r.Rows, 50, "all of it")
					}
				}
				require.Positive(t, lost)
				if inTx {
					require.Eventually(t, func() bool { return !tx.InTx() }, 30*time.Second, time.Millisecond)
					dbtest.Code(t, abi.CodeTxDone, tx.Commit(t.Context()))
					tx.Release()
				}
				again := newFlock("SELECT 1", "SELECT count(*) FROM t")
				d.ReadAll(again.items)
				again.order(t)
				require.Equal(t, abi.Int(1), again.value(t, 0))
				require.Equal(t, abi.Int(0), again.value(t, 1), "nothing stays, nothing is tried again")
				require.Eventually(t, func() bool {
					return server.Exec("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vinyl-edge' AND (state <> 'idle' OR xact_start IS NOT NULL)")[0][0] == "0"
				}, 30*time.Second, 10*time.Millisecond, "a transaction or statement is left")
			})
		}
	}
}
