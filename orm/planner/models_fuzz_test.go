package planner

import (
	"testing"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// FuzzModels reads hostile descriptions of models: whatever New takes can be
// queried by every name without a panic.
func FuzzModels(f *testing.F) {
	f.Add(string(models.Town().Append(nil)), "cafe__seats")
	f.Add(string(shopModels().Append(nil)), "author__country__name")
	f.Fuzz(func(t *testing.T, s, path string) {
		reg, err := schema.Read(s)
		if err != nil || len(reg.Models) > 20 {
			return
		}
		p, err := New(reg, SQLite())
		if err != nil {
			return
		}
		try := func(model string, steps ...query.Step) {
			shape, params := query.Encode(&query.Query{Model: model, Verb: query.VerbSelect, Steps: steps}, nil)
			if plan, err := p.Statement(string(shape), params); err == nil {
				_, _ = plan.Args(params, nil)
			}
		}
		for i := range reg.Models {
			label := reg.Models[i].Label()
			names := append([]string{path}, p.models[label].choices...)
			for _, name := range names[:min(len(names), 12)] {
				try(label, cond(query.StepFilter, name, abi.Int(1)))
				try(label, cond(query.StepExclude, name+"__in", abi.List(abi.List(abi.Int(1), abi.Int(2)), abi.Int(3))), order(name))
				try(label, named(query.StepSelectRelated, name), named(query.StepOnly, name))
			}
			try(label, named(query.StepSelectRelated))
		}
	})
}
