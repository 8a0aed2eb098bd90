//go:build unix

package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
)

// other makes a database beside d whose table t has the row of that number.
func other(t *testing.T, d *DB, n int64) (path string) {
	t.Helper()
	o := file(t)
	write(t, o, "CREATE TABLE t (a)")
	write(t, o, "INSERT INTO t VALUES (?)", abi.Int(n))
	path = filepath.Join(filepath.Dir(d.cfg.Path), "other.db")
	require.NoError(t, o.Backup(t.Context(), path))
	return path
}

// lost asserts that err is one that a request may be repeated after, and says so.
func lost(t *testing.T, err error, says string) {
	t.Helper()
	e := dbtest.Code(t, abi.CodeDatabase, err)
	require.Equal(t, []string{db.LostConnection}, e.Detail)
	require.Equal(t, 503, e.HTTPStatus())
	require.ErrorContains(t, err, says)
}

func held(t *testing.T, d *DB) [][]abi.Value {
	t.Helper()
	require.Equal(t, "ok", checked(t, d))
	return read(t, d, "SELECT a FROM t ORDER BY a").Rows
}

// checked is SQLite's own opinion of the file.
func checked(t *testing.T, d *DB) string {
	t.Helper()
	c, err := d.Acquire(t.Context(), db.Read)
	require.NoError(t, err)
	defer c.Release()
	all, err := c.(*conn).strings(t.Context(), "PRAGMA integrity_check")
	require.NoError(t, err)
	return all[0][0]
}

func later(d *DB) { d.place.looked.Store(-int64(time.Hour)) } // the next reader looks

func numbers(n ...int64) (rows [][]abi.Value) {
	for _, i := range n {
		rows = append(rows, []abi.Value{abi.Int(i)})
	}
	return rows
}

func TestAFileThatIsDeleted(t *testing.T) {
	d := file(t)
	write(t, d, "CREATE TABLE t (a)")
	write(t, d, "INSERT INTO t VALUES (1)")
	require.Equal(t, numbers(1), held(t, d))
	copied := filepath.Join(t.TempDir(), "copy.db")
	require.NoError(t, d.Backup(t.Context(), copied))
	raw, err := d.Raw(t.Context(), false)
	require.NoError(t, err)
	require.NoError(t, os.Remove(d.cfg.Path))
	later(d)

	says := "the database file " + d.cfg.Path + " was deleted or moved away while in use: put it back, or a backup in its place"
	for range 2 {
		for _, mode := range []db.Mode{db.Write, db.Read, db.Hold} {
			_, err := d.Acquire(t.Context(), mode)
			lost(t, err, says)
		}
	}
	_, err = d.Raw(t.Context(), false)
	lost(t, err, says)
	lost(t, d.Backup(t.Context(), copied+"2"), "was deleted")
	lost(t, raw.Within(t.Context(), func() error { t.Error("runs on a file that is gone"); return nil }), "deleted or replaced")
	raw.Close()
	require.NoFileExists(t, d.cfg.Path, "nobody makes an empty one")

	require.NoError(t, os.WriteFile(d.cfg.Path, nil, 0o644))
	_, err = d.Acquire(t.Context(), db.Write)
	lost(t, err, "what is there now is empty")
	whole, err := os.ReadFile(copied)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(d.cfg.Path, whole[:len(whole)-100], 0o644))
	_, err = d.Acquire(t.Context(), db.Read)
	lost(t, err, "not yet all of one")
	require.NoError(t, os.Rename(copied, d.cfg.Path))
	require.Equal(t, numbers(1), held(t, d))
	write(t, d, "INSERT INTO t VALUES (2)")
	require.Equal(t, numbers(1, 2), held(t, d))
}

