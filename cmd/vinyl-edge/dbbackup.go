package main

import (
	"context"
	"fmt"
	"os"

	"github.com/vinyl-edge/vinyl/host/db/sqlite"
)

type dbBackupCmd struct {
	File string `arg:"" help:"SQLite file, or folder of an app."`
	To   string `arg:"" help:"File to write, which must not exist."`

	Database string    `default:"default" placeholder:"ALIAS" help:"Which of the app's databases; ALIAS:replica is its first replica."`
	DB       databases `name:"db" placeholder:"URL" help:"Database, as serve takes it."`
}

// Help is shown below the flags.
func (dbBackupCmd) Help() string {
	return `The copy is the state of one moment, whatever is written meanwhile: those who use
the database go on. (Copying the file itself while it is in use breaks it.)

Examples:
  vinyl-edge db backup . backup-$(date +%F).db`
}

// Run copies.
func (c *dbBackupCmd) Run(ctx context.Context, out *output) error {
	file, err := sqliteFile(c.File, c.Database, c.DB)
	if err != nil {
		return err
	}
	if _, err := os.Stat(file); err != nil {
		return err
	}
	d, err := sqlite.Open(ctx, sqlite.Config{Path: file})
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Backup(ctx, c.To); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out.out, "%s is a copy of %s\n", c.To, file)
	return err
}
