package repath

import "strconv"

// Part of a Template: literal text, or the parameter that stands there.
type Part struct{ Text, Param string }

// Template is one way to generate text that a pattern could match.
type Template struct {
	Parts  []Part
	Params []string
}

// maxTemplates bounds how many optional groups multiply.
const maxTemplates = 256

// Templates lists what the pattern can generate, the shortest choice of an
// optional part first, by Django's rules: groups become parameters, zero or
// more of anything else becomes nothing, a class its first member. A pattern
// with alternatives outside of groups generates nothing.
func (p *Prog) Templates() []Template {
	g := &generator{}
	ts, ok := g.gen(p.root)
	if !ok {
		return []Template{{}}
	}
	return ts
}

type generator struct{ unnamed int }

func text(s string) []Template { return []Template{{Parts: []Part{{Text: s}}}} }

func (g *generator) gen(n *node) ([]Template, bool) {
	switch n.op {
	case opLit:
		return text(string(n.r)), true
	case opAny:
		return text("."), true
	case opClass:
		return text(n.set.first), true
	case opAlt:
		return nil, false
	case opGroup:
		name := n.name
		if name == "" {
			name = "_" + strconv.Itoa(g.unnamed)
			g.unnamed++
		}
		return []Template{{Parts: []Part{{Param: name}}, Params: []string{name}}}, true
	case opRef:
		return []Template{{Parts: []Part{{Param: n.name}}}}, true // repeats, asks for nothing
	case opNonCap:
		return g.gen(n.subs[0])
	case opSeq:
		out := []Template{{}}
		for _, sub := range n.subs {
			ts, ok := g.gen(sub)
			if !ok {
				return nil, false
			}
			out = product(out, ts)
		}
		return out, true
	case opRepeat:
		ts, ok := g.gen(n.subs[0])
		if !ok {
			return nil, false
		}
		if n.min == 0 {
			if hasGroup(n.subs[0]) {
				return append([]Template{{}}, ts...), true
			}
			return []Template{{}}, true
		}
		out := ts
		for i := 1; i < n.min; i++ {
			out = product(out, ts)
		}
		return out, true
	}
	return []Template{{}}, true
}

func hasGroup(n *node) bool {
	if n.op == opGroup {
		return true
	}
	for _, sub := range n.subs {
		if hasGroup(sub) {
			return true
		}
	}
	return false
}

func product(a, b []Template) []Template {
	if len(b) == 1 && len(b[0].Parts) == 0 {
		return a
	}
	out := make([]Template, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			if len(out) == maxTemplates {
				return out
			}
			out = append(out, Template{
				Parts:  append(x.Parts[:len(x.Parts):len(x.Parts)], y.Parts...),
				Params: append(x.Params[:len(x.Params):len(x.Params)], y.Params...),
			})
		}
	}
	return out
}
