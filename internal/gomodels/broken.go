package gomodels

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// View is how the packages of an app are read: see package build.
type View struct {
	Overlay map[string][]byte
	Flags   []string
	Env     []string
	Lacks   *regexp.Regexp // errors of the view's own; nil: none
}

// BrokenError says what of an app does not compile: what can't be compiled
// can't be proved.
type BrokenError struct{ Errors []string } // file:line:column: what

func (e *BrokenError) Error() string {
	return "the app does not compile:\n" + strings.Join(e.Errors, "\n")
}

// Broken is a BrokenError of the packages that keep chooses, nil if they compile.
func (v *View) Broken(pkgs []*packages.Package, keep func(pkg string) bool) error {
	var list []string
	seen := map[string]bool{}
	for _, p := range pkgs {
		if !keep(p.PkgPath) {
			continue
		}
		for _, e := range p.Errors {
			if e.Pos != "" && e.Pos != "-" && seen[e.Pos] || v != nil && v.Lacks != nil && v.Lacks.MatchString(e.Msg) {
				continue // said already, an import that is missing, for one; or no mistake
			}
			seen[e.Pos] = true
			list = append(list, place(e.Pos)+e.Msg)
		}
	}
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	return &BrokenError{slices.Compact(list)}
}

// place is a position as errors begin with it: relative, if it is not far away.
func place(pos string) string {
	if pos == "" || pos == "-" {
		return ""
	}
	if wd, err := os.Getwd(); err == nil && filepath.IsAbs(pos) {
		if rel, err := filepath.Rel(wd, pos); err == nil && !strings.HasPrefix(rel, filepath.Join("..", "..", "..")) {
			pos = rel
		}
	}
	return pos + ": "
}

// OfApp chooses what the package in the folder dir is made of, or, if there is
// none, all: tools in folders below an app need not compile for guests.
func OfApp(pkgs []*packages.Package, dir string) func(pkg string) bool {
	abs, _ := filepath.Abs(dir)
	in := map[string]bool{}
	packages.Visit(pkgs, func(p *packages.Package) bool {
		app := len(p.GoFiles) > 0 && filepath.Dir(p.GoFiles[0]) == abs
		if app {
			in[p.PkgPath] = true
			for changed := []*packages.Package{p}; len(changed) > 0; changed = changed[1:] {
				for _, q := range changed[0].Imports {
					if !in[q.PkgPath] {
						in[q.PkgPath] = true
						changed = append(changed, q)
					}
				}
			}
		}
		return !app
	}, nil)
	return func(pkg string) bool { return len(in) == 0 || in[pkg] }
}
