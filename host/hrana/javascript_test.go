package hrana

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/internal/need"
)

// nodeModules is the folder with npm's @libsql/client: VINYL_LIBSQL_JS names the
// one into which .ci/run installs it.
func nodeModules(t *testing.T) string {
	const install = "install Node, run npm install --prefix DIR @libsql/client@0.18.0, and set VINYL_LIBSQL_JS=DIR/node_modules"
	if _, err := exec.LookPath("node"); err != nil {
		need.Missing(t, "js", install)
	}
	dir := os.Getenv("VINYL_LIBSQL_JS")
	if dir == "" && os.Getenv("CI") == "true" {
		dir = installed(t)
	}
	if _, err := os.Stat(filepath.Join(dir, "@libsql", "client")); dir == "" || err != nil {
		need.Missing(t, "js", "npm's @libsql/client is not there: "+install)
	}
	return dir
}

// installed gets the client where it must be there and nobody has.
func installed(t *testing.T) string {
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional", "--prefix", dir, "@libsql/client@0.18.0").CombinedOutput()
	if err != nil {
		t.Logf("npm install: %v: %s", err, out)
		return ""
	}
	return filepath.Join(dir, "node_modules")
}

// The client that JavaScript uses reads, writes, and has transactions, batches
// and errors, over HTTP and over a WebSocket.
func TestJavaScriptClient(t *testing.T) {
	modules := nodeModules(t)
	script, err := os.ReadFile(filepath.Join("testdata", "client.mjs"))
	require.NoError(t, err)
	dir := t.TempDir() // modules are looked for beside the script
	require.NoError(t, os.Symlink(modules, filepath.Join(dir, "node_modules")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "client.mjs"), script, 0o600))
	for _, scheme := range []string{"http", "ws"} {
		v := serve(t, func(c *Config) { c.Token = "secret" })
		cmd := exec.CommandContext(t.Context(), "node", filepath.Join(dir, "client.mjs"), scheme+strings.TrimPrefix(v.url, "http"), "secret")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", scheme, out)
		require.Contains(t, string(out), "ok\n")
	}
}
