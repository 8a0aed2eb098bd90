package conformance

import (
	"go/build"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the repository, seen from this folder.
const root = ".."

var (
	fenced    = regexp.MustCompile("(?ms)^```.*?^```$")
	span      = regexp.MustCompile("`([^`\n]+)`")
	command   = regexp.MustCompile(`(?:^|[\s"'(])(\./[\w./…-]*)`)
	pathlike  = regexp.MustCompile(`^[\w.-]+(/[\w.…-]+)*/?$`)
	link      = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading   = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notInSlug = regexp.MustCompile("[^a-z0-9 _-]")
)

// made are paths in documents that appear when somebody runs what they tell.
var made = []string{"testdata/fuzz", "examples/polls/polls.db"}

func TestPathsInDocumentsExist(t *testing.T) {
	for _, name := range []string{"README.md", "ARCHITECTURE.md", "RATIONALE.md", "CONTRIBUTING.md"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) && name == "README.md" {
			continue
		}
		require.NoError(t, err)
		for _, p := range missingPaths(os.DirFS(root), string(text)) {
			t.Errorf("%s: there is no %s", name, p)
		}
	}
}

// missingPaths are the files and folders that a document speaks of in code,
// and that are not there. A path is seen from the root, or, in a line that
// names folders, from one of them or the folder above it.
func missingPaths(repo fs.FS, text string) (missing []string) {
	exists := func(p string) bool {
		_, err := fs.Stat(repo, path.Clean(p))
		return err == nil
	}
	for line := range strings.Lines(text) {
		var paths []string
		for _, m := range span.FindAllStringSubmatch(line, -1) {
			if p := strings.TrimSuffix(strings.TrimSuffix(m[1], "/..."), "/…"); isPath(p) {
				paths = append(paths, p)
			}
		}
		for _, m := range command.FindAllStringSubmatch(line, -1) {
			paths = append(paths, strings.TrimSuffix(m[1], "/..."))
		}
		from := []string{"."}
		for _, m := range span.FindAllStringSubmatch(line, -1) {
			if e, err := fs.Stat(repo, path.Clean(m[1])); err == nil && e.IsDir() && fs.ValidPath(m[1]) {
				from = append(from, m[1], path.Dir(m[1]))
			}
		}
		for _, p := range paths {
			there := slices.ContainsFunc(from, func(dir string) bool { return exists(path.Join(dir, p)) })
			if !there && len(from) == 1 && !strings.Contains(p, "/") { // any package's errors.go
				all, _ := fs.Glob(repo, "*/"+p)
				there = len(all) > 0
			}
			if !there && !slices.Contains(made, p) {
				missing = append(missing, p)
			}
		}
	}
	return missing
}

// isPath tells whether code is a path of this repository, and not a package of
// another one, a URL's path or a name.
func isPath(s string) bool {
	if !pathlike.MatchString(s) {
		return false
	}
	first, _, folder := strings.Cut(s, "/")
	if !folder {
		return slices.Contains([]string{".go", ".md", ".mod", ".conf"}, path.Ext(s))
	}
	if i := strings.IndexByte(first, '.'); i > 0 {
		return false // a domain
	}
	_, err := os.Stat(filepath.Join(build.Default.GOROOT, "src", filepath.FromSlash(s)))
	return err != nil
}

func TestMissingPaths(t *testing.T) {
	require.Equal(t, []string{"gest/app.go", "host/abc", "nope.go", "other.go", "./cmd/nope"}, missingPaths(os.DirFS(root), strings.Join([]string{
		"`guest/app.go`, `gest/app.go`, `host/…`, `host/abc`, `net/http`, `github.com/a-h/templ`, `/metrics`, `Request.After`, `a b/c`",
		"| `guest` | views | `app.go`, `nope.go` |",
		"| `orm/schema`, `orm/query` | data | `query/query.go`, `other.go` |",
		"every package has a `doc.go`, commands are `go run ./cmd/nope ./examples/polls` and `go test ./...`",
	}, "\n")))
}

// TestLinksInDocumentsLead follows what is not on the web, headings included.
func TestLinksInDocumentsLead(t *testing.T) {
	seen := 0
	require.NoError(t, filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (e.Name() == "testdata" || e.Name() == ".git"):
			return fs.SkipDir
		case filepath.Ext(name) != ".md":
			return nil
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, l := range links(string(text)) {
			seen++
			file, anchor, _ := strings.Cut(l, "#")
			target := name
			if file != "" {
				target = filepath.Join(filepath.Dir(name), filepath.FromSlash(file))
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", name, l)
			} else if anchor != "" {
				text, err := os.ReadFile(target)
				require.NoError(t, err)
				require.Contains(t, slugs(string(text)), anchor, "%s: %s has no such heading", name, target)
			}
		}
		return nil
	}))
	require.NotZero(t, seen)
}

// links are the targets of a document's links to files and headings.
func links(text string) (found []string) {
	text = span.ReplaceAllString(fenced.ReplaceAllString(text, ""), "")
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		if !strings.Contains(m[1], ":") {
			found = append(found, m[1])
		}
	}
	return found
}

// slugs are the names by which a document's headings are linked to.
func slugs(text string) (names []string) {
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		names = append(names, strings.ReplaceAll(notInSlug.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return names
}

func TestLinks(t *testing.T) {
	text := "# What `it` is, in short\n[a](b.md#c) [d](https://e.f) `orm.As[x](Books)`\n```go\norm.As[x](Books)\n# no heading\n```\n[g](#h)\n"
	require.Equal(t, []string{"b.md#c", "#h"}, links(text))
	require.Equal(t, []string{"what-it-is-in-short"}, slugs(text))
}
