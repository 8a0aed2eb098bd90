//go:build unix

package hrana

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host/db/sqlite"
)

// TestAFileThatIsReplaced: a stream of the file before ends when it is used, and
// the next one has the new file.
func TestAFileThatIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	d, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	v := serve(t, func(c *Config) { c.DB = d })
	t.Cleanup(func() { v.s.Close(); require.NoError(t, d.Close()) })
	baton, _ := v.must(nil, "CREATE TABLE t (a)")
	require.NoError(t, d.Backup(t.Context(), path+".copy"))
	baton, _ = v.must(baton, "BEGIN", "INSERT INTO t VALUES (1)")
	require.NoError(t, os.Rename(path+".copy", path))

	_, text := v.raw("/v3/pipeline", `{"baton":"`+*baton+`","requests":[`+execute("COMMIT")+`]}`)
	require.Contains(t, text, "the database file was deleted or replaced by another one while this used it")
	_, text = v.raw("/v3/pipeline", `{"requests":[`+execute("INSERT INTO t VALUES (2)")+`,`+execute("SELECT count(*) FROM t")+`,{"type":"close"}]}`)
	require.Contains(t, text, `[[{"type":"integer","value":"1"}]]`)
}
