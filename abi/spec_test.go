package abi_test

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the hex examples of README.md")

// part is a line of an example: n bytes and what they are.
type part struct {
	n    int
	note string
}

// example is a block of README.md: what the codecs produce, cut in lines.
type example struct {
	bytes []byte
	parts []part
}

var hexBlock = regexp.MustCompile("(?s)```hex ([a-z-]+)\n(.*?)```")

func readme(t testing.TB) string {
	b, err := os.ReadFile("README.md")
	require.NoError(t, err)
	return string(b)
}

// TestSpecExamples compares every hex block of README.md with the codecs.
func TestSpecExamples(t *testing.T) {
	all := examples()
	if *update {
		text := hexBlock.ReplaceAllStringFunc(readme(t), func(s string) string {
			name := hexBlock.FindStringSubmatch(s)[1]
			return "```hex " + name + "\n" + all[name].String() + "```"
		})
		require.NoError(t, os.WriteFile("README.md", []byte(text), 0o644))
	}
	for _, m := range hexBlock.FindAllStringSubmatch(readme(t), -1) {
		name := m[1]
		e, ok := all[name]
		require.True(t, ok, "README.md has the example %q, examples_test.go has not", name)
		delete(all, name)
		var got []byte
		for line := range strings.Lines(m[2]) {
			digits, _, _ := strings.Cut(line, ";")
			b, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
			require.NoError(t, err, "%s: %s", name, line)
			got = append(got, b...)
		}
		require.Equal(t, hex.Dump(e.bytes), hex.Dump(got), "example %q: run go test ./abi -run Spec -update and look at the difference", name)
	}
	for name := range all {
		t.Errorf("README.md lacks the example %q", name)
	}
}

func (e example) String() string {
	var s strings.Builder
	off := 0
	for _, p := range e.parts {
		for i, n := 0, p.n; i == 0 || n > 0; i++ {
			k := min(n, 16)
			line := fmt.Sprintf("% x", e.bytes[off:off+k])
			if i == 0 {
				line = fmt.Sprintf("%-47s ; %s", line, p.note)
			}
			s.WriteString(line + "\n")
			off, n = off+k, n-k
		}
	}
	if off != len(e.bytes) {
		panic(fmt.Sprintf("example covers %d of %d bytes: % x", off, len(e.bytes), e.bytes[off:]))
	}
	return s.String()
}

// specified are the packages whose numbers are part of the contract, by the
// prefix that README.md gives their names.
var specified = map[string]string{"": ".", "query.": "../orm/query", "schema.": "../orm/schema"}

var (
	table = regexp.MustCompile(`(?m)^\| constant \| value .*\n\|[-|]+\n(?:\|.*\n)+`)
	row   = regexp.MustCompile("(?m)^\\| `([A-Za-z.]+)` \\| ([^|]+) \\|")
	code  = regexp.MustCompile("`([^`]+)`")
)

// TestSpecConstants compares every constant of the tables with the Go constant
// and demands that no constant is missing.
func TestSpecConstants(t *testing.T) {
	want := map[string]string{}
	for prefix, dir := range specified {
		for name, v := range constants(t, dir) {
			want[prefix+name] = v
		}
	}
	for _, m := range row.FindAllStringSubmatch(strings.Join(table.FindAllString(readme(t), -1), ""), -1) {
		name, got := m[1], strings.TrimSpace(m[2])
		v, ok := want[name]
		require.True(t, ok, "README.md gives %s = %s more than once, or it is no constant of the contract", name, got)
		if c := code.FindStringSubmatch(got); c != nil {
			got = `"` + c[1] + `"`
		}
		require.Equal(t, v, got, "README.md: %s", name)
		delete(want, name)
	}
	for name, v := range want {
		t.Errorf("README.md has no row for the constant %s = %s", name, v)
	}
}

// constants returns the numbers that dir's package puts on the wire: exported
// constants, and the tags and masks of the codecs.
func constants(t *testing.T, dir string) map[string]string {
	fset := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	var files []*ast.File
	for _, n := range names {
		if strings.HasSuffix(n, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, n, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, f)
	}
	// Constants do not depend on imports: what cannot be resolved is ignored.
	conf := types.Config{Importer: noImports{}, Error: func(error) {}}
	pkg, _ := conf.Check(dir, fset, files, nil)
	internal := regexp.MustCompile(`^(tag|has|is|flag|frame)[A-Z]`)
	found := map[string]string{}
	for _, name := range pkg.Scope().Names() {
		c, ok := pkg.Scope().Lookup(name).(*types.Const)
		if !ok || !c.Exported() && !internal.MatchString(name) || name == "tagEnd" || name == "frameMask" {
			continue
		}
		v := c.Val().ExactString()
		if c.Val().Kind() == constant.String {
			v = c.Val().String()
		}
		found[name] = v
	}
	require.NotEmpty(t, found)
	return found
}

type noImports struct{}

func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not needed") }
