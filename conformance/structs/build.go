package structs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/conformance/replay"
)

// Module is a module of the corpus with the structs that were written for it.
type Module struct {
	Name string
	*Package
}

// Read writes structs for the models of modules: files of the corpus.
func Read(files []string) ([]Module, error) {
	out := make([]Module, len(files))
	for i, name := range files {
		doc, err := corpus.Document(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		reg, err := replay.Registry(doc)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[i].Name = strings.TrimSuffix(filepath.Base(name), ".json.gz")
		if out[i].Package, err = Write(out[i].Name, reg); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return out, nil
}

const path = "github.com/vinyl-edge/vinyl/conformance/structs"

// Build is what programs are built from: the repository's folder, and one for
// the files that are written.
type Build struct{ Root, Dir string }

// Replayer builds conformance/cmd/replay with the structs of modules.
func (b Build) Replayer(ctx context.Context, modules []Module, out string) error {
	return b.run(ctx, modules, "conformance/cmd/replay/structs_gen.go", "package main\n\nimport (\n", nil, "-o", out, "./conformance/cmd/replay")
}

// Guest builds the replayer's app with the structs of modules, for wasm.
func (b Build) Guest(ctx context.Context, modules []Module, out string) error {
	head := "package main\n\nimport (\n\t\"github.com/vinyl-edge/vinyl/conformance/replay\"\n\t\"github.com/vinyl-edge/vinyl/guest/reactor\"\n\n"
	return b.run(ctx, modules, "conformance/structs/gen/main.go", head, []string{"GOOS=wasip1", "GOARCH=wasm"},
		"-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", out, "./conformance/structs/gen")
}

// run builds a package with an overlay: a package for each module, and a file
// that imports them.
func (b Build) run(ctx context.Context, modules []Module, main, head string, env []string, args ...string) error {
	text := bytes.NewBufferString(head)
	replace := map[string]string{}
	for _, m := range modules {
		fmt.Fprintf(text, "\t_ %q\n", path+"/gen/"+m.Name)
		if err := b.write(replace, "conformance/structs/gen/"+m.Name+"/structs.go", m.Source); err != nil {
			return err
		}
	}
	text.WriteString(")\n")
	if env != nil {
		text.WriteString("\nfunc init() { reactor.Serve(replay.App()) }\n\nfunc main() {}\n")
	}
	if err := b.write(replace, main, text.Bytes()); err != nil {
		return err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	file := filepath.Join(b.Dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o644); err != nil {
		return err
	}
	// Inlining makes the compiler slower than the program gets faster.
	cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-overlay", file, "-gcflags=" + path + "/gen/...=-l"}, args...)...)
	cmd.Dir, cmd.Env = b.Root, append(append(os.Environ(), "CGO_ENABLED=0"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the structs: %w\n%s", err, out)
	}
	return nil
}

// write puts a file of the repository into the overlay's folder, unless it is
// there already: Go keeps what it built of files that did not change.
func (b Build) write(replace map[string]string, name string, text []byte) error {
	file := filepath.Join(b.Dir, filepath.FromSlash(name))
	replace[filepath.Join(b.Root, filepath.FromSlash(name))] = file
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}
