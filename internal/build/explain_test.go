package build

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/templ/lean"
)

// After `go mod init` and a replace nothing is required yet: that will do.
func TestModuleWithoutRequirements(t *testing.T) {
	dir := newApp(t, map[string]string{"app.go": tinyApp, "views/list.templ": tinyTempl})
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	mod := "module example.com/shop\n\ngo 1.26.0\n\nreplace " + module + " => " + root + "\n"
	write(t, dir, map[string]string{"go.mod": mod, "go.sum": ""})
	r, _, err := buildIn(t, dir, t.TempDir())
	require.NoError(t, err)
	require.True(t, r.LeanTempl)
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	require.NoError(t, err)
	require.Equal(t, mod, string(text), "the user's file is the user's")

	// What else is missing is said, and no word of the runtime's fault.
	write(t, dir, map[string]string{"more.go": "package shop\n\nimport _ \"example.com/none\"\n"})
	_, said, err := buildIn(t, dir, t.TempDir())
	require.ErrorContains(t, err, "more.go:3:8: no required module provides package example.com/none")
	require.ErrorContains(t, err, "In its folder:\n    go mod tidy")
	require.NotContains(t, err.Error(), mainFolder, "the user has no such file")
	require.NotContains(t, err.Error(), lean.Module)
	for _, line := range said {
		require.NotContains(t, line, "own runtime")
	}

	// With templ's own runtime all has to be there.
	_, _, err = buildIn(t, dir, t.TempDir(), func(o *Options) { o.FullTempl = true })
	require.ErrorContains(t, err, "\n    go get "+lean.Module+"@"+lean.Version+"\n    go mod tidy")
	require.NotContains(t, err.Error(), mainFolder)
}

func TestOtherTempl(t *testing.T) {
	name := filepath.Join(t.TempDir(), "go.mod")
	for mod, want := range map[string]string{
		"require " + lean.Module + " " + lean.Version:                               "",
		"require " + lean.Module + " v0.3.1100":                                     "go get " + lean.Module + "@" + lean.Version,
		"require " + lean.Module + " v0.2.1\nreplace " + lean.Module + " => ./mine": "",
		"require example.com/x v1.0.0":                                              "",
	} {
		require.NoError(t, os.WriteFile(name, []byte("module x\n\ngo 1.26\n\n"+mod+"\n"), 0o644))
		hint := otherTempl(name)
		require.Equal(t, want == "", hint == "", "%s: %s", mod, hint)
		require.Contains(t, hint, want)
	}
}
