package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/host/db/sqlite"
	"github.com/vinyl-edge/vinyl/host/hrana"
)

type dbServeCmd struct {
	File string `arg:"" optional:"" default:"." help:"SQLite file, or folder of an app."`

	Database       string        `default:"default" placeholder:"ALIAS" help:"Which of the app's databases; ALIAS:replica is its first replica."`
	DB             databases     `name:"db" placeholder:"URL" help:"Database, as serve takes it."`
	Addr           string        `default:"127.0.0.1:8080" help:"Address to listen on."`
	Token          string        `env:"LIBSQL_AUTH_TOKEN" placeholder:"TOKEN" help:"Token that clients must send. Better in the environment, as other users of the machine see flags."`
	Plain          bool          `help:"Without the functions that Django's SQL needs and SQLite lacks: as other libSQL servers are."`
	MaxStreams     int           `default:"128" help:"Streams that may be open at a time."`
	MaxBody        size          `default:"16MiB" help:"Largest request."`
	MaxResult      size          `default:"64MiB" help:"Largest answer; cursors have none."`
	StreamTimeout  time.Duration `default:"10s" help:"How long a stream waits for its next request."`
	RequestTimeout time.Duration `default:"30s" help:"How long a request may run."`
	TxTimeout      time.Duration `default:"30s" help:"How long a transaction may last."`

	LogFormat string        `enum:"text,json" default:"text" help:"Form of the log: text or json."`
	AccessLog bool          `default:"true" negatable:"" help:"Log every request."`
	Grace     time.Duration `default:"10s" help:"How long requests may go on after SIGINT or SIGTERM."`
}

// Help is shown below the flags.
func (dbServeCmd) Help() string {
	return `The file is served as libSQL servers serve theirs: Hrana over HTTP (versions 2 and
3) and over WebSockets (1 and 2), in JSON. Apps and other programs use it at once:

  vinyl-edge db serve ./examples/polls --plain
  vinyl-edge serve ./examples/polls --db http://127.0.0.1:8080

shows what of an app a Turso database would refuse. Without a token only programs
on this machine are answered; to listen elsewhere, a token is needed.

Examples:
  vinyl-edge db serve app.db
  LIBSQL_AUTH_TOKEN=secret vinyl-edge db serve . --addr :8080
  curl http://127.0.0.1:8080/v2/pipeline --json \
    '{"requests": [{"type": "execute", "stmt": {"sql": "SELECT 1"}}]}'`
}

// sqliteFile is the file that path names: a file, or that of a database of the
// app in a folder.
func sqliteFile(path, database string, dbs databases) (string, error) {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() || err != nil && filepath.Ext(path) != "" {
		if len(dbs) > 0 || database != defaultDatabase {
			return "", fmt.Errorf("%s is a file itself: name the folder of an app for --db and --database", path)
		}
		return strings.TrimPrefix(path, "file:"), nil
	}
	if err != nil {
		return "", err
	}
	t, err := oneTarget(path, database, dbs, os.Environ())
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(t.url, "file:") || !strings.Contains(t.url, ":") {
		cfg, err := sqlite.ParseURL(t.url)
		if err == nil && cfg.Memory {
			err = errors.New("the app's database is in memory: name a file")
		}
		return cfg.Path, err
	}
	return "", fmt.Errorf("the database %s of the app in %s is no SQLite file: name a file", t.name(), path)
}

// loopback tells whether an address is reached from this machine only.
func loopback(a net.Addr) bool {
	t, ok := a.(*net.TCPAddr)
	return ok && t.IP.IsLoopback()
}

// Run serves until a signal comes.
func (c *dbServeCmd) Run(ctx context.Context, out *output) error {
	var handler slog.Handler = textLog(out.err)
	if c.LogFormat == "json" {
		handler = slog.NewJSONHandler(out.err, nil)
	}
	log := slog.New(handler)
	file, err := sqliteFile(c.File, c.Database, c.DB)
	if err != nil {
		return err
	}
	listener, err := listen(c.Addr, "--addr")
	if err != nil {
		return err
	}
	defer listener.Close()
	if c.Token == "" && !loopback(listener.Addr()) {
		return fmt.Errorf("%s can be reached from other machines: give a token, in LIBSQL_AUTH_TOKEN, or listen on 127.0.0.1", listener.Addr())
	}
	_, missing := os.Stat(file)
	d, err := sqlite.Open(ctx, sqlite.Config{Path: file})
	if err != nil {
		return err
	}
	defer d.Close()
	s := hrana.New(hrana.Config{
		DB: d, Plain: c.Plain, Token: c.Token, Log: log, AccessLog: c.AccessLog, MaxStreams: c.MaxStreams, MaxBody: int64(c.MaxBody), MaxResult: int(c.MaxResult),
		IdleTimeout: c.StreamTimeout, RequestTimeout: c.RequestTimeout, TxTimeout: c.TxTimeout,
	})
	defer s.Close()
	web := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, ErrorLog: slog.NewLogLogger(handler, slog.LevelWarn)}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	kind := ""
	if c.Plain {
		kind = ", plain"
	}
	if missing != nil { // maybe the name is not the one that was meant
		kind += ", a new file"
	}
	out.say(fmt.Sprintf("%s is served to libSQL clients at %s (%s%s)", file, address(listener), map[bool]string{true: "with a token", false: "no token"}[c.Token != ""], kind))
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	out.say("stopping: requests may finish, another signal stops at once")
	end, cancel := context.WithTimeout(context.Background(), c.Grace)
	defer cancel()
	if err := web.Shutdown(end); err != nil {
		_ = web.Close()
		return fmt.Errorf("requests were cut off after %s: %w", c.Grace, err)
	}
	return nil
}
