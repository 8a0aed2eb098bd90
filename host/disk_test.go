package host_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
)

func TestAReadOnlyDatabase(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		first := serve(t, variant)
		require.Equal(t, "1", first.do("POST", "/notes", nil).body)
		require.NoError(t, first.Shutdown(context.Background()))
		s := serve(t, variant, func(c *host.Config) { c.DB = "file:" + first.db + "?mode=ro" })
		require.Equal(t, "1", s.notes())
		require.Equal(t, 500, s.do("POST", "/notes", nil).StatusCode)
		s.logs("database is read-only: check mode=ro and the rights of the file and its folder")
		require.Equal(t, "1", s.notes())
		s.lives()
	})

	dir, remount := disk(t)
	if dir == "" {
		return // who may not mount has no such disk
	}
	first := serve(t, func(c *host.Config) { c.DB = "file:" + filepath.Join(dir, "app.db") })
	require.Equal(t, "1", first.do("POST", "/notes", nil).body)
	require.NoError(t, first.Shutdown(context.Background()))
	remount("ro")
	cfg, _ := config(t, "host/testdata/app")
	cfg.DB = "file:" + first.db
	_, err := host.New(context.Background(), cfg)
	require.ErrorContains(t, err, "can't be opened: check the rights of the file and its folder; on a read-only disk use immutable=1")
	s := serve(t, func(c *host.Config) { c.DB = cfg.DB + "?immutable=1" })
	require.Equal(t, "1", s.notes())
	require.Equal(t, 500, s.do("POST", "/notes", nil).StatusCode)
	s.logs("database is read-only")
}

// disk mounts a small one, if the user may. It can be mounted again with
// another option.
func disk(t *testing.T) (dir string, remount func(option string)) {
	t.Helper()
	dir = t.TempDir()
	mount := func(options string) error {
		return exec.Command("mount", "-t", "tmpfs", "-o", "size=400k"+options, "none", dir).Run()
	}
	if mount("") != nil {
		return "", nil
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	return dir, func(option string) { require.NoError(t, mount(",remount,"+option)) }
}

// TestAFullDatabase: the largest key is taken, which is how SQLite can be full
// without filling a disk.
func TestAFullDatabase(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		require.Equal(t, "1", s.do("POST", "/notes", nil).body)
		other := connect(t, s.db)
		script(t, other, "UPDATE sqlite_sequence SET seq = 9223372036854775807")
		require.Equal(t, 500, s.do("POST", "/notes", nil).StatusCode)
		s.logs("database or disk is full: free some space", "path=/notes")
		require.Equal(t, "1", s.notes())
		script(t, other, "UPDATE sqlite_sequence SET seq = 1")
		require.Equal(t, "2", s.do("POST", "/notes", nil).body)
		intact(t, s)

		dir, _ := disk(t)
		if dir == "" {
			return
		}
		ballast := filepath.Join(dir, "ballast")
		require.NoError(t, os.WriteFile(ballast, make([]byte, 100_000), 0o644))
		s = serve(t, variant, func(c *host.Config) { c.DB = "file:" + filepath.Join(dir, "app.db") })
		n := 0
		for s.do("POST", "/notes?text="+strings.Repeat("x", 200), nil).StatusCode == 200 {
			n++
		}
		s.logs("database or disk is full: free some space")
		require.Equal(t, fmt.Sprint(n), s.notes())
		require.NoError(t, os.Remove(ballast))
		require.Equal(t, fmt.Sprint(n+1), s.do("POST", "/notes", nil).body)
		intact(t, s)
	})
}

func TestADatabaseThatIsDamagedMeanwhile(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant)
		for i := range 3 {
			require.Equal(t, fmt.Sprint(i+1), s.do("POST", "/notes?text="+strings.Repeat("x", 200), nil).body)
		}
		other := connect(t, s.db)
		root := value(t, other, "SELECT rootpage FROM sqlite_master WHERE name = 'app_note'")
		size := value(t, other, "PRAGMA page_size")
		script(t, other, "PRAGMA wal_checkpoint(TRUNCATE)")
		var page, length int64
		_, err := fmt.Sscan(root+" "+size, &page, &length)
		require.NoError(t, err)
		f, err := os.OpenFile(s.db, os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = f.WriteAt([]byte(strings.Repeat("garbage ", int(length/8))), (page-1)*length)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		script(t, other, "CREATE TABLE other (a)") // what is cached is old

		require.Equal(t, 500, s.get("/notes").StatusCode)
		s.logs("database file is damaged: restore a backup")
		require.Equal(t, 500, s.do("POST", "/notes", nil).StatusCode)
		s.lives()
		require.Zero(t, s.metrics()[restarts])
	})
}
