package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/internal/pool"
	"zombiezen.com/go/sqlite"
)

// DB is an open SQLite database.
type DB struct {
	cfg      Config
	readOnly atomic.Bool // the file turned out to be read-only
	temp     string      // folder of an in-memory database
	place    place
	pools    pool.Modes[*conn]
	closing  sync.Once
}

var _ db.DB = (*DB)(nil)

// Open opens the database, creates its file when it is missing and allowed,
// and proves that it is one.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	cfg.defaults()
	d := &DB{cfg: cfg}
	if cfg.Memory {
		dir, err := memoryFolder()
		if err != nil {
			return nil, &abi.OpError{Code: abi.CodeDatabase, Message: "vinyl sqlite: no place for an in-memory database: set TMPDIR to a folder that can be written: " + err.Error()}
		}
		d.temp, d.cfg.Path = dir, filepath.Join(dir, "memory.db")
	}
	if err := d.cfg.check(); err != nil {
		return nil, d.fail(err)
	}
	if !cfg.Memory && !cfg.ReadOnly { // only what was written can be lost
		d.place.path, d.place.began = d.cfg.Path, time.Now()
	}
	reserve(d.cfg.pages())
	d.pools.Init(d.pool)

	mode := db.Write
	if cfg.ReadOnly {
		mode = db.Read
	}
	c, err := d.Acquire(ctx, mode)
	if err != nil {
		reserve(-d.cfg.pages())
		return nil, d.fail(err)
	}
	_, err = c.(*conn).strings(ctx, "SELECT count(*) FROM sqlite_master")
	c.Release()
	if err != nil {
		_ = d.Close()
		return nil, d.fail(opError(err))
	}
	return d, nil
}

func (d *DB) pool(mode db.Mode) pool.Config[*conn] {
	cfg := pool.Config[*conn]{
		Size: d.cfg.Readers, Close: (*conn).close,
		Open: func(context.Context) (*conn, error) { return d.connect(mode) },
	}
	switch mode {
	case db.Hold:
		cfg.Size, cfg.Wait, cfg.Idle = d.cfg.Holds, d.cfg.QueueTimeout, time.Minute
	case db.Write:
		cfg.Size, cfg.Wait = 1, d.cfg.QueueTimeout
	}
	return cfg
}

// fail names the file, which SQLite's errors don't, and tidies up.
func (d *DB) fail(err error) error {
	e := db.AsOpError(err)
	if d.temp != "" {
		_ = os.RemoveAll(d.temp)
		return e
	}
	return &abi.OpError{Code: e.Code, Message: "opening " + d.cfg.Path + ": " + e.Message, Detail: e.Detail}
}

// memoryFolder prefers a file system in memory.
func memoryFolder() (string, error) {
	const shm = "/dev/shm"
	if dir, err := os.MkdirTemp(shm, "vinyl-"); err == nil {
		return dir, nil
	}
	return os.MkdirTemp("", "vinyl-")
}

// Dialect is "sqlite".
func (d *DB) Dialect() string { return "sqlite" }

// ReadOnly tells whether the database refuses writes.
func (d *DB) ReadOnly() bool { return d.cfg.ReadOnly || d.readOnly.Load() }

// Acquire waits for a connection.
func (d *DB) Acquire(ctx context.Context, mode db.Mode) (db.Conn, error) {
	if mode == db.Write && d.ReadOnly() {
		return nil, opError(sqlite.ResultReadOnly.ToError())
	}
	for {
		c, err := d.pools.Get(ctx, mode)
		switch {
		case err == nil && (mode == db.Write && d.place.here() || mode != db.Write && d.place.seen()):
			c.acquired = true
			return c, nil
		case err == nil:
			d.pools.Of(mode).Put(c, false)
		case !errors.Is(err, errMoved):
			return nil, err
		}
		if err := d.renew(ctx); err != nil {
			return nil, err
		}
	}
}

// Close waits for acquired connections and closes all.
func (d *DB) Close() (err error) {
	d.closing.Do(func() {
		// The writer goes last: closing the last connection folds the WAL into the
		// file, which a reader may not.
		d.pools.Close(nil)
		reserve(-d.cfg.pages())
		if d.temp != "" {
			err = os.RemoveAll(d.temp)
		}
	})
	return err
}
