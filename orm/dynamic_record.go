package orm

import (
	"context"
	"strconv"
	"time"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// Dynamic is a record of a model that is known only at run time. Its values
// are those of the query language: times, dates, decimals and UUIDs have kinds
// of their own.
type Dynamic struct{ slot cellSlot }

var _ record = (*Dynamic)(nil)

func (d *Dynamic) ormState() *state { return &d.slot.state }
func (d *Dynamic) ormKey() (*modelInfo, unsafe.Pointer) {
	return d.slot.info, unsafe.Pointer(d)
}

// Loaded marks a record that was made from values known to be the database's.
func (d *Dynamic) Loaded() *Dynamic {
	d.slot.state.stored = true
	d.slot.info.settle(unsafe.Pointer(d))
	return d
}

// Without marks columns as not fetched.
func (d *Dynamic) Without(names ...string) {
	all := make(fieldSet, len(d.slot.info.fields))
	for i, f := range d.slot.info.fields {
		all[i] = true
		for _, n := range names {
			if n == f.name || n == f.att {
				all[i] = false
			}
		}
	}
	d.slot.state.loaded = &all
}

// SetRelated points a foreign key to a record.
func (d *Dynamic) SetRelated(name string, obj *Dynamic) error {
	f := d.slot.info.byName[name]
	if f == nil || f.kind != kForeign {
		if d.slot.info.pointLoose(name, unsafe.Pointer(d), unsafe.Pointer(obj)) {
			return nil
		}
		return d.slot.info.noRelation(name, name)
	}
	fk := (*foreign)(unsafe.Add(unsafe.Pointer(d), f.off))
	fk.field = f
	if obj == nil {
		fk.set(nil, nil)
		return nil
	}
	if err := f.mayPoint(d.slot.info, d.slot.state.db, obj.slot.info, obj.slot.state.db); err != nil {
		return err
	}
	fk.set(f.rel.target, unsafe.Pointer(obj))
	return nil
}

// InDatabase says which database the record came from.
func (d *Dynamic) InDatabase(alias string) *Dynamic {
	d.slot.state.db = internDatabase(alias)
	d.slot.info.settle(unsafe.Pointer(d))
	return d
}

// Database is the alias of the database that the record came from.
func (d *Dynamic) Database() string { return d.slot.state.db.name() }

// Model is the label of the record's model.
func (d *Dynamic) Model() string { return d.slot.info.label }

// PK returns the primary key.
func (d *Dynamic) PK() abi.Value { return d.slot.info.pk.value(unsafe.Pointer(d)) }

func (d *Dynamic) key() Key { return d.slot.info.keyOf(unsafe.Pointer(d)) }

// Fields calls f with the name and value of every column: a foreign key's is
// its key, by its attribute's name (author_id). Deferred ones are left out.
func (d *Dynamic) Fields(f func(name string, v abi.Value)) {
	for _, x := range d.slot.info.fields {
		if l := d.slot.state.loaded; l == nil || (*l)[x.index] {
			v := x.value(unsafe.Pointer(d))
			if x.kind == kForeign { // a key is kept as the database has it
				v = d.slot.info.typed(x, &v)
			}
			f(x.att, v)
		}
	}
}

// Deferred calls f with the names of columns that Only or Defer left out.
func (d *Dynamic) Deferred(f func(name string)) {
	for _, x := range d.slot.info.fields {
		if l := d.slot.state.loaded; l != nil && !(*l)[x.index] {
			f(x.att)
		}
	}
}

// Stored tells whether the record has been fetched or saved.
func (d *Dynamic) Stored() bool { return d.slot.state.stored }

// Extra calls f with the names and values of annotations: an abi.Value, or a
// *Dynamic or []*Dynamic where a prefetch was told to put its records.
func (d *Dynamic) Extra(f func(name string, v any)) {
	x := d.slot.state.extra
	if x == nil {
		return
	}
	for i, v := range x.vals {
		switch v := v.(type) {
		case *Dynamic, []*Dynamic:
			f(x.names[i], v)
		default:
			w, _ := toValue(v)
			f(x.names[i], w)
		}
	}
}

// Set sets a column by its name, or a foreign key by its name or attribute.
func (d *Dynamic) Set(name string, v abi.Value) error {
	f := d.slot.info.byName[name]
	if f == nil || f.class == "ManyToManyField" {
		return d.slot.info.noField(name)
	}
	delete(d.slot.exprs, f.name)
	d.known(f)
	p := unsafe.Add(unsafe.Pointer(d), f.off)
	if f.kind == kForeign {
		*(*foreign)(p) = foreign{field: f, key: keyOfValue(v)}
		return nil
	}
	if v.Kind == abi.KindList && f.class == arrayClass {
		v.Kind = abi.KindArray
	}
	*(*abi.Value)(p) = v
	return nil
}

// known marks a column that was not fetched as one whose value is known now.
func (d *Dynamic) known(f *field) {
	st := &d.slot.state
	if st.loaded == nil || (*st.loaded)[f.index] {
		return
	}
	l := append(fieldSet(nil), *st.loaded...)
	l[f.index] = true
	if st.loaded = &l; all(l) {
		st.loaded = nil
	}
}

// Related returns the record at the other end of a foreign key or one-to-one
// relation; known tells whether it has been fetched.
func (d *Dynamic) Related(name string) (obj *Dynamic, known bool) {
	p := unsafe.Pointer(d)
	if f := d.slot.info.byName[name]; f != nil && f.kind == kForeign && f.name == name {
		fk := (*foreign)(unsafe.Add(p, f.off))
		return (*Dynamic)(fk.obj), fk.loaded || fk.obj != nil
	}
	if a := d.slot.info.byRel[name]; a != nil && a.one {
		o := (*oneState)(unsafe.Add(p, a.off))
		return (*Dynamic)(o.obj), o.loaded
	}
	if o := d.slot.info.loose(name, p); o != nil {
		return (*Dynamic)(o.obj), o.loaded
	}
	return nil, false
}

// Relations calls f with the names of the relations to one record.
func (d *Dynamic) Relations(f func(name string, reverse bool)) {
	for _, x := range d.slot.info.fields {
		if x.kind == kForeign {
			f(x.name, false)
		}
	}
	for _, a := range d.slot.info.accessors {
		if a.one {
			f(a.name, true)
		}
	}
	for _, g := range d.slot.info.line.generics {
		f(g.name, false)
	}
	for _, o := range d.slot.info.line.objects {
		f(o.name, false)
	}
}

// Prefetched calls f with the relations to many records that are here.
func (d *Dynamic) Prefetched(f func(name string, records []*Dynamic)) {
	for _, a := range d.slot.info.accessors {
		if a.one {
			continue
		}
		if m := (*manyState)(unsafe.Add(unsafe.Pointer(d), a.off)); m.rows != nil {
			f(a.kept(), typed[Dynamic](*m.rows))
		}
	}
}

// kept is the name by which Django keeps the prefetched records: that of the
// accessor, but of a many-to-many field seen from its target that of lookups.
func (a *accessor) kept() string {
	if a.m2m() && !a.forward && a.field.rel.queryName != "" {
		return a.field.rel.queryName
	}
	return a.name
}

// FetchRelated returns the record at the other end of a foreign key or
// one-to-one relation: from the database only if it is not here yet. A
// reverse relation without a record is ErrNotFound.
func (d *Dynamic) FetchRelated(ctx context.Context, name string) (*Dynamic, error) {
	p := unsafe.Pointer(d)
	if f := d.slot.info.byName[name]; f != nil && f.kind == kForeign && f.name == name {
		fk := (*foreign)(unsafe.Add(p, f.off))
		if fk.obj == nil && !fk.loaded {
			if far := d.slot.info.asParent(f, p); far != nil {
				fk.obj, fk.target, fk.loaded = far, f.rel.target, true
			}
		}
		return dynamic(fk.fetch(ctx, f.rel))
	}
	if g := d.slot.info.generic(name); g != nil {
		return dynamic(d.slot.info.fetchGeneric(near(ctx, d.slot.state.db), g, p))
	}
	if o := d.slot.info.object(name); o != nil {
		return dynamic(o.fetch(near(ctx, d.slot.state.db), p))
	}
	a := d.slot.info.byRel[name]
	if a == nil || !a.one {
		return nil, d.slot.info.noRelation(name, name)
	}
	o := (*oneState)(unsafe.Add(p, a.off))
	if !o.loaded {
		q, err := a.query(o.owner, o.db)
		if err != nil {
			return nil, err
		}
		far, err := q.get(ctx)
		if err != nil {
			return nil, err
		}
		o.obj, o.loaded = far, true
		(*foreign)(unsafe.Add(far, a.field.off)).set(d.slot.info, p)
	}
	if o.obj == nil {
		return nil, &NotFoundError{Model: a.target.goType}
	}
	return (*Dynamic)(o.obj), nil
}

// Manager selects the records of a relation to many.
func (d *Dynamic) Manager(name string) (*DynamicSet, error) { return d.ManagerOf(name, nil) }

// ManagerOf selects the records of a relation to many among those of a set,
// nil for what the relation begins with.
func (d *Dynamic) ManagerOf(name string, among *DynamicSet) (*DynamicSet, error) {
	a := d.slot.info.byRel[name]
	if a == nil || a.one {
		return nil, d.slot.info.noRelation(name, name)
	}
	base := a.base()
	if among != nil {
		base = among.q
	}
	base = base.near(d.slot.state.db)
	var q *core
	var err error
	owner := (*manyState)(unsafe.Add(unsafe.Pointer(d), a.off)).owner
	if owner.IsZero() && !d.key().IsZero() && a.object == nil {
		// It points back by a field that is NULL here.
		return &DynamicSet{q: base.names(query.StepNone, nil)}, nil
	}
	if a.object != nil {
		q, err = a.owned(unsafe.Pointer(d), base)
	} else {
		q, err = a.queryIn(base, owner)
	}
	if err != nil {
		return nil, err
	}
	if a.field != nil && !a.m2m() {
		q.knows(known{a.field, owner, d.slot.info, unsafe.Pointer(d)})
	}
	return &DynamicSet{q: q}, nil
}

// typed is a cell as a value of its field's kind, f being a computed column or
// a field of any model.
func (m *modelInfo) typed(f *field, v *abi.Value) abi.Value {
	if f != nil && f.naive != m.naive {
		c := *f
		c.naive = m.naive
		f = &c
	}
	return f.typed(v)
}

// typed is a cell as a value of its field's kind.
func (f *field) typed(v *abi.Value) abi.Value {
	switch v.Kind { // a cursor's value keeps the last text and number
	case abi.KindInt, abi.KindFloat:
		v.Str = ""
	case abi.KindText, abi.KindBytes:
		v.Num = 0
	}
	if v.IsNull() && f != nil && f.nothing {
		return f.nothingOf()
	}
	if v.IsNull() || f == nil {
		return *v
	}
	for f.kind == kForeign {
		f = f.rel.key1()
	}
	kind := f.kind
	if kind == kDynamic {
		kind = classKinds[f.class]
	}
	if kind == kInvalid || kind >= kArray {
		if c, ok := f.compositeOf(v); ok {
			return c
		}
	}
	switch kind {
	case kBool:
		n, ok := intOf(v)
		if ok {
			return abi.Bool(n != 0)
		}
	case kTime:
		if t, ok := timeOf(v); ok {
			if f.naive {
				return abi.Value{Kind: abi.KindNaive, Num: uint64(t.UnixMicro())}
			}
			return abi.Micros(t.UnixMicro())
		}
	case kDate:
		if t, ok := timeOf(v); ok {
			return abi.Value{Kind: abi.KindDate, Num: uint64(DateOf(t).days())}
		}
	case kClock:
		if c, ok := clockOf(v); ok {
			return abi.Value{Kind: abi.KindClock, Num: uint64(c / time.Microsecond)}
		}
	case kDuration:
		if n, ok := microsOf(v); ok {
			return abi.Value{Kind: abi.KindDuration, Num: uint64(n)}
		}
	case kDecimal:
		if s, ok := decimalOf(v, f.places); ok {
			return abi.Value{Kind: abi.KindDecimal, Str: s}
		}
	case kUUID:
		if u, ok := uuidOf(v); ok {
			return abi.Value{Kind: abi.KindUUID, Str: string(u[:])}
		}
	case kJSON:
		if s, ok := textOf(v); ok {
			return abi.Value{Kind: abi.KindJSON, Str: s}
		}
	case kInt64:
		if n, ok := f.whole(v); ok {
			return abi.Int(n)
		}
	case kFloat64:
		if x, ok := floatOf(v); ok {
			return abi.Float(x)
		}
	}
	if kind == kInvalid && v.Kind == abi.KindText && f.class == "BinaryField" {
		return abi.Value{Kind: abi.KindBytes, Str: v.Str}
	}
	if kind == kInvalid && v.Kind == abi.KindInt && textual(f.class) {
		return abi.Text(strconv.FormatInt(v.Int64(), 10))
	}
	return *v
}

func textual(class string) bool {
	return class == "CharField" || class == "TextField" || class == "SlugField"
}
