package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
)

// A backup is one state of the data, while others write.
func TestBackup(t *testing.T) {
	d := file(t)
	write(t, d, "CREATE TABLE t (a integer, b integer)")
	write(t, d, "INSERT INTO t VALUES (0, 0)")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := int64(1); ; n++ {
			select {
			case <-stop:
				return
			default:
				_, _ = dbtest.Do(context.Background(), d, db.Write, "INSERT INTO t VALUES (?, ?)", abi.Int(n), abi.Int(-n))
			}
		}
	})
	to := filepath.Join(t.TempDir(), "copy.db")
	err := d.Backup(t.Context(), to)
	close(stop)
	wg.Wait()
	require.NoError(t, err)
	c, err := Open(t.Context(), Config{Path: to})
	require.NoError(t, err)
	defer c.Close()
	require.Equal(t, [][]abi.Value{{abi.Int(1), abi.Text("ok")}}, read(t, c, "SELECT sum(a) + sum(b) = 0 AND count(*) > 0, (SELECT integrity_check FROM (SELECT 'ok' AS integrity_check)) FROM t").Rows)

	require.ErrorContains(t, d.Backup(t.Context(), to), "exists already")
	require.ErrorContains(t, d.Backup(t.Context(), filepath.Join(t.TempDir(), "none", "copy.db")), "name a file in a folder that exists")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	require.Error(t, d.Backup(ctx, filepath.Join(dir, "copy.db")))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "nothing is left of one that failed")
}

// The WAL does not grow with what is written, but for readers that hold it; when
// they end it is as short as before.
func TestWALIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("much SQL, nothing shared: not with -short, with which the race detector runs")
	}
	d := file(t)
	write(t, d, "CREATE TABLE t (id integer PRIMARY KEY, b blob)")
	size := func() int64 {
		st, err := os.Stat(d.cfg.Path + "-wal")
		require.NoError(t, err)
		return st.Size()
	}
	fill := func() {
		for range 60 {
			write(t, d, "INSERT INTO t (b) VALUES (randomblob(200000))")
			write(t, d, "DELETE FROM t")
		}
	}
	fill()
	require.Less(t, size(), int64(8<<20), "it is begun again after 1,000 pages")
	h, err := d.Acquire(t.Context(), db.Hold)
	require.NoError(t, err)
	require.NoError(t, h.Begin(t.Context(), db.TxOptions{ReadOnly: true}))
	_, err = dbtest.On(t.Context(), h, false, "SELECT count(*) FROM t")
	require.NoError(t, err)
	fill()
	grown := size()
	require.Greater(t, grown, int64(8<<20), "a reader holds it")
	h.Release()
	for range 4 {
		fill()
	}
	require.Less(t, size(), grown+6<<20, "it goes on from the beginning")
}
