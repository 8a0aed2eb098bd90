package build

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// newApp writes an app in a module of its own, as a user has it.
func newApp(t *testing.T, files map[string]string) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	mod := strings.Replace(string(text), "module "+module, "module example.com/shop", 1) +
		"\nrequire " + module + " v0.0.0\nreplace " + module + " => " + root + "\n"
	write(t, dir, map[string]string{"go.mod": mod, "go.sum": string(sum)})
	write(t, dir, files)
	return dir
}

const tinyApp = `package shop

import (
	"context"
	"io"

	"example.com/shop/views"
	"github.com/vinyl-edge/vinyl/abi"
)

type app struct{}

func (app) Setup(context.Context) error { return nil }

func (app) Serve(ctx context.Context, _ *abi.RequestHead, _ io.Reader, w abi.ResponseWriter) {
	_ = views.List([]string{"a"}).Render(ctx, w)
}

func App() abi.App { return app{} }
`

const tinyTempl = `package views

templ List(items []string) {
	for _, item := range items {
		<li>{ item }</li>
	}
}
`

func buildIn(t *testing.T, dir, cache string, change ...func(*Options)) (*Result, []string, error) {
	t.Helper()
	var said []string
	o := Options{Dir: dir, Cache: cache, Progress: func(s string) { said = append(said, s) }}
	for _, f := range change {
		f(&o)
	}
	r, err := Build(context.Background(), o)
	return r, said, err
}

func TestBuildAndCache(t *testing.T) {
	cache := t.TempDir()
	dir := newApp(t, map[string]string{"app.go": tinyApp, "views/list.templ": tinyTempl})
	r, said, err := buildIn(t, dir, cache)
	require.NoError(t, err)
	require.False(t, r.Cached)
	require.True(t, r.LeanTempl)
	require.Contains(t, said, "generated list_templ.go")
	wasm, err := os.ReadFile(r.Wasm)
	require.NoError(t, err)
	require.Equal(t, "\x00asm", string(wasm[:4]))
	require.FileExists(t, filepath.Join(dir, "views/list_templ.go"))
	require.NoDirExists(t, filepath.Join(dir, mainFolder))
	require.Contains(t, string(wasm), "example.com/shop/views/list.templ", "frames name the .templ file")
	require.NotContains(t, string(wasm), dir, "no path of this machine")

	hit := func() *Result {
		start := time.Now()
		r, _, err := buildIn(t, dir, cache)
		require.NoError(t, err)
		if r.Cached {
			require.Less(t, time.Since(start), 500*time.Millisecond)
		}
		return r
	}
	require.True(t, hit().Cached)

	// A touched file is compared by its content.
	later := time.Now().Add(time.Minute)
	require.NoError(t, os.Chtimes(filepath.Join(dir, "app.go"), later, later))
	require.True(t, hit().Cached)
	write(t, dir, map[string]string{"views/list_test.go": "package views\n", "notes.txt": "x"})
	require.True(t, hit().Cached, "tests and other files are no part of the guest")

	for name, change := range map[string]map[string]string{
		"changed":   {"app.go": tinyApp + "\nvar _ = 1\n"},
		"added":     {"more.go": "package shop\n\nvar _ = 2\n"},
		"component": {"views/list.templ": strings.Replace(tinyTempl, "<li>", `<li class="x">`, 1)},
	} {
		write(t, dir, change)
		require.False(t, hit().Cached, name)
		require.True(t, hit().Cached, name)
	}
	require.NoError(t, os.Remove(filepath.Join(dir, "more.go")))
	require.False(t, hit().Cached, "a file less")

	// Without a toolchain the cached guest still serves, and a build says what to do.
	t.Setenv("PATH", t.TempDir())
	require.True(t, hit().Cached)
	_, _, err = buildIn(t, dir, t.TempDir())
	require.ErrorIs(t, err, ErrNoGo)
	require.ErrorContains(t, err, "https://go.dev/dl/")
}

