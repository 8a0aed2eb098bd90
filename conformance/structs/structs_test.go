package structs

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
)

const recorded = "../testdata/corpus"

// TestReplayThroughStructs writes structs for the models of recorded modules of
// Django's tests, compiles them into the replayer, and has it send what they can
// do through them: fetches, saves, creations, relations. Their results are
// compared with Django's as those of models as data are.
func TestReplayThroughStructs(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles a replayer for each module")
	}
	files, err := corpus.Files(recorded, "sqlite")
	require.NoError(t, err)
	through, passed, failed := 0, 0, 0
	for _, module := range []string{"basic", "many_to_one_null", "lookup", "m2m_recursive", "m2m_through"} {
		t.Run(module, func(t *testing.T) {
			src, labels := source(t, files, module)
			dir := t.TempDir()
			file := filepath.Join(dir, "structs.go")
			require.NoError(t, os.WriteFile(file, src, 0o600))
			root, err := filepath.Abs("../..")
			require.NoError(t, err)
			overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "conformance/cmd/replay/structs_gen.go"): file}})
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600))
			program := filepath.Join(dir, "replay")
			run := func(name string, args ...string) string {
				cmd := exec.CommandContext(t.Context(), name, args...)
				cmd.Dir = root
				out, err := cmd.CombinedOutput()
				if _, exited := err.(*exec.ExitError); !exited || name == "go" {
					require.NoError(t, err, string(out))
				}
				return string(out)
			}
			run("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, "./conformance/cmd/replay")
			out := run(program, "-v", "-run", "^"+module+"/")
			n := number(t, out, `(\d+) operations went through structs`)
			p, f := number(t, out, ` passed=(\d+)`), number(t, out, ` failed=(\d+)`)
			t.Logf("%d models are structs, %d operations went through them; passed %d, failed %d", len(labels), n, p, f)
			if f > 0 {
				t.Log(out)
			}
			through, passed, failed = through+n, passed+p, failed+f
		})
	}
	t.Logf("%d operations went through structs; of all %d passed and %d failed: %.2f %%", through, passed, failed, 100*float64(passed)/float64(max(passed+failed, 1)))
	require.Greater(t, through, 100)
	require.GreaterOrEqual(t, float64(passed), 0.97*float64(passed+failed))
}

func number(t *testing.T, text, pattern string) int {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	require.NotNil(t, m, text)
	n, err := strconv.Atoi(m[1])
	require.NoError(t, err)
	return n
}

func source(t *testing.T, files []*corpus.File, module string) ([]byte, []string) {
	t.Helper()
	for _, f := range files {
		if f.Name == "sqlite/"+module {
			src, labels, err := Source(f.Registry)
			require.NoError(t, err)
			require.NotEmpty(t, labels, "no model of %s can be a struct", module)
			return src, labels
		}
	}
	t.Fatalf("there is no module %s", module)
	return nil, nil
}
