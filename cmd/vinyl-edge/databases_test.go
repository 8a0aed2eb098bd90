package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// join parses args and returns the databases of all sources.
func joined(t *testing.T, env map[string]string, args ...string) (databases, error) {
	t.Helper()
	c, _, err := parse(t, env, append([]string{"serve"}, args...)...)
	if err != nil {
		return nil, err
	}
	f, err := readFile(c.Serve.App)
	require.NoError(t, err)
	var environ []string
	for k, v := range env {
		environ = append(environ, k+"="+v)
	}
	return f.join(c.Serve.DB, environ)
}

func TestDatabases(t *testing.T) {
	dir := appWith(t, "db = \"file:x.db\"\n[databases]\narchive = \"file:data/archive.db\"\nlogs = \"postgres://db/logs?sslmode=disable\"\n")
	at := "file:" + filepath.ToSlash(dir) + "/"
	got, err := joined(t, nil, dir)
	require.NoError(t, err)
	require.Equal(t, databases{"default": at + "x.db", "archive": at + "data/archive.db", "logs": "postgres://db/logs?sslmode=disable"}, got)

	env := map[string]string{"VINYL_DB": "file:y.db", "VINYL_DB_LOGS": "file:logs.db", "VINYL_DB_OTHER": "postgres://a,b/x?target=any"}
	got, err = joined(t, env, dir)
	require.NoError(t, err)
	require.Equal(t, databases{"default": "file:y.db", "archive": at + "data/archive.db", "logs": "file:logs.db", "other": "postgres://a,b/x?target=any"}, got)

	got, err = joined(t, env, "--db", "logs=file:z.db", "--db=new=postgres://h1,h2/x?y=z", dir)
	require.NoError(t, err)
	require.Equal(t, "file:y.db", got["default"], "flags for others leave it alone")
	require.Equal(t, "file:z.db", got["logs"])
	require.Equal(t, "postgres://h1,h2/x?y=z", got["new"])

	got, err = joined(t, nil, "--db", "postgres://db/app?sslmode=disable", t.TempDir())
	require.NoError(t, err)
	require.Equal(t, databases{"default": "postgres://db/app?sslmode=disable"}, got)
}

func TestBadDatabases(t *testing.T) {
	none := t.TempDir()
	for want, args := range map[string][]string{
		`--db: "a b" is no alias of a database`:                             {"--db", "a b=file:x.db", none},
		`"default" is the alias of the first database`:                      {"--db", "default=file:x.db", none},
		`there are two URLs for the database default: write ALIAS=URL`:      {"--db", "file:x.db", "--db", "file:y.db", none},
		`"other=" has no URL: write file:app.db, or other=file:app.db`:      {"--db", "other=", none},
		`vinyl.toml: databases is a table: write [databases]`:               {appWith(t, "databases = 1")},
		`vinyl.toml: [databases] x: write its URL, like "file:x.db"`:        {appWith(t, "[databases]\nx = 1")},
		`vinyl.toml: [databases] default: "default" is the alias of the fi`: {appWith(t, "[databases]\ndefault = \"file:x.db\"")},
	} {
		_, err := joined(t, nil, args...)
		require.ErrorContains(t, err, want)
	}
	_, err := joined(t, map[string]string{"VINYL_DB_A.B": "file:x.db"}, none)
	require.ErrorContains(t, err, `environment, VINYL_DB_A.B: "a.b" is no alias of a database`)
}

// URLs may have passwords, which are none of the guest's business.
func TestDatabasesAreNotTheGuests(t *testing.T) {
	f, err := readFile(appWith(t, "[databases]\nother = \"postgres://u:secret@h/d\"\n"))
	require.NoError(t, err)
	env, err := f.guestEnv(nil, []string{"VINYL_DB_LOGS=postgres://u:secret@h/d", "VINYL_DEBUG=true"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"VINYL_DEBUG": "true"}, env)
	require.Empty(t, misspelled([]string{"db"}, []string{"VINYL_DB_X=file:x.db"}))
}
