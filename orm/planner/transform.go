package planner

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// lookupsOn are the comparisons that an expression has.
func (q *Query) lookupsOn(n node) []string {
	if k, ok := n.(*keyTransform); ok && k.text {
		return baseLookups
	}
	return q.lookupsOf(n.output())
}

// lookupsOf are the comparisons that a type has.
func lookupsOf(out *Field) []string {
	if out != nil && (out.relation() || isClass(out.Type, "ForeignKey")) {
		return relatedLookups
	}
	if classOf(out) == clsJSON {
		return slices.Concat(baseLookups, jsonLookups)
	}
	return baseLookups
}

// lookupsOf are the comparisons that a type has in q's database.
func (q *Query) lookupsOf(out *Field) []string {
	if own := postgresLookups(out); own != nil && q.env.d.NativeTypes {
		if classOf(out) == clsRange {
			return own
		}
		return slices.Concat(baseLookups, own)
	}
	return lookupsOf(out)
}

// transformsOf are the transforms that a type has in q's database.
func (q *Query) transformsOf(out *Field) []string {
	if own := postgresTransforms(out); own != nil && q.env.d.NativeTypes {
		return own
	}
	return transformsOf(out)
}

// transformsOf are the transforms that a type has.
func transformsOf(out *Field) []string {
	if out == nil || out.relation() {
		return nil
	}
	switch out.class {
	case clsDate:
		return dateParts
	case clsTime:
		return timeParts
	case clsDateTime:
		return slices.Concat(dateParts, timeParts, []string{"date", "time"})
	}
	return nil
}

// transformable returns the transforms of f when name is one of them.
func (q *Query) transformable(f *Field, name string) []string {
	if q.registered(f, name) != "" {
		return []string{name}
	}
	if classOf(f) == clsJSON {
		return []string{name} // every name is a key
	}
	if c := classOf(f); q.env.d.NativeTypes && (c == clsHStore || c == clsArray && subscript(name)) {
		return []string{name}
	}
	if t := q.transformsOf(f); slices.Contains(t, name) {
		return t
	}
	return nil
}

// registered is the function that a registered name stands for after f.
func (q *Query) registered(f *Field, name string) string {
	if f == nil || f.relation() {
		return ""
	}
	for _, l := range q.env.p.lookups[name] {
		if isClass(f.Type, l.Class) {
			return l.Func
		}
	}
	return ""
}

// tryTransform applies the transform that name stands for.
func tryTransform(q *Query, lhs node, name string) (node, error) {
	out := lhs.output()
	if f := q.registered(out, name); f != "" {
		return q.callFunction(&query.Func{Name: f, Args: []query.Expr{nil}}, functions[f], []node{lhs}, nil)
	}
	if q.transformable(out, name) != nil {
		if classOf(out) == clsJSON {
			return &keyTransform{src: lhs, key: name}, nil
		}
		if n, ok := postgresTransform(lhs, out, name); ok {
			return n, nil
		}
		switch name {
		case "date":
			return &extract{kind: "cast", part: "date", src: lhs, out: typed("DateField")}, nil
		case "time":
			return &extract{kind: "cast", part: "time", src: lhs, out: typed("TimeField")}, nil
		}
		return &extract{kind: "extract", part: name, src: lhs, out: typed("IntegerField")}, nil
	}
	typ, choices := "an expression of unknown type", slices.Clone(baseLookups)
	if out != nil {
		typ = out.Type
		choices = slices.Concat(q.lookupsOf(out), q.transformsOf(out))
		for name := range q.env.p.lookups {
			if q.registered(out, name) != "" {
				choices = append(choices, name)
			}
		}
		if out.relation() {
			choices = append(choices, out.to.choices...)
		}
	}
	msg := "Unsupported lookup '" + name + "' for " + typ + " or join on the field not permitted"
	if near := schema.Nearest(name, choices, schema.Near(name)); near != "" {
		msg += ", perhaps you meant " + near + "?"
	} else {
		msg += "."
	}
	if !q.env.d.NativeTypes && slices.Contains(slices.Concat(postgresLookups(out), postgresTransforms(out)), name) {
		msg += " Only PostgreSQL has it."
	}
	if out != nil && out.relation() {
		msg += " Choices are: " + strings.Join(choices, ", ")
	}
	slices.Sort(choices)
	return nil, lookupError(q.model.label, name, "no such lookup or transform for "+typ, slices.Compact(choices), "%s", msg)
}
