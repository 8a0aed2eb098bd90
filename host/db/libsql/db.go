package libsql

import (
	"context"
	"database/sql/driver"
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
	pools     pool.Modes[*conn]
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
	d := &DB{cfg: cfg, connector: connector}
	d.pools.Init(d.pool)
	if err := d.ask(ctx); err != nil {
		e := *db.AsOpError(err)
		e.Message = "opening " + cfg.URL + ": " + e.Message
		return nil, &e
	}
	return d, nil
}

// ask finds out what the server has.
func (d *DB) ask(ctx context.Context) error {
	c, err := d.pools.Read.Get(ctx)
	if err != nil {
		return err
	}
	defer d.pools.Read.Put(c, true)
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

func (d *DB) pool(mode db.Mode) pool.Config[*conn] {
	size, wait := d.cfg.Readers, time.Duration(0)
	switch mode {
	case db.Hold:
		size, wait = d.cfg.Holds, d.cfg.QueueTimeout
	case db.Write:
		size, wait = d.cfg.Writers, d.cfg.QueueTimeout
	}
	return pool.Config[*conn]{
		Size: size, Wait: wait, Idle: fresh,
		Open:  func(context.Context) (*conn, error) { return &conn{db: d, mode: mode}, nil },
		Close: (*conn).drop,
		Alive: func(_ *conn, idle time.Duration) bool { return idle < fresh },
	}
}

// Dialect is "sqlite", or "sqlite-plain" for a server without this host's
// functions.
func (d *DB) Dialect() string { return d.dialect }

// Acquire waits for a connection.
func (d *DB) Acquire(ctx context.Context, mode db.Mode) (db.Conn, error) {
	c, err := d.pools.Get(ctx, mode)
	if err != nil {
		return nil, err
	}
	c.acquired = true
	return c, nil
}

// Close waits for acquired connections and closes all.
func (d *DB) Close() error {
	d.pools.Close(nil)
	return nil
}
