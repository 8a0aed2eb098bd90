package orm

import (
	"context"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// foreign is a foreign key's value, whatever it points to.
type foreign struct {
	key    Key
	obj    unsafe.Pointer // the record, once fetched or assigned
	target *modelInfo     // of obj
	loaded bool           // obj is known, also when it is nil
	given  bool           // obj has been assigned, and not been looked at by Save
	db     databaseID     // of the record whose key this is
	field  *field         // nil in a literal
}

// current is the key to store: an assigned record may have got its own since.
func (f *foreign) current() Key {
	if f.obj != nil && f.target != nil {
		return f.keyOf(f.target, f.obj)
	}
	return f.key
}

func (f *foreign) set(target *modelInfo, p unsafe.Pointer) {
	f.obj, f.target, f.loaded, f.given, f.key = p, target, true, p != nil, Key{}
	if p != nil {
		f.key = f.keyOf(target, p)
	}
}

// keyOf is the key that points to the record at p.
func (f *foreign) keyOf(target *modelInfo, p unsafe.Pointer) Key {
	if f.field != nil && (target.dynamic || f.field.rel.toField != nil) {
		if r := f.field.rel; !target.dynamic && target != r.target { // of a model that extends it
			return keyOfValue(target.same(r.toField).value(p))
		}
		return f.field.rel.keyOf(p)
	}
	return target.keyOf(p)
}

// ForeignKey points to one record of T. Its zero value points to none (NULL).
type ForeignKey[T any] struct {
	_ [0]*T
	f foreign
}

// OneToOne is a ForeignKey to which at most one record of each T belongs.
type OneToOne[T any] struct{ ForeignKey[T] }

// To makes a foreign key to obj, for struct literals.
func To[T any](obj *T) ForeignKey[T] {
	var f ForeignKey[T]
	f.Set(obj)
	return f
}

// ToKey makes a foreign key to the record with the given id.
func ToKey[T any](id int64) ForeignKey[T] { return ForeignKey[T]{f: foreign{key: IntKey(id)}} }

// OneTo makes a one-to-one relation to obj, for struct literals.
func OneTo[T any](obj *T) OneToOne[T] { return OneToOne[T]{To(obj)} }

func (*ForeignKey[T]) ormRelation() relation {
	return relation{kind: schema.ForeignKey, key: (*T)(nil), onDelete: onDeleteUnset}
}

func (*OneToOne[T]) ormRelation() relation {
	return relation{kind: schema.OneToOne, key: (*T)(nil), onDelete: onDeleteUnset}
}

func (f ForeignKey[T]) foreignKey() *foreign { return &f.f }

// Set points the key to obj; nil makes it NULL.
func (f *ForeignKey[T]) Set(obj *T) {
	var info *modelInfo
	if obj != nil {
		info = infoOf[T]()
	}
	f.f.set(info, unsafe.Pointer(obj))
}

// SetID points the key to the record with the given id, without fetching it.
func (f *ForeignKey[T]) SetID(id int64) { f.SetKey(IntKey(id)) }

// SetKey points the key to the record with the given primary key, or, where the
// tag names a to_field, with that value of it.
func (f *ForeignKey[T]) SetKey(k Key) { f.f.key, f.f.obj, f.f.loaded = k, nil, false }

// ID returns the integer key of the related record, 0 when there is none.
func (f *ForeignKey[T]) ID() int64 { return f.f.current().n }

// Key returns the key of the related record.
func (f *ForeignKey[T]) Key() Key { return f.f.current() }

// IsNull tells whether the key points to no record.
func (f *ForeignKey[T]) IsNull() bool { return f.f.obj == nil && f.f.key.IsZero() }

// Get returns the related record: nil when the key is NULL. It panics with a
// NotFetchedError when the record is not here: fetch it before, by Fetch on
// this key or by SelectRelated or PrefetchRelated on the queryset.
func (f *ForeignKey[T]) Get() *T {
	obj, err := f.Loaded()
	if err != nil {
		panic(err)
	}
	return obj
}

// Loaded returns the related record, or a NotFetchedError when it is not here.
func (f *ForeignKey[T]) Loaded() (*T, error) {
	if f.f.obj != nil || f.f.key.IsZero() || f.f.loaded {
		return (*T)(f.f.obj), nil
	}
	return nil, f.f.notFetched(infoOf[T]())
}

func (f *foreign) notFetched(target *modelInfo) error {
	if f.field == nil {
		return notFetched("the related "+target.goType, "call Fetch(ctx) on the foreign key")
	}
	m := f.field.model.goType
	return notFetched(m+"."+f.field.goName, "call "+snake(m)+"."+f.field.goName+".Fetch(ctx), or SelectRelated("+quote(f.field.name)+") on the queryset")
}

// Fetch returns the related record: from the database only if it is not here
// yet. Afterwards Get has it.
func (f *ForeignKey[T]) Fetch(ctx context.Context) (*T, error) {
	p, err := f.f.fetch(ctx, f.relation())
	return (*T)(p), err
}

func (f *ForeignKey[T]) relation() *relation {
	if f.f.field != nil {
		return f.f.field.rel
	}
	return &relation{target: infoOf[T]()}
}

// fetch returns what the key points to, and keeps it.
func (f *foreign) fetch(ctx context.Context, r *relation) (unsafe.Pointer, error) {
	if f.obj != nil || f.key.IsZero() || f.loaded {
		return f.obj, nil
	}
	p, err := f.want(r).fetch(ctx, nil)
	if err != nil {
		return nil, err
	}
	f.bring(r, p)
	return p, nil
}

// want is the fetch of what the key points to.
func (f *foreign) want(r *relation) *want {
	return &want{base: r.target.base().near(f.db), path: r.path(), key: f.key, keyOf: r.keyOf}
}

// bring keeps what was fetched.
func (f *foreign) bring(r *relation, p unsafe.Pointer) { f.obj, f.target, f.loaded = p, r.target, true }

// oneState is the other end of a one-to-one relation.
type oneState struct {
	acc    *accessor
	owner  Key
	obj    unsafe.Pointer
	loaded bool
	given  bool       // of a generic relation: obj was assigned, and is to be saved
	db     databaseID // of the owner
}

// ReverseOne is the record whose OneToOne field points here.
type ReverseOne[T any] struct {
	_ [0]*T
	o oneState
}

func (*ReverseOne[T]) ormReverse() (any, bool) { return (*T)(nil), true }

// Get returns the related record, nil when there is none. It panics with a
// NotFetchedError when it has not been fetched.
func (r *ReverseOne[T]) Get() *T {
	obj, err := r.Loaded()
	if err != nil {
		panic(err)
	}
	return obj
}

// Loaded returns the related record, or a NotFetchedError when it is not here.
func (r *ReverseOne[T]) Loaded() (*T, error) {
	if !r.o.loaded {
		return nil, r.o.acc.notFetched()
	}
	return (*T)(r.o.obj), nil
}

// Fetch returns the related record, or nil when there is none, asking the
// database only if it is not here yet.
func (r *ReverseOne[T]) Fetch(ctx context.Context) (*T, error) {
	if r.o.loaded {
		return (*T)(r.o.obj), nil
	}
	a := r.o.acc
	if a == nil || r.o.owner.IsZero() {
		return nil, ErrNotSaved
	}
	w := r.o.want()
	if w == nil { // of a generic relation
		q, err := a.query(r.o.owner, r.o.db)
		if err != nil {
			return nil, err
		}
		ps, err := q.slice(0, 1).fetch(ctx)
		if err != nil {
			return nil, err
		}
		if r.o.loaded = true; len(ps) > 0 {
			r.o.obj = ps[0]
		}
		return (*T)(r.o.obj), nil
	}
	p, err := w.fetch(ctx, a)
	if err != nil {
		return nil, err
	}
	r.o.obj, r.o.loaded = p, true
	return (*T)(p), nil
}

// want is the fetch of the record that points here, nil where it can only be
// fetched by itself.
func (o *oneState) want() *want {
	a := o.acc
	if a.generic != nil || a.field == nil {
		return nil
	}
	return &want{
		base: a.base().near(o.db), path: a.lookup, key: o.owner, far: true,
		keyOf: func(p unsafe.Pointer) Key { return (*foreign)(unsafe.Add(p, a.field.off)).key },
	}
}

// mirror is the accessor of m's records for the one record that points to them
// by f, nil if they have none.
func (m *modelInfo) mirror(f *field) *accessor {
	if f.rel.kind == schema.OneToOne {
		for _, a := range m.accessors {
			if a.one && a.field == f.origin() {
				return a
			}
		}
	}
	return nil
}

// show lets the record at p know the one that points to it.
func (a *accessor) show(p, owner unsafe.Pointer) {
	if a != nil && p != nil {
		o := (*oneState)(unsafe.Add(p, a.off))
		o.obj, o.loaded = owner, true
	}
}

func (a *accessor) notFetched() error {
	if a == nil {
		return ErrNotSaved
	}
	return notFetched(a.label(), "call "+snake(a.owner.goType)+"."+a.goName+".Fetch(ctx), or PrefetchRelated("+quote(a.name)+") on the queryset")
}

// query selects what stands at this end for the owner with the given key.
func (a *accessor) query(owner Key, db databaseID) (*core, error) {
	if a == nil {
		return nil, ErrNotSaved
	}
	return a.queryIn(a.base().near(db), owner)
}

// base is what the queries of this end begin with.
func (a *accessor) base() *core {
	if a.one {
		return a.target.base()
	}
	return a.target.all()
}

func (a *accessor) queryIn(base *core, owner Key) (*core, error) {
	if owner.IsZero() {
		return nil, ErrNotSaved
	}
	if a.generic != nil {
		return a.generic.among(base, []Key{owner}), nil
	}
	q := base.filter(keyCond(a.lookup, owner), false)
	if a.m2m() { // what is asked next may be of the same rows of the through table
		q.step.Flags |= query.FlagSticky
	}
	return q, nil
}

func keyCond(path string, k Key) Cond { return lookupCond(path, k.value()) }

func keyList(keys []Key) abi.Value {
	l := make([]abi.Value, len(keys))
	for i, k := range keys {
		l[i] = k.value()
	}
	return abi.List(l...)
}
