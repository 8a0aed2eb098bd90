package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

type buildCmd struct {
	App         string `arg:"" help:"Folder of the app."`
	Out         string `short:"o" placeholder:"FILE" help:"Where to write the guest; APP.wasm in the working directory if not given."`
	MemoryLimit size   `default:"256MiB" help:"As serve's: compiled code depends on it."`
	Cache       string `placeholder:"DIR" help:"Where guests and compiled code are kept."`
}

// Help is shown below the flags.
func (buildCmd) Help() string {
	return `Needs the Go toolchain. The file runs on every host of the same ABI, and serve
takes it in the place of a folder. Nothing is rebuilt if nothing changed.

Examples:
  vinyl-edge build ./examples/polls
  vinyl-edge build . -o /srv/app.wasm && vinyl-edge serve /srv/app.wasm`
}

// Run builds.
func (c *buildCmd) Run(ctx context.Context, out *output) error {
	guests, code, err := caches(c.Cache)
	if err != nil {
		return err
	}
	if info, err := os.Stat(c.App); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is not a folder: build makes a .wasm file of an app's folder", c.App)
	}
	a, err := load(ctx, c.App, guests, out)
	if err != nil {
		return err
	}
	if err := a.compile(ctx, code, c.MemoryLimit, out); err != nil {
		return err
	}
	file := c.Out
	if file == "" {
		file = a.name + ".wasm"
	}
	if err := writeFile(file, a.wasm); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out.out, "%s\t%.1f MB\n", file, float64(len(a.wasm))/1e6)
	return err
}

// writeFile replaces a file as a whole: a server may be about to read it.
func writeFile(name string, content []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), ".vinyl-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(content)
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	return err
}
