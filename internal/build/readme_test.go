package build

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAppOfTheReadme builds what the README tells a newcomer to write, in the
// module that its commands make.
func TestAppOfTheReadme(t *testing.T) {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(text), "\n## Your own app\n")
	require.True(t, ok)
	section, _, _ = strings.Cut(section, "\n## ")
	require.Contains(t, section, "go mod edit -require="+module+"@v0.0.0 -replace="+module+"=../vinyl\n")

	files := map[string]string{"go.mod": "module example.com/shop\n\ngo 1.26.0\n\nrequire " + module + " v0.0.0\n\nreplace " + module + " => " + root + "\n"}
	for _, block := range regexp.MustCompile("(?s)```\\w+\n// (\\S+)\n(.*?)```").FindAllStringSubmatch(section, -1) {
		files[block[1]] = block[2]
	}
	require.Len(t, files, 3)
	dir := t.TempDir()
	write(t, dir, files)
	_, said, err := buildIn(t, dir, t.TempDir())
	require.NoError(t, err)
	require.Contains(t, said, "generated shop_templ.go")
}
