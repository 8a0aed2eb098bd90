package conformance

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	directive = regexp.MustCompile(`(?s)//go:wasmimport vinyl (\w+)\n(?://[^\n]*\n)*func \w+\(([^)]*)\) ?(\w*)`)
	specified = regexp.MustCompile("(?m)^\\| `(\\w+)` \\| `\\(([^)]*)\\) -> (\\w+)` \\|")
)

// TestWasmImportsMatchSpecification holds the functions that the guest's
// runtime imports against the table of abi/README.md.
func TestWasmImportsMatchSpecification(t *testing.T) {
	spec, err := os.ReadFile("../abi/README.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(spec), "## 6. Imports")
	require.True(t, ok)
	section, _, _ = strings.Cut(section, "\n## ")
	want := map[string]int{}
	for _, m := range specified.FindAllStringSubmatch(section, -1) {
		want[m[1]] = params(m[2])
	}
	require.NotEmpty(t, want)

	got := map[string]int{}
	files, err := filepath.Glob("../guest/reactor/*.go")
	require.NoError(t, err)
	for _, f := range files {
		src, err := os.ReadFile(f)
		require.NoError(t, err)
		for _, m := range directive.FindAllStringSubmatch(string(src), -1) {
			got[m[1]] = params(m[2])
			require.Contains(t, []string{"int32", "uint32"}, m[3], "%s: result", m[1])
			require.NotRegexp(t, `\b(int64|uint64|float64)\b`, m[2], "%s: every parameter is an i32", m[1])
		}
	}
	require.Equal(t, want, got, "import name -> number of parameters, in abi/README.md and in guest/reactor")
}

func params(list string) int {
	if strings.TrimSpace(list) == "" {
		return 0
	}
	return strings.Count(list, ",") + 1
}

// TestGuestCodeBuildsForWasm compiles what guests are made of with the guest's
// target, without linking an app.
func TestGuestCodeBuildsForWasm(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles packages")
	}
	args := []string{"build"}
	for importPath, p := range list(t, nil, "./...") {
		if name, ok := ours(importPath); ok && !p.DepOnly {
			if r := ruleOf(name); r != nil && r.guest {
				args = append(args, importPath)
			}
		}
	}
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = "..", append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}
