package planner

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// TestRaw: a host must see what is more than a query by the models.
func TestRaw(t *testing.T) {
	call := func(fn string) *query.Func {
		return &query.Func{Name: "Func", Args: []query.Expr{val(abi.Text("x"))}, Options: []abi.Header{{Name: "function", Value: fn}, {Name: "output_field", Value: "TextField"}}}
	}
	note := func(e query.Expr) []query.Step {
		return []query.Step{{Kind: query.StepAnnotate, Named: []query.Named{{Name: "x", Expr: e}}}}
	}
	nested := &query.Sub{Query: &query.Query{Model: "polls.Choice", Verb: query.VerbSelect, Steps: append(note(call("load_extension")), query.Step{Kind: query.StepValues, Names: []string{"x"}})}}
	for name, c := range map[string]struct {
		q   query.Query
		raw bool
	}{
		"a query":               {query.Query{Verb: query.VerbSelect, Steps: note(&query.Func{Name: "Lower", Args: []query.Expr{&query.Ref{Name: "choice_text"}}})}, false},
		"SQL":                   {query.Query{Verb: query.VerbRaw, Raw: "SELECT 1"}, true},
		"any function":          {query.Query{Verb: query.VerbSelect, Steps: note(call("pg_read_file"))}, true},
		"a RawSQL":              {query.Query{Verb: query.VerbSelect, Steps: note(&query.Func{Name: "RawSQL", Options: []abi.Header{{Name: "sql", Value: "1"}}})}, true},
		"extra tables":          {query.Query{Verb: query.VerbSelect, Steps: []query.Step{{Kind: query.StepExtra, Names: []string{"sqlite_master"}}}}, true},
		"any function, deep":    {query.Query{Verb: query.VerbSelect, Steps: note(nested)}, true},
		"any function, written": {query.Query{Verb: query.VerbUpdate, Set: []query.Assign{{Field: "choice_text", Expr: call("pg_read_file")}}}, true},
	} {
		c.q.Model = "polls.Choice"
		plan, _ := statement(t, testPlanner(t), &c.q)
		require.Equal(t, c.raw, plan.Raw, name)
	}
}
