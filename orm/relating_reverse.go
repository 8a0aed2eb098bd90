package orm

import (
	"context"
	"strconv"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// What points to its owner, by a foreign key or through a content type.

// adopt makes ms point to the owner: in one statement, or by their own Save.
func (r *relating) adopt(ctx context.Context, ms []member) error {
	alias := r.database(ctx)
	m := r.acc.target
	keys := make([]Key, 0, len(ms))
	for i := range ms {
		x := &ms[i]
		if err := r.takes(x); err != nil {
			return err
		}
		if r.each {
			continue
		}
		st := x.info.state(x.p)
		if k := x.info.keyOf(x.p); !st.stored || k.IsZero() {
			return &ValueError{Field: r.acc.label(), Reason: "a " + x.info.goType + " has not been saved: call Save(ctx) on it first, or Writing(orm.OneByOne())"}
		}
		if r.acc.generic == nil {
			if err := r.acc.mayHold(r.db, st.db); err != nil {
				return err
			}
		}
		if st.db.name() != alias {
			return &ValueError{Field: r.acc.label(), Reason: "a " + x.info.goType + " is not in the database " + strconv.Quote(alias) + ": save it there first, or Writing(orm.OneByOne())"}
		}
		keys = append(keys, m.keyAs(x))
	}
	ctx = within(ctx, alias)
	if r.each {
		return together(ctx, func(ctx context.Context) error {
			for i := range ms {
				if err := r.pointMember(ctx, alias, &ms[i]); err != nil {
					return err
				}
				if err := ms[i].info.saveOne(ctx, ms[i].p); err != nil {
					return err
				}
			}
			return nil
		})
	}
	set, err := r.pointing(ctx, alias)
	if err != nil {
		return err
	}
	if _, err := m.base().in(alias).filter(lookupCond("pk__in", keyList(keys)), false).write(ctx, query.VerbUpdate, set); err != nil {
		return err
	}
	for i := range ms {
		if err := r.pointMember(ctx, alias, &ms[i]); err != nil {
			return err
		}
	}
	return nil
}

// keyAs is the key that a record of m, or of a model that extends it, has in
// m's own table.
func (m *modelInfo) keyAs(x *member) Key { return keyOfValue(x.info.same(m.pk).value(x.p)) }

// pointMember is point for a record that may be of a model that extends the
// relation's target.
func (r *relating) pointMember(ctx context.Context, alias string, x *member) error {
	c := *r.acc
	c.target = x.info
	n := *r
	n.acc = &c
	return n.point(ctx, alias, x.p)
}

// pointing are the assignments that make records point to the owner.
func (r *relating) pointing(ctx context.Context, alias string) ([]query.Assign, error) {
	param := func(k Key) query.Expr { return &query.Param{Value: k.value()} }
	switch {
	case r.acc.generic != nil:
		typ, err := r.contentType(ctx, alias)
		return []query.Assign{{Field: r.acc.generic.typ.name, Expr: param(typ)}, {Field: r.acc.generic.object.name, Expr: param(r.rawKey())}}, err
	case r.acc.object != nil:
		var set []query.Assign
		for i, n := range r.acc.object.from {
			set = append(set, query.Assign{Field: n, Expr: &query.Param{Value: r.acc.owner.byName[r.acc.object.to[i]].value(r.obj)}})
		}
		return set, nil
	}
	return []query.Assign{{Field: r.acc.field.name, Expr: param(r.owner)}}, nil
}

// saveOne saves the record at p by its own Save.
func (m *modelInfo) saveOne(ctx context.Context, p unsafe.Pointer, opts ...SaveOption) error {
	if s, ok := m.record(p).(saver); ok {
		return s.Save(ctx, opts...)
	}
	return save(ctx, m, p, m.state(p), opts)
}

// release makes ms, which point to the owner, point to nothing.
func (r *relating) release(ctx context.Context, ms []member) error {
	if err := r.mayRelease(); err != nil {
		return err
	}
	f := r.acc.field
	keys := make([]Key, 0, len(ms))
	for i := range ms {
		x := &ms[i]
		if err := r.takes(x); err != nil {
			return err
		}
		fk := (*foreign)(unsafe.Add(x.p, x.info.copyOf(f).off))
		if fk.field = x.info.copyOf(f); fk.current() != r.owner {
			return &NotRelatedError{Relation: r.acc.label(), Model: x.info.goType, Key: x.info.keyOf(x.p)}
		}
		keys = append(keys, r.acc.target.keyAs(x))
	}
	alias := r.database(ctx)
	q, err := r.records(alias)
	if err != nil {
		return err
	}
	if err := r.null(ctx, alias, q.filter(lookupCond("pk__in", keyList(keys)), false)); err != nil {
		return err
	}
	for i := range ms {
		own := ms[i].info.copyOf(f)
		*(*foreign)(unsafe.Add(ms[i].p, own.off)) = foreign{field: own, db: r.db}
	}
	return nil
}

func (r *relating) releaseAll(ctx context.Context) error {
	if err := r.mayRelease(); err != nil {
		return err
	}
	alias := r.database(ctx)
	q, err := r.records(alias)
	if err != nil {
		return err
	}
	return r.null(ctx, alias, q)
}

func (r *relating) mayRelease() error {
	if r.acc.field == nil || !r.acc.field.null {
		name := r.acc.lookup
		return &ValueError{Field: r.acc.label(), Reason: r.acc.target.goType + "." + name + " cannot be NULL: delete the records or point them elsewhere"}
	}
	return nil
}

// null makes q's records point to nothing.
func (r *relating) null(ctx context.Context, alias string, q *core) error {
	ctx = within(ctx, alias)
	f := r.acc.field
	if !r.each {
		_, err := q.write(ctx, query.VerbUpdate, []query.Assign{{Field: f.name, Expr: &query.Param{}}})
		return err
	}
	return together(ctx, func(ctx context.Context) error {
		ps, err := q.fetch(ctx)
		if err != nil {
			return err
		}
		for _, p := range ps {
			(*foreign)(unsafe.Add(p, f.off)).set(nil, nil)
			if err := q.info.saveOne(ctx, p, UpdateFields(f.name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// deleteOwned deletes ms as far as they are the relation's: what is generic
// can't point to nothing.
func (r *relating) deleteOwned(ctx context.Context, ms []member) error {
	keys := make([]Key, 0, len(ms))
	for i := range ms {
		if err := r.takes(&ms[i]); err != nil {
			return err
		}
		keys = append(keys, r.acc.target.keyAs(&ms[i]))
	}
	alias := r.database(ctx)
	q, err := r.records(alias)
	if err != nil {
		return err
	}
	return r.deleteFrom(ctx, alias, q.filter(lookupCond("pk__in", keyList(keys)), false))
}

// deleteFrom deletes q's records, together or each by itself.
func (r *relating) deleteFrom(ctx context.Context, alias string, q *core) error {
	ctx = within(ctx, alias)
	if !r.each {
		_, err := q.deleteAll(ctx)
		return err
	}
	return together(ctx, func(ctx context.Context) error {
		ps, err := q.fetch(ctx)
		if err != nil {
			return err
		}
		for _, p := range ps {
			if err := q.info.deleteOne(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

type deleter interface {
	Delete(ctx context.Context, opts ...DeleteOption) error
}

// deleteOne deletes the record at p by its own Delete.
func (m *modelInfo) deleteOne(ctx context.Context, p unsafe.Pointer) error {
	if d, ok := m.record(p).(deleter); ok {
		return d.Delete(ctx)
	}
	_, err := deleteRecord(ctx, m, p, nil)
	return err
}
