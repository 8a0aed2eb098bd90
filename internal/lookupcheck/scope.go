package lookupcheck

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"strings"

	"github.com/vinyl-edge/vinyl/internal/gomodels"
)

// scope is what a queryset's names may be.
type scope struct {
	model *gomodels.Model
	names map[string]bool // annotations
	open  bool            // there may be others
}

func (s scope) with(names ...string) scope {
	s.names = maps.Clone(s.names)
	if s.names == nil {
		s.names = map[string]bool{}
	}
	for _, n := range names {
		s.names[n] = true
	}
	return s
}

// argument returns the name and the type argument of a type of package orm.
func argument(t types.Type) (name string, arg types.Type) {
	if t == nil {
		return "", nil
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Obj().Pkg() == nil || n.Obj().Pkg().Path() != gomodels.ORM || n.TypeArgs().Len() == 0 {
		return "", nil
	}
	return n.Obj().Name(), n.TypeArgs().At(0)
}

// scope finds the names of the queryset that an expression is; its model is nil
// when it is none.
func (c *checker) scope(e ast.Expr) scope { return c.scopeOf(e, map[types.Object]bool{}) }

func (c *checker) scopeOf(e ast.Expr, seen map[types.Object]bool) scope {
	name, arg := argument(c.info.TypeOf(e))
	if name == "" {
		return scope{}
	}
	byType := scope{open: true}
	if name != "Values" {
		byType.model = c.prover.set.Of(arg)
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		fn, recv := c.callee(e)
		switch {
		case recv != nil:
			s := c.scopeOf(recv, seen)
			if s.model == nil {
				return byType
			}
			return c.after(s, fn, e.Args)
		case fn == "Register":
			byType.open = false
		case (fn == "Flat" || fn == "As") && len(e.Args) > 0:
			return c.scopeOf(e.Args[0], seen)
		}
	case *ast.UnaryExpr:
		return c.scopeOf(e.X, seen)
	case *ast.SelectorExpr:
		if v, ok := c.info.ObjectOf(e.Sel).(*types.Var); ok {
			if v.IsField() {
				byType.open = name == "QuerySet" || name == "Values"
				return byType
			}
			return c.variable(v, byType, seen)
		}
	case *ast.Ident:
		if v, ok := c.info.ObjectOf(e).(*types.Var); ok {
			return c.variable(v, byType, seen)
		}
	}
	return byType
}

// variable is what has been assigned to a variable.
func (c *checker) variable(v *types.Var, byType scope, seen map[types.Object]bool) scope {
	if names, open, ok := c.known(v); ok {
		return scope{byType.model, nil, open}.with(names...)
	}
	values := c.assigned[v]
	if len(values) == 0 || seen[v] {
		byType.open = byType.open && !seen[v]
		return byType
	}
	seen[v] = true
	out := scope{model: byType.model}
	for _, value := range values {
		if value == nil {
			return byType
		}
		s := c.scopeOf(value, seen)
		if out.model == nil {
			out.model = s.model
		}
		out.open = out.open || s.open || s.model == nil
		for n := range s.names {
			out = out.with(n)
		}
	}
	return out
}

// after is the scope behind a method.
func (c *checker) after(s scope, method string, args []ast.Expr) scope {
	switch method {
	case "Annotate", "Alias", "Values", "ValuesList":
		for i := 0; i < len(args); i++ {
			if text, ok := c.text(args[i]); ok {
				s = s.with(text)
				if method == "Annotate" || method == "Alias" {
					i++
				}
				continue
			}
			if text := c.nameOf(args[i]); text != "" {
				s = s.with(text)
			} else if name, _ := argument(c.info.TypeOf(args[i])); name == "" && method[0] == 'A' && isString(c.info.TypeOf(args[i])) {
				s.open = true // a name that isn't constant
				i++
			}
		}
	case "Dates":
		s = s.with("datefield", "plain_field")
	case "Datetimes":
		s = s.with("datetimefield", "plain_field")
	case "Extra", "Apply", "Raw", "Translate":
		s.open = true
	}
	return s
}

// nameOf is the name that an expression brings along: that of As, or an
// aggregate's own.
func (c *checker) nameOf(e ast.Expr) string {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return ""
	}
	fn, recv := c.callee(call)
	switch {
	case fn == "As" && recv != nil && len(call.Args) == 1:
		text, _ := c.text(call.Args[0])
		return text
	case recv != nil:
		return c.nameOf(recv)
	case aggregates[fn] && len(call.Args) == 1:
		if text, ok := c.text(call.Args[0]); ok {
			return text + "__" + strings.ToLower(fn)
		}
	}
	return ""
}

// callee is the function or method of package orm, or of fn with its package's
// name before it, that a call is of; recv is what the method is called on.
func (c *checker) callee(call *ast.CallExpr) (name string, recv ast.Expr) {
	fun := ast.Unparen(call.Fun)
	switch x := fun.(type) { // explicit type arguments
	case *ast.IndexExpr:
		fun = x.X
	case *ast.IndexListExpr:
		fun = x.X
	}
	var id *ast.Ident
	sel, ok := fun.(*ast.SelectorExpr)
	if ok {
		id = sel.Sel
	} else if id, ok = fun.(*ast.Ident); !ok {
		return "", nil
	}
	f, ok := c.info.ObjectOf(id).(*types.Func)
	if !ok || f.Pkg() == nil {
		return "", nil
	}
	switch path := f.Pkg().Path(); {
	case path == gomodels.ORM+"/fn":
		return "fn." + f.Name(), nil
	case path != gomodels.ORM:
		return "", nil
	}
	if f.Signature().Recv() != nil && sel != nil {
		return f.Name(), sel.X
	}
	return f.Name(), nil
}

// text is the value of a constant string.
func (c *checker) text(e ast.Expr) (string, bool) {
	tv := c.info.Types[e]
	if tv.Value == nil || tv.Value.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(tv.Value), true
}

func isString(t types.Type) bool {
	if t == nil {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

// collect notes what is assigned to variables: nil where that can't be told.
func collect(info *types.Info, files []*ast.File) map[types.Object][]ast.Expr {
	out := map[types.Object][]ast.Expr{}
	note := func(lhs []ast.Expr, rhs []ast.Expr) {
		for i, l := range lhs {
			id, ok := ast.Unparen(l).(*ast.Ident)
			if !ok || info.ObjectOf(id) == nil {
				continue
			}
			var value ast.Expr
			if len(lhs) == len(rhs) {
				value = rhs[i]
			}
			out[info.ObjectOf(id)] = append(out[info.ObjectOf(id)], value)
		}
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				note(n.Lhs, n.Rhs)
			case *ast.ValueSpec:
				if len(n.Values) > 0 {
					lhs := make([]ast.Expr, len(n.Names))
					for i, id := range n.Names {
						lhs[i] = id
					}
					note(lhs, n.Values)
				}
			case *ast.RangeStmt:
				note([]ast.Expr{n.Key, n.Value}[:count(n)], nil)
			case *ast.UnaryExpr:
				if n.Op == token.AND { // somebody else may set it
					note([]ast.Expr{n.X}, nil)
				}
			}
			return true
		})
	}
	return out
}

func count(n *ast.RangeStmt) int {
	switch {
	case n.Key == nil:
		return 0
	case n.Value == nil:
		return 1
	}
	return 2
}
