package orm

import (
	"reflect"
	"slices"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
)

// Over is the query of a set over records of T, the struct for the same model:
// where models as data and structs meet.
func Over[T any](s *DynamicSet) *QuerySet[T] { return wrap[T](s.q.over(infoOf[T](), nil, nil)) }

// OverRelation is Over for a set made of from, the records of a relation or what
// was combined of several sets, which base is as structs have it; false when s
// was made of another set.
func OverRelation[T any](s, from *DynamicSet, base *QuerySet[T]) (*QuerySet[T], bool) {
	q, at := s.q, from.q
	for q.depth > at.depth {
		q = q.parent
	}
	if q.depth != at.depth || q.parent != at.parent || q.step.Kind != at.step.Kind || q.step.Cond != at.step.Cond || !slices.Equal(q.step.Others, at.step.Others) || q.info != at.info {
		return nil, false
	}
	return wrap[T](s.q.over(infoOf[T](), at, base.q)), true
}

// over is q's steps, those after at, on the records of m or those of base.
func (q *core) over(m *modelInfo, at, base *core) *core {
	var n *core
	switch {
	case at != nil && q.depth == at.depth:
		n = base.copy()
	case q.depth == 0:
		n = m.root.copy()
	default:
		n = q.parent.over(m, at, base).with(q.step, q.err)
	}
	if n.using = q.using; at == nil {
		n.from = q.from
	}
	n.prefetch = nil
	for _, p := range q.prefetch {
		c := Prefetch{path: p.path, attr: p.attr}
		if p.query != nil {
			far := structOf(p.query.info.label)
			if far == nil {
				return n.fail(&ModelError{Model: p.query.info.label, Reason: "no struct is registered for it, and the queryset of a prefetch selects its records"})
			}
			c.query = p.query.over(far, nil, nil)
		}
		n.prefetch = append(n.prefetch, c)
	}
	return n
}

// Model is the label of the records' model.
func (s *QuerySet[T]) Model() string { return s.q.info.label }

// Struct is a record as a struct for the same model, with the records that it
// points to where they have been assigned. A value that has no place there, such
// as an expression, is a ValueError. Times of structs have a zone: those without
// one are taken for UTC.
func Struct[T any](d *Dynamic) (*T, error) {
	c := &casting{seen: map[*Dynamic]unsafe.Pointer{}}
	p := c.record(infoOf[T](), d)
	if p == nil {
		return nil, &ValueError{Field: d.slot.info.goType + "." + c.wrong, Reason: "the struct can't hold what it has: work on the record as data"}
	}
	return (*T)(p), nil
}

// casting makes structs of records.
type casting struct {
	seen  map[*Dynamic]unsafe.Pointer
	wrong string // the field that can't be cast
}

// record is nil when d can't be one of m's.
func (c *casting) record(m *modelInfo, d *Dynamic) unsafe.Pointer {
	if p := c.seen[d]; p != nil {
		return p
	}
	of, from := d.slot.info, &d.slot.state
	if len(d.slot.exprs) > 0 {
		return nil
	}
	p := m.slab(1)
	c.seen[d] = p
	st := m.state(p)
	if from.loaded != nil {
		seen := make(fieldSet, len(m.fields))
		st.loaded = &seen
	}
	for _, f := range m.fields {
		g := of.byName[f.name]
		if c.wrong = f.name; g == nil {
			return nil
		}
		if from.loaded != nil {
			if (*st.loaded)[f.index] = (*from.loaded)[g.index]; !(*st.loaded)[f.index] {
				continue
			}
		}
		if !c.field(f, p, g, d) {
			return nil
		}
	}
	st.stored, st.db = from.stored, from.db
	m.settle(p)
	if of.line != nil && !c.generic(m, p, d) {
		return nil
	}
	return p
}

// field copies d's field g to f of the record at p.
func (c *casting) field(f *field, p unsafe.Pointer, g *field, d *Dynamic) bool {
	v := g.value(unsafe.Pointer(d))
	if g.kind == kForeign {
		fk := (*foreign)(unsafe.Add(unsafe.Pointer(d), g.off))
		v = fk.current().value()
		if fk.obj == nil || f.kind != kForeign {
			return f.put(p, v)
		}
		if info, far := c.assigned(f.rel.target, (*Dynamic)(fk.obj)); far != nil {
			f.put(p, abi.Null)
			(*foreign)(unsafe.Add(p, f.off)).set(info, far)
			return true
		}
		return !v.IsNull() && f.put(p, v)
	}
	switch {
	case v.Kind == abi.KindNaive:
		v.Kind = abi.KindTime
	case f.kind == kJSON && v.Kind == abi.KindText:
		v = abi.Text(string(appendJSONText(nil, v.Str)))
	case (f.pk || f.auto) && (v.Kind == abi.KindInt && v.Num == 0 || v.Kind == abi.KindText && v.Str == ""):
		return false // what is no key in a struct
	case v.IsNull():
		return f.valid != 0 && f.put(p, v) || f.pk || f.auto || !d.slot.state.stored && f.savedAnyway() || d.slot.info.assigns(f.name, d)
	}
	return f.put(p, v)
}