// TestAFileThatIsReplaced: what is in the old one's -wal must reach no other.
func TestAFileThatIsReplaced(t *testing.T) {
	for name, look := range map[string]func(*testing.T, *DB) *DB{
		"noticed by a reader": func(t *testing.T, d *DB) *DB { later(d); read(t, d, "SELECT a FROM t"); return d },
		"noticed by a writer": func(t *testing.T, d *DB) *DB { write(t, d, "UPDATE t SET a = a"); return d },
		"at the end": func(t *testing.T, d *DB) *DB {
			require.NoError(t, d.Close())
			d, err := Open(t.Context(), d.cfg)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, d.Close()) })
			return d
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := file(t)
			write(t, d, "CREATE TABLE t (a)")
			write(t, d, "CREATE TABLE much (b)")
			for i := range int64(50) {
				write(t, d, "INSERT INTO t VALUES (?)", abi.Int(i))
				write(t, d, "INSERT INTO much VALUES (randomblob(5000))")
			}
			require.Len(t, held(t, d), 50)
			was := filepath.Join(filepath.Dir(d.cfg.Path), "was.db")
			next := other(t, d, 7)
			require.NoError(t, os.Rename(d.cfg.Path, was))
			require.NoError(t, os.Rename(next, d.cfg.Path))

			d = look(t, d)
			require.Equal(t, numbers(7), held(t, d))
			write(t, d, "INSERT INTO t VALUES (8)")
			require.Equal(t, numbers(7, 8), held(t, d))
			require.NoError(t, d.Close())
			for path, want := range map[string]int{d.cfg.Path: 2, was: 50} {
				again, err := Open(t.Context(), Config{Path: path})
				require.NoError(t, err)
				require.Len(t, held(t, again), want, "all that was written is in the file it was written to")
				require.NoError(t, again.Close())
			}
		})
	}
}

func TestAFileThatIsMovedAndComesBack(t *testing.T) {
	d := file(t)
	write(t, d, "CREATE TABLE t (a)")
	away := d.cfg.Path + ".away"
	require.NoError(t, os.Rename(d.cfg.Path, away))
	_, err := dbtest.Do(t.Context(), d, db.Write, "INSERT INTO t VALUES (1)")
	lost(t, err, "moved away")
	require.NoError(t, os.Rename(away, d.cfg.Path))
	write(t, d, "INSERT INTO t VALUES (2)")
	later(d)
	require.Equal(t, numbers(2), held(t, d))
}

// TestWhatRunsWhileAFileIsReplaced: a transaction is undone, a stream ends, and
// who comes next waits for both.
func TestWhatRunsWhileAFileIsReplaced(t *testing.T) {
	d := file(t)
	write(t, d, "CREATE TABLE t (a)")
	write(t, d, "INSERT INTO t VALUES (1), (2), (3)")
	next := other(t, d, 7)
	w, err := d.Acquire(t.Context(), db.Write)
	require.NoError(t, err)
	defer w.Release()
	require.NoError(t, w.Begin(t.Context(), db.TxOptions{}))
	_, err = dbtest.On(t.Context(), w, true, "INSERT INTO t VALUES (4)")
	require.NoError(t, err)
	h, err := d.Acquire(t.Context(), db.Hold)
	require.NoError(t, err)
	defer h.Release()
	cu, err := h.Query(t.Context(), db.Statement{SQL: "SELECT a FROM t"})
	require.NoError(t, err)
	_, done, err := cu.Fill(t.Context(), nil, db.Limits{Rows: 1, Bytes: 1 << 20})
	require.NoError(t, err)
	require.False(t, done)
	require.NoError(t, os.Rename(next, d.cfg.Path))

	lost(t, w.Commit(t.Context()), "deleted or replaced by another one while this used it")
	w.Release()
	later(d)
	wrote := make(chan error, 1)
	go func() {
		_, err := dbtest.Do(context.Background(), d, db.Write, "INSERT INTO t VALUES (8)")
		wrote <- err
	}()
	require.Eventually(t, d.place.replaced.Load, 30*time.Second, time.Millisecond)
	_, done, err = cu.Fill(t.Context(), nil, db.Limits{Rows: 1, Bytes: 1 << 20})
	require.True(t, done)
	lost(t, err, "deleted or replaced")
	require.Empty(t, wrote, "there is no connection to the new file beside one to the old")
	h.Release()
	require.NoError(t, <-wrote)
	require.Equal(t, numbers(7, 8), held(t, d))
}

