package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/vinyl-edge/vinyl/host"
	"github.com/vinyl-edge/vinyl/internal/build"
)

// app is what serve and build work on.
type app struct {
	name string
	dir  string // its folder, where configuration and database are
	wasm []byte
}

// load builds the app at path, or reads the .wasm file.
func load(ctx context.Context, path, cache string, out *output) (*app, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("no app at %s: %w", path, err)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		wasm, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if !bytes.HasPrefix(wasm, []byte("\x00asm")) {
			return nil, fmt.Errorf("%s is neither a folder nor a wasm module", path)
		}
		return &app{name: strings.TrimSuffix(filepath.Base(abs), ".wasm"), dir: filepath.Dir(abs), wasm: wasm}, nil
	}
	r, err := build.Build(ctx, build.Options{Dir: path, Cache: cache, Progress: out.say})
	if err != nil {
		return nil, err
	}
	wasm, err := os.ReadFile(r.Wasm)
	if err != nil {
		return nil, err
	}
	return &app{name: r.Name, dir: abs, wasm: wasm}, nil
}

// compile fills the cache of machine code, so that starting takes no time.
func (a *app) compile(ctx context.Context, cache string, memory size, out *output) error {
	return out.during("compiling for this machine", func() error {
		return host.Precompile(ctx, a.wasm, cache, int64(memory))
	})
}

// caches returns the folders for guests and for machine code.
func caches(dir string) (guests, code string, err error) {
	if dir == "" {
		if dir, err = build.DefaultCache(); err != nil {
			return "", "", err
		}
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", "", err
	}
	code = filepath.Join(dir, "code")
	if err := os.MkdirAll(code, 0o755); err != nil {
		return "", "", errors.Join(errors.New("the cache can't be written: name another folder with --cache"), err)
	}
	return dir, code, nil
}
