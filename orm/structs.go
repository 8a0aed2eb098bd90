package orm

import (
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
)

// Over is the query of a set over records of T, the struct for the same model:
// where models as data and structs meet. Querysets of prefetches stay behind.
func Over[T any](s *DynamicSet) *QuerySet[T] { return wrap[T](s.q.over(infoOf[T]())) }

func (q *core) over(m *modelInfo) *core {
	var n *core
	if q.depth == 0 {
		n = m.root.copy()
	} else {
		n = q.parent.over(m).with(q.step, q.err)
	}
	n.using, n.from = q.using, q.from
	n.prefetch = nil
	for _, p := range q.prefetch {
		n.prefetch = append(n.prefetch, Prefetch{path: p.path, attr: p.attr})
	}
	return n
}

// Model is the label of the records' model.
func (s *QuerySet[T]) Model() string { return s.q.info.label }

// Struct is a record as a struct for the same model; false when one of its
// values has no place there, such as an expression.
func Struct[T any](d *Dynamic) (*T, bool) {
	m, of := infoOf[T](), d.slot.info
	obj := new(T)
	p := unsafe.Pointer(obj)
	st, from := m.state(p), &d.slot.state
	if len(d.slot.exprs) > 0 {
		return nil, false
	}
	if from.loaded != nil {
		seen := make(fieldSet, len(m.fields))
		st.loaded = &seen
	}
	for _, f := range m.fields {
		g := of.byName[f.name]
		if g == nil {
			return nil, false
		}
		if from.loaded != nil {
			if (*st.loaded)[f.index] = (*from.loaded)[g.index]; !(*st.loaded)[f.index] {
				continue
			}
		}
		v := g.value(unsafe.Pointer(d))
		if g.kind == kForeign {
			fk := (*foreign)(unsafe.Add(unsafe.Pointer(d), g.off))
			if v = fk.current().value(); fk.obj != nil && v.IsNull() {
				return nil, false
			}
		}
		if v.Kind == abi.KindNaive { // times of structs have a zone
			return nil, false
		}
		if (v.IsNull() && f.kind != kForeign && f.valid == 0 && !f.pk) || !v.IsNull() && !f.put(p, v) {
			return nil, false
		}
	}
	st.stored, st.db = from.stored, from.db
	m.settle(p)
	return obj, true
}

// Dynamic is a struct's record as data, with the related records that it has.
// It is nil when obj is no record.
func (m *Models) Dynamic(obj any) *Dynamic {
	r, ok := obj.(record)
	if !ok {
		return nil
	}
	info, p := r.ormKey()
	return (&crossing{m, map[unsafe.Pointer]*Dynamic{}}).record(info, p)
}

// Take gives a record the values of a struct for the same model.
func (d *Dynamic) Take(obj record) {
	m, p := obj.ormKey()
	(&crossing{d.slot.info.among, nil}).fill(d, m, p)
}

// crossing makes records of structs.
type crossing struct {
	all  *Models
	seen map[unsafe.Pointer]*Dynamic
}

func (c *crossing) record(m *modelInfo, p unsafe.Pointer) *Dynamic {
	if p == nil || m.dynamic {
		return (*Dynamic)(p)
	}
	if d := c.seen[p]; d != nil {
		return d
	}
	d := (*Dynamic)(c.all.byLabel[m.label].slab(1))
	c.seen[p] = d
	c.fill(d, m, p)
	c.relations(d, m, p)
	return d
}

// fill copies the columns and what is known of the record.
func (c *crossing) fill(d *Dynamic, m *modelInfo, p unsafe.Pointer) {
	to, st := d.slot.info, m.state(p)
	into := &d.slot.state
	into.stored, into.db = st.stored, st.db
	if st.loaded != nil {
		seen := make(fieldSet, len(to.fields))
		into.loaded = &seen
	}
	for _, f := range m.fields {
		g := to.byName[f.name]
		if st.loaded != nil {
			if (*into.loaded)[g.index] = (*st.loaded)[f.index]; !(*st.loaded)[f.index] {
				continue
			}
		}
		v := f.value(p)
		if to.naive && v.Kind == abi.KindTime {
			v.Kind = abi.KindNaive
		}
		if g.kind == kForeign {
			fk := (*foreign)(unsafe.Add(unsafe.Pointer(d), g.off))
			fk.field, fk.key = g, keyOfValue(v)
			continue
		}
		g.put(unsafe.Pointer(d), v)
	}
	if st.extra != nil {
		into.extra = &annotations{names: st.extra.names, vals: make([]any, len(st.extra.vals))}
		for i, x := range st.extra.vals {
			v, err := toValue(x)
			if to.naive && v.Kind == abi.KindTime {
				v.Kind = abi.KindNaive
			}
			if into.extra.vals[i] = v; err != nil {
				into.extra.vals[i] = x
			}
		}
	}
	to.settle(unsafe.Pointer(d))
}

// relations copies the related records.
func (c *crossing) relations(d *Dynamic, m *modelInfo, p unsafe.Pointer) {
	to := d.slot.info
	for _, f := range m.fields {
		if f.kind != kForeign {
			continue
		}
		if fk := (*foreign)(unsafe.Add(p, f.off)); fk.loaded {
			into := (*foreign)(unsafe.Add(unsafe.Pointer(d), to.byName[f.name].off))
			into.loaded = true
			if far := c.record(f.rel.target, fk.obj); far != nil {
				into.obj, into.target = unsafe.Pointer(far), far.slot.info
			}
		}
	}
	for _, a := range m.accessors {
		b := to.byRel[a.name]
		switch {
		case b == nil || a.one != b.one:
		case a.one:
			if o := (*oneState)(unsafe.Add(p, a.off)); o.loaded {
				into := (*oneState)(unsafe.Add(unsafe.Pointer(d), b.off))
				into.loaded, into.obj = true, unsafe.Pointer(c.record(a.target, o.obj))
			}
		default:
			if rows := (*manyState)(unsafe.Add(p, a.off)).rows; rows != nil {
				list := make([]unsafe.Pointer, len(*rows))
				for i, r := range *rows {
					list[i] = unsafe.Pointer(c.record(a.target, r))
				}
				(*manyState)(unsafe.Add(unsafe.Pointer(d), b.off)).rows = &list
			}
		}
	}
}
