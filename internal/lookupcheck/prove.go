package lookupcheck

import (
	"fmt"
	"go/types"
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/internal/gomodels"
	"github.com/vinyl-edge/vinyl/orm/planner"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Prover knows the models.
type Prover struct {
	set      *gomodels.Set
	planners []*planner.Planner
	said     map[string]string
}

// NewProver returns what proves names against the models of packages and of
// those that they import.
func NewProver(lookups []schema.Lookup, pkgs ...*types.Package) (*Prover, error) {
	p := &Prover{set: gomodels.New(pkgs...), said: map[string]string{}}
	reg := p.set.Registry(lookups)
	for _, d := range []*planner.Dialect{planner.SQLite(), planner.Postgres()} {
		pl, err := planner.New(reg, d)
		if err != nil {
			return nil, fmt.Errorf("the models can't be read: %w", err)
		}
		p.planners = append(p.planners, pl)
	}
	return p, nil
}

// use is where a name stands.
type use uint8

const (
	asLookup use = iota // of Filter: may end in a lookup
	asValue             // of an expression, OrderBy, Values
	asOrder
	asColumn // of Only, Defer
	asTarget // of Update
	asSelected
	asPrefetched
)

// probes are values of all kinds: a lookup is wrong if it is with each of them.
var probes = []abi.Value{abi.Text("x"), abi.Int(1), abi.Bool(true), abi.List(abi.Int(1), abi.Int(2)), {Kind: abi.KindJSON, Str: "{}"}}

// wrong says what is wrong with a name, "" if nothing is.
func (p *Prover) wrong(m *gomodels.Model, path string, as use) string {
	key := m.Label() + "\x00" + path + "\x00" + string(rune(as))
	msg, known := p.said[key]
	if !known {
		msg = p.ask(m, path, as)
		p.said[key] = msg
	}
	return msg
}

func (p *Prover) ask(m *gomodels.Model, path string, as use) string {
	q := &query.Query{Model: m.Label(), Verb: query.VerbSelect}
	switch as {
	case asPrefetched:
		return prefetchable(m, path)
	case asLookup:
		first := ""
		for _, v := range probes {
			q.Steps = []query.Step{{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{&query.Lookup{Path: path, Value: &query.Param{Value: v}}}}}}
			msg := p.plan(q)
			if msg == "" {
				return ""
			}
			if first == "" {
				first = msg
			}
		}
		return first
	case asOrder:
		q.Steps = []query.Step{{Kind: query.StepOrderBy, Names: []string{path}}}
	case asColumn:
		q.Steps = []query.Step{{Kind: query.StepOnly, Names: []string{path}}}
	case asSelected:
		q.Steps = []query.Step{{Kind: query.StepSelectRelated, Names: []string{path}}}
	case asTarget:
		q.Verb, q.Set = query.VerbUpdate, []query.Assign{{Field: path, Expr: &query.Param{}}}
	default:
		q.Steps = []query.Step{{Kind: query.StepAnnotate, Named: []query.Named{{Name: "vinyl_check", Expr: &query.Ref{Name: path}}}}}
	}
	return p.plan(q)
}

// plan says which name the planner does not find.
func (p *Prover) plan(q *query.Query) string {
	shape, _ := query.Encode(q, nil)
	first := ""
	for _, pl := range p.planners { // a database may have lookups of its own
		_, err := pl.Statement(string(shape), nil)
		op, ok := err.(*abi.OpError)
		if !ok || op.Code != abi.CodeLookup {
			return ""
		}
		if first == "" {
			first = op.Message
		}
	}
	return first
}

// prefetchable follows the names of relations, which are those of the structs.
func prefetchable(m *gomodels.Model, path string) string {
	for name := range strings.SplitSeq(path, "__") {
		var choices []string
		var next *gomodels.Model
		for _, g := range m.Generics {
			choices = append(choices, g.Name)
			if g.Name == name {
				if next = g.Target; next == nil {
					return "" // to records of whichever model
				}
			}
		}
		for _, f := range m.Fields {
			if f.Relation != nil {
				choices = append(choices, f.Name)
				if f.Name == name {
					next = f.Relation.Target
				}
			}
		}
		for _, a := range m.Accessors {
			choices = append(choices, a.Name)
			if a.Name == name {
				next = a.Target
			}
		}
		if next == nil {
			slices.Sort(choices)
			return fmt.Sprintf("%s has no relation '%s' that can be prefetched. Choices are: %s%s", m.Name, name, strings.Join(choices, ", "), meant(name, choices))
		}
		m = next
	}
	return ""
}

// meant suggests the nearest of names.
func meant(name string, choices []string) string {
	found := schema.Nearest(name, choices, schema.Near(name))
	if found == "" {
		return ""
	}
	return ". Did you mean '" + found + "'?"
}

// begins tells whether a path begins at a field or relation of m.
func (p *Prover) begins(m *gomodels.Model, path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "-"), "__")
	found := m.Field(first) != nil
	p.set.Inbound(m, func(_ *gomodels.Model, by *gomodels.Field) { found = found || by.Relation.Query == first })
	p.set.Named(m, func(_ *gomodels.Model, by *gomodels.Generic) { found = found || by.Query == first })
	for _, g := range m.Generics {
		found = found || g.Name == first
	}
	return found
}
