package conformance

import (
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// unexampled are public packages whose doc.go has to do without an Example.
var unexampled = map[string]string{
	"host/db/postgres/pgtest": "an Example would need a PostgreSQL server and cannot skip itself",
}

// TestPublicPackagesAreExplained requires doc.go and an Example whose output
// is compared, written as a user of the package would write it.
func TestPublicPackagesAreExplained(t *testing.T) {
	public := publicPackages(t)
	require.Contains(t, public, "orm")
	require.Contains(t, public, "host/db/postgres")
	require.NotContains(t, public, "cmd/vinyl-edge")
	for _, dir := range public {
		for _, lack := range unexplained(t, os.DirFS(filepath.Join(root, dir)), path.Base(dir)) {
			if _, ok := unexampled[dir]; !ok || !strings.HasPrefix(lack, "example_test.go") {
				t.Errorf("%s: %s", dir, lack)
			}
		}
	}
	for dir := range unexampled {
		require.Contains(t, public, dir, "it has moved")
	}
}

// publicPackages are the folders with a package that others may import.
func publicPackages(t *testing.T) (public []string) {
	t.Helper()
	private := []string{"examples", "conformance", "templ/lean/templ/", "orm/contenttypes/q"}
	require.NoError(t, fs.WalkDir(os.DirFS(root), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		base := path.Base(name)
		if base == "internal" || base == "testdata" || base != "." && strings.ContainsAny(base[:1], "._") ||
			slices.ContainsFunc(private, func(p string) bool { return strings.HasPrefix(name, p) }) {
			return fs.SkipDir
		}
		p, err := build.ImportDir(filepath.Join(root, name), 0)
		if err == nil && p.Name != "main" {
			public = append(public, name)
		}
		return nil
	}))
	return public
}

// unexplained says what the package in a folder lacks.
func unexplained(t *testing.T, dir fs.FS, name string) (lacks []string) {
	t.Helper()
	parse := func(file string) *ast.File {
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ParseComments)
		require.NoError(t, err)
		return f
	}
	if f := parse("doc.go"); f == nil || !strings.HasPrefix(f.Doc.Text(), "Package "+name+" ") {
		lacks = append(lacks, "doc.go must say what the package is for, beginning with Package "+name)
	}
	f := parse("example_test.go")
	if f == nil || !slices.ContainsFunc(doc.Examples(f), func(e *doc.Example) bool { return e.Output != "" }) {
		return append(lacks, "example_test.go must have an Example with // Output:")
	}
	if f.Name.Name != name+"_test" {
		lacks = append(lacks, "example_test.go must be of package "+name+"_test: an Example shows what a user writes")
	}
	return lacks
}
