package lookupcheck

import (
	"go/token"
	"go/types"
	"maps"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/vinyl-edge/vinyl/internal/gomodels"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Analyzer checks one package after those that it imports.
var Analyzer = &analysis.Analyzer{
	Name:      "lookups",
	Doc:       "prove the names in strings that are given to the ORM against the models",
	Run:       run,
	FactTypes: []analysis.Fact{new(facts)},
}

// facts are what other packages have to know of one.
type facts struct {
	Lookups []schema.Lookup     // that it registers
	Names   map[string][]string // annotations of its querysets, by variable
	Open    map[string]bool     // querysets that may have others
}

// AFact makes facts a fact.
func (*facts) AFact() {}

func (f *facts) String() string { return "querysets" }

func run(pass *analysis.Pass) (any, error) {
	uses := slices.ContainsFunc(pass.Pkg.Imports(), func(p *types.Package) bool { return p.Path() == gomodels.ORM })
	if !uses {
		return nil, nil
	}
	byPackage := map[string]*facts{}
	var lookups []schema.Lookup
	for _, pf := range pass.AllPackageFacts() {
		if f, ok := pf.Fact.(*facts); ok {
			byPackage[pf.Package.Path()] = f
			lookups = append(lookups, f.Lookups...)
		}
	}
	own := registered(pass.TypesInfo, pass.Files)
	prover, err := NewProver(append(lookups, own...), pass.Pkg)
	if err != nil {
		return nil, nil // the app's start tells what is wrong with the models
	}
	c := newChecker(prover, pass.TypesInfo, pass.Files)
	c.known = func(v *types.Var) (names []string, open, ok bool) {
		if v.Pkg() == nil || v.Pkg() == pass.Pkg || v.Parent() != v.Pkg().Scope() {
			return nil, false, false
		}
		f := byPackage[v.Pkg().Path()]
		if f == nil {
			return nil, true, true
		}
		return f.Names[v.Name()], f.Open[v.Name()], true
	}
	c.report = func(pos token.Pos, text string) { pass.Report(analysis.Diagnostic{Pos: pos, Message: text}) }
	c.check(pass.Files)
	pass.ExportPackageFact(c.facts(pass.Pkg, own))
	return nil, nil
}

// facts are those of the checked package.
func (c *checker) facts(pkg *types.Package, lookups []schema.Lookup) *facts {
	f := &facts{Lookups: lookups, Names: map[string][]string{}, Open: map[string]bool{}}
	for _, name := range pkg.Scope().Names() {
		v, ok := pkg.Scope().Lookup(name).(*types.Var)
		if !ok {
			continue
		}
		if t, _ := argument(v.Type()); t == "" {
			continue
		}
		s := c.variable(v, scope{open: true}, map[types.Object]bool{})
		if s.open {
			f.Open[name] = true
		}
		if len(s.names) > 0 {
			f.Names[name] = slices.Sorted(maps.Keys(s.names))
		}
	}
	return f
}
