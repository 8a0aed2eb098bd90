package conformance

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/vinyl-edge/vinyl"

// rule says what the packages of a folder may import. The rule with the longest
// folder decides. Patterns are import paths below the module ("orm") or whole
// trees ("host/...").
type rule struct {
	folder string
	// may are our packages that can be imported directly, besides the folder itself.
	may []string
	// never are packages that must not be reached at all, however indirectly:
	// ours begin with ./, others are Go's.
	never []string
	// modules are prefixes of third-party packages that can be imported directly.
	modules []string
	// guest code is compiled to wasm with the app: it also obeys guestNever and
	// uses no third-party package.
	guest bool
	// brings are exceptions from guestNever, for packages that an app pays for
	// only if it imports them. Other guest packages still can't.
	brings []string
}

// guestNever are what makes a guest large or doesn't work in one.
var guestNever = []string{
	"fmt", "encoding/json", "regexp", "net/http", "html/template", "text/template", "database/sql", "net", "os/exec",
	"log", "log/slog", "encoding/gob", "encoding/xml", "testing", "./host/...", "./cmd/...", "./conformance/...", "./internal/...",
	"./orm/planner", "./orm/migrate",
}

var (
	reflection = []string{"reflect"}
	planning   = []string{"abi", "orm/schema", "orm/query"}
	// A planner is pure: it runs in a host, in a JavaScript engine, or in a test.
	impure = []string{"./orm", "./guest/...", "./host/...", "./templ/...", "net", "net/http", "os/exec", "database/sql"}
)

