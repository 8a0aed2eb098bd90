package open_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host/db/open"
)

// Whoever closes what is not nil must not find the nil pointer of a driver.
func TestFailure(t *testing.T) {
	for _, url := range []string{
		"file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "missing", "app.db")),
		"postgres://127.0.0.1:1/app",
		"postgres://%zz",
		"mysql://localhost/app",
		"http://127.0.0.1:1", "ws://127.0.0.1:1", "libsql://127.0.0.1?token=x",
	} {
		d, err := open.Open(context.Background(), url)
		require.Error(t, err, url)
		require.True(t, d == nil, url)
	}
}

// What is shown of a URL has no secrets in it.
func TestName(t *testing.T) {
	for url, want := range map[string]string{
		"libsql://db.example.com?authToken=secret":        "libsql://db.example.com",
		"https://a:secret@db.example.com/x?authToken=s":   "https://db.example.com/x",
		"ws://localhost:8080":                             "ws://localhost:8080",
		"file:app.db":                                     "file:app.db",
		"postgres://vinyl:secret@db.example.com:5432/app": "postgres://vinyl@db.example.com:5432/app",
	} {
		require.Equal(t, want, open.Name(url))
	}
	for _, url := range []string{"libsql://x?authToken=secret&readers=many", "libsql://x y?authToken=secret", "http://127.0.0.1:1?authToken=secret"} {
		_, err := open.Open(context.Background(), url)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "secret")
	}
}
