package libsql

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"github.com/vinyl-edge/vinyl/host/db/sqlite"
	"github.com/vinyl-edge/vinyl/host/hrana"
)

// serve serves an empty file and returns the server's address.
func serve(tb testing.TB, change func(*hrana.Config)) string {
	tb.Helper()
	d, err := sqlite.Open(context.Background(), sqlite.Config{Path: filepath.Join(tb.TempDir(), "app.db")})
	require.NoError(tb, err)
	cfg := hrana.Config{DB: d, IdleTimeout: time.Minute, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&cfg)
	}
	s := hrana.New(cfg)
	web := httptest.NewServer(s)
	tb.Cleanup(func() {
		s.Close()
		web.Close()
		require.NoError(tb, d.Close())
	})
	return web.URL
}

// opened is the database at a URL.
func opened(tb testing.TB, url string) *DB {
	tb.Helper()
	cfg, err := ParseURL(url)
	require.NoError(tb, err)
	d, err := Open(context.Background(), cfg)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, d.Close()) })
	return d
}

func socketURL(url string) string { return "ws" + strings.TrimPrefix(url, "http") }

func TestDriver(t *testing.T) {
	for scheme, url := range map[string]func(string) string{"http": func(u string) string { return u }, "ws": socketURL} {
		if testing.Short() && scheme == "ws" {
			continue
		}
		t.Run(scheme, func(t *testing.T) {
			dbtest.Suite{
				Open:        func(tb testing.TB) db.DB { return opened(tb, url(serve(tb, nil))) },
				Placeholder: func(int) string { return "?" },
				Blob:        "blob", Remote: true,
			}.Run(t)
		})
	}
}
