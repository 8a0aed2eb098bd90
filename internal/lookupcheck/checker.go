package lookupcheck

import (
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"strings"

	"github.com/vinyl-edge/vinyl/internal/gomodels"
)

// checker checks one package.
type checker struct {
	prover   *Prover
	info     *types.Info
	assigned map[types.Object][]ast.Expr
	// known is what is known of a variable of another package.
	known  func(v *types.Var) (names []string, open, ok bool)
	report func(pos token.Pos, text string)
	proved int // names
}

var aggregates = map[string]bool{"Count": true, "Sum": true, "Avg": true, "Min": true, "Max": true, "StdDev": true, "Variance": true}

// plain are methods that take names of one use, from an argument on.
var plain = map[string]struct {
	as   use
	from int
}{
	"OrderBy": {asOrder, 0}, "SelectRelated": {asSelected, 0}, "PrefetchRelated": {asPrefetched, 0}, "Only": {asColumn, 0}, "Defer": {asColumn, 0}, "Distinct": {asValue, 0},
	"Values": {asValue, 0}, "ValuesList": {asValue, 0}, "Latest": {asOrder, 1}, "Earliest": {asOrder, 1},
}

// pairs are methods that take name-value pairs, from an argument on.
var pairs = map[string]struct {
	as   use
	from int
}{
	"Filter": {asLookup, 0}, "Exclude": {asLookup, 0}, "Get": {asLookup, 1}, "GetOrCreate": {asLookup, 1}, "UpdateOrCreate": {asLookup, 1}, "Update": {asTarget, 1},
}

// check looks at every call.
func (c *checker) check(files []*ast.File) {
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				c.call(call)
			}
			return true
		})
	}
}

func (c *checker) call(call *ast.CallExpr) {
	name, recv := c.callee(call)
	args := call.Args
	from := func(n int) []ast.Expr { return args[min(n, len(args)):] }
	if recv == nil {
		c.function(name, call)
		return
	}
	if m := c.prover.set.Of(c.info.TypeOf(recv)); m != nil {
		c.record(m, name, from)
		return
	}
	if t, _ := argument(c.info.TypeOf(recv)); t == "Model" { // an override's b.Model.Save
		_, arg := argument(c.info.TypeOf(recv))
		if m := c.prover.set.Of(arg); m != nil {
			c.record(m, name, from)
		}
		return
	}
	s := c.scope(recv)
	if s.model == nil {
		return
	}
	if p, ok := plain[name]; ok {
		c.list(s, from(p.from), p.as)
		return
	}
	if p, ok := pairs[name]; ok {
		c.pairs(s, from(p.from), p.as)
		return
	}
	switch name {
	case "Annotate", "Alias":
		c.named(s, args)
	case "Aggregate":
		c.named(s, from(1))
	case "Dates", "Datetimes":
		c.list(s, args[:min(1, len(args))], asValue)
	}
}

// function checks functions of package orm that take a queryset.
func (c *checker) function(name string, call *ast.CallExpr) {
	args := call.Args
	switch {
	case name == "Flat" && len(args) == 2:
		c.list(c.scope(args[0]), args[1:], asValue)
	case name == "InBulk" && len(args) == 4:
		c.list(c.scope(args[1]), args[2:3], asValue)
	case name == "AggregateAs" && len(args) > 1:
		c.named(c.scope(args[1]), args[2:])
	case name == "As" && len(args) == 1:
		c.row(c.scope(args[0]), call)
	}
}

// row checks the fields of the struct that orm.As selects into.
func (c *checker) row(s scope, call *ast.CallExpr) {
	name, arg := argument(c.info.TypeOf(call))
	if name != "Values" {
		return
	}
	st, ok := arg.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i := range st.NumFields() {
		f := st.Field(i)
		tag := reflect.StructTag(st.Tag(i)).Get("orm")
		if !f.Exported() || tag == "-" {
			continue
		}
		path := gomodels.Snake(f.Name())
		for opt := range strings.SplitSeq(tag, ",") {
			if n, found := strings.CutPrefix(strings.TrimSpace(opt), "name="); found {
				path = n
			}
		}
		c.name(s, call.Pos(), path, asValue)
	}
}

// record checks methods of records.
func (c *checker) record(m *gomodels.Model, name string, from func(int) []ast.Expr) {
	s := scope{model: m}
	switch name {
	case "Refresh":
		c.list(s, from(1), asColumn)
	case "Deferred":
		c.list(s, from(0), asColumn)
	case "Save":
		for _, opt := range from(1) {
			if call, ok := ast.Unparen(opt).(*ast.CallExpr); ok {
				if fn, _ := c.callee(call); fn == "UpdateFields" {
					c.list(s, call.Args, asColumn)
				}
			}
		}
	}
}

// name proves one name.
func (c *checker) name(s scope, pos token.Pos, path string, as use) {
	if s.model == nil || path == "" {
		return
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "-"), "__")
	switch {
	case path == "?" && as == asOrder, path == "*", s.names[first], s.names[strings.TrimPrefix(path, "-")]:
		return
	case s.open && as != asSelected && as != asPrefetched && as != asTarget && !c.prover.begins(s.model, path):
		return
	}
	for n := range s.names { // of annotations such as books__count
		if strings.HasPrefix(strings.TrimPrefix(path, "-"), n+"__") {
			return
		}
	}
	c.proved++
	if msg := c.prover.wrong(s.model, path, as); msg != "" {
		c.report(pos, "\""+path+"\" in a query of "+s.model.Name+": "+msg)
	}
}