// TestWhatIsLeftOfAReplacedFile: another process keeps the -wal in use.
func TestWhatIsLeftOfAReplacedFile(t *testing.T) {
	d := file(t)
	write(t, d, "CREATE TABLE t (a)")
	read(t, d, "SELECT a FROM t")
	next := other(t, d, 7)
	o, err := Open(t.Context(), d.cfg)
	require.NoError(t, err)
	h, err := o.Acquire(t.Context(), db.Hold)
	require.NoError(t, err)
	defer h.Release()
	require.NoError(t, h.Begin(t.Context(), db.TxOptions{ReadOnly: true}))
	_, err = dbtest.On(t.Context(), h, false, "SELECT a FROM t")
	require.NoError(t, err)
	write(t, d, "INSERT INTO t VALUES (1)")
	require.NoError(t, os.Rename(next, d.cfg.Path))

	_, err = d.Acquire(t.Context(), db.Write)
	lost(t, err, d.cfg.Path+"-wal may have changes of the one before: move it to where that one is now, or remove it")
	h.Release()
	o.place.path = "" // as a process that ends at once
	require.NoError(t, o.Close())
	_, err = d.Acquire(t.Context(), db.Write)
	lost(t, err, "-wal may have")
	require.NoError(t, os.Remove(d.cfg.Path+"-wal"))
	require.Equal(t, numbers(7), held(t, d))
}

// TestFilesThatAreNotWatched lose nothing when they are deleted.
func TestFilesThatAreNotWatched(t *testing.T) {
	d := file(t)
	write(t, d, "CREATE TABLE t (a)")
	write(t, d, "INSERT INTO t VALUES (1)")
	require.NoError(t, d.Close())
	ro, err := Open(t.Context(), Config{Path: d.cfg.Path, ReadOnly: true})
	require.NoError(t, err)
	defer ro.Close()
	mem, err := Open(t.Context(), Config{Memory: true})
	require.NoError(t, err)
	defer mem.Close()
	write(t, mem, "CREATE TABLE t (a)")
	read(t, mem, "SELECT a FROM t")
	read(t, ro, "SELECT a FROM t")
	for _, d := range []*DB{ro, mem} {
		require.NoError(t, os.Remove(d.cfg.Path))
		later(d)
	}
	require.Equal(t, numbers(1), read(t, ro, "SELECT a FROM t").Rows)
	write(t, mem, "INSERT INTO t VALUES (2)")
	require.Equal(t, numbers(2), read(t, mem, "SELECT a FROM t").Rows)
}

// TestAFileThatIsReplacedAgainAndAgain has readers and writers at work meanwhile.
func TestAFileThatIsReplacedAgainAndAgain(t *testing.T) {
	d := file(t)
	write(t, d, "CREATE TABLE t (a)")
	stop := make(chan struct{})
	var all sync.WaitGroup
	var failed atomic.Pointer[error]
	for i := range 4 {
		mode, sql := db.Read, "SELECT count(*) FROM t"
		if i%2 == 0 {
			mode, sql = db.Write, "INSERT INTO t VALUES (randomblob(3000))"
		}
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				_, err := dbtest.Do(context.Background(), d, mode, sql)
				if e := db.AsOpError(err); e != nil && (e.Code != abi.CodeDatabase || e.HTTPStatus() != 503) {
					failed.Store(&err)
					return
				}
			}
		})
	}
	for n := range int64(10) {
		require.NoError(t, os.Rename(other(t, d, n), d.cfg.Path))
		require.Eventually(t, func() bool {
			later(d)
			r, err := dbtest.Do(t.Context(), d, db.Read, "SELECT count(*) FROM t WHERE a = ?", abi.Int(n))
			return err == nil && r.Rows[0][0].Num == 1
		}, 30*time.Second, time.Millisecond)
	}
	close(stop)
	all.Wait()
	if err := failed.Load(); err != nil {
		require.NoError(t, *err)
	}
	require.Equal(t, "ok", checked(t, d))
}