var rules = []rule{
	{folder: "abi", guest: true, never: []string{"reflect", "./orm/...", "./guest/...", "./templ/..."}},
	{folder: "orm/schema", guest: true, may: []string{"abi"}, never: reflection},
	{folder: "orm/query", guest: true, may: []string{"abi"}, never: reflection},
	{folder: "orm", guest: true, may: planning, never: []string{"./guest/..."}},
	{folder: "orm/fn", guest: true, may: []string{"orm"}, never: []string{"./guest/..."}},
	{folder: "orm/ref", guest: true, may: []string{"orm"}, never: []string{"./guest/..."}},
	{folder: "orm/contenttypes", guest: true, may: []string{"orm", "orm/ref"}, never: []string{"./guest/..."}},
	{folder: "orm/fixtures", guest: true, may: append([]string{"orm"}, planning...), never: []string{"./guest/..."}, brings: []string{"encoding/json", "fmt"}},
	{folder: "orm/sqltext", never: impure},
	{folder: "orm/planner", may: append([]string{"orm/sqltext"}, planning...), never: impure},
	{folder: "orm/migrate", may: planning, never: impure},
	{folder: "guest", guest: true, may: []string{"abi", "orm", "orm/schema", "orm/query", "templ/..."}},
	{folder: "guest/log", guest: true, may: []string{"abi", "guest"}, brings: []string{"log/slog", "log", "fmt", "encoding/json"}},
	{folder: "templ", guest: true, may: []string{"abi"}, never: []string{"./orm/...", "./guest/..."}},
	{folder: "templ/lean", never: []string{"./host/...", "./guest/...", "./orm/..."}},
	{folder: "templ/lean/templ", guest: true, never: []string{"./orm/...", "./guest/..."}},
	{folder: "templ/internal", may: []string{"templ/..."}, modules: []string{"github.com/a-h/templ"}, never: []string{"./host/...", "./guest/..."}},
	{
		folder: "host", may: append([]string{"orm/planner", "orm/migrate", "orm/sqltext"}, planning...), never: []string{"./orm", "./guest/...", "./templ/..."},
		modules: []string{
			"github.com/tetratelabs/wazero", "github.com/prometheus/client_golang", "github.com/prometheus/client_model", "github.com/prometheus/common",
			"zombiezen.com/go/sqlite", "modernc.org/sqlite", "modernc.org/libc", "github.com/jackc/pgx", "github.com/tursodatabase/libsql-client-go", "github.com/coder/websocket", "golang.org/x/sys", "golang.org/x/sync", "golang.org/x/net", "go.opentelemetry.io/otel",
		},
	},
	{folder: "host/db/dbtest", may: []string{"abi", "host/db"}, modules: []string{"github.com/stretchr/testify"}},
	{folder: "host/db/postgres/pgtest", may: []string{"internal/need"}, modules: []string{"github.com/jackc/pgx"}},
	{folder: "host/hosttest", may: []string{"abi", "orm", "guest/...", "host/...", "orm/planner", "orm/migrate", "orm/schema", "orm/query"}, modules: []string{"go.opentelemetry.io/otel"}},
	{folder: "internal", may: []string{"abi", "templ/lean", "host/..."}, never: []string{"./guest/...", "./orm"}, modules: []string{"github.com/a-h", "golang.org/x/mod", "golang.org/x/tools"}},
	{folder: "internal/gomodels", may: []string{"orm/schema"}, never: []string{"./guest/...", "./orm", "./host/..."}, modules: []string{"golang.org/x/tools"}},
	{
		folder: "internal/lookupcheck", may: []string{"abi", "internal/gomodels", "orm/planner", "orm/query", "orm/schema"}, never: []string{"./guest/...", "./orm", "./host/..."},
		modules: []string{"golang.org/x/tools"},
	},
	{
		folder: "internal/sqlshell", may: []string{"abi", "host/db/...", "orm/sqltext"}, never: []string{"./guest/...", "./orm"}, modules: []string{"github.com/jackc/pgx"},
	},
	{folder: "internal/generate", may: []string{"internal/gomodels"}, never: []string{"./guest/...", "./orm", "./host/..."}},
	{
		folder: "cmd", never: []string{"./guest/..."}, may: []string{"abi", "orm/...", "host/...", "templ/...", "internal/..."},
		modules: []string{"github.com/alecthomas/kong", "github.com/pelletier/go-toml", "github.com/prometheus/client_golang", "golang.org/x/sys", "golang.org/x/sync", "golang.org/x/term", "golang.org/x/tools", "github.com/mattn/go-isatty", "go.opentelemetry.io/otel"},
	},
	{folder: "examples", may: []string{"guest/...", "orm", "orm/contenttypes/...", "orm/fn", "orm/ref", "templ/..."}, never: []string{"./host/..."}, modules: []string{"github.com/a-h/templ"}},
	{folder: "conformance/idea", may: []string{"guest/...", "orm", "templ/..."}, never: []string{"./host/..."}, modules: []string{"github.com/a-h/templ", "golang.org/x/sync"}},
	{folder: "conformance", may: []string{"..."}, modules: []string{"github.com/"}},
}

// small are the packages that every guest contains: hello stays below its size
// because they don't bring the ORM with them.
var small = []string{"guest", "guest/reactor"}

type listed struct {
	ImportPath    string
	Dir           string
	Standard      bool
	DepOnly       bool
	Imports, Deps []string
	GoFiles       []string
}

// list asks the go command for the packages of patterns and their dependencies.
func list(t *testing.T, env []string, patterns ...string) map[string]*listed {
	t.Helper()
	args := append([]string{"list", "-e", "-deps", "-json=ImportPath,Dir,Standard,DepOnly,Imports,Deps,GoFiles"}, patterns...)
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = "..", append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	found := map[string]*listed{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		p := &listed{}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return found
		} else {
			require.NoError(t, err)
		}
		found[p.ImportPath] = p
	}
}

// ours cuts the module from an import path of ours.
func ours(importPath string) (string, bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

func matches(pattern, name string) bool {
	if tree, ok := strings.CutSuffix(pattern, "..."); ok {
		tree = strings.TrimSuffix(tree, "/")
		return tree == "" || name == tree || strings.HasPrefix(name, tree+"/")
	}
	return pattern == name
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) })
}

