package build

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const nested = `package shop

templ list(books []Book) {
	@layout("Books") {
		<ul>
			for _, b := range books {
				if b.Stock > 0 {
					<li>{ b.Title }</li>
				} else {
					<li>none</li>
				}
			}
		</ul>
		<a href="/new">New</a>
	}
}

templ other() {
	<p>other</p>
}
`

// templ's parser names the outermost block only.
func TestMistakesInBlocks(t *testing.T) {
	for name, c := range map[string]struct{ old, bad, want string }{
		"close tag":    {"</ul>", "", "list.templ:15: <ul>: close tag not found"},
		"wrong tag":    {"{ b.Title }</li>", "{ b.Title }</b>", "list.templ:8: <li>: close tag not found"},
		"expression":   {"{ b.Title }", "{ b.Title + }", "list.templ:8: "},
		"brace":        {"{ b.Title }", "{ b.Title ", "list.templ:8: "},
		"for":          {"range books {", "range books", "list.templ:6: for: unterminated (missing closing '{"},
		"if":           {"b.Stock > 0 {", "b.Stock > 0", "list.templ:7: if: unterminated (missing closing '{"},
		"else":         {"<li>none</li>", "<li>none", "list.templ:11: <li>: close tag not found"},
		"attribute":    {`href="/new"`, `href="/new`, "list.templ:14: "},
		"outside":      {"<p>other</p>", "<p>other", "list.templ:20: <p>: close tag not found"},
		"second block": {"<p>other</p>", "if true {\n\t\t<p>\n\t}", "list.templ:21: <p>: close tag not found"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, nested, c.old)
			file := filepath.Join(t.TempDir(), "list.templ")
			require.NoError(t, os.WriteFile(file, []byte(strings.Replace(nested, c.old, c.bad, 1)), 0o644))
			_, err := generate(file, "list.templ")
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), hidden)
			t.Log(err)
		})
	}
}
