package main

// dbCmd groups what is done with databases rather than with apps.
type dbCmd struct {
	Ping    dbPingCmd    `cmd:"" help:"Say whether an app's databases can be reached, and what is wrong."`
	Shell   dbShellCmd   `cmd:"" help:"Run SQL on an app's database."`
	Explain dbExplainCmd `cmd:"" help:"Show how a database would run a statement."`
	Serve   dbServeCmd   `cmd:"" help:"Serve an app's SQLite file to clients of libSQL."`
	Backup  dbBackupCmd  `cmd:"" help:"Copy an app's SQLite file while it is in use."`
}

// Help is shown below the commands.
func (dbCmd) Help() string {
	return `Examples:
  vinyl-edge db ping ./examples/polls        its databases and their replicas
  vinyl-edge db shell ./examples/polls       psql for PostgreSQL, or a shell of its own
  vinyl-edge db explain . 'SELECT ...'       the plan of a statement
  vinyl-edge db serve ./examples/polls       its database at http://127.0.0.1:8080
  vinyl-edge db backup ./examples/polls polls-backup.db`
}
