package orm

import (
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
)

// part is what of a model's records is in one table: its own, or that of a
// model that it extends.
type part struct {
	info    *modelInfo // whose table it is
	fields  []*field   // the record's fields, in the order of the table's columns
	pk      *field     // the record's field with the table's primary key
	link    *field     // the record's field that points here from the table that extends this one
	parents []*part
	ordered []*field // of the relation whose records these are in order of
}

// parts is how records of m are spread over tables.
func (m *modelInfo) parts() *part {
	if m.line == nil {
		t := &part{info: m, fields: m.fields, pk: m.pk}
		if f := m.byName[m.orderedIn]; f != nil {
			t.ordered = []*field{f}
		}
		return t
	}
	return m.partIn(m.line.concrete)
}

// partIn is the part of m's records in the table of c, a model that m is or
// extends, with those in the tables that c extends.
func (m *modelInfo) partIn(c *modelInfo) *part {
	t := &part{info: c, pk: m.copyOf(c.pk)}
	for _, f := range c.line.own {
		own := m.copyOf(f)
		t.fields = append(t.fields, own)
		if c.orderedIn != "" && f.name == c.orderedIn {
			t.ordered = []*field{own}
		}
	}
	if g := c.generic(c.orderedIn); g != nil {
		t.ordered = []*field{m.byName[g.object], m.byName[g.typ]}
	}
	for i, p := range c.line.parents {
		up := m.partIn(p.line.concrete)
		up.link = m.copyOf(c.line.links[i])
		t.parents = append(t.parents, up)
	}
	return t
}

// copyOf is m's field for one of a model that m is or extends.
func (m *modelInfo) copyOf(f *field) *field {
	for _, g := range m.fields {
		if g.origin() == f.origin() {
			return g
		}
	}
	return f
}

// put gives the record at p a value of the query language: false when the
// field cannot hold it.
func (f *field) put(p unsafe.Pointer, v abi.Value) bool {
	at := unsafe.Add(p, f.off)
	switch {
	case f.kind == kForeign:
		*(*foreign)(at) = foreign{field: f, key: keyOfValue(v)}
		return true
	case f.kind == kDynamic:
		*(*abi.Value)(at) = v
		return true
	case v.IsNull():
		if f.valid == 0 {
			return false
		}
		*(*bool)(unsafe.Add(p, f.valid)) = false
		return true
	case !storeValue(f, at, &v):
		return false
	}
	if f.valid != 0 {
		*(*bool)(unsafe.Add(p, f.valid)) = true
	}
	return true
}
