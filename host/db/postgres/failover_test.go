//go:build unix

package postgres

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// eventually has f succeed within a minute.
func eventually(t *testing.T, f func() error) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			require.NoError(t, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestFailover has a standby take over, and its primary come back as one that
// only reads.
func TestFailover(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts two servers")
	}
	a := pgtest.Own(t, pgtest.Options{TCP: true})
	b := a.Standby()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	dead := nobody.Addr().String()
	require.NoError(t, nobody.Close())
	cfg, err := ParseURL("postgres://vinyl@" + strings.Join([]string{dead, b.Address(), a.Address()}, ",") + "/postgres?target_session_attrs=read-write&sslmode=disable")
	require.NoError(t, err)
	d, err := Open(t.Context(), cfg)
	require.NoError(t, err, "what is dead and what is a standby is passed over, by connections that read too")
	defer d.Close()
	write(t, d, "CREATE TABLE t (id integer)")
	write(t, d, "INSERT INTO t VALUES (1)")
	require.Equal(t, [][]abi.Value{{abi.Int(0)}}, read(t, d, "SELECT pg_is_in_recovery()"))
	a.Caught(b)

	a.Kill()
	_, err = dbtest.Do(t.Context(), d, db.Write, "INSERT INTO t VALUES (2)")
	require.Error(t, err)
	b.Exec("SELECT pg_promote()")
	eventually(t, func() error { _, err := dbtest.Do(t.Context(), d, db.Write, "DELETE FROM t WHERE id = 2"); return err })
	write(t, d, "INSERT INTO t VALUES (3)")
	// A backend of the killed server may answer once more before it notices.
	eventually(t, func() error { _, err := dbtest.Do(t.Context(), d, db.Read, "SELECT 1"); return err })
	require.Len(t, read(t, d, "SELECT * FROM t"), 2)

	// A server that becomes read-only while it runs is left.
	b.Exec("ALTER SYSTEM SET default_transaction_read_only = on")
	b.Exec("SELECT pg_reload_conf()")
	a.Start()
	eventually(t, func() error { _, err := dbtest.Do(t.Context(), d, db.Write, "INSERT INTO t VALUES (4)"); return err })
	require.Equal(t, "1", a.Exec("SELECT count(*) FROM t WHERE id = 4")[0][0])
}

// TestTheOthersAreLookedAt: one connection that broke is enough to doubt those
// that were idle.
func TestTheOthersAreLookedAt(t *testing.T) {
	c := pgtest.Own(t, pgtest.Options{})
	cfg, err := ParseURL(c.Socket())
	require.NoError(t, err)
	d, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	defer d.Close()
	var conns []*conn
	for range 5 {
		conns = append(conns, acquire(t, d, db.Read))
	}
	for _, c := range conns {
		c.Release()
	}
	c.Kill()
	_, err = dbtest.Do(t.Context(), d, db.Read, "SELECT 1")
	requireLost(t, abi.CodeDatabase, err)
	c.Start()
	for range 5 {
		read(t, d, "SELECT 1")
	}
}

func TestTimeoutsOfTheDatabase(t *testing.T) {
	d := opened(t, "&statement_timeout=100ms&lock_timeout=50ms&queue_timeout=50&writers=1")
	_, err := dbtest.Do(t.Context(), d, db.Read, slow)
	e := dbtest.Code(t, abi.CodeTimeout, err)
	require.Equal(t, []string{db.TimeoutStatement}, e.Detail)
	require.Contains(t, e.Message, "statement_timeout in the database URL")
	require.Equal(t, 503, e.HTTPStatus())
	write(t, d, "CREATE TABLE t (id integer)")
	other := opened(t, "")
	tx := begin(t, other)
	require.NoError(t, on(tx, "LOCK TABLE "+read(t, d, "SELECT current_schema()")[0][0].Str+".t"))
	_, err = dbtest.Do(t.Context(), d, db.Write, "INSERT INTO t VALUES (1)")
	e = dbtest.Code(t, abi.CodeTimeout, err)
	require.Equal(t, []string{db.TimeoutLock}, e.Detail)
	require.Contains(t, e.Message, "lock_timeout in the database URL")
	require.NoError(t, tx.Rollback())
	write(t, d, "INSERT INTO t VALUES (1)")
	_, err = ParseURL("postgres://h/d?lock_timeout=x")
	require.NoError(t, err)

	acquire(t, d, db.Write)
	_, err = d.Acquire(t.Context(), db.Write)
	e = dbtest.Code(t, abi.CodeBusy, err)
	require.Equal(t, []string{db.BusyQueue}, e.Detail)
	require.Contains(t, e.Message, "queue_timeout")
	require.Equal(t, 503, e.HTTPStatus())
	cfg, err := ParseURL(pgtest.URL(t) + "&lock_timeout=soon")
	require.NoError(t, err)
	_, err = Open(t.Context(), cfg)
	require.ErrorContains(t, err, "lock_timeout")
}
