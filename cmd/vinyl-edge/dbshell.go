package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/mattn/go-isatty"

	"github.com/vinyl-edge/vinyl/host/db/postgres"
	"github.com/vinyl-edge/vinyl/internal/sqlshell"
)

type dbShellCmd struct {
	App string `arg:"" optional:"" default:"." help:"Folder of the app, a .wasm file, or a database: a file or URL."`

	Database string    `default:"default" placeholder:"ALIAS" help:"Which of the app's databases; ALIAS:replica is its first replica."`
	DB       databases `name:"db" placeholder:"URL" help:"Database, as serve takes it."`
	Psql     bool      `default:"true" negatable:"" help:"Run psql for PostgreSQL, if it is installed."`
	Width    int       `default:"60" help:"Characters of a value that are shown; 0 is all."`
}

// Help is shown below the flags.
func (dbShellCmd) Help() string {
	return `For PostgreSQL this is psql, which is given everything by its environment; without
psql, and for SQLite and libSQL, a small shell of its own. There a statement ends
with ; and may have several lines, .tables, .schema, .help and .quit are commands,
and Ctrl-C stops a statement. The rights are those of the database's user: grants are
for apps.

From a pipe, statements run up to the first that fails, and then the exit status is 1
(psql's ON_ERROR_STOP). A transaction that is open at the end is rolled back.

Examples:
  vinyl-edge db shell ./examples/polls
  echo 'SELECT count(*) FROM polls_choice;' | vinyl-edge db shell ./examples/polls
  vinyl-edge db shell . --database archive < repair.sql
  LIBSQL_AUTH_TOKEN=secret vinyl-edge db shell libsql://app.turso.io`
}

// Run runs psql, or the shell of our own.
func (c *dbShellCmd) Run(ctx context.Context, out *output) error {
	t, err := oneTarget(c.App, c.Database, c.DB, os.Environ())
	if err != nil {
		return err
	}
	if c.Psql && strings.HasPrefix(t.url, "postgres") {
		if program, err := exec.LookPath("psql"); err == nil {
			return psql(program, t.url, out)
		}
		out.say("psql is not installed: this is a small shell in its place")
	}
	typed := isatty.IsTerminal(os.Stdin.Fd())
	var interrupts chan os.Signal
	if typed {
		// Ctrl-C ends a statement here, and not the shell.
		interrupts = make(chan os.Signal, 1)
		signal.Notify(interrupts, os.Interrupt)
		defer signal.Stop(interrupts)
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(context.WithoutCancel(ctx), syscall.SIGTERM)
		defer stop()
	}
	engine, err := sqlshell.Open(ctx, t.url)
	if err != nil {
		return err
	}
	defer engine.Close()
	if typed {
		out.say(t.name() + " is " + t.shown())
	}
	s := &sqlshell.Shell{Engine: engine, In: os.Stdin, Out: out.out, Err: out.err, Interactive: typed, Interrupts: interrupts, Width: c.Width, Prompt: t.name()}
	return s.Run(ctx)
}

// psql runs psql to its end.
func psql(program, url string, out *output) error {
	env, err := postgres.Libpq(url)
	if err != nil {
		return err
	}
	// Ctrl-C is psql's: it ends a statement.
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	cmd := exec.Command(program)
	if !isatty.IsTerminal(os.Stdin.Fd()) {
		cmd.Args = append(cmd.Args, "--set=ON_ERROR_STOP=1")
	}
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, out.out, out.err
	err = cmd.Run()
	if left := (*exec.ExitError)(nil); errors.As(err, &left) {
		return fmt.Errorf("psql: %w", left)
	}
	return err
}