func ruleOf(name string) *rule {
	var best *rule
	for i := range rules {
		if matches(rules[i].folder+"/...", name) && (best == nil || len(rules[i].folder) > len(best.folder)) {
			best = &rules[i]
		}
	}
	return best
}

func TestRulesMatchFolders(t *testing.T) {
	used := map[string]bool{}
	for importPath, p := range list(t, nil, "./...") {
		name, ok := ours(importPath)
		if !ok || p.DepOnly || name == "." {
			continue
		}
		r := ruleOf(name)
		if r == nil {
			t.Errorf("%s: no import rule: add its folder to rules", name)
			continue
		}
		used[r.folder] = true
	}
	for _, r := range rules {
		if !used[r.folder] {
			t.Errorf("%s has an import rule and no package: has it moved?", r.folder)
		}
	}
	for _, name := range small {
		require.DirExists(t, filepath.Join("..", name))
	}
}

func TestImportsNatively(t *testing.T) {
	for _, v := range violations(list(t, nil, "./..."), false) {
		t.Error(v)
	}
}

// TestImportsInWasm reads the build constraints as the guest's compiler does.
func TestImportsInWasm(t *testing.T) {
	var patterns []string
	for importPath, p := range list(t, nil, "./...") {
		if name, ok := ours(importPath); ok && !p.DepOnly {
			if r := ruleOf(name); r != nil && r.guest {
				patterns = append(patterns, importPath)
			}
		}
	}
	require.NotEmpty(t, patterns)
	for _, v := range violations(list(t, []string{"GOOS=wasip1", "GOARCH=wasm"}, patterns...), true) {
		t.Error(v)
	}
}

func violations(all map[string]*listed, wasm bool) (found []string) {
	for importPath, p := range all {
		name, ok := ours(importPath)
		r := ruleOf(name)
		if !ok || r == nil || wasm && !r.guest {
			continue
		}
		for _, imp := range p.Imports {
			if why := refusal(r, name, imp, all); why != "" {
				found = append(found, name+" imports "+imp+": "+why)
			}
		}
		never := r.never
		if r.guest {
			for _, d := range guestNever {
				if !slices.Contains(r.brings, d) {
					never = append(slices.Clip(never), d)
				}
			}
		}
		if slices.Contains(small, name) {
			never = append(slices.Clone(never), "./orm/...")
		}
		for _, dep := range p.Deps {
			d := dep
			if o, own := ours(dep); own {
				if ruleOf(o) == r {
					continue
				}
				d = "./" + o
			}
			if matchesAny(never, d) {
				found = append(found, name+" must not depend on "+d+", and does: "+strings.Join(chain(all, importPath, dep), " -> "))
			}
		}
	}
	slices.Sort(found)
	return found
}

func TestViolations(t *testing.T) {
	pkg := func(all map[string]*listed, name string, std bool, imports ...string) {
		p := &listed{ImportPath: name, Standard: std, Imports: imports}
		for _, i := range imports {
			p.Deps = append(p.Deps, i)
			if d := all[i]; d != nil {
				p.Deps = append(p.Deps, d.Deps...)
			}
		}
		slices.Sort(p.Deps)
		p.Deps = slices.Compact(p.Deps)
		all[name] = p
	}
	all := map[string]*listed{}
	pkg(all, "fmt", true)
	pkg(all, "internal/abi", true)
	pkg(all, "strconv", true, "internal/abi")
	pkg(all, "example.com/x", false, "fmt")
	pkg(all, module+"/abi", false, "strconv")
	pkg(all, module+"/host/db", false, module+"/abi", "zombiezen.com/go/sqlite")
	pkg(all, module+"/orm", false, module+"/abi", "example.com/x")
	pkg(all, module+"/guest", false, module+"/abi", module+"/orm")
	pkg(all, module+"/orm/planner", false, module+"/host/db")
	pkg(all, module+"/host", false, module+"/host/db", module+"/host/hosttest")
	require.Equal(t, []string{
		"guest must not depend on ./orm, and does: " + module + "/guest -> " + module + "/orm",
		"guest must not depend on fmt, and does: " + module + "/guest -> " + module + "/orm -> example.com/x -> fmt",
		"host imports " + module + "/host/hosttest: it is for tests",
		"orm imports example.com/x: its folder's rule doesn't allow this third-party package",
		"orm must not depend on fmt, and does: " + module + "/orm -> example.com/x -> fmt",
		"orm/planner imports " + module + "/host/db: its folder's rule allows orm/planner/..., orm/sqltext, abi, orm/schema, orm/query",
		"orm/planner must not depend on ./host/db, and does: " + module + "/orm/planner -> " + module + "/host/db",
	}, violations(all, false))
}

