package gomodels

import (
	"context"
	"errors"
	"fmt"
	"go/types"
	"os"
	"path/filepath"

	"golang.org/x/tools/go/packages"
)

// ErrNoModels says that the packages of an app have no models.
var ErrNoModels = errors.New(`there are no models in this folder or below it: a model is a struct that embeds orm.Model, as in
  type Book struct {
  	orm.Model[Book]
  	Title string ` + "`orm:\"max_length=200\"`" + `
  }`)

// Load type-checks the packages in a folder and below it, as they are compiled
// into a guest. Packages may have errors, which [View.Broken] lists. A nil view
// shows the app as it lies there.
func Load(ctx context.Context, dir string, v *View) ([]*packages.Package, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("no app at %s: %w", dir, err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder: name the folder of an app", dir)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	cfg := &packages.Config{
		Context: ctx, Mode: packages.LoadSyntax | packages.NeedModule, Dir: abs,
		Env: append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "PWD="+abs),
	}
	if v != nil {
		cfg.Overlay, cfg.BuildFlags, cfg.Env = v.Overlay, v.Flags, append(cfg.Env, v.Env...)
	}
	pkgs, err := packages.Load(cfg, "./...")
	if err != nil {
		return nil, fmt.Errorf("the Go toolchain can't list the packages of %s: %w", dir, err)
	}
	for _, p := range pkgs {
		for _, e := range p.Errors {
			if e.Kind == packages.ListError && p.Types == nil {
				return nil, fmt.Errorf("%s can't be read: %w", p.PkgPath, e)
			}
		}
	}
	if len(pkgs) == 0 {
		return nil, fmt.Errorf("%s has no Go packages: name the folder of an app", dir)
	}
	return pkgs, nil
}

// Types are the type-checked packages.
func Types(pkgs []*packages.Package) (out []*types.Package) {
	for _, p := range pkgs {
		if p.Types != nil {
			out = append(out, p.Types)
		}
	}
	return out
}
