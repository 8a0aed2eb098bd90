package libsql

import (
	"context"
	"database/sql/driver"
	"sync"
	"time"

	"github.com/tursodatabase/libsql-client-go/libsql"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/internal/pool"
)

// Dialects of libSQL servers.
const (
	dialectFull  = "sqlite"       // it has this host's functions: vinyl-edge db serve
	dialectPlain = "sqlite-plain" // every other server
)

// DB is a database on a libSQL server.
type DB struct {
	cfg       Config
	connector driver.Connector
	dialect   string
	foreign   bool // connections must ask for foreign keys

	reads, holds, writes *pool.Pool[*conn]

	closing sync.Once
	done    chan struct{}
}

var _ db.DB = (*DB)(nil)

// Open asks the server which dialect it speaks, which proves that it is there.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	cfg.defaults()
	var options []libsql.Option
	if cfg.Token != "" {
		options = append(options, libsql.WithAuthToken(cfg.Token))
	}
	connector, err := libsql.NewConnector(cfg.URL, options...)
	if err != nil {
		return nil, bad(err.Error())
	}
	d := &DB{cfg: cfg, connector: connector, done: make(chan struct{})}
	d.reads = d.newPool(db.Read, cfg.Readers, 0)
	d.holds = d.newPool(db.Hold, cfg.Holds, cfg.QueueTimeout)
	d.writes = d.newPool(db.Write, cfg.Writers, cfg.QueueTimeout)
	if err := d.ask(ctx); err != nil {
		e := *db.AsOpError(err)
		e.Message = "opening " + cfg.URL + ": " + e.Message
		return nil, &e
	}
	return d, nil
}

// ask finds out what the server has.
func (d *DB) ask(ctx context.Context) error {
	c, err := d.reads.Get(ctx)
	if err != nil {
		return err
	}
	defer d.reads.Put(c, true)
	d.dialect = dialectPlain
	_, err = c.run(ctx, "SELECT django_datetime_trunc('year', '2024-02-29', NULL, NULL), 'a' REGEXP 'a'", nil, true, false)
	if e := db.AsOpError(err); e == nil {
		d.dialect = dialectFull
	} else if e.Code != abi.CodeNotSupported {
		return err
	}
	// Servers differ in whether they heed foreign keys.
	res, err := c.run(ctx, "SELECT foreign_keys FROM pragma_foreign_keys", nil, true, false)
	if err != nil {
		return err
	}
	on := db.AppendCell(nil, &abi.Value{Kind: abi.KindInt, Num: 1})
	d.foreign = string(res.cells) != string(on)
	return nil
}

// fresh is how long an idle stream is thought to live: servers close them after
// 10 s.
const fresh = 7 * time.Second

func (d *DB) newPool(mode db.Mode, size int, wait time.Duration) *pool.Pool[*conn] {
	return pool.New(pool.Config[*conn]{
		Size: size, Wait: wait, Idle: fresh, Done: d.done,
		Open:  func(context.Context) (*conn, error) { return &conn{db: d, mode: mode}, nil },
		Close: (*conn).drop,
		Alive: func(_ *conn, idle time.Duration) bool { return idle < fresh },
	})
}

// Dialect is "sqlite", or "sqlite-plain" for a server without this host's
// functions.
func (d *DB) Dialect() string { return d.dialect }

// Acquire waits for a connection.
func (d *DB) Acquire(ctx context.Context, mode db.Mode) (db.Conn, error) {
	select {
	case <-d.done:
		return nil, db.ErrClosed
	default:
	}
	c, err := d.pool(mode).Get(ctx)
	if err != nil {
		return nil, err
	}
	c.acquired = true
	return c, nil
}

func (d *DB) pool(mode db.Mode) *pool.Pool[*conn] {
	switch mode {
	case db.Write:
		return d.writes
	case db.Hold:
		return d.holds
	}
	return d.reads
}

// Close waits for acquired connections and closes all.
func (d *DB) Close() error {
	d.closing.Do(func() {
		close(d.done)
		d.reads.Close()
		d.holds.Close()
		d.writes.Close()
	})
	return nil
}