// refusal says why a package under r must not import imp directly.
func refusal(r *rule, name, imp string, all map[string]*listed) string {
	if d, own := ours(imp); own {
		switch {
		case matches("host/hosttest/...", d) && !matches("host/hosttest/...", name) && !matches("conformance/...", name):
			return "it is for tests"
		case ruleOf(d) == r, matchesAny(r.may, d):
			return ""
		}
		return "its folder's rule allows " + strings.Join(append([]string{r.folder + "/..."}, r.may...), ", ")
	}
	if p := all[imp]; p != nil && p.Standard || imp == "C" || imp == "unsafe" {
		return ""
	}
	if slices.ContainsFunc(r.modules, func(m string) bool { return strings.HasPrefix(imp, m) }) {
		return ""
	}
	return "its folder's rule doesn't allow this third-party package"
}

// chain is a shortest way from one package to another.
func chain(all map[string]*listed, from, to string) []string {
	came := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			var way []string
			for p := to; p != ""; p = came[p] {
				way = append([]string{p}, way...)
			}
			return way
		}
		if p := all[queue[0]]; p != nil {
			for _, imp := range p.Imports {
				if _, seen := came[imp]; !seen {
					came[imp] = queue[0]
					queue = append(queue, imp)
				}
			}
		}
	}
	return []string{from, to}
}

// TestGuestsPruneMethods forbids what keeps the linker from dropping methods
// that nobody calls: one such call makes every guest hundreds of kilobytes larger.
func TestGuestsPruneMethods(t *testing.T) {
	seen := 0
	for importPath, p := range list(t, []string{"GOOS=wasip1", "GOARCH=wasm"}, "./...") {
		name, ok := ours(importPath)
		if r := ruleOf(name); !ok || r == nil || !r.guest {
			continue
		}
		for _, f := range p.GoFiles {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, f), nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			seen++
			if !slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"reflect"` }) {
				continue
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && keepsMethods(call) {
					at := fset.Position(call.Pos())
					t.Errorf("%s:%d: Method and MethodByName of reflect with a name that isn't constant switch off the linker's pruning", path.Join(name, f), at.Line)
				}
				return true
			})
		}
	}
	require.NotZero(t, seen)
}

func keepsMethods(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) != 1 {
		return false
	}
	switch lit, constant := call.Args[0].(*ast.BasicLit); sel.Sel.Name {
	case "MethodByName":
		return !constant || lit.Kind != token.STRING
	case "Method":
		return !constant
	}
	return false
}

func TestKeepsMethods(t *testing.T) {
	for src, want := range map[string]bool{
		`v.MethodByName(name)`:    true,
		`v.MethodByName("Meta")`:  false,
		`v.MethodByName("a" + b)`: true,
		`t.Method(i)`:             true,
		`t.Method(0)`:             false,
		`v.NumMethod()`:           false,
		`MethodByName(name)`:      false,
	} {
		x, err := parser.ParseExpr(src)
		require.NoError(t, err)
		require.Equal(t, want, keepsMethods(x.(*ast.CallExpr)), src)
	}
}
