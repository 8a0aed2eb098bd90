package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// withInput makes text the standard input.
func withInput(t *testing.T, text string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "input")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	f, err := os.Open(name)
	require.NoError(t, err)
	before := os.Stdin
	os.Stdin = f
	t.Cleanup(func() {
		os.Stdin = before
		_ = f.Close()
	})
}

func TestTargets(t *testing.T) {
	dir := appWith(t, "db = \"file:x.db\"\ndb-replica = [\"archive=postgres://copy/a\"]\n[databases]\narchive = \"postgres://db/a\"\n")
	at := "file:" + filepath.ToSlash(dir) + "/x.db"
	all, err := targets(dir, nil, nil, nil)
	require.NoError(t, err)
	require.Equal(t, []target{{"default", at, false}, {"archive", "postgres://db/a", false}, {"archive", "postgres://copy/a", true}}, all)
	all, err = targets(dir, nil, nil, []string{"VINYL_DB_REPLICA=file:y.db archive=postgres://other/a"})
	require.NoError(t, err)
	require.Equal(t, []target{{"default", at, false}, {"default", "file:y.db", true}, {"archive", "postgres://db/a", false}, {"archive", "postgres://other/a", true}}, all)
	one, err := oneTarget(dir, "archive:replica", nil, nil)
	require.NoError(t, err)
	require.Equal(t, "postgres://copy/a", one.url)
	_, err = oneTarget(dir, "logs", nil, nil)
	require.EqualError(t, err, "the app has no database logs: there is default, archive, archive:replica; --db logs=URL gives another")
	_, err = targets(dir, nil, []replicaURL{{"logs", "file:z.db"}}, nil)
	require.ErrorContains(t, err, "no such database")

	empty := t.TempDir()
	all, err = targets(empty, nil, nil, nil)
	require.NoError(t, err)
	require.Equal(t, filepath.Base(empty)+".db", filepath.Base(all[0].url), "as serve names it")
	_, err = targets(filepath.Join(empty, "none"), nil, nil, nil)
	require.ErrorContains(t, err, "no app at")
	all, err = targets("libsql://x.example", nil, nil, nil)
	require.NoError(t, err)
	require.Equal(t, []target{{"default", "libsql://x.example", false}}, all)
}

func TestDBPing(t *testing.T) {
	pg := pgtest.URL(t)
	dir := appWith(t, "db = \"file:x.db\"\n")
	code, out, errs := runHere(t, "db", "ping", dir)
	require.Equal(t, 1, code)
	require.Contains(t, out, "FAILED: ")
	require.Contains(t, out, "vinyl-edge serve makes it")
	require.Contains(t, errs, "not all databases")
	require.NoFileExists(t, filepath.Join(dir, "x.db"), "who asks makes nothing")

	url, _, stop := served(t, dir, "--plain")
	code, out, errs = runHere(t, "db", "ping", dir, "--db", "remote="+url, "--db", "pg="+pg, "--db-replica", "pg="+pg)
	require.Zero(t, code, errs+out)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 4)
	require.Regexp(t, `^default +file:\S+ +SQLite 3\.\S+, 0 tables, .*round trip `, lines[0])
	require.Regexp(t, `^pg +postgres://\S+ +PostgreSQL 1\d.*, role \S+, .*round trip `, lines[1])
	require.Regexp(t, `^pg:replica +postgres://.*no standby`, lines[2])
	require.Regexp(t, `^remote +http://\S+ +libSQL with SQLite 3.*plain`, lines[3])
	require.Zero(t, stop())

	code, out, _ = runHere(t, "db", "ping", "postgres://app:secret@127.0.0.1:1/x?password=secret")
	require.Equal(t, 1, code)
	require.Contains(t, out, "is the server running there")
	require.NotContains(t, out, "secret")
	require.Equal(t, 1, strings.Count(out, "\n"), "one line for each")
}

func TestDBShell(t *testing.T) {
	dir := appWith(t, "db = \"file:x.db\"\n")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.db"), nil, 0o600))
	withInput(t, "CREATE TABLE t (n integer); INSERT INTO t VALUES (41), (NULL);\nSELECT n FROM t ORDER BY n;\n")
	code, out, errs := runHere(t, "db", "shell", dir)
	require.Zero(t, code, errs)
	require.Contains(t, out, " n\n------\n NULL\n   41\n(2 rows)\n")
	require.Empty(t, errs)

	withInput(t, "SELECT n FROM u;\n")
	code, _, errs = runHere(t, "db", "shell", dir)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "no such table: u")

	code, out, errs = runHere(t, "db", "explain", dir, "SELECT n FROM t WHERE n = ?")
	require.Zero(t, code, errs)
	require.Equal(t, "└─ SCAN t\n", out)
	withInput(t, "SELECT n FROM t")
	code, out, errs = runHere(t, "db", "explain", dir)
	require.Zero(t, code, errs)
	require.Equal(t, "└─ SCAN t\n", out)
	withInput(t, " ;")
	code, _, errs = runHere(t, "db", "explain", dir)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "there is no statement")
	code, _, errs = runHere(t, "db", "explain", dir, "SELECT 1", "--analyze")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "leave --analyze out")
}

// psql gets everything by its environment: a stand-in shows what it is given.
func TestDBShellRunsPsql(t *testing.T) {
	bin := t.TempDir()
	script := "#!/bin/sh\necho \"args $*\"\necho \"$PGUSER $PGPASSWORD $PGHOST:$PGPORT $PGDATABASE $PGSSLMODE\"\ncat\nexit 3\n"
	require.NoError(t, os.WriteFile(filepath.Join(bin, "psql"), []byte(script), 0o755))
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	withInput(t, "SELECT 1;\n")
	code, out, errs := runHere(t, "db", "shell", "postgres://app:pa%20ss@127.0.0.1:1/shop?sslmode=disable&readers=2")
	require.Equal(t, 1, code)
	require.Equal(t, "args --set=ON_ERROR_STOP=1\napp pa ss 127.0.0.1:1 shop disable\nSELECT 1;\n", out)
	require.Contains(t, errs, "psql: exit status 3")

	withInput(t, "SELECT 1 AS one, current_setting('server_version_num')::int >= 120000 AS new;\n")
	pg := pgtest.URL(t)
	t.Setenv("PATH", t.TempDir())
	code, out, errs = runHere(t, "db", "shell", pg)
	require.Zero(t, code, errs)
	require.Contains(t, out, " one | new\n")
	require.Contains(t, errs, "psql is not installed")
}
