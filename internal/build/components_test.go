package build

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestComponents(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"go.mod":            "module x\n",
		"views/list.templ":  listTempl,
		"sub/go.mod":        "module y\n",
		"sub/other.templ":   "broken",
		".hidden/x.templ":   "broken",
		"testdata/x.templ":  "broken",
		"views/static.html": "x",
	})
	written, err := Components(dir, dir)
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(dir, "views/list_templ.go")}, written)

	written, err = Components(dir, dir)
	require.NoError(t, err)
	require.Empty(t, written, "nothing changed")

	// The name in errors depends on where the user ran the generator.
	name := filepath.Join(dir, "views/list_templ.go")
	code, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Contains(t, string(code), "FileName: `views/list.templ`")
	require.NoError(t, os.WriteFile(name, []byte(strings.ReplaceAll(string(code), "`views/list.templ`", "`list.templ`")), 0o644))
	written, err = Components(dir, dir)
	require.NoError(t, err)
	require.Empty(t, written)

	require.NoError(t, os.WriteFile(name, []byte("package views\n"), 0o644))
	written, err = Components(dir, dir)
	require.NoError(t, err)
	require.Len(t, written, 1)
}

const listTempl = `package views

templ List(items []string, raw string) {
	<ul>
		for _, item := range items {
			<li>{ item }</li>
		}
	</ul>
	<p>{ raw + ` + "`two\n\tlines`" + ` }</p>
	<p
		class={ raw }
	>
		{ strings.TrimSpace(
			raw) }
	</p>
}

func helper() int {
	return 1
}
`

func TestLinesOfComponents(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"list.templ": listTempl})
	c, err := generate(filepath.Join(dir, "list.templ"), "list.templ")
	require.NoError(t, err)
	// Where does the compiler see each piece of the source?
	seen := func(piece string) string {
		file, line := "", 0
		for text := range strings.SplitSeq(string(c.mapped), "\n") {
			if at, ok := strings.CutPrefix(text, "//line "); ok {
				i := strings.LastIndexByte(at, ':')
				file, line = filepath.Base(at[:i]), atoi(at[i+1:])
				continue
			}
			if strings.Contains(text, piece) {
				return file + ":" + itoa(line)
			}
			line++
		}
		return "missing"
	}
	for piece, source := range map[string]string{
		"List(items":            "templ List(",
		"range items":           "range items",
		"JoinStringErrs(item)":  "{ item }",
		"JoinStringErrs(raw + ": "{ raw + ",
		"strings.TrimSpace(":    "strings.TrimSpace(",
		"func helper()":         "func helper()",
		"return 1":              "return 1",
	} {
		want := strings.Count(listTempl[:strings.Index(listTempl, source)], "\n") + 1
		require.Equal(t, "list.templ:"+itoa(want), seen(piece), piece)
	}
	require.Equal(t, "list_templ.go", strings.Split(seen("WriteString(templ_7745c5c3_Buffer, 1"), ":")[0])
	require.Contains(t, string(c.mapped), "`two\n\tlines`", "no directive inside a raw string")
}

func TestComponentErrors(t *testing.T) {
	for name, c := range map[string]struct {
		text, message string
		line          int
	}{
		"templ":      {"package a\n\ntempl A() {\n\t<p>\n}\n", "<p>: close tag not found", 5},
		"expression": {"package a\n\ntempl A() {\n\t<p>{ 1 + }</p>\n}\n", "", 4},
		"go":         {"package a\n\ntempl A() {\n}\n\nfunc b() {\n\tx :=\n}\n", "", 8},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, map[string]string{"a.templ": c.text})
			_, err := Components(dir, dir)
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, filepath.Join(dir, "a.templ"), e.File)
			require.Equal(t, c.line, e.Line, e.Error())
			require.Contains(t, e.Reason, c.message)
		})
	}
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
	}
}