func TestFullTempl(t *testing.T) {
	dir := newApp(t, map[string]string{"app.go": tinyApp, "views/list.templ": tinyTempl + `
templ Data(v any) {
	@templ.JSONScript("id", v)
}
`})
	r, said, err := buildIn(t, dir, t.TempDir())
	require.NoError(t, err)
	require.False(t, r.LeanTempl)
	require.Contains(t, said, "built with templ's own runtime, the guest gets bigger: a component uses templ.JSONScript")
}

func TestBadApps(t *testing.T) {
	app := func(text string) map[string]string { return map[string]string{"shop/app.go": text} }
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"empty":     {map[string]string{"shop/README.md": "x"}, []string{"shop: there are no Go files in this folder", "func App() *guest.App"}},
		"no App":    {app("package shop\n"), []string{"shop: no function App in this package", "func App() *guest.App"}},
		"a method":  {app("package shop\n\ntype x int\n\nfunc (x) App() {}\n"), []string{"no function App"}},
		"main":      {app("package main\n\nfunc main() {}\n"), []string{"shop/app.go:1: an app can't be package main", "name the package after the app"}},
		"signature": {app("package shop\n\nfunc App(x int) int { return x }\n"), []string{"shop/app.go:3: App has the wrong signature", "func App() *guest.App"}},
		"result":    {app("package shop\n\nfunc App() int { return 1 }\n"), []string{"what App returns is not an app", "abi.App", "func App() *guest.App"}},
		"compile":   {app("package shop\n\nfunc App() int { return x }\n"), []string{"the app does not compile:\n", "shop/app.go:3:25: undefined: x"}},
		"syntax":    {app("package shop\n\nfunc App() int { return \n"), []string{"the app does not compile:\n", "shop/app.go:4:1: syntax error"}},
		"import":    {app("package shop\n\nimport \"example.com/none\"\n\nfunc App() int { return none.X }\n"), []string{"shop/app.go:3:8: no required module provides package example.com/none"}},
		"no Model": {app(`package shop

import "github.com/vinyl-edge/vinyl/orm"

type Tag struct{ Name string }

var Tags = orm.Register[Tag]()

func App() int { return 1 }
`), []string{"shop/app.go:7:29: *Tag does not satisfy", "as the first field of Tag:\n    orm.Model[Tag]"}},
		"component": {map[string]string{
			"shop/app.go": "package shop\n\nfunc App() int { return 1 }\n", "shop/a.templ": "package shop\n\ntempl A() {\n\t<p>{ undefinedName }</p>\n}\n",
		}, []string{"shop/a.templ:4", "undefined: undefinedName"}},
		"templ": {map[string]string{
			"shop/app.go": "package shop\n\nfunc App() int { return 1 }\n", "shop/a.templ": "package shop\n\ntempl A() {\n\t<p>\n}\n",
		}, []string{"shop/a.templ:5: <p>: close tag not found"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := newApp(t, c.files)
			t.Chdir(dir)
			_, _, err := buildIn(t, filepath.Join(dir, "shop"), t.TempDir())
			require.Error(t, err)
			require.NotContains(t, err.Error(), filepath.Join(dir, "shop", "a"), "files are named as from here")
			for _, want := range c.want {
				require.Contains(t, err.Error(), want)
			}
		})
	}
	t.Run("no module", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, map[string]string{"app.go": "package app\n\nfunc App() int { return 1 }\n"})
		_, _, err := buildIn(t, dir, t.TempDir())
		require.ErrorContains(t, err, "not in a Go module")
		require.ErrorContains(t, err, "go mod init")
	})
	t.Run("no folder", func(t *testing.T) {
		_, _, err := buildIn(t, filepath.Join(t.TempDir(), "none"), t.TempDir())
		require.ErrorContains(t, err, "no such app")
	})
	t.Run("a file", func(t *testing.T) {
		_, _, err := buildIn(t, "doc.go", t.TempDir())
		require.ErrorContains(t, err, "not a folder")
	})
}
