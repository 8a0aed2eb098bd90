package main

// dbCmd groups what is done with databases rather than with apps.
type dbCmd struct {
	Serve  dbServeCmd  `cmd:"" help:"Serve an app's SQLite file to clients of libSQL."`
	Backup dbBackupCmd `cmd:"" help:"Copy an app's SQLite file while it is in use."`
}

// Help is shown below the commands.
func (dbCmd) Help() string {
	return `Examples:
  vinyl-edge db serve ./examples/polls       its database at http://127.0.0.1:8080
  vinyl-edge db backup ./examples/polls polls-backup.db`
}
