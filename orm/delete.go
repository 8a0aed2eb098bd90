package orm

import (
	"context"
	"slices"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// Deleted counts the rows that a deletion took, those of other models included.
type Deleted struct {
	Total   int
	ByModel map[string]int // by label
}

func (d *Deleted) add(m *modelInfo, n int64) {
	if n == 0 {
		return
	}
	if d.ByModel == nil {
		d.ByModel = map[string]int{}
	}
	d.Total += int(n)
	d.ByModel[m.label] += int(n)
}

// DeleteOption changes what Delete does.
type DeleteOption interface{ ormDelete(*deleteOptions) }

type deleteOption func(*deleteOptions)

func (f deleteOption) ormDelete(o *deleteOptions) { f(o) }

func (d Database) ormDelete(o *deleteOptions) { o.using = string(d) }

type deleteOptions struct {
	keepParents bool
	using       string
}

// KeepParents leaves what of the record is in the tables of models that its own
// extends.
func KeepParents() DeleteOption {
	return deleteOption(func(o *deleteOptions) { o.keepParents = true })
}

// deleteAll deletes what q selects, and what points to it.
func (q *core) deleteAll(ctx context.Context) (Deleted, error) {
	switch {
	case q.err != nil:
		return Deleted{}, q.err
	case q.sliced:
		return Deleted{}, &ValueError{Field: "Delete", Reason: "a slice cannot be deleted: filter by the primary keys that you want to delete"}
	case q.values:
		return Deleted{}, &ValueError{Field: "Delete", Reason: "it selects values, not records: call Delete before Values"}
	case q.distinct:
		return Deleted{}, &ValueError{Field: "Delete", Reason: "records of a queryset with Distinct cannot be deleted: filter by their primary keys"}
	case q.combined():
		return Deleted{}, &abi.OpError{Code: abi.CodeNotSupported, Message: "orm: records of a union cannot be deleted: filter by their primary keys"}
	case q.none:
		return Deleted{}, nil
	}
	ctx = within(ctx, q.database(ctx, true))
	c := newCollector()
	if c.fastFor(q.info, nil) {
		n, err := q.write(ctx, query.VerbDelete, nil)
		c.counts.add(q.info, n)
		return c.counts, err
	}
	err := c.run(ctx, func(ctx context.Context) error {
		ps, err := q.orderBy(nil).fetchBare(ctx)
		if err != nil {
			return err
		}
		return c.collect(ctx, collection{info: q.info, ps: ps, related: true, restricts: true})
	})
	return c.counts, err
}

// combined tells whether q is a union, or the like, of several.
func (q *core) combined() bool {
	for n := q; n.depth > 0; n = n.parent {
		if n.step.Kind == query.StepUnion {
			return true
		}
	}
	return false
}

// fetchBare is fetch without the relations that are to be fetched along.
func (q *core) fetchBare(ctx context.Context) ([]unsafe.Pointer, error) {
	n := q.with(query.Step{Kind: query.StepSelectRelated, Flags: query.FlagClear}, nil)
	n.prefetch = nil
	return n.fetch(ctx)
}

// deleteRecord deletes the record at p and what points to it.
func deleteRecord(ctx context.Context, m *modelInfo, p unsafe.Pointer, opts []DeleteOption) (Deleted, error) {
	var o deleteOptions
	for _, f := range opts {
		f.ormDelete(&o)
	}
	if m.keyOf(p).IsZero() {
		return Deleted{}, ErrNotSaved
	}
	if o.using == "" {
		o.using = m.target(ctx, true, m.state(p).db)
	}
	ctx = within(ctx, o.using)
	c := newCollector()
	err := error(nil)
	if c.fastFor(m, nil) {
		if err = c.deleteKeys(ctx, m, []unsafe.Pointer{p}); c.counts.ByModel == nil { // it was not there any more
			c.counts.ByModel = map[string]int{m.label: 0}
		}
	} else {
		err = c.run(ctx, func(ctx context.Context) error {
			return c.collect(ctx, collection{info: m, ps: []unsafe.Pointer{p}, related: true, restricts: true, keepParents: o.keepParents})
		})
	}
	if err != nil {
		return Deleted{}, err
	}
	m.forget(p)
	return c.counts, nil
}

// forget makes the record at p one that is not stored: as in Django it can be
// saved again, as a new record.
func (m *modelInfo) forget(p unsafe.Pointer) {
	if m.dynamic {
		m.pk.put(p, abi.Null)
	} else if m.pk.auto {
		*(*int64)(unsafe.Add(p, m.pk.off)) = 0
	}
	if m.line != nil && len(m.line.offs) > 0 {
		for i, parent := range m.line.parents {
			parent.forget(unsafe.Add(p, m.line.offs[i]))
			if l := m.line.links[i]; l != nil {
				l.put(p, abi.Null)
			}
		}
		*(*int64)(unsafe.Add(p, m.idOff)) = 0
	}
	m.state(p).stored = false
	for _, a := range m.accessors {
		a.bind(p, Key{})
	}
}

// run collects and deletes. Without a transaction around it both are one.
func (c *collector) run(ctx context.Context, collect func(context.Context) error) error {
	if txOf(ctx) == nil {
		return Atomic(ctx, func(ctx context.Context) error {
			if err := collect(ctx); err != nil {
				return err
			}
			return c.delete(ctx)
		})
	}
	if err := collect(ctx); err != nil {
		return err
	}
	return together(ctx, c.delete)
}

// delete executes what was collected.
func (c *collector) delete(ctx context.Context) error {
	c.sort()
	for _, g := range c.data {
		if g.info.watchesDeletion() {
			slices.SortFunc(g.ps, func(a, b unsafe.Pointer) int { return compareKeys(g.info.keyOf(a), g.info.keyOf(b)) })
		}
	}
	alias := placeOf(ctx).alias
	if alias == "" {
		alias = Default
	}
	for _, g := range c.data {
		if err := g.tell(ctx, &g.info.signals.preDelete, alias); err != nil {
			return err
		}
	}
	for _, q := range c.fast {
		n, err := q.write(ctx, query.VerbDelete, nil)
		if err != nil {
			return err
		}
		c.counts.add(q.info, n)
	}
	for _, u := range c.updates {
		set := []query.Assign{{Field: u.f.name, Expr: &query.Param{Value: u.value}}}
		err := inChunks(u.keys, maxParams, func(keys []Key) error {
			_, err := u.f.model.base().filter(lookupCond(u.f.name+"__in", keyList(keys)), false).write(ctx, query.VerbUpdate, set)
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, g := range c.data {
		if err := c.deleteKeys(ctx, g.info, g.ps); err != nil {
			return err
		}
		slices.Reverse(g.ps)
		if err := g.tell(ctx, &g.info.signals.postDelete, alias); err != nil {
			return err
		}
	}
	return nil
}

// tell sends a signal for each of the records, in the order of their keys.
func (g *gathered) tell(ctx context.Context, h *hooks[func(ctx context.Context, p unsafe.Pointer, alias string) error], alias string) error {
	list := h.all()
	if len(list) == 0 || g.info.auto {
		return nil
	}
	for _, p := range g.ps {
		for _, f := range list {
			if err := (*f)(ctx, p, alias); err != nil {
				return err
			}
		}
	}
	return nil
}

// deleteKeys deletes rows of m's own table.
func (c *collector) deleteKeys(ctx context.Context, m *modelInfo, ps []unsafe.Pointer) error {
	keys := make([]Key, len(ps))
	for i, p := range ps {
		keys[i] = m.keyOf(p)
	}
	return inChunks(keys, maxParams, func(keys []Key) error {
		n, err := m.root.filter(lookupCond("pk__in", keyList(keys)), false).write(ctx, query.VerbDelete, nil)
		c.counts.add(m, n)
		return err
	})
}

// inChunks calls f with the keys, at most size at once.
func inChunks(keys []Key, size int, f func(keys []Key) error) error {
	for len(keys) > 0 {
		n := min(size, len(keys))
		if err := f(keys[:n]); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}
