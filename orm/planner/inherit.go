package planner

import (
	"slices"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

// maxAncestors bounds the models that one extends, directly or not.
const maxAncestors = 64

// extend finds what m extends.
func (r *registry) extend(m *Model) error {
	if m.Proxy && (len(m.Parents) != 1 || m.Parents[0].Link != "" || len(m.own) > 0) {
		return badMessage("%s is a proxy: it needs one parent, no link and no fields", m.label)
	}
	for _, sp := range m.Parents {
		p := parent{model: r.models[sp.Model]}
		if p.model == nil {
			return badMessage("%s extends %s, which is not described", m.label, sp.Model)
		}
		if p.model.Proxy {
			return badMessage("%s extends %s, which is a proxy: name the model that has its table", m.label, sp.Model)
		}
		if m.Proxy {
			m.concrete, m.Table, m.quoted = p.model, p.model.Table, p.model.quoted
		} else {
			for _, f := range m.own {
				if f.Name == sp.Link && f.Column != "" && f.Rel != nil && f.Rel.Kind <= schema.OneToOne && f.Rel.To == sp.Model {
					p.link = f
				}
			}
			if p.link == nil {
				return badMessage("%s extends %s, but its field %q does not point there", m.label, sp.Model, sp.Link)
			}
		}
		m.parents = append(m.parents, p)
	}
	return nil
}

// bound refuses models that extend themselves.
func (r *registry) bound(m *Model) error {
	if m.countAncestors(map[*Model]bool{}) > maxAncestors {
		return badMessage("%s extends itself, or more than %d models", m.label, maxAncestors)
	}
	return nil
}

// countAncestors counts the models that m extends: too many when m is one.
func (m *Model) countAncestors(seen map[*Model]bool) int {
	for _, p := range m.parents {
		if !seen[p.model] && len(seen) <= maxAncestors {
			seen[p.model] = true
			p.model.countAncestors(seen)
		}
	}
	if seen[m] {
		return maxAncestors + 1
	}
	return len(seen)
}

// extends tells whether m is, or has among its ancestors, the model of p.
func (m *Model) extends(p *Model) bool {
	return m.concrete == p.concrete || m.chain(p.concrete) != nil
}

// ownAndInherited lists fields, parents' first, each model's once.
func (m *Model) ownAndInherited(seen map[*Model]bool) (out []*Field) {
	seen[m] = true
	for _, p := range m.parents {
		if !seen[p.model] {
			out = append(out, p.model.ownAndInherited(seen)...)
		}
	}
	return append(out, m.own...)
}

// reverse lists the relations that point to m or its parents. The links of
// other models that extend a parent are no relations of m.
func (m *Model) reverse(seen map[*Model]bool) (out []*Field) {
	seen[m] = true
	for _, p := range m.parents {
		if seen[p.model] {
			continue
		}
		for _, f := range p.model.reverse(seen) {
			if f.model == m.concrete || !f.src.parentLink() {
				out = append(out, f)
			}
		}
	}
	if m.Proxy {
		return out
	}
	return append(out, m.back...)
}

// chain is the way from m to its ancestor p: the models after m, with p at the
// end. It is empty when m doesn't extend p.
func (m *Model) chain(p *Model) []*Model {
	for _, q := range m.parents {
		if q.model == p {
			return []*Model{p}
		}
	}
	for _, q := range m.parents {
		if c := q.model.chain(p); c != nil {
			return slices.Insert(c, 0, q.model)
		}
	}
	return nil
}

// linkTo is m's field that points to its parent p, or to the parent on the way
// to its ancestor p. A proxy has none of its own.
func (m *Model) linkTo(p *Model) *Field {
	for _, q := range m.parents {
		if q.model == p {
			return q.link
		}
	}
	for _, q := range m.parents {
		if f := q.model.linkTo(p); f != nil {
			if q.link != nil {
				return q.link
			}
			return f
		}
	}
	return nil
}

// pathToParent joins m's table with that of its ancestor p.
func (m *Model) pathToParent(p *Model) (path []pathInfo) {
	at := m
	for _, next := range m.chain(p) {
		if next != m.concrete {
			path = append(path, at.linkTo(next).paths...)
		}
		at = next
	}
	return path
}

// pathFromParent joins the table of m's ancestor p with m's.
func (m *Model) pathFromParent(p *Model) (path []pathInfo) {
	chain := m.concrete.chain(p)
	if chain == nil {
		return nil
	}
	slices.Reverse(chain)
	chain = append(chain, m.concrete)
	for i, ancestor := range chain[:len(chain)-1] {
		path = append(path, chain[i+1].linkTo(ancestor).reversePath())
	}
	return path
}

// joinParent returns the alias of the table of p, an ancestor of m, whose
// table is alias. joined holds those found before.
func (q *Query) joinParent(m, p *Model, alias string, joined map[*Model]string) (string, error) {
	if a := joined[p]; a != "" {
		return a, nil
	}
	at := m
	for _, next := range m.chain(p) {
		if a := joined[next]; a != "" {
			at, alias = next, a
			continue
		}
		if next == m.concrete {
			at = next
			continue
		}
		info, _, err := q.setupJoins([]string{at.linkTo(next).Name}, at, alias, nil, true)
		if err != nil {
			return "", err
		}
		at, alias = next, info.joins[len(info.joins)-1]
		joined[next] = alias
	}
	return alias, nil
}
