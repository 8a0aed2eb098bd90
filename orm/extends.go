package orm

import (
	"reflect"
	"strings"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

// ParentLink points from a model to one that it extends and embeds: Django's
// place_ptr, the key of multi-table inheritance.
//
//	type Cafe struct {
//		orm.Model[Cafe]
//		Place
//		PlacePtr orm.ParentLink[Place]
//		Seats    int
//	}
//
// A Cafe has a row in Place's table and one in its own. Save writes both, the
// parent's first; Delete deletes both; a query of Cafes brings the fields of
// both. The embedded Place is a record of its own: &cafe.Place is what a
// ForeignKey[Place] points to.
type ParentLink[P any] struct {
	_ [0]*P
	f foreign
}

func (*ParentLink[P]) ormRelation() relation {
	return relation{kind: schema.OneToOne, key: (*P)(nil), onDelete: schema.Cascade, parent: true}
}

// Key is the parent's key.
func (l *ParentLink[P]) Key() Key { return l.f.current() }

// embedding is a model in the struct of another, which that one extends.
type embedding struct {
	sf    reflect.StructField
	proxy bool
}

// embedsModel notes that the model extends one that its struct embeds.
func (m *modelInfo) embedsModel(sf reflect.StructField) bool {
	if sf.Type.Kind() != reflect.Struct {
		return false
	}
	if _, ok := reflect.New(sf.Type).Interface().(record); !ok {
		return false
	}
	m.embeds = append(m.embeds, embedding{sf, sf.Tag.Get("orm") == "proxy"})
	return true
}

// rooted makes a model one that others may extend.
func (m *modelInfo) rooted() {
	if m.line == nil {
		m.line = &lineage{concrete: m, own: m.fields, ownMany: m.m2m}
	}
}

// findParents finds the models that m extends, and its links to them.
func (m *modelInfo) findParents(errs *modelErrors) {
	if len(m.embeds) == 0 {
		return
	}
	fail := func(e embedding, reason string) {
		*errs = append(*errs, &ModelError{Model: m.goType, Field: e.sf.Name, Reason: reason})
	}
	m.rooted()
	for _, e := range m.embeds {
		p := registry[reflect.Zero(reflect.PointerTo(e.sf.Type)).Interface()]
		if p == nil {
			fail(e, "it is not registered: declare var "+e.sf.Name+"s = orm.Register["+e.sf.Name+"]()")
			return
		}
		p.rooted()
		var link *field
		for _, f := range m.line.own {
			if f.rel != nil && f.rel.parent && f.rel.target == p {
				link = f
			}
		}
		switch {
		case e.proxy && (len(m.embeds) > 1 || len(m.line.own)+len(m.line.ownMany) > 0):
			fail(e, "a proxy has one parent and no columns of its own: take the fields away, or the tag")
		case !e.proxy && link == nil:
			fail(e, "to extend it takes a link: add the field "+e.sf.Name+"Ptr orm.ParentLink["+e.sf.Name+"], or tag the embedded one `orm:\"proxy\"`")
		}
		m.line.parents, m.line.links, m.line.offs = append(m.line.parents, p), append(m.line.links, link), append(m.line.offs, e.sf.Offset)
		if e.proxy {
			m.line.concrete, m.table = p, p.table
		} else if m.pk == nil && link != nil { // the first link is the key
			link.pk, link.unique, m.pk = true, true, link
		}
	}
	m.inheritOptions()
}

// inheritOptions drops what Meta says if it is the parent's method, which Go
// promotes: only the order, and what is compared for the latest, are inherited.
func (m *modelInfo) inheritOptions() {
	own := metaFunction(m.typ)
	for _, p := range m.line.parents {
		if m.given.like(p.given) && (own == "" || own == metaFunction(p.typ)) {
			m.opts, m.orderBy = Options{Ordering: p.opts.Ordering, Latest: p.opts.Latest}, p.orderBy
			if m.line.concrete == m {
				m.table = m.app + "_" + strings.ToLower(m.name)
			}
		}
	}
}

// like tells whether o and p are what one method returns. Functions can't be
// compared: the fields that they are for are.
func (o Options) like(p Options) bool {
	same := len(o.OnDelete) == len(p.OnDelete)
	for name := range o.OnDelete {
		_, there := p.OnDelete[name]
		same = same && there
	}
	o.OnDelete, p.OnDelete = nil, nil
	return same && reflect.DeepEqual(o, p)
}

// offset is where the parent numbered i is in a record: 0 of dynamic ones,
// which have a layout of their own.
func (m *modelInfo) offset(i int) uintptr {
	if i < len(m.line.offs) {
		return m.line.offs[i]
	}
	return 0
}

// owned are the fields of the model's own table, and its many-to-many fields.
func (m *modelInfo) owned() []*field {
	own, many := m.fields, m.m2m
	if m.line != nil {
		own, many = m.line.own, m.line.ownMany
	}
	return append(own[:len(own):len(own)], many...)
}

// spread lets the records of parents that are embedded in the one at p know
// what it knows, and gives it its key as ID.
func (m *modelInfo) spread(p unsafe.Pointer) {
	if m.line == nil || len(m.line.offs) == 0 {
		return
	}
	st := m.state(p)
	for i, parent := range m.line.parents {
		far := unsafe.Add(p, m.line.offs[i])
		ps := parent.state(far)
		ps.stored, ps.db, ps.loaded = st.stored, st.db, nil
		if st.loaded != nil {
			set := make(fieldSet, len(parent.fields))
			for j, f := range parent.fields {
				set[j] = (*st.loaded)[m.copyOf(f).index]
			}
			ps.loaded = &set
		}
		parent.spread(far)
	}
	if k := m.keyOf(p); k.kind != 0 {
		*(*int64)(unsafe.Add(p, m.idOff)) = k.n
	}
}

// embedded is the record at p seen as one of parent, which m extends: it is in
// the same memory.
func (m *modelInfo) embedded(parent *modelInfo, p unsafe.Pointer) unsafe.Pointer {
	for i, q := range m.line.parents {
		far := unsafe.Add(p, m.line.offs[i])
		if q == parent {
			return far
		}
		if q.line != nil {
			if far = q.embedded(parent, far); far != nil {
				return far
			}
		}
	}
	return nil
}
