package postgres

import (
	"context"
	"maps"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/internal/pool"
)

// oldest is the first version of PostgreSQL that Django 4.2's SQL works on.
const oldest = 12

// DB is an open database.
type DB struct {
	cfg    Config
	hints  hints
	paces  paces
	pools  pool.Modes[*conn]
	shared share // of the connections that read
	health health
}

var _ db.DB = (*DB)(nil)

// Open connects once, which proves that the server is there.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	cfg.defaults()
	d := &DB{cfg: cfg}
	d.shared.init(cfg.Readers, cfg.QueueTimeout)
	d.pools.Init(d.pool)
	c, err := d.Acquire(ctx, db.Read)
	if err != nil {
		e := db.AsOpError(err)
		return nil, &abi.OpError{Code: e.Code, Message: "opening " + d.name() + ": " + e.Message, Detail: e.Detail}
	}
	version := c.(*conn).pg.ParameterStatus("server_version")
	c.Release()
	if n := major(version); n < oldest {
		_ = d.Close()
		return nil, &abi.OpError{
			Code:    abi.CodeNotSupported,
			Message: "opening " + d.name() + ": the server is PostgreSQL " + version + ": upgrade it to " + strconv.Itoa(oldest) + " or later",
		}
	}
	return d, nil
}

// major reads 16 from "16beta1" and "16.4 (Debian 16.4-1)".
func major(version string) (n int) {
	for i := 0; i < len(version) && version[i] >= '0' && version[i] <= '9'; i++ {
		n = n*10 + int(version[i]-'0')
	}
	return n
}

// name is the database's without the password.
func (d *DB) name() string {
	s := d.cfg.Server
	names := []string{hostName(s.Host, s.Port)}
	for _, f := range s.Fallbacks {
		if name := hostName(f.Host, f.Port); name != names[len(names)-1] { // with TLS and without
			names = append(names, name)
		}
	}
	return "postgres://" + s.User + "@" + strings.Join(names, ",") + "/" + s.Database
}

func hostName(host string, port uint16) string {
	if strings.HasPrefix(host, "/") {
		return host
	}
	return host + ":" + strconv.Itoa(int(port))
}

func (d *DB) pool(mode db.Mode) pool.Config[*conn] {
	size := d.cfg.Readers
	switch mode {
	case db.Hold:
		size = d.cfg.Holds
	case db.Write:
		size = d.cfg.Writers
	}
	server := d.cfg.Server.Copy()
	if mode != db.Write {
		server.RuntimeParams = maps.Clone(server.RuntimeParams)
		server.RuntimeParams["default_transaction_read_only"] = "on"
		if d.cfg.Attrs == "read-write" { // which the setting makes this session not be
			server.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
		}
	}
	var locals string
	if d.cfg.Pooler {
		locals = split(server, mode)
	}
	return pool.Config[*conn]{
		Size: size, Wait: d.cfg.QueueTimeout, Idle: d.cfg.IdleTimeout,
		Open:  func(ctx context.Context) (*conn, error) { return d.connect(ctx, mode, server, locals) },
		Close: (*conn).close,
		Alive: (*conn).alive,
	}
}

// Dialect is "postgresql".
func (d *DB) Dialect() string { return "postgresql" }

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
	d.pools.Close(d.shared.close)
	return nil
}
