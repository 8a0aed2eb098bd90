package lookupcheck

import (
	"go/ast"
	"go/types"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

func newChecker(p *Prover, info *types.Info, files []*ast.File) *checker {
	return &checker{
		prover: p, info: info, assigned: collect(info, files),
		known: func(*types.Var) ([]string, bool, bool) { return nil, false, false },
	}
}

// registered are the lookups that a package registers.
func registered(info *types.Info, files []*ast.File) (out []schema.Lookup) {
	c := newChecker(nil, info, nil)
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 3 {
				return true
			}
			if name, recv := c.callee(call); name != "RegisterLookup" || recv != nil {
				return true
			}
			class, ok1 := c.text(call.Args[0])
			name, ok2 := c.text(call.Args[1])
			function, ok3 := c.text(call.Args[2])
			if ok1 && ok2 && ok3 {
				out = append(out, schema.Lookup{Class: class, Name: name, Func: function})
			}
			return true
		})
	}
	return out
}

// signature is that of the function that a call is of.
func (c *checker) signature(call *ast.CallExpr) *types.Signature {
	sig, _ := c.info.TypeOf(call.Fun).(*types.Signature)
	if sig == nil || sig.Params().Len() == 0 {
		return nil
	}
	return sig
}
