package host_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/vinyl-edge/vinyl/host"
)

const polls = "examples/polls"

// connect opens a database as another program would.
func connect(t *testing.T, file string) *sqlite.Conn {
	t.Helper()
	c, err := sqlite.OpenConn(file)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	c.SetBusyTimeout(5 * time.Second)
	return c
}

func script(t *testing.T, c *sqlite.Conn, sql string) {
	t.Helper()
	for statement := range strings.SplitSeq(sql, ";") {
		require.NoError(t, sqlitex.ExecuteTransient(c, strings.TrimSpace(statement), nil))
	}
}

// value is the one value of a query.
func value(t *testing.T, c *sqlite.Conn, sql string) (v string) {
	t.Helper()
	require.NoError(t, sqlitex.ExecuteTransient(c, sql, &sqlitex.ExecOptions{ResultFunc: func(st *sqlite.Stmt) error {
		v = st.ColumnText(0)
		return nil
	}}))
	return v
}

func intact(t *testing.T, s *site) {
	t.Helper()
	require.Equal(t, "ok", value(t, connect(t, s.db), "PRAGMA integrity_check"))
}

func TestDatabasesThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	sound := filepath.Join(dir, "sound.db")
	c := connect(t, sound)
	script(t, c, "CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(100000))")
	bytes, err := os.ReadFile(sound)
	require.NoError(t, err)
	locked := filepath.Join(dir, "locked.db")
	script(t, connect(t, locked), "CREATE TABLE t (a); PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE")

	for url, says := range map[string]string{
		"file:" + dir + "/none/app.db": "the folder " + dir + "/none of the database does not exist: create it or change the database URL",
		"file:" + dir:                  "is a folder: name a file in it",
		"file:" + file("text.db", strings.Repeat("text ", 99)):                     "the file is not a SQLite database (or is encrypted): check the database URL",
		"file:" + file("schema.db", string(bytes[:100])+strings.Repeat("x", 4000)): "database file is damaged: restore a backup",
		"file:" + locked + "?busy_timeout=50":                                      "database is locked by another process or transaction",
		"file:" + dir + "/none.db?mode=ro":                                         "does not exist and mode=ro cannot create it: check the path or leave mode=ro out",
		"file:" + sound + "?mode=ro":                                               "database is read-only: check mode=ro",
		"file:" + sound + "?moed=ro":                                               `unknown parameter "moed"; known: mode, `,
	} {
		cfg, _ := config(t, polls)
		cfg.DB = url
		_, err := host.New(context.Background(), cfg)
		require.ErrorContains(t, err, says, url)
		require.Regexp(t, "^host: ", err.Error())
	}
}

func TestTablesThatDiffer(t *testing.T) {
	for sql, says := range map[string]string{
		`CREATE TABLE polls_question (id integer PRIMARY KEY AUTOINCREMENT, text varchar(200) NOT NULL)`:                                        "pub_date",
		`CREATE TABLE polls_question (id integer PRIMARY KEY AUTOINCREMENT, text integer NOT NULL, pub_date datetime NOT NULL)`:                 "text",
		`CREATE TABLE polls_question (id text PRIMARY KEY, text varchar(200) NOT NULL, pub_date datetime NOT NULL)`:                             "id",
		`CREATE TABLE polls_question (id integer PRIMARY KEY AUTOINCREMENT, text varchar(200), pub_date datetime NOT NULL, more text NOT NULL)`: "more",
	} {
		cfg, _ := config(t, polls)
		script(t, connect(t, strings.TrimPrefix(cfg.DB, "file:")), sql)
		_, err := host.New(context.Background(), cfg)
		require.ErrorContains(t, err, "host: the app did not start: ", sql)
		require.ErrorContains(t, err, "polls_question", sql)
		require.ErrorContains(t, err, says, sql)
	}
	cfg, _ := config(t, polls)
	cfg.CreateTables = false
	_, err := host.New(context.Background(), cfg)
	require.ErrorContains(t, err, "the database lacks tables or indexes: let the host create them, or create them yourself")
	require.ErrorContains(t, err, "polls_question")
}

func TestALockedDatabase(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serveApp(t, polls, variant, func(c *host.Config) { c.DB, c.Instances = c.DB+"?busy_timeout=100", 1 })
		require.Equal(t, 200, s.get("/polls/").StatusCode)
		other := connect(t, s.db)
		script(t, other, "BEGIN IMMEDIATE; UPDATE polls_choice SET votes = votes + 10 WHERE id = 1")
		vote := func() answer {
			return s.do("POST", "/polls/1/vote/", strings.NewReader("choice=1"), "Content-Type", "application/x-www-form-urlencoded")
		}
		a := vote()
		require.Equal(t, 503, a.StatusCode)
		require.NotContains(t, a.body, "locked", "that is for the log")
		s.logs("database is locked by another process or transaction: keep transactions short, or raise busy_timeout", "path=/polls/1/vote/")
		require.Equal(t, 200, s.get("/polls/1/results/").StatusCode, "reading goes on")
		script(t, other, "COMMIT")
		require.Equal(t, 302, vote().StatusCode)
		require.Equal(t, "11", value(t, other, "SELECT votes FROM polls_choice WHERE id = 1"))
		intact(t, s)
	})
}

func TestSQLOfTheApp(t *testing.T) {
	s := serve(t)
	require.Equal(t, "1", s.do("POST", "/notes/sql", nil).body)
	s = serve(t, func(c *host.Config) { c.DenySQL = true })
	require.Equal(t, 500, s.do("POST", "/notes/sql", nil).StatusCode)
	s.logs("this host runs no SQL, and no function of the database, that an app names itself")
	require.Equal(t, "1", s.do("POST", "/notes", nil).body, "none but that of the app")
}

func TestGrantsOfTheApp(t *testing.T) {
	s := serve(t, func(c *host.Config) { c.Grants = []string{"*=rw"} })
	require.Equal(t, "1", s.do("POST", "/notes", nil).body)
	require.Equal(t, 500, s.do("POST", "/notes/sql", nil).StatusCode)
	s.logs("serve the app with --grant \\\"sql=rw\\\"")
}

// table is the rows of a query.
func table(t *testing.T, c *sqlite.Conn, sql string) (rows [][]string) {
	t.Helper()
	require.NoError(t, sqlitex.ExecuteTransient(c, sql, &sqlitex.ExecOptions{ResultFunc: func(st *sqlite.Stmt) error {
		row := make([]string, st.ColumnCount())
		for i := range row {
			row[i] = st.ColumnText(i)
		}
		rows = append(rows, row)
		return nil
	}}))
	return rows
}
