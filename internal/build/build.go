package build

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
)

// Options say what to build.
type Options struct {
	Dir       string       // the app's folder
	Cache     string       // where results are kept; DefaultCache() when empty
	Progress  func(string) // hears what happens, a line at a time
	FullTempl bool         // never put the lean runtime in templ's place
	Force     bool         // build even if nothing changed
}

// Result is a built guest.
type Result struct {
	Name      string // of the app: the name of its folder
	Dir       string // absolute
	Wasm      string // the file; a rebuilt app gets another one
	Size      int64
	Cached    bool          // nothing had changed
	LeanTempl bool          // built with the lean templ runtime
	Took      time.Duration // of the build, not of the check
}

// DefaultCache is vinyl-edge in the user's cache folder.
func DefaultCache() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", &Error{Reason: "there is no cache folder", Err: err, Remedy: "set HOME, or XDG_CACHE_HOME to a folder"}
	}
	return filepath.Join(dir, "vinyl-edge"), nil
}

// Build returns the guest of the app in o.Dir, from the cache if nothing that
// it is made of has changed.
func Build(ctx context.Context, o Options) (*Result, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	// The toolchain reports real paths, and the cache should not depend on how
	// the folder was reached.
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	if info, err := os.Stat(dir); err != nil {
		return nil, &Error{Reason: "no such app", Err: err, Remedy: "name the folder of an app, or a .wasm file"}
	} else if !info.IsDir() {
		return nil, &Error{File: dir, Reason: "not a folder", Remedy: "name the folder of an app"}
	}
	if o.Cache == "" {
		if o.Cache, err = DefaultCache(); err != nil {
			return nil, err
		}
	}
	b := &builder{Options: o, dir: dir, store: newStore(o.Cache, dir, o.FullTempl)}
	if !o.Force {
		if r := b.store.fresh(); r != nil {
			return r, nil
		}
	}
	return b.build(ctx)
}

type builder struct {
	Options
	dir     string // of the app, absolute
	store   *store
	tool    *goTool
	env     environment
	work    string // a folder for this build's files
	overlay *overlay
}

func (b *builder) say(text string) {
	if b.Progress != nil {
		b.Progress(text)
	}
}

func (b *builder) build(ctx context.Context) (*Result, error) {
	start := time.Now()
	var err error
	if b.tool, err = newGoTool(b.dir); err != nil {
		return nil, err
	}
	if b.env, err = b.tool.environment(ctx); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(b.store.dir, 0o755); err != nil {
		return nil, &Error{Reason: "the cache can't be written", Err: err, Remedy: "set XDG_CACHE_HOME to a folder that can"}
	}
	if b.work, err = os.MkdirTemp(b.store.dir, "work-"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(b.work)
	b.overlay = newOverlay(b.work)

	root := filepath.Dir(b.env.GOMOD)
	if err := b.overlay.components(b.dir, root, b.say); err != nil {
		return nil, err
	}
	if err := checkApp(b.dir); err != nil {
		return nil, err
	}
	importPath, err := b.importPath(root)
	if err != nil {
		return nil, err
	}
	if err := b.overlay.main(b.dir, importPath); err != nil {
		return nil, err
	}
	if len(b.overlay.files) > 1 { // more than the main package: components
		if hint := otherTempl(b.env.GOMOD); hint != "" {
			b.say(hint)
		}
	}
	b.say("building guest…")
	r := &Result{Name: filepath.Base(b.dir), Dir: b.dir}
	out := filepath.Join(b.work, "app.wasm")
	packages, err := b.compile(ctx, out, r)
	if err != nil {
		return nil, err
	}
	r.Took = time.Since(start)
	if err := b.store.keep(r, out, packages, b); err != nil {
		return nil, err
	}
	b.say("built guest in " + seconds(r.Took) + ", " + megabytes(r.Size))
	return r, nil
}

func (b *builder) importPath(root string) (string, error) {
	text, err := os.ReadFile(b.env.GOMOD)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(root, b.dir)
	if err != nil {
		return "", err
	}
	return path.Join(modfile.ModulePath(text), filepath.ToSlash(rel)), nil
}

// compile tries the lean runtime first.
func (b *builder) compile(ctx context.Context, out string, r *Result) ([]*pkg, error) {
	mod := ""
	if !b.FullTempl {
		var err error
		if mod, err = leanModfile(b.env.GOMOD, b.work, filepath.Join(b.Cache, "templ")); err != nil {
			return nil, err
		}
	}
	if mod != "" {
		// -modfile is refused in a workspace.
		packages, err := b.compileWith(ctx, out, []string{"GOWORK=off"}, "-modfile="+mod)
		reason := needsFullTempl(err)
		if reason == "" {
			r.LeanTempl = err == nil
			return packages, err
		}
		packages, err = b.compileWith(ctx, out, nil)
		if err == nil { // or else it is not the runtime's fault
			b.say("built with templ's own runtime, the guest gets bigger: " + reason)
		}
		return packages, err
	}
	return b.compileWith(ctx, out, nil)
}

// compileWith finds the packages, completes the overlay and compiles.
func (b *builder) compileWith(ctx context.Context, out string, env []string, flags ...string) ([]*pkg, error) {
	packages, err := b.packages(ctx, env, flags)
	if err != nil {
		return nil, b.explain(err)
	}
	file, err := b.overlay.write()
	if err != nil {
		return nil, err
	}
	args := append([]string{"build"}, flags...)
	args = append(args, "-overlay="+file, "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", out, "./"+mainFolder)
	if _, err := b.tool.run(ctx, env, args...); err != nil {
		return nil, b.explain(err)
	}
	return packages, nil
}

// packages lists the app's packages. Packages of the app's module may have
// components too; those without other Go files appear one level at a time.
func (b *builder) packages(ctx context.Context, env, flags []string) ([]*pkg, error) {
	for {
		file, err := b.overlay.write()
		if err != nil {
			return nil, err
		}
		all, err := b.tool.list(ctx, env, append(append([]string{}, flags...), "-overlay="+file, "./"+mainFolder)...)
		if err != nil {
			return nil, err
		}
		grown := false
		for _, p := range all {
			if p.Dir == "" || !p.local() {
				continue
			}
			more, err := b.overlay.folder(p.Dir, filepath.Dir(b.env.GOMOD), b.say)
			if err != nil {
				return nil, err
			}
			grown = grown || more
		}
		if !grown {
			return all, nil
		}
	}
}

var (
	leanLacks = regexp.MustCompile(`undefined: (templ(?:runtime)?\.\w+)`)
	leanTypes = regexp.MustCompile(`as templ\.jsArgument value`)
	leanGraph = regexp.MustCompile(`(?m)^go: |go\.mod|go\.sum|-modfile|vendor|` + regexp.QuoteMeta("github.com/a-h/templ/"))
)

// needsFullTempl says why a build against the lean runtime has to be repeated
// against templ's own, or nothing when it would fail there as well.
func needsFullTempl(err error) string {
	var c *CompileError
	if !errors.As(err, &c) {
		return ""
	}
	if lacks := leanLacks.FindStringSubmatch(c.Output); lacks != nil {
		return "a component uses " + strings.Replace(lacks[1], "templruntime.", "templ/runtime.", 1)
	}
	if leanTypes.MatchString(c.Output) {
		return "a script template has parameters"
	}
	if leanGraph.MatchString(c.Output) && !noModule.MatchString(c.Output) {
		return "the small one can't be put into this module"
	}
	return ""
}

func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}

func megabytes(n int64) string {
	return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64) + " MB"
}
