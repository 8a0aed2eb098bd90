package lean_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/templ/internal/corpus"
	"github.com/vinyl-edge/vinyl/templ/lean"
)

func TestVersion(t *testing.T) {
	require.Equal(t, templ.Version(), lean.Version, "go.mod and the lean runtime are for different versions of templ")
}

// The corpus is rendered by templ's own runtime here and by the lean one in a
// process that was built as guests are.
func TestSameAsTempl(t *testing.T) {
	dir := t.TempDir()
	mod := filepath.Join(dir, "go.mod")
	runtime, err := lean.Write(dir)
	require.NoError(t, err)
	again, err := lean.Write(dir)
	require.NoError(t, err)
	require.Equal(t, runtime, again)

	text, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(mod, append(text, "\nreplace "+lean.Module+" => "+runtime+"\n"...), 0o644))
	sum, err := os.ReadFile("../../go.sum")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o644))

	run := func(args ...string) string {
		cmd := exec.Command("go", args...)
		cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		require.NoError(t, err, stderr.String())
		return string(out)
	}
	var want strings.Builder
	corpus.Print(&want)
	got := strings.Split(run("run", "-modfile="+mod, "../internal/corpus/print"), "\n")
	for i, line := range strings.Split(want.String(), "\n") {
		require.Less(t, i, len(got))
		require.Equal(t, line, got[i], "line %d", i+1)
	}

	// The point of it: what the runtime does not drag into a guest.
	for dep := range strings.FieldsSeq(run("list", "-modfile="+mod, "-deps", lean.Module, lean.Module+"/runtime")) {
		require.NotContains(t, []string{"fmt", "regexp", "encoding/json", "net/http", "html/template", "net/url", "crypto/sha256"}, dep)
	}
}
