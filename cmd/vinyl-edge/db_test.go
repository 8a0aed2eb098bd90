package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"github.com/vinyl-edge/vinyl/host/db/open"
)

// served runs db serve in this process until it says where and how it serves.
func served(t *testing.T, args ...string) (url, how string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, append([]string{"db", "serve", "--addr", "127.0.0.1:0"}, args...), io.Discard, w)
		_ = w.Close()
	}()
	text, buf := "", make([]byte, 4096)
	at := regexp.MustCompile(` at (http://\S+)/ \((.*)\)`)
	for url == "" {
		n, err := r.Read(buf)
		text += string(buf[:n])
		if m := at.FindStringSubmatch(text); m != nil {
			url, how = m[1], m[2]
		} else {
			require.NoError(t, err, text)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	return url, how, func() int {
		cancel()
		return <-done
	}
}

func TestDBServe(t *testing.T) {
	dir := appWith(t, "db = \"file:x.db\"\n")
	t.Setenv("LIBSQL_AUTH_TOKEN", "secret")
	url, how, stop := served(t, dir, "--plain")
	require.Equal(t, "with a token, plain, a new file", how)
	res, err := http.Post(url+"/v2/pipeline", "application/json", strings.NewReader(`{"requests":[]}`))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusUnauthorized, res.StatusCode)
	d, err := open.Open(t.Context(), url)
	require.NoError(t, err)
	require.Equal(t, "sqlite-plain", d.Dialect())
	_, err = dbtest.Do(t.Context(), d, db.Write, "CREATE TABLE t (id integer)")
	require.NoError(t, err)
	require.NoError(t, d.Close())
	require.FileExists(t, filepath.Join(dir, "x.db"))

	to := filepath.Join(t.TempDir(), "copy.db")
	code, out, errs := runHere(t, "db", "backup", dir, to)
	require.Zero(t, code, errs)
	require.Contains(t, out, "is a copy of")
	require.FileExists(t, to)
	require.Zero(t, stop())
	other := "--db=other=file:" + filepath.ToSlash(to)
	code, out, errs = runHere(t, "db", "backup", dir, to+"2", other, "--database", "other")
	require.Zero(t, code, errs)
	require.Contains(t, out, to+"2 is a copy of "+filepath.ToSlash(to))
	_, _, stop = served(t, dir, other, "--database", "other")
	require.Zero(t, stop())
	_, how, stop = served(t, to)
	require.Equal(t, "with a token", how)
	require.Zero(t, stop())
}

// runHere runs a command in this process.
func runHere(t *testing.T, args ...string) (int, string, string) {
	var out, errs strings.Builder
	code := run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestDBRefuses(t *testing.T) {
	for want, args := range map[string][]string{
		"give a token":                     {"db", "serve", filepath.Join(t.TempDir(), "x.db"), "--addr", ":0"},
		"is no SQLite file: name a file":   {"db", "serve", appWith(t, "db = \"postgres://db/x\"\n")},
		"the app has no database logs":     {"db", "backup", t.TempDir(), "x.db", "--database", "logs"},
		"is a file itself":                 {"db", "backup", "some.db", "x.db", "--db", "file:y.db"},
		"no such file":                     {"db", "backup", filepath.Join(t.TempDir(), "none.db"), "x.db"},
		"try: vinyl-edge db backup --help": {"db", "backup"},
	} {
		code, _, errs := runHere(t, args...)
		require.NotZero(t, code)
		require.Contains(t, errs, want)
	}
	_, err := os.Stat("x.db")
	require.Error(t, err)
	code, out, _ := runHere(t, "db", "--help")
	require.Zero(t, code)
	require.Contains(t, out, "backup")
}
