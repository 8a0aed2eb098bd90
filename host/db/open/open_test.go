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
	} {
		d, err := open.Open(context.Background(), url)
		require.Error(t, err, url)
		require.True(t, d == nil, url)
	}
}
