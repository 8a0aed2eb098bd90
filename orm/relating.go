package orm

import (
	"context"
	"slices"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// ManyOption changes how a relation to many records is written: see
// [Many.Writing].
type ManyOption interface{ ormMany(*manyOptions) }

type manyOption func(*manyOptions)

func (f manyOption) ormMany(o *manyOptions) { f(o) }

type manyOptions struct {
	through []any
	each    bool
	clear   bool
}

// ThroughDefaults are name-value pairs for the records of the through model
// that Add, Set, Create, GetOrCreate and UpdateOrCreate make.
func ThroughDefaults(pairs ...any) ManyOption {
	return manyOption(func(o *manyOptions) { o.through = append(o.through, spread(pairs)...) })
}

// OneByOne makes the writing of a Reverse save, or delete, each record by its
// own Save or Delete, where one statement for all would do. Records that have
// not been saved can be added then.
func OneByOne() ManyOption { return manyOption(func(o *manyOptions) { o.each = true }) }

// ClearFirst makes Set take all records out before it adds those given, where
// it would only change what differs.
func ClearFirst() ManyOption { return manyOption(func(o *manyOptions) { o.clear = true }) }

// relating is a relation of one owner to many records, as it is written.
type relating struct {
	acc   *accessor
	owner Key
	db    databaseID
	obj   unsafe.Pointer // the owner, where it is at hand
	among *core          // what its records are taken from, nil = what the relation begins with
	typ   Key            // of a generic relation: its content type, once that is known
	manyOptions
}

// member is a record to be related, or the key of one.
type member struct {
	info *modelInfo
	p    unsafe.Pointer
	key  Key
}

func membersOf[T any](objs []*T) []member {
	info := infoOf[T]()
	out := make([]member, len(objs))
	for i, o := range objs {
		out[i] = member{info: info, p: unsafe.Pointer(o)}
	}
	return out
}

func membersByKey(keys []Key) []member {
	out := make([]member, len(keys))
	for i, k := range keys {
		out[i].key = k
	}
	return out
}

func (r *relating) check() error {
	if r.acc == nil {
		return ErrNotSaved
	}
	if r.obj != nil && r.acc.owner.keyOf(r.obj).IsZero() {
		return ErrNotSaved
	}
	if r.owner.IsZero() && r.acc.object == nil {
		if r.obj != nil {
			return &ValueError{Field: r.acc.label(), Reason: "the value that the records would point to is NULL: set it first"}
		}
		return ErrNotSaved
	}
	return nil
}

// base is what the relation's records are taken from.
func (r *relating) base() *core {
	if r.among != nil {
		return r.among
	}
	return r.acc.base()
}

// records selects the relation's records.
func (r *relating) records(alias string) (*core, error) {
	base := r.base().in(alias)
	if r.acc.object != nil && r.obj != nil {
		return r.acc.owned(r.obj, base)
	}
	return r.acc.queryIn(base, r.owner)
}

// narrowed tells whether the relation takes some records only of its target.
func (r *relating) narrowed() bool {
	for n := r.base(); n.depth > 0; n = n.parent {
		if n.step.Kind == query.StepFilter || n.step.Kind == query.StepExclude {
			return true
		}
	}
	return false
}

// database is where the relation is written: that of the table that says what
// belongs together.
func (r *relating) database(ctx context.Context) string {
	m := r.acc.target
	if r.acc.m2m() {
		m = r.acc.field.rel.through
	}
	return m.target(ctx, true, r.db)
}

// isA tells whether records of m are records of c: m is c, or extends it.
func (m *modelInfo) isA(c *modelInfo) bool {
	return m == c || m.line != nil && slices.ContainsFunc(m.line.parents, func(p *modelInfo) bool { return p.isA(c) })
}

// takes refuses what is no record of the relation's target.
func (r *relating) takes(m *member) error {
	switch {
	case m.info == nil:
		return &ValueError{Field: r.acc.label(), Reason: "it takes " + r.acc.target.goType + " records"}
	case m.p == nil:
		return &ValueError{Field: r.acc.label(), Reason: "a " + r.acc.target.goType + " is nil"}
	case !m.info.isA(r.acc.target):
		return &ValueError{Field: r.acc.label(), Reason: "it takes records of " + r.acc.target.goType + ", not of " + m.info.goType}
	}
	return nil
}

func (r *relating) add(ctx context.Context, ms []member) error {
	if err := r.check(); err != nil {
		return err
	}
	switch {
	case len(ms) == 0:
		return nil
	case r.acc.m2m():
		return r.addLinks(ctx, ms)
	}
	return r.adopt(ctx, ms)
}

func (r *relating) remove(ctx context.Context, ms []member) error {
	if err := r.check(); err != nil {
		return err
	}
	switch {
	case len(ms) == 0:
		return nil
	case r.acc.m2m():
		return r.removeLinks(ctx, ms)
	case r.acc.generic != nil:
		return r.deleteOwned(ctx, ms)
	}
	return r.release(ctx, ms)
}

func (r *relating) clearAll(ctx context.Context) error {
	if err := r.check(); err != nil {
		return err
	}
	switch {
	case r.acc.m2m():
		return r.clearLinks(ctx)
	case r.acc.generic != nil:
		alias := r.database(ctx)
		q, err := r.records(alias)
		if err != nil {
			return err
		}
		return r.deleteFrom(ctx, alias, q)
	}
	return r.releaseAll(ctx)
}

// set makes ms the only records of the relation.
func (r *relating) set(ctx context.Context, ms []member) error {
	if err := r.check(); err != nil {
		return err
	}
	if !r.acc.m2m() && r.acc.generic == nil && (r.acc.field == nil || !r.acc.field.null) {
		return r.add(ctx, ms) // those that are there can't point to nothing
	}
	alias := r.database(ctx)
	out := *r
	out.each = r.each && r.acc.generic == nil // what goes of these goes at once
	return together(within(ctx, alias), func(ctx context.Context) error {
		if r.clear {
			if err := out.clearAll(ctx); err != nil {
				return err
			}
			return r.add(ctx, ms)
		}
		var gone, fresh []member
		var err error
		if r.acc.m2m() {
			gone, fresh, err = r.compareLinks(ctx, alias, ms)
		} else {
			gone, fresh, err = r.compareRecords(ctx, alias, ms)
		}
		if err != nil {
			return err
		}
		if err := out.remove(ctx, gone); err != nil {
			return err
		}
		return r.add(ctx, fresh)
	})
}

// compareRecords says which of the relation's records are not among ms, and
// which of ms it has not yet.
func (r *relating) compareRecords(ctx context.Context, alias string, ms []member) (gone, fresh []member, err error) {
	q, err := r.records(alias)
	if err != nil {
		return nil, nil, err
	}
	have, err := q.fetch(ctx)
	if err != nil {
		return nil, nil, err
	}
	there := map[Key]bool{}
	for _, p := range have {
		there[r.acc.target.keyOf(p)] = true
	}
	for i := range ms {
		if m := &ms[i]; m.info != nil && m.p != nil && m.info.table1() == r.acc.target.table1() {
			if k := m.info.keyOf(m.p); there[k] {
				delete(there, k)
				continue
			}
		}
		fresh = append(fresh, ms[i])
	}
	for _, p := range have {
		if there[r.acc.target.keyOf(p)] {
			gone = append(gone, member{info: r.acc.target, p: p})
		}
	}
	return gone, fresh, nil
}

// create inserts the record at p as one of the relation's.
func (r *relating) create(ctx context.Context, p unsafe.Pointer) error {
	if err := r.check(); err != nil {
		return err
	}
	if p == nil {
		return &ValueError{Field: r.acc.label(), Reason: "the " + r.acc.target.goType + " is nil"}
	}
	if !r.acc.m2m() {
		alias := r.database(ctx)
		if err := r.point(ctx, alias, p); err != nil {
			return err
		}
		return r.acc.target.root.in(alias).create(ctx, p)
	}
	alias := r.home(ctx)
	return together(within(ctx, alias), func(ctx context.Context) error {
		if err := r.acc.target.root.in(alias).create(ctx, p); err != nil {
			return err
		}
		return r.addLinks(ctx, []member{{info: r.acc.target, p: p}})
	})
}

// home is where records are looked for, and created, before they are related.
func (r *relating) home(ctx context.Context) string {
	if r.acc.m2m() {
		return r.acc.owner.target(ctx, true, r.db)
	}
	return r.database(ctx)
}

// getOrCreate runs f, which looks among the relation's records, and makes a
// record that it creates one of them.
func (r *relating) getOrCreate(ctx context.Context, f *finding) (unsafe.Pointer, bool, error) {
	alias := r.home(ctx)
	f.of, f.match = r.acc.target.root.in(alias), f.match.in(alias)
	if r.acc.m2m() {
		p, created, err := f.run(ctx)
		if err == nil && created {
			err = r.addLinks(ctx, []member{{info: r.acc.target, p: p}})
		}
		return p, created, err
	}
	if r.acc.generic != nil {
		if _, err := r.contentType(ctx, alias); err != nil {
			return nil, false, err
		}
	}
	fill := f.fill
	f.fill = func(p unsafe.Pointer) error {
		if err := r.point(ctx, alias, p); err != nil {
			return err
		}
		return fill(p)
	}
	return f.run(ctx)
}

// find reads the arguments of GetOrCreate and UpdateOrCreate.
func (r *relating) find(ctx context.Context, args []any, update bool) (unsafe.Pointer, bool, error) {
	if err := r.check(); err != nil {
		return nil, false, err
	}
	q, err := r.records(r.home(ctx))
	if err != nil {
		return nil, false, err
	}
	f, err := q.finding(args, update)
	if err != nil {
		return nil, false, err
	}
	return r.getOrCreate(ctx, f)
}

// point makes the record at p, of the target, one that points to the owner.
func (r *relating) point(ctx context.Context, alias string, p unsafe.Pointer) error {
	m := r.acc.target
	switch {
	case r.acc.generic != nil:
		typ, err := r.contentType(ctx, alias)
		if err != nil {
			return err
		}
		return m.pointTo(m.copyOf(r.acc.generic.typ), m.copyOf(r.acc.generic.object), p, typ, r.rawKey())
	case r.acc.object != nil:
		for i, n := range r.acc.object.from {
			m.byName[n].put(p, r.acc.owner.byName[r.acc.object.to[i]].value(r.obj))
		}
		return nil
	}
	f := m.copyOf(r.acc.field)
	if err := f.mayPoint(m, m.state(p).db, r.acc.owner, r.db); err != nil {
		return err
	}
	fk := (*foreign)(unsafe.Add(p, f.off))
	if fk.field = f; r.obj != nil {
		fk.set(r.acc.owner, r.obj)
		return nil
	}
	if fk.current() != r.owner {
		fk.obj, fk.loaded = nil, false
	}
	fk.key = r.owner
	return nil
}

// rawKey is the owner's key as the column of a generic relation gets it.
func (r *relating) rawKey() Key {
	if r.obj != nil {
		return r.acc.owner.keyOf(r.obj)
	}
	if k, ok := r.acc.generic.object.held(r.owner); ok {
		return k
	}
	return r.owner
}

// contentType is the key of the content type that stands for the owner's model.
func (r *relating) contentType(ctx context.Context, alias string) (Key, error) {
	if !r.typ.IsZero() {
		return r.typ, nil
	}
	g := r.acc.generic
	named := g.named
	if r.obj != nil {
		named = (*Dynamic)(r.obj).slot.info
		if !g.proxies {
			named = named.table1()
		}
	}
	var err error
	r.typ, err = g.typ.rel.typeOf(ctx, alias, named)
	return r.typ, err
}
