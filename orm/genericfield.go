package orm

import (
	"context"
	"slices"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

// GenericForeignKey points to one record of whichever model, by the content
// type of its model and its key, which are fields of the struct too:
//
//	type Tag struct {
//		orm.Model[Tag]
//		Word        string
//		ContentType orm.ForeignKey[contenttypes.ContentType] `orm:"on_delete=cascade"`
//		ObjectID    int64
//		Object      orm.GenericForeignKey
//	}
//
// Where they have other names the tag says which: content_type=KIND and
// object_id=OF. With for_concrete_model=false proxies have content types of
// their own. Save writes both fields of a key that was Set.
type GenericForeignKey struct{ g anyState }

// GenericRelation is the records of T whose GenericForeignKey points here. They
// are deleted with the record that they point to. Lookups can lead over it, and
// back from T if its tag says query_name=NAME, where T's object_id has the type
// of the model's key: a database compares no number with a text.
type GenericRelation[T any] struct{ Many[T] }

// genericField is one of both.
type genericField interface{ ormGeneric(a *accessor) }

func (*GenericForeignKey) ormGeneric(a *accessor) {
	a.one, a.points = true, &genericKey{bring: bringGeneric}
}

func (*GenericRelation[T]) ormGeneric(a *accessor) { a.key, a.generic = (*T)(nil), &genericEnd{} }

// genericTag is what the tag of one of both says.
type genericTag struct {
	typ, object, queryName string
	proxies                bool
}

func (a *accessor) genericTag(name, val string, word func() string, fail func(string)) {
	switch {
	case name == "":
	case name == "content_type":
		a.gen.typ = word()
	case name == "object_id":
		a.gen.object = word()
	case name == "for_concrete_model":
		a.gen.proxies = val == "false"
	case name == "query_name" && a.generic != nil:
		a.gen.queryName = word()
	case a.generic != nil:
		fail("GenericRelation takes content_type, object_id, for_concrete_model and query_name, not " + name)
	default:
		fail("GenericForeignKey takes content_type, object_id and for_concrete_model, not " + name)
	}
}

// anyState is a GenericForeignKey's. The key of the other record, owner, and
// its content type are those that the columns had when the record was read or
// saved.
type anyState struct {
	oneState
	target *modelInfo // of obj
	typ    Key
	absent bool // the columns were not fetched
}

// bind tells the key of the record at p what the columns hold.
func (g *genericKey) bind(a *accessor, p unsafe.Pointer) {
	s := (*anyState)(unsafe.Add(p, g.off))
	m := a.owner
	s.acc = a
	if s.given {
		return
	}
	l := m.state(p).loaded
	if s.absent = l != nil && !((*l)[m.byName[g.typ].index] && (*l)[m.byName[g.object].index]); s.absent {
		return
	}
	if typ, id := m.pair(g, p); typ != s.typ || id != s.owner {
		s.typ, s.owner, s.obj, s.target, s.loaded = typ, id, nil, nil, false
	}
}

// known refuses to say what columns point to that were not fetched.
func (s *anyState) known(m *modelInfo, g *genericKey) error {
	if !s.absent {
		return nil
	}
	return &ValueError{Field: m.goType + "." + g.name, Reason: "Only or Defer left out " + g.typ + " or " + g.object + ", which say what it points to: fetch them, or call Refresh(ctx, " + quote(g.typ) + ", " + quote(g.object) + ")"}
}

// rootGeneric notes the model's generic foreign keys.
func (m *modelInfo) rootGeneric() {
	for _, a := range m.accessors {
		if g := a.points; g != nil {
			m.rooted()
			g.name, g.proxies, g.off = a.name, a.gen.proxies, a.off
			m.line.generics, m.line.bring = append(m.line.generics, g), g.bring
		}
	}
}

// linkGeneric finds the fields of the model's relations through content types.
func (m *modelInfo) linkGeneric(errs *modelErrors) {
	for _, a := range m.accessors {
		if a.points == nil && a.generic == nil {
			continue
		}
		far := m
		if a.generic != nil {
			if far = a.target; far == nil {
				continue
			}
			if reason := a.follow(); reason != "" {
				*errs = append(*errs, &ModelError{Model: m.goType, Field: a.goName, Tag: a.tag, Reason: reason})
				continue
			}
		}
		if a.gen.typ == "" {
			a.gen.typ = "content_type"
		}
		if a.gen.object == "" {
			a.gen.object = "object_id"
		}
		if reason := a.columns(far); reason != "" {
			*errs = append(*errs, &ModelError{Model: m.goType, Field: a.goName, Tag: a.tag, Reason: reason})
			continue
		}
		typ, object := far.byName[a.gen.typ], far.byName[a.gen.object]
		desc := schema.Generic{Name: a.name, TypeField: typ.name, ObjectField: object.name, Proxies: a.gen.proxies}
		if a.points != nil {
			a.points.typ, a.points.object = typ.name, object.name
		} else {
			a.generic = (&genericEnd{typ: typ, object: object, proxies: a.gen.proxies}).of(m)
			a.lookup, a.other, m.byRel[a.name] = object.name, true, a
			desc.To, desc.QueryName = far.label, a.gen.queryName
		}
		m.ends = append(m.ends, desc)
	}
}

// follow takes over what the tag of a GenericRelation doesn't say from the
// target's only GenericForeignKey.
func (a *accessor) follow() (wrong string) {
	var keys []*accessor
	for _, b := range a.target.accessors {
		if b.points != nil {
			keys = append(keys, b)
		}
	}
	switch {
	case len(keys) == 0:
		return "no GenericForeignKey of " + a.target.goType + " can point here: give it one"
	case a.gen.typ != "" && a.gen.object != "":
	case len(keys) > 1:
		return a.target.goType + " has several GenericForeignKeys: say which by content_type=FIELD and object_id=FIELD"
	default:
		if a.gen.typ == "" {
			a.gen.typ = keys[0].gen.typ
		}
		if a.gen.object == "" {
			a.gen.object = keys[0].gen.object
		}
	}
	if !slices.ContainsFunc(a.target.accessors, func(b *accessor) bool {
		typ, object := b.gen.typ, b.gen.object
		return b.points != nil && a.names(typ, "content_type", a.gen.typ) && a.names(object, "object_id", a.gen.object)
	}) {
		return "no GenericForeignKey of " + a.target.goType + " has content_type=" + a.gen.typ + " and object_id=" + a.gen.object
	}
	return ""
}

// names tells whether two tags name the same field.
func (*accessor) names(a, byDefault, b string) bool {
	if a == "" {
		a = byDefault
	}
	if b == "" {
		b = byDefault
	}
	return a == b
}

// columns says what is wrong with the fields that the tag names.
func (a *accessor) columns(m *modelInfo) string {
	typ, object := m.byName[a.gen.typ], m.byName[a.gen.object]
	switch {
	case typ == nil:
		return m.goType + " has no field " + a.gen.typ + nearest(a.gen.typ, m.names()) + ": it needs a ForeignKey[contenttypes.ContentType]; say content_type=FIELD if it is called differently"
	case !typ.typesContent():
		return m.goType + "." + typ.goName + " is to be a ForeignKey to a model of content types, such as contenttypes.ContentType"
	case object == nil:
		return m.goType + " has no field " + a.gen.object + nearest(a.gen.object, m.names()) + ": it needs one that holds the keys of records; say object_id=FIELD if it is called differently"
	case object.kind != kString && object.kind != kUUID && (object.kind < kInt64 || object.kind > kUint8):
		return m.goType + "." + object.goName + " can't hold keys of records: make it an int64, a string or a UUID"
	case a.points != nil && m.byName[a.name] != nil:
		return "another field is called " + a.name + " too: rename one"
	}
	return ""
}

// GenericTo makes a generic foreign key to obj, for struct literals.
func GenericTo(obj record) GenericForeignKey {
	var f GenericForeignKey
	f.Set(obj)
	return f
}

// Set points the key to a record; nil makes it point to none. The fields that
// hold it are written when the record is saved.
func (f *GenericForeignKey) Set(obj record) {
	f.g.obj, f.g.target, f.g.loaded, f.g.given = nil, nil, true, true
	if obj != nil && !isNil(obj) {
		f.g.target, f.g.obj = obj.ormKey()
	}
}

// Keys returns the keys of the content type and of the record, as they were
// when the record was read or saved: no keys when there is none.
func (f *GenericForeignKey) Keys() (contentType, object Key) {
	if f.g.given {
		if f.g.obj == nil {
			return Key{}, Key{}
		}
		return Key{}, f.g.target.keyOf(f.g.obj)
	}
	return f.g.typ, f.g.owner
}

// IsNull tells whether the key points to no record.
func (f *GenericForeignKey) IsNull() bool {
	if f.g.given {
		return f.g.obj == nil
	}
	return f.g.typ.IsZero() || f.g.owner.IsZero()
}

// Get returns the related record, a pointer to a model's struct: nil when there
// is none. It panics with a NotFetchedError when the record is not here.
//
//	switch x := tag.Object.Get().(type) {
//	case *Book: …
//	case *Author: …
//	}
func (f *GenericForeignKey) Get() any {
	obj, err := f.Loaded()
	if err != nil {
		panic(err)
	}
	return obj
}

// Loaded returns the related record, or a NotFetchedError when it is not here.
func (f *GenericForeignKey) Loaded() (any, error) {
	switch {
	case f.g.obj != nil:
		return f.g.target.record(f.g.obj), nil
	case f.g.loaded || f.g.acc != nil && !f.g.absent && f.IsNull():
		return nil, nil
	case f.g.acc == nil:
		return nil, ErrNotSaved
	}
	return nil, f.g.acc.notFetched()
}

// Fetch returns the related record: nil when there is none, or the app has no
// such model any more. It asks the database only if the record is not here yet.
func (f *GenericForeignKey) Fetch(ctx context.Context) (any, error) {
	g := &f.g
	if g.obj == nil && !g.loaded {
		if g.acc == nil {
			return nil, ErrNotSaved
		}
		m := g.acc.owner
		if err := g.known(m, g.acc.points); err != nil {
			return nil, err
		}
		far, obj, err := m.byName[g.acc.points.typ].rel.object(near(ctx, g.db), g.typ, g.owner)
		if err != nil {
			return nil, err
		}
		m.hangAny(&g.oneState, far, obj)
	}
	return f.Loaded()
}

// pointAny points the GenericForeignKey called name of the record at p to another
// record, which is nil or one of a struct. It is false when there is none.
func (m *modelInfo) pointAny(p unsafe.Pointer, name string, to any) bool {
	g := m.generic(name)
	r, ok := to.(record)
	if g == nil || m.dynamic || !ok && to != nil {
		return false
	}
	(*GenericForeignKey)(unsafe.Add(p, g.off)).Set(r)
	return true
}
