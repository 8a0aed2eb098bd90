package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/vinyl-edge/vinyl/internal/sqlshell"
)

type dbExplainCmd struct {
	App string `arg:"" help:"Folder of the app, a .wasm file, or a database: a file or URL."`
	SQL string `arg:"" name:"sql" optional:"" help:"The statement; from the standard input if it is not given."`

	Database string    `default:"default" placeholder:"ALIAS" help:"Which of the app's databases; ALIAS:replica is its first replica."`
	DB       databases `name:"db" placeholder:"URL" help:"Database, as serve takes it."`
	Analyze  bool      `help:"Run the statement, in a transaction that is rolled back, and show what it cost. PostgreSQL only."`
}

// Help is shown below the flags.
func (dbExplainCmd) Help() string {
	return `Shows how the database would run one statement, without running it. Statements from
the log of slow queries can be given as they are: parameters ($1, ?) may stay.

--analyze runs the statement, even one that writes, in a transaction that is then
rolled back. Meanwhile it holds its locks; sequences and what functions do outside of
the database stay as they are afterwards. Its parameters need values.

Examples:
  vinyl-edge db explain ./examples/polls 'SELECT * FROM polls_choice WHERE question_id = ?'
  vinyl-edge db explain . --db postgres://app@db/app --analyze < slow.sql`
}

// Run explains.
func (c *dbExplainCmd) Run(ctx context.Context, out *output) error {
	t, err := oneTarget(c.App, c.Database, c.DB, os.Environ())
	if err != nil {
		return err
	}
	sql := c.SQL
	if sql == "" {
		text, err := io.ReadAll(os.Stdin)
		if err != nil {
			return err
		}
		sql = string(text)
	}
	if strings.Trim(sql, "; \t\r\n") == "" {
		return errors.New("there is no statement: give it as an argument, or by the standard input")
	}
	engine, err := sqlshell.Open(ctx, t.url)
	if err != nil {
		return err
	}
	defer engine.Close()
	lines, err := engine.Explain(ctx, sql, c.Analyze)
	if err != nil {
		return sqlshell.Readable(err)
	}
	if c.Analyze {
		out.say("the statement ran, and what it did has been rolled back")
	}
	_, err = fmt.Fprintln(out.out, strings.Join(lines, "\n"))
	return err
}
