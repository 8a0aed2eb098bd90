package orm

import (
	"context"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// Django's order_with_respect_to: records that are in an order of their own
// among those of the same relation.

// NextInOrder returns the record behind this one in the order that the model's
// field tagged order_in keeps, or ErrNotFound.
func (m *Model[T]) NextInOrder(ctx context.Context) (*T, error) {
	p, err := infoOf[T]().beside(ctx, unsafe.Pointer(m), true)
	return (*T)(p), err
}

// PreviousInOrder returns the record before this one: see [Model.NextInOrder].
func (m *Model[T]) PreviousInOrder(ctx context.Context) (*T, error) {
	p, err := infoOf[T]().beside(ctx, unsafe.Pointer(m), false)
	return (*T)(p), err
}

// NextInOrder is [Model.NextInOrder].
func (d *Dynamic) NextInOrder(ctx context.Context) (*Dynamic, error) {
	return dynamic(d.slot.info.beside(ctx, unsafe.Pointer(d), true))
}

// PreviousInOrder is [Model.PreviousInOrder].
func (d *Dynamic) PreviousInOrder(ctx context.Context) (*Dynamic, error) {
	return dynamic(d.slot.info.beside(ctx, unsafe.Pointer(d), false))
}

// Order returns the keys of the relation's records in the order that their
// field tagged order_in keeps.
func (m *Many[T]) Order(ctx context.Context) ([]Key, error) {
	w := m.Writing()
	return w.r.order(ctx)
}

// SetOrder puts the relation's records with the keys into this order.
func (m *Many[T]) SetOrder(ctx context.Context, keys ...Key) error {
	w := m.Writing()
	defer w.forget()
	return w.r.setOrder(ctx, keys)
}

// Order is [Many.Order].
func (m *DynamicMany) Order(ctx context.Context) ([]Key, error) { return m.r.order(ctx) }

// SetOrder is [Many.SetOrder].
func (m *DynamicMany) SetOrder(ctx context.Context, keys ...Key) error {
	defer m.forget()
	return m.r.setOrder(ctx, keys)
}

// beside is the record of the same relation next to that at p.
func (m *modelInfo) beside(ctx context.Context, p unsafe.Pointer, next bool) (unsafe.Pointer, error) {
	t := m.parts()
	if len(t.ordered) == 0 {
		return nil, &ValueError{Field: m.goType, Reason: "it is in no order: tag an int of it order_in=RELATION"}
	}
	key := m.keyOf(p)
	if key.IsZero() {
		return nil, ErrNotSaved
	}
	q := m.all().near(m.state(p).db)
	place, err := q.filter(keyCond("pk", key), false).with(query.Step{Kind: query.StepValues, Names: []string{"_order"}}, nil).tree(query.VerbSelect)
	if err != nil {
		return nil, err
	}
	for _, f := range t.ordered {
		q = q.filter(lookupCond(f.name, f.value(p)), false)
	}
	path, by := "_order__gt", "_order"
	if !next {
		path, by = "_order__lt", "-_order"
	}
	c := Cond{c: &query.Cond{Children: []query.Expr{&query.Lookup{Path: path, Value: &query.Sub{Query: place}}}}}
	ps, err := q.filter(c, false).orderBy([]any{by}).slice(0, 1).fetch(ctx)
	if err == nil && len(ps) == 0 {
		err = &NotFoundError{Model: m.goType}
	}
	if err != nil {
		return nil, err
	}
	return ps[0], nil
}

// numbered refuses a relation whose records are in no order.
func (r *relating) numbered() error {
	if err := r.check(); err != nil {
		return err
	}
	in := r.acc.target.orderedIn
	if f := r.acc.field; in != "" && f != nil && !r.acc.m2m() && f.name == in {
		return nil
	}
	if g := r.acc.target.generic(in); g != nil && r.acc.generic != nil && r.acc.generic.object.name == g.object {
		return nil
	}
	return &ValueError{Field: r.acc.label(), Reason: "its records are in no order: tag an int of " + r.acc.target.goType + " order_in=" + r.acc.lookup}
}

func (r *relating) order(ctx context.Context) ([]Key, error) {
	if err := r.numbered(); err != nil {
		return nil, err
	}
	q, err := r.acc.queryIn(r.base().near(r.db), r.owner)
	if err != nil {
		return nil, err
	}
	if !q.ordered {
		q = q.orderBy([]any{"_order"})
	}
	return q.column(ctx, r.acc.target.pk)
}

func (r *relating) setOrder(ctx context.Context, keys []Key) error {
	if err := r.numbered(); err != nil {
		return err
	}
	alias := r.database(ctx)
	q, err := r.records(alias)
	if err != nil {
		return err
	}
	m := r.acc.target
	ps := make([]unsafe.Pointer, len(keys))
	for i, k := range keys {
		p := m.slab(1)
		m.pk.put(p, k.value())
		m.byName["_order"].put(p, abi.Int(int64(i)))
		ps[i] = p
	}
	_, err = q.bulkUpdate(ctx, ps, []string{"_order"}, nil)
	return err
}
