package orm

import (
	"cmp"
	"context"
	"slices"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// What is linked by a through model.

// keysBy are the keys that to, a field of the through model, would hold for
// ms: each once, in order.
func (r *relating) keysBy(to *field, ms []member) ([]Key, error) {
	keys := make([]Key, 0, len(ms))
	for i := range ms {
		m := &ms[i]
		k := m.key
		if m.info != nil || k.IsZero() {
			if err := r.takes(m); err != nil {
				return nil, err
			}
			if err := r.acc.mayHold(max(r.db, defaultID), m.info.state(m.p).db); err != nil {
				return nil, err
			}
			if k = to.rel.keyOf(m.p); k.IsZero() {
				if m.info.keyOf(m.p).IsZero() {
					return nil, ErrNotSaved
				}
				return nil, &ValueError{Field: r.acc.label(), Reason: "the " + m.info.goType + " has no value for " + to.rel.key1().name + ", by which it would be linked: set it first"}
			}
		} else {
			var err error
			if k, err = to.key(k); err != nil {
				return nil, err
			}
		}
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareKeys)
	return slices.Compact(keys), nil
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.n, b.n), cmp.Compare(a.s, b.s))
}

// key is k as f, a foreign key, holds it: a number in a form is a text first.
func (f *field) key(k Key) (Key, error) {
	at := f.pointed()
	kind := at.kind
	if kind == kDynamic {
		kind = classKinds[at.class]
	}
	if k.kind != abi.KindText {
		return k, nil
	}
	v := k.value()
	switch {
	case kind >= kInt64 && kind <= kUint8:
		n, ok := intOf(&v)
		if !ok {
			return k, &ValueError{Field: f.label(), Value: k.s, Reason: "the key is no number"}
		}
		return IntKey(n), nil
	case kind == kUUID:
		u, ok := uuidOf(&v)
		if !ok {
			return k, &ValueError{Field: f.label(), Value: k.s, Reason: "the key is no UUID"}
		}
		return UUIDKey(u), nil
	}
	return k, nil
}

// pointed is the field that has the value of f: f itself unless it is a
// foreign key.
func (f *field) pointed() *field {
	for f.kind == kForeign {
		f = f.rel.key1()
	}
	return f
}

// mirrored tells whether a relation of a model to itself holds both ways.
func (r *relating) mirrored() bool {
	f := r.acc.field.origin()
	return r.acc.forward && f.rel.symmetrical && f.rel.target.table1() == f.model.table1()
}