// savedAnyway tells whether saving a new record sets the field, whatever it holds.
func (f *field) savedAnyway() bool { return f.autoNow || f.autoAdd || f.class == "OrderWrt" }

// assigned is a related record as one of target's, which its own model may extend.
func (c *casting) assigned(target *modelInfo, d *Dynamic) (*modelInfo, unsafe.Pointer) {
	m := structOf(d.slot.info.label)
	if m == nil {
		return nil, nil
	}
	p := c.record(m, d)
	if p != nil && m != target && m.line != nil {
		p = m.embedded(target, p)
	} else if m != target {
		p = nil
	}
	return target, p
}

// generic assigns what d points to by content type.
func (c *casting) generic(m *modelInfo, p unsafe.Pointer, d *Dynamic) bool {
	err := d.slot.info.pending(unsafe.Pointer(d), func(g *genericKey, o *oneState) error {
		own := m.generic(g.name)
		c.wrong = g.name
		info := structOf((*Dynamic)(o.obj).slot.info.label)
		if own == nil || info == nil {
			return ErrNotSaved
		}
		far := c.record(info, (*Dynamic)(o.obj))
		if far == nil {
			return ErrNotSaved
		}
		to := (*anyState)(unsafe.Add(p, own.off))
		to.obj, to.target, to.loaded, to.given = far, info, true, true
		return nil
	})
	return err == nil
}

// assigns tells whether a generic relation that was assigned sets the field.
func (m *modelInfo) assigns(field string, d *Dynamic) bool {
	set := false
	_ = m.pending(unsafe.Pointer(d), func(g *genericKey, _ *oneState) error {
		set = set || g.object == field
		return nil
	})
	return set
}

// structOf is the registered model with a label, nil if there is none.
func structOf(label string) *modelInfo {
	for _, m := range models {
		if m.label == label && !m.auto {
			return m
		}
	}
	return nil
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

// Dynamics is Dynamic for a slice of records, []*Book: what several of them
// point to is one record.
func (m *Models) Dynamics(list any) []*Dynamic {
	return (&crossing{m, map[unsafe.Pointer]*Dynamic{}}).list(reflect.ValueOf(list))
}

func (c *crossing) list(v reflect.Value) []*Dynamic {
	if v.Kind() != reflect.Slice || !v.Type().Elem().Implements(reflect.TypeFor[record]()) {
		return nil
	}
	out := make([]*Dynamic, v.Len())
	for i := range out {
		info, p := v.Index(i).Interface().(record).ormKey()
		out[i] = c.record(info, p)
	}
	return out
}

// Take gives a record the values of a struct for the same model.
func (d *Dynamic) Take(obj record) {
	m, p := obj.ormKey()
	(&crossing{d.slot.info.among, map[unsafe.Pointer]*Dynamic{}}).fill(d, m, p)
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
	into.stored, into.db, into.loaded = st.stored, st.db, nil
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
		if (f.pk && !st.stored || f.auto && !f.pk) && v.Kind == abi.KindInt && v.Num == 0 { // no key, or none of the parent
			v = abi.Null
		}
		v = c.all.bare(v)
		if g.kind == kForeign {
			fk := (*foreign)(unsafe.Add(unsafe.Pointer(d), g.off))
			if fk.field, fk.key = g, keyOfValue(v); f.rel.parent { // saving forgets what it was given
				fk.obj, fk.target, fk.loaded = nil, nil, false
			}
			continue
		}
		g.put(unsafe.Pointer(d), v)
	}
	if st.extra != nil {
		into.extra = &annotations{names: st.extra.names, vals: make([]any, len(st.extra.vals))}
		for i, x := range st.extra.vals {
			v, err := toValue(x)
			v = c.all.bare(v)
			if into.extra.vals[i] = v; err != nil {
				into.extra.vals[i] = x
			}
			if list := c.list(reflect.ValueOf(x)); list != nil { // of a prefetch
				into.extra.vals[i] = list
			}
			if r, ok := x.(record); ok {
				info, p := r.ormKey()
				into.extra.vals[i] = c.record(info, p)
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
		if g := to.generic(a.name); g != nil && a.points != nil {
			if o := (*oneState)(unsafe.Add(p, a.points.off)); o.loaded {
				into := (*oneState)(unsafe.Add(unsafe.Pointer(d), g.off))
				if into.loaded = true; o.obj != nil {
					into.obj = unsafe.Pointer(c.record(m.far(o), o.obj))
				}
			}
			continue
		}
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
