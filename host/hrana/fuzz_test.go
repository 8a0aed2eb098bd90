package hrana

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host/db/sqlite"
)

// serveFuzz is a server that gives up early.
func serveFuzz(f *testing.F) *Server {
	d, err := sqlite.Open(context.Background(), sqlite.Config{Path: filepath.Join(f.TempDir(), "app.db"), BusyTimeout: time.Millisecond})
	require.NoError(f, err)
	s := New(Config{DB: d, RequestTimeout: time.Second, MaxResult: 1 << 20, MaxBody: 1 << 16, IdleTimeout: time.Minute})
	f.Cleanup(func() {
		s.Close()
		require.NoError(f, d.Close())
	})
	return s
}
