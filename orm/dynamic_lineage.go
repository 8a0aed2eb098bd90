package orm

import (
	"context"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

// lineage is where a dynamic model stands among others: the records of one
// that extends another have that one's columns too.
type lineage struct {
	all      *Models
	concrete *modelInfo // the model itself, or that which a proxy is a name for
	parents  []*modelInfo
	links    []*field // to each of the parents; none of a proxy's
	own      []*field // columns of its own table
	ownMany  []*field
	objects  []*objectKey
	generics []*genericKey
	offs     []uintptr // of models that are structs: where the parents are in theirs
	settled  bool
	// bring prefetches relations that only dynamic models have. It is called
	// through here so that apps without such models are built without it.
	bring func(ctx context.Context, m *modelInfo, name string, ps []unsafe.Pointer, rest Prefetch) (done bool, err error)
}

// maxAncestors bounds how far models extend each other.
const maxAncestors = 64

// extend finds what the model extends.
func (m *Models) extend(sm *schema.Model) error {
	info := m.byLabel[sm.Label()]
	for _, sp := range sm.Parents {
		p := m.byLabel[sp.Model]
		if p == nil {
			return &ModelError{Model: info.label, Reason: "it extends " + sp.Model + ", which is not described"}
		}
		var link *field
		if sm.Proxy {
			info.line.concrete = p
		} else if link = info.byName[sp.Link]; link == nil || link.rel == nil {
			return &ModelError{Model: info.label, Field: sp.Link, Reason: "it is to point to " + sp.Model + ", but is no relation"}
		}
		info.line.parents, info.line.links = append(info.line.parents, p), append(info.line.links, link)
	}
	if sm.Proxy && len(sm.Parents) != 1 {
		return &ModelError{Model: info.label, Reason: "a proxy has one parent"}
	}
	return nil
}

// inherit gives the model the columns of those that it extends, before its
// own, and what they can reach.
func (m *modelInfo) inherit(depth int) error {
	l := m.line
	if l.settled {
		return nil
	}
	if depth > maxAncestors {
		return &ModelError{Model: m.label, Reason: "it extends itself, or too many models"}
	}
	seen := map[*field]bool{}
	names := map[string]*field{}
	var fields, many []*field
	add := func(f *field, column bool, base uintptr) {
		if seen[f.origin()] {
			return
		}
		seen[f.origin()] = true
		if f.model != m {
			c := *f
			c.model, c.from, c.pk = m, f.origin(), f.pk && l.links[0] == nil
			if c.off += base; c.valid != 0 {
				c.valid += base
			}
			f = &c
		}
		names[f.name], names[f.att] = f, f
		if column {
			f.index = len(fields)
			fields = append(fields, f)
		} else {
			many = append(many, f)
		}
	}
	for i, p := range l.parents {
		if err := p.inherit(depth + 1); err != nil {
			return err
		}
		base := m.offset(i)
		for _, f := range p.fields {
			add(f, true, base)
		}
		for _, f := range p.m2m {
			add(f, false, base)
		}
	}
	for _, f := range l.own {
		add(f, true, 0)
	}
	for _, f := range l.ownMany {
		add(f, false, 0)
	}
	delete(names, "")
	m.fields, m.m2m, m.byName = fields, many, names
	for _, f := range fields {
		if f.pk {
			m.pk, m.byName["pk"] = f, f
		}
	}
	l.settled = true
	return nil
}

// origin is the field that f is a child's copy of.
func (f *field) origin() *field {
	if f.from != nil {
		return f.from
	}
	return f
}

// inheritRelations gives the model the accessors of those that it extends,
// unless a field or relation of its own has the name.
func (m *modelInfo) inheritRelations(done map[*modelInfo]bool) {
	if done[m] || m.line == nil {
		return
	}
	done[m] = true
	for i, p := range m.line.parents {
		p.inheritRelations(done)
		for _, a := range p.accessors {
			if m.byRel[a.name] == nil && (m.byName[a.name] == nil || a.forward) {
				c := *a
				c.owner = m
				c.off += m.offset(i)
				c.other = c.other || !m.dynamic && i > 0
				if g := c.generic; g != nil {
					c.generic = g.of(m)
				}
				if g := c.points; g != nil {
					k := *g
					k.off += m.offset(i)
					c.points = &k
					m.accessors = append(m.accessors, &c)
					continue
				}
				m.reach(&c)
			}
		}
		for _, g := range p.line.generics {
			if m.generic(g.name) == nil {
				c := *g
				c.off += m.offset(i)
				m.line.generics = append(m.line.generics, &c)
				if m.line.bring == nil {
					m.line.bring = p.line.bring
				}
			}
		}
		for _, o := range p.line.objects {
			if m.object(o.name) == nil {
				c := *o
				m.line.objects = append(m.line.objects, &c)
			}
		}
	}
}

// same is m's field with the value that f, a field of a model that m is or
// extends, has: of a parent's key, m's own link to it.
func (m *modelInfo) same(f *field) *field {
	if m == f.model || m.line == nil {
		return f
	}
	if f.pk {
		if l := m.linkTo(f.model.line.concrete); l != nil {
			return m.byName[l.name]
		}
	}
	if own := m.byName[f.name]; own != nil {
		return own
	}
	return f
}

// linkTo is m's field that points to its ancestor p, or towards it.
func (m *modelInfo) linkTo(p *modelInfo) *field {
	for i, q := range m.line.parents {
		if q == p {
			return m.line.links[i]
		}
		if f := q.linkTo(p); f != nil {
			if own := m.line.links[i]; own != nil {
				return own
			}
			return f
		}
	}
	return nil
}

// asParent is the record at p seen as one of the model that its field f, a
// link, points to: nil when f is none, or p lacks some of its columns.
func (m *modelInfo) asParent(f *field, p unsafe.Pointer) unsafe.Pointer {
	if m.line == nil {
		return nil
	}
	at := f.origin().model
	for i, l := range at.line.links {
		if l == nil || l != f.origin() {
			continue
		}
		parent := at.line.parents[i]
		loaded := m.state(p).loaded
		far := parent.slab(1)
		for _, pf := range parent.fields {
			own := m.byName[pf.name]
			if own == nil || own.origin() != pf.origin() || loaded != nil && !(*loaded)[own.index] {
				return nil
			}
			pf.take(far, own, p)
		}
		st := parent.state(far)
		st.stored, st.db = m.state(p).stored, m.state(p).db
		parent.settle(far)
		return far
	}
	return nil
}

// take copies the value of g in the record at src to f, of the same kind, in
// that at dst.
func (f *field) take(dst unsafe.Pointer, g *field, src unsafe.Pointer) {
	to, from := unsafe.Add(dst, f.off), unsafe.Add(src, g.off)
	if f.kind == kForeign {
		*(*foreign)(to) = foreign{field: f, key: (*foreign)(from).current()}
		return
	}
	f.kind.copy(to, from)
	if f.valid != 0 {
		*(*bool)(unsafe.Add(dst, f.valid)) = *(*bool)(unsafe.Add(src, g.valid))
	}
}
