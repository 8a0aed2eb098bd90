package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// goTool runs the Go command for one app.
type goTool struct {
	path string // of the go command
	dir  string
	env  []string
}

func newGoTool(dir string) (*goTool, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return nil, &Error{
			Reason: "the Go toolchain is needed to build an app", Err: errors.Join(ErrNoGo, err),
			Remedy: "install it from https://go.dev/dl/ and put it into PATH, or serve a .wasm that `vinyl-edge build` made",
		}
	}
	env := append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GO111MODULE=on")
	return &goTool{path: path, dir: dir, env: env}, nil
}

// run returns the standard output. A failure of the tool is a CompileError.
func (g *goTool) run(ctx context.Context, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, g.path, args...)
	cmd.Dir = g.dir
	cmd.Env = append(append(g.env, "PWD="+g.dir), env...)
	// Ask it to stop so that it removes its temporary files.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, &CompileError{Output: g.relative(stderr.String())}
	}
	return stdout.Bytes(), err
}

// relative makes the places in the tool's output relative to the working
// directory, where editors and terminals look for them.
func (g *goTool) relative(output string) string {
	lines := strings.Split(output, "\n")
	for i, line := range lines {
		// "# package" lines head the errors of a package: noise for one package,
		// and confusing for the generated one.
		if strings.HasPrefix(line, "# ") {
			lines[i] = ""
			continue
		}
		end := strings.Index(line, ":")
		if end <= 0 || line[0] == ' ' || line[0] == '\t' {
			continue
		}
		name := line[:end]
		if !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".templ") {
			continue
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(g.dir, name)
		}
		lines[i] = shown(name) + line[end:]
	}
	kept := lines[:0]
	for _, line := range lines {
		if line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// shown is an absolute name as errors show it: relative, if it isn't far away.
func shown(name string) string {
	wd, err := os.Getwd()
	if err != nil {
		return name
	}
	if rel, err := filepath.Rel(wd, name); err == nil && !strings.HasPrefix(rel, filepath.Join("..", "..", "..")) {
		return rel
	}
	return name
}

// environment is what `go env` knows about the app's folder.
type environment struct {
	GOMOD, GOWORK, GOVERSION, GOFLAGS string
}

func (g *goTool) environment(ctx context.Context) (e environment, err error) {
	out, err := g.run(ctx, nil, "env", "-json", "GOMOD", "GOWORK", "GOVERSION", "GOFLAGS")
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal(out, &e); err != nil {
		return e, err
	}
	if e.GOMOD == "" || e.GOMOD == os.DevNull {
		return e, &Error{
			File: g.dir, Reason: "the app's folder is not in a Go module",
			Remedy: "go mod init example.com/" + filepath.Base(g.dir) + "\ngo get " + module,
		}
	}
	return e, nil
}

// pkg is a package of `go list -json`.
type pkg struct {
	Dir, ImportPath, Name string
	Standard              bool
	Module                *struct {
		Main    bool
		Version string
		Replace *struct{ Version string }
	}
	GoFiles, SFiles, EmbedFiles, EmbedPatterns []string
}

// local reports whether the package can change without a new version.
func (p *pkg) local() bool {
	if p.Standard || p.Module == nil {
		return false
	}
	return p.Module.Main || p.Module.Version == "" || p.Module.Replace != nil && p.Module.Replace.Version == ""
}

func (g *goTool) list(ctx context.Context, env []string, args ...string) ([]*pkg, error) {
	args = append([]string{"list", "-e", "-deps", "-json=Dir,ImportPath,Name,Standard,Module,GoFiles,SFiles,EmbedFiles,EmbedPatterns"}, args...)
	out, err := g.run(ctx, env, args...)
	if err != nil {
		return nil, err
	}
	var all []*pkg
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		p := &pkg{}
		if err := d.Decode(p); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}