func (r *relating) tell(ctx context.Context, action LinkAction, keys []Key, alias string) error {
	f := r.acc.field.origin()
	for _, h := range f.model.signals.links.all() {
		if h.field != f.name {
			continue
		}
		e := LinkEvent{Action: action, Owner: r.owner, Reverse: !r.acc.forward, Keys: slices.Clone(keys), Database: alias}
		if err := h.f(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// watched tells whether somebody wants to know of changes.
func (r *relating) watched() bool {
	f := r.acc.field.origin()
	return slices.ContainsFunc(f.model.signals.links.all(), func(h *linkReceiver) bool { return h.field == f.name })
}

func (r *relating) addLinks(ctx context.Context, ms []member) error {
	alias := r.database(ctx)
	own, other := r.acc.ends()
	keys, err := r.keysBy(other, ms)
	if err != nil {
		return err
	}
	ctx = within(ctx, alias)
	mirrored := r.mirrored()
	through := own.model
	if !mirrored && !r.watched() && through.auto { // one statement
		return r.insertLinks(ctx, own, other, keys)
	}
	return together(ctx, func(ctx context.Context) error {
		if err := r.link(ctx, alias, own, other, keys, true); err != nil {
			return err
		}
		if !mirrored {
			return nil
		}
		return r.link(ctx, alias, other, own, keys, false)
	})
}

// link has the through model's records from the owner, by its field from, to
// those with the keys, as far as they are missing. Where it can be, the
// database finds out which.
func (r *relating) link(ctx context.Context, alias string, from, to *field, keys []Key, tell bool) error {
	through := from.model
	tell = tell && r.watched()
	if through.auto && !tell {
		return r.insertLinks(ctx, from, to, keys)
	}
	missing, err := r.missing(ctx, alias, from, to, keys)
	if err != nil {
		return err
	}
	if tell {
		if err := r.tell(ctx, PreAdd, missing, alias); err != nil {
			return err
		}
	}
	if through.auto {
		err = r.insertLinks(ctx, from, to, missing)
	} else {
		err = r.createLinks(ctx, alias, from, to, missing)
	}
	if err != nil || !tell {
		return err
	}
	return r.tell(ctx, PostAdd, missing, alias)
}

// missing are the keys that the through model has no record for.
func (r *relating) missing(ctx context.Context, alias string, from, to *field, keys []Key) ([]Key, error) {
	there := map[Key]bool{}
	err := inChunks(keys, maxParams, func(keys []Key) error {
		q := from.model.all().in(alias).filter(keyCond(from.name, r.owner).And(lookupCond(to.name+"__in", keyList(keys))), false)
		found, err := q.column(ctx, to)
		for _, k := range found {
			there[k] = true
		}
		return err
	})
	return slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return there[k] }), err
}

// column are the values of f, a field of q's records, as keys.
func (q *core) column(ctx context.Context, f *field) ([]Key, error) {
	e, err := q.with(query.Step{Kind: query.StepValuesList, Names: []string{f.name}, Flags: query.FlagFlat}, nil).encoded()
	if err != nil {
		return nil, err
	}
	s, err := q.conn(ctx, false)
	if err != nil || q.none {
		return nil, err
	}
	res, err := s.query(ctx, e)
	if err != nil {
		return nil, err
	}
	at := f.pointed()
	var keys []Key
	err = res.values(func(cells []abi.Value) error {
		keys = append(keys, at.cellKey(&cells[0]))
		return nil
	})
	return keys, err
}

// cellKey is a cell as the key that the field of a record would have.
func (f *field) cellKey(v *abi.Value) Key {
	kind := f.kind
	if kind == kDynamic {
		return keyOfValue(f.typed(v))
	}
	if kind == kUUID {
		if u, ok := uuidOf(v); ok {
			return UUIDKey(u)
		}
	}
	if v.Kind == abi.KindInt {
		return IntKey(v.Int64())
	}
	s, _ := textOf(v)
	return TextKey(s)
}

// insertLinks inserts rows into the table of a through model that has nothing
// but its two ends. Those that are there stay.
func (r *relating) insertLinks(ctx context.Context, from, to *field, keys []Key) error {
	s, err := connOf(ctx)
	if err != nil {
		return err
	}
	return inChunks(keys, maxParams/2, func(keys []Key) error {
		t := &query.Query{
			Model: from.model.label, Verb: query.VerbInsert, Ignore: true,
			Set: []query.Assign{{Field: from.name}, {Field: to.name}},
		}
		for _, k := range keys {
			t.Rows = append(t.Rows, []query.Expr{&query.Param{Value: r.owner.value()}, &query.Param{Value: k.value()}})
		}
		res, err := s.exec(ctx, t)
		if err != nil {
			return err
		}
		_, _, err = res.end()
		return err
	})
}

// createLinks creates records of a through model with more fields.
func (r *relating) createLinks(ctx context.Context, alias string, from, to *field, keys []Key) error {
	m := from.model
	ps := make([]unsafe.Pointer, len(keys))
	for i, k := range keys {
		p := m.slab(1)
		m.defaults(p)
		if err := m.give(p, r.through); err != nil {
			return err
		}
		from.put(p, r.owner.value())
		to.put(p, k.value())
		ps[i] = p
	}
	return m.root.in(alias).bulkCreate(ctx, ps, nil)
}

// give gives the record at p values by name: values of Go, records,
// expressions.
func (m *modelInfo) give(p unsafe.Pointer, args []any) error {
	set, err := pairs("ThroughDefaults", args)
	if err != nil {
		return err
	}
	if !m.dynamic {
		return m.assign(p, set, args)
	}
	d := (*Dynamic)(p)
	for i, a := range set {
		if r, ok := args[2*i+1].(*Dynamic); ok {
			err = d.SetRelated(a.Field, r)
		} else if v, ok := a.Expr.(*query.Param); ok {
			err = d.Set(a.Field, v.Value)
		} else {
			err = d.SetExpr(a.Field, a.Expr)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// links selects the through model's records between the owner and some records,
// in both directions where the relation holds both ways. To which records the
// value says, nil is to all.
func (r *relating) links(alias string, to func(path string) Cond) *core {
	own, other := r.acc.ends()
	c := keyCond(own.name, r.owner)
	if to != nil {
		c = c.And(to(other.name + "__in"))
	}
	if r.mirrored() {
		back := keyCond(other.name, r.owner)
		if to != nil {
			back = back.And(to(own.name + "__in"))
		}
		c = c.Or(back)
	}
	return own.model.all().in(alias).filter(c, false)
}

func (r *relating) removeLinks(ctx context.Context, ms []member) error {
	alias := r.database(ctx)
	_, other := r.acc.ends()
	var keys []Key
	for i := range ms {
		k := ms[i].key
		if ms[i].info != nil {
			if err := r.takes(&ms[i]); err != nil {
				return err
			}
			if k = other.rel.keyOf(ms[i].p); k.IsZero() {
				continue // linked to nothing
			}
		}
		keys = append(keys, k)
	}
	to := func(path string) Cond { return lookupCond(path, keyList(keys)) }
	if r.narrowed() {
		among := r.base().filter(lookupCond(other.rel.path()+"__in", keyList(keys)), false)
		to = func(path string) Cond { return subCond(path, among) }
	}
	return r.unlink(ctx, alias, keys, PreRemove, PostRemove, r.links(alias, to))
}

func (r *relating) clearLinks(ctx context.Context) error {
	alias := r.database(ctx)
	var to func(path string) Cond
	if r.narrowed() {
		to = func(path string) Cond { return subCond(path, r.base()) }
	}
	return r.unlink(ctx, alias, nil, PreClear, PostClear, r.links(alias, to))
}

// unlink deletes records of the through model.
func (r *relating) unlink(ctx context.Context, alias string, keys []Key, pre, post LinkAction, q *core) error {
	ctx = within(ctx, alias)
	if !r.watched() {
		_, err := q.deleteAll(ctx)
		return err
	}
	return together(ctx, func(ctx context.Context) error {
		if err := r.tell(ctx, pre, keys, alias); err != nil {
			return err
		}
		if _, err := q.deleteAll(ctx); err != nil {
			return err
		}
		return r.tell(ctx, post, keys, alias)
	})
}

// subCond is a condition on what another queryset selects.
func subCond(path string, q *core) Cond {
	t, err := q.tree(query.VerbSelect)
	if err != nil {
		return Cond{err: err}
	}
	return Cond{c: &query.Cond{Children: []query.Expr{&query.Lookup{Path: path, Value: &query.Sub{Query: t}}}}}
}

// compareLinks says which of the linked records are not among ms, and which of
// ms are not linked yet.
func (r *relating) compareLinks(ctx context.Context, alias string, ms []member) (gone, fresh []member, err error) {
	_, other := r.acc.ends()
	q, err := r.records(alias)
	if err != nil {
		return nil, nil, err
	}
	have, err := q.column(ctx, other.rel.key1())
	if err != nil {
		return nil, nil, err
	}
	there := make(map[Key]bool, len(have))
	for _, k := range have {
		there[k] = true
	}
	for i := range ms {
		m := &ms[i]
		k := m.key
		if m.info != nil && m.p != nil && m.info.isA(r.acc.target) {
			k = other.rel.keyOf(m.p)
		} else if m.info == nil {
			if k, err = other.key(k); err != nil {
				return nil, nil, err
			}
		}
		if there[k] {
			delete(there, k)
		} else {
			fresh = append(fresh, *m)
		}
	}
	for _, k := range have {
		if there[k] {
			delete(there, k)
			gone = append(gone, member{key: k})
		}
	}
	return gone, fresh, nil
}
