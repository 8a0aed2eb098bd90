//go:build unix

package host_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
)

// TestADatabaseThatIsDeletedOrReplaced: nothing is written to a file that is
// gone, and a backup that is put in its place is served at once.
func TestADatabaseThatIsDeletedOrReplaced(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		require.Equal(t, "1", s.do("POST", "/notes", nil).body)
		backup := s.db + ".backup"
		script(t, connect(t, s.db), "VACUUM INTO '"+backup+"'")
		require.Equal(t, "2", s.do("POST", "/notes", nil).body)

		require.NoError(t, os.Remove(s.db))
		require.Equal(t, 503, s.do("POST", "/notes", nil).StatusCode)
		s.logs("the database file " + s.db + " was deleted or moved away while in use: put it back")
		require.Equal(t, 503, s.get("/notes").StatusCode)
		require.NoFileExists(t, s.db)
		s.lives()

		require.NoError(t, os.Rename(backup, s.db))
		require.Equal(t, "1", s.notes())
		require.Equal(t, "2", s.do("POST", "/notes", nil).body)
		require.Equal(t, "2", value(t, connect(t, s.db), "SELECT count(*) FROM app_note"))
		intact(t, s)
		require.Zero(t, s.metrics()[restarts])
	})
}
