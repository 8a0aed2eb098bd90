package lookupcheck

import (
	"cmp"
	"context"
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/vinyl-edge/vinyl/internal/gomodels"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Mistake is a name that the models don't have.
type Mistake struct {
	Pos  token.Position
	Text string
}

// App checks the packages in a folder and below it. It also returns how many
// names it has proved. Of an app that does not compile it returns what it has
// found all the same, with a [gomodels.BrokenError].
func App(ctx context.Context, dir string, v *gomodels.View) (mistakes []Mistake, proved int, err error) {
	roots, err := gomodels.Load(ctx, dir, v)
	if err != nil {
		return nil, 0, err
	}
	broken := v.Broken(roots, gomodels.OfApp(roots, dir))
	var pkgs []*packages.Package // imports first
	packages.Visit(roots, nil, func(p *packages.Package) {
		if slices.Contains(roots, p) && p.Types != nil {
			pkgs = append(pkgs, p)
		}
	})
	var lookups []schema.Lookup
	for _, p := range pkgs {
		lookups = append(lookups, registered(p.TypesInfo, p.Syntax)...)
	}
	prover, err := NewProver(lookups, gomodels.Types(pkgs)...)
	if err == nil && len(prover.set.Models) == 0 {
		err = gomodels.ErrNoModels
	}
	if err != nil {
		return nil, 0, cmp.Or(broken, err) // which may be why
	}
	known := map[string]*facts{}
	for _, p := range pkgs {
		c := newChecker(prover, p.TypesInfo, p.Syntax)
		c.known = func(v *types.Var) (names []string, open, ok bool) {
			if v.Pkg() == nil || v.Pkg() == p.Types || known[v.Pkg().Path()] == nil || v.Parent() != v.Pkg().Scope() {
				return nil, false, false
			}
			f := known[v.Pkg().Path()]
			return f.Names[v.Name()], f.Open[v.Name()], true
		}
		c.report = func(pos token.Pos, text string) {
			mistakes = append(mistakes, Mistake{p.Fset.Position(pos), text})
		}
		c.check(p.Syntax)
		proved += c.proved
		known[p.PkgPath] = c.facts(p.Types, nil)
	}
	slices.SortFunc(mistakes, func(a, b Mistake) int {
		if n := strings.Compare(a.Pos.Filename, b.Pos.Filename); n != 0 {
			return n
		}
		return a.Pos.Offset - b.Pos.Offset
	})
	return mistakes, proved, broken
}

func (m Mistake) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", m.Pos.Filename, m.Pos.Line, m.Pos.Column, m.Text)
}
