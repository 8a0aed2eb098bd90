package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/libsql"
	"github.com/vinyl-edge/vinyl/host/db/open"
	"github.com/vinyl-edge/vinyl/internal/sqlshell"
)

type dbPingCmd struct {
	App string `arg:"" optional:"" default:"." help:"Folder of the app, a .wasm file, or a database: a file or URL."`

	DB        databases     `name:"db" placeholder:"URL" help:"Database, as serve takes it."`
	DBReplica []replicaURL  `name:"db-replica" sep:" " placeholder:"URL" help:"Copy of the database, as serve takes it."`
	Timeout   time.Duration `default:"10s" help:"How long a database has to answer."`
}

// Help is shown below the flags.
func (dbPingCmd) Help() string {
	return `Connects to every database that serve would use, and to every replica, and prints a
line for each: what it is, which version, and how long a round trip takes. What is
wrong is said with what to do about it, and then the exit status is 1.

Examples:
  vinyl-edge db ping ./examples/polls
  vinyl-edge db ping . --db postgres://app@db/app --db-replica postgres://app@copy/app
  vinyl-edge db ping libsql://app.turso.io        the token is in LIBSQL_AUTH_TOKEN`
}

// errUnwell is the end of a ping that found something wrong.
var errUnwell = errors.New("not all databases are as they should be")

// pinged is what was found out about a database.
type pinged struct {
	facts  []string
	advice []string // what should be otherwise
	err    error
}

// Run asks all at a time.
func (c *dbPingCmd) Run(ctx context.Context, out *output) error {
	all, err := targets(c.App, c.DB, c.DBReplica, os.Environ())
	if err != nil {
		return err
	}
	found := make([]pinged, len(all))
	var wg sync.WaitGroup
	for i, t := range all {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, c.Timeout)
			defer cancel()
			found[i] = ping(ctx, t)
			if err := found[i].err; err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
				found[i].err = fmt.Errorf("no answer within %s: is it the right address, and is a firewall between? (%w)", c.Timeout, err)
			}
		})
	}
	wg.Wait()
	w := tabwriter.NewWriter(out.out, 0, 0, 2, ' ', 0)
	wrong := false
	for i, t := range all {
		p := found[i]
		if p.err != nil {
			wrong = true
			fmt.Fprintf(w, "%s\t%s\tFAILED: %s\n", t.name(), t.shown(), said(p.err))
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", t.name(), t.shown(), strings.Join(p.facts, ", "))
		for _, a := range p.advice {
			wrong = true
			fmt.Fprintf(w, "\t\t! %s\n", a)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if wrong {
		return errUnwell
	}
	return nil
}

// said is an error on one line.
func said(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}

// ping connects as the app's host would.
func ping(ctx context.Context, t target) (p pinged) {
	var file string
	scheme, _, _ := strings.Cut(t.url, "://")
	remote := libsql.Is(scheme)
	if !remote && !strings.HasPrefix(t.url, "postgres") {
		cfg, err := sqlshell.Existing(t.url)
		if err != nil {
			return pinged{err: err}
		}
		file = cfg.Path
	}
	d, err := open.Open(ctx, t.url)
	if err != nil {
		return pinged{err: err}
	}
	defer d.Close()
	conn, err := d.Acquire(ctx, db.Read)
	if err != nil {
		return pinged{err: err}
	}
	defer conn.Release()
	switch {
	case file != "":
		err = p.sqlite(ctx, conn, d, t, file)
	case remote:
		err = p.libsql(ctx, conn, d)
	default:
		err = p.postgres(ctx, conn, t)
	}
	if err == nil {
		err = p.roundTrip(ctx, conn)
	}
	p.err = err
	return p
}

// roundTrip is the shortest of some: the first ones prepare.
func (p *pinged) roundTrip(ctx context.Context, conn db.Conn) error {
	least := time.Duration(1<<63 - 1)
	for range 5 {
		start := time.Now()
		if _, err := sqlshell.Ask(ctx, conn, "SELECT 1"); err != nil {
			return err
		}
		least = min(least, time.Since(start))
	}
	p.facts = append(p.facts, "round trip "+max(least.Round(10*time.Microsecond), 10*time.Microsecond).String())
	return nil
}

// sqliteFacts asks for the version and the number of tables.
const sqliteFacts = "SELECT sqlite_version(), count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"

func (p *pinged) sqlite(ctx context.Context, conn db.Conn, d db.DB, t target, file string) error {
	rows, err := sqlshell.Ask(ctx, conn, sqliteFacts)
	if err != nil {
		return err
	}
	p.facts = append(p.facts, "SQLite "+rows[0][0], rows[0][1]+" tables")
	if info, err := os.Stat(file); err == nil {
		p.facts = append(p.facts, fmt.Sprintf("%.1f MB", float64(info.Size())/1e6))
	}
	if r, ok := d.(interface{ ReadOnly() bool }); ok && !t.replica && !strings.Contains(t.url, "mode=ro") && !strings.Contains(t.url, "immutable=") {
		// Whether it can be written is known when somebody wants to.
		if w, err := d.Acquire(ctx, db.Write); err == nil {
			w.Release()
		}
		if r.ReadOnly() {
			p.advice = append(p.advice, "the file can't be written: check its rights and its folder's, or say mode=ro in the URL")
		}
	}
	return nil
}

func (p *pinged) libsql(ctx context.Context, conn db.Conn, d db.DB) error {
	rows, err := sqlshell.Ask(ctx, conn, sqliteFacts)
	if err != nil {
		return err
	}
	p.facts = append(p.facts, "libSQL with SQLite "+rows[0][0], rows[0][1]+" tables")
	if d.Dialect() == "sqlite-plain" {
		p.facts = append(p.facts, "without Django's functions (plain)")
	}
	return nil
}

func (p *pinged) postgres(ctx context.Context, conn db.Conn, t target) error {
	rows, err := sqlshell.Ask(ctx, conn, `SELECT current_setting('server_version'), current_user::text, pg_is_in_recovery()::int,
	(SELECT rolsuper::int FROM pg_roles WHERE rolname = current_user), coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), '')`)
	if err != nil {
		return err
	}
	version, user, standby, super, tls := rows[0][0], rows[0][1], rows[0][2] == "1", rows[0][3] == "1", rows[0][4]
	version, _, _ = strings.Cut(version, " ")
	if tls == "" {
		tls = "no TLS"
	}
	p.facts = append(p.facts, "PostgreSQL "+version, "role "+user, tls)
	if super {
		p.facts = append(p.facts, "a superuser (host/db/postgres/ROLES.md has what a role for an app needs: https://github.com/vinyl-edge/vinyl/blob/main/host/db/postgres/ROLES.md)")
	}
	switch {
	case standby:
		p.facts = append(p.facts, "a standby")
		if !t.replica {
			p.advice = append(p.advice, "this server is a standby, which can't be written: name the primary, or all servers with ?target_session_attrs=read-write, or give this one with --db-replica")
		}
	case t.replica:
		p.facts = append(p.facts, "no standby: that it is a copy is yours to see to")
	}
	return nil
}
