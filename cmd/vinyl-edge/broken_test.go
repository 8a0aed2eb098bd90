package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sketch writes an app beside this copy of Vinyl, which nobody has built or
// tidied yet.
func sketch(t *testing.T, files map[string]string) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	version := ""
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "go ") {
			version = line
		}
	}
	dir := t.TempDir()
	files["go.mod"] = "module example.com/shop\n\n" + version + "\nrequire github.com/vinyl-edge/vinyl v0.0.0\n\nreplace github.com/vinyl-edge/vinyl => " + root + "\n"
	files["shop.go"] = "package shop\n\nimport \"github.com/vinyl-edge/vinyl/orm\"\n\n" +
		"type Book struct {\n\torm.Model[Book]\n\tTitle string `orm:\"max_length=20\"`\n}\n\nvar Books = orm.Register[Book]()\n\n" + files["shop.go"]
	for name, text := range files {
		name = filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
	}
	return dir
}

const shopTempl = "package shop\n\ntempl page(name string) {\n\t<h1>Hello, { name }!</h1>\n}\n"

// TestBrokenApps: code that does not compile is no news that names are right.
func TestBrokenApps(t *testing.T) {
	find := "func find() { Books.Filter(\"titel\", 1) }\n"
	for name, c := range map[string]struct {
		files map[string]string
		check []string // in what is said, with the code 1; else 0
		write []string
	}{
		"whole, with components that are not generated": {files: map[string]string{"shop.go": "var hello = page(\"x\")\n", "shop.templ": shopTempl}},
		"a type": {
			files: map[string]string{"shop.go": find + "var n int = \"one\"\n"},
			check: []string{"shop.go:13:13: ", "the app does not compile:", `"titel" in a query of Book`}, write: []string{"shop.go:13:13: "},
		},
		"syntax": {
			files: map[string]string{"shop.go": "func broken( {\n"},
			check: []string{"shop.go:12:14: "}, write: []string{"shop.go:12:14: "},
		},
		"a component's code": {
			files: map[string]string{"shop.go": "var hello = page(\"x\")\n", "shop.templ": strings.Replace(shopTempl, "{ name }", "{ nmae }", 1)},
			check: []string{"shop.templ:4:", "nmae"}, write: []string{"shop.templ:4:"},
		},
		"a component": {
			files: map[string]string{"shop.go": "", "shop.templ": "package shop\n\ntempl page( {\n"},
			check: []string{"shop.templ:3"}, write: []string{"shop.templ:3"},
		},
		"references that are not generated": {
			files: map[string]string{"shop.go": "", "views/views.go": "package views\n\nimport \"example.com/shop/q\"\n\nvar _ = q.Book\n"},
		},
		"a tool below": {files: map[string]string{"shop.go": "", "tool/main.go": "package main\n\nfunc main() { syscall.Fork() }\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := sketch(t, c.files)
			said := func(want []string, args ...string) {
				t.Helper()
				code, out, errs := runHere(t, append(args, dir)...)
				require.Equal(t, len(want) > 0, code != 0, out+errs)
				for _, w := range want {
					require.Contains(t, out+errs, w)
				}
			}
			said(c.check, "check")
			said(c.write, "generate")
			_, err := os.Stat(filepath.Join(dir, "shop_templ.go"))
			require.ErrorIs(t, err, os.ErrNotExist, "it only looks")
		})
	}
}
