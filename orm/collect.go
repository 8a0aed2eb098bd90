package orm

import (
	"context"
	"slices"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// collector finds what a deletion takes along: Django does this itself rather
// than by the database, and so do we, for the same answers on every database.
type collector struct {
	data       []*gathered // records to delete, by model
	deps       map[*modelInfo]map[*modelInfo]bool
	fast       []*core // what can go without being looked at
	updates    []*nulling
	restricted []*restriction
	counts     Deleted
}

func newCollector() *collector { return &collector{deps: map[*modelInfo]map[*modelInfo]bool{}} }

// gathered are the records of a model that go.
type gathered struct {
	info *modelInfo
	ps   []unsafe.Pointer
	seen map[Key]bool
}

// nulling sets a foreign key, where it points to one of keys, to a value.
type nulling struct {
	f     *field
	value abi.Value
	keys  []Key
}

// restriction is records that must not stay, since they point to what goes.
type restriction struct {
	f  *field
	ps []unsafe.Pointer
}

// collection is records to collect.
type collection struct {
	info        *modelInfo
	ps          []unsafe.Pointer
	source      *modelInfo // whose deletion takes them along
	nullable    bool       // their reference to it can be NULL
	reverse     bool       // they go after source
	related     bool       // what points to them goes too
	keepParents bool
	restricts   bool // it is time to see what is restricted
}

// points lists the foreign keys that point to m's records, those to what m
// extends first. The links of other models that extend the same are none.
func (m *modelInfo) points() []*field {
	if m.line == nil {
		return m.inbound
	}
	c := m.line.concrete
	var out []*field
	for _, p := range c.line.parents {
		for _, f := range p.points() {
			if !slices.Contains(out, f) && (!f.isLink() || f.rel.target.line.concrete == c) {
				out = append(out, f)
			}
		}
	}
	return append(out, c.inbound...)
}

// isLink tells whether f points to what its model extends.
func (f *field) isLink() bool {
	return f.model.line != nil && slices.Contains(f.model.line.links, f)
}

// fastFor tells whether records of m, which point to what goes by from, can be
// deleted without looking at them: nothing else hangs on them.
func (c *collector) fastFor(m *modelInfo, from *field) bool {
	if from != nil && from.rel.onDelete != schema.Cascade || m.watchesDeletion() {
		return false
	}
	if m.line != nil {
		for _, l := range m.line.concrete.line.links {
			if l != from {
				return false
			}
		}
	}
	for _, f := range m.points() {
		if f.rel.onDelete != schema.DoNothing {
			return false
		}
	}
	return !slices.ContainsFunc(m.accessors, func(a *accessor) bool { return a.generic != nil })
}

// of is what is gathered of m.
func (c *collector) of(m *modelInfo) *gathered {
	for _, g := range c.data {
		if g.info == m {
			return g
		}
	}
	g := &gathered{info: m, seen: map[Key]bool{}}
	c.data = append(c.data, g)
	return g
}

// add gathers records and returns those that are new.
func (c *collector) add(x *collection) (fresh []unsafe.Pointer) {
	if len(x.ps) == 0 {
		return nil
	}
	g := c.of(x.info)
	for _, p := range x.ps {
		if k := x.info.keyOf(p); !g.seen[k] {
			g.seen[k] = true
			fresh = append(fresh, p)
		}
	}
	g.ps = append(g.ps, fresh...)
	if x.source != nil && !x.nullable {
		if x.reverse {
			c.depend(x.info, x.source)
		} else {
			c.depend(x.source, x.info)
		}
	}
	return fresh
}

// depend has records of m deleted after those of on.
func (c *collector) depend(m, on *modelInfo) {
	m, on = m.table1(), on.table1()
	if c.deps[m] == nil {
		c.deps[m] = map[*modelInfo]bool{}
	}
	c.deps[m][on] = true
	c.of(on)
}

// table1 is the model whose table m's records are in.
func (m *modelInfo) table1() *modelInfo {
	if m.line != nil {
		return m.line.concrete
	}
	return m
}

func (c *collector) collect(ctx context.Context, x collection) error {
	fresh := c.add(&x)
	if len(fresh) == 0 {
		return nil
	}
	m := x.info
	if !x.keepParents {
		if err := c.collectParents(ctx, m, fresh); err != nil {
			return err
		}
	}
	if !x.related {
		return nil
	}
	if err := c.collectRelated(ctx, m, fresh, x.keepParents); err != nil {
		return err
	}
	for _, a := range m.accessors {
		if a.generic == nil {
			continue
		}
		keys := make([]Key, len(fresh))
		for i, p := range fresh {
			keys[i] = m.keyOf(p).text()
		}
		if err := c.collectFrom(ctx, a.generic.among(a.target.base(), keys), collection{info: a.target, source: m, nullable: true, related: true}); err != nil {
			return err
		}
	}
	if x.restricts {
		return c.checkRestricted(ctx)
	}
	return nil
}

// collectFrom collects what q selects, without looking at it where that can be.
func (c *collector) collectFrom(ctx context.Context, q *core, x collection) error {
	if c.fastFor(x.info, nil) {
		c.fast = append(c.fast, q)
		return nil
	}
	var err error
	if x.ps, err = q.orderBy(nil).fetchBare(ctx); err != nil {
		return err
	}
	return c.collect(ctx, x)
}

// collectParents collects what of the records is in the tables that their
// model extends. What points to it was found with the records.
func (c *collector) collectParents(ctx context.Context, m *modelInfo, ps []unsafe.Pointer) error {
	if m.line == nil {
		return nil
	}
	l := m.line.concrete.line
	for i, link := range l.links {
		if link == nil {
			continue
		}
		up := make([]unsafe.Pointer, len(ps))
		for j, p := range ps {
			up[j] = m.asFarAs(l.parents[i], m.copyOf(link), p)
		}
		if err := c.collect(ctx, collection{info: l.parents[i], ps: up, source: m, reverse: true}); err != nil {
			return err
		}
	}
	return nil
}

// asFarAs is the record at p, of m, seen as one of parent, as far as its
// columns are here.
func (m *modelInfo) asFarAs(parent *modelInfo, link *field, p unsafe.Pointer) unsafe.Pointer {
	if len(m.line.offs) > 0 {
		far := m.embedded(parent, p)
		parent.pk.put(far, link.value(p))
		return far
	}
	far, loaded := parent.slab(1), m.state(p).loaded
	for _, pf := range parent.fields {
		if own := m.byName[pf.name]; own != nil && own.origin() == pf.origin() && (loaded == nil || (*loaded)[own.index]) {
			pf.take(far, own, p)
		}
	}
	parent.pk.put(far, link.value(p))
	return far
}

// collectRelated collects what points to records of m.
func (c *collector) collectRelated(ctx context.Context, m *modelInfo, ps []unsafe.Pointer, keepParents bool) error {
	var protected error
	var fast []*field
	for _, f := range m.points() {
		if keepParents && f.rel.target.table1() != m.table1() || f.rel.onDelete == schema.DoNothing {
			continue
		}
		if c.fastFor(f.model, f) {
			fast = append(fast, f)
			continue
		}
		keys := f.keysTo(m, ps)
		switch f.rel.onDelete {
		case schema.SetNull, schema.SetDefault, schema.SetTo:
			if err := c.set(ctx, f, keys); err != nil {
				return err
			}
			continue
		}
		err := inChunks(keys, maxParams, func(keys []Key) error {
			q := f.model.base().filter(lookupCond(f.name+"__in", keyList(keys)), false).orderBy(nil)
			if !f.model.watchesDeletion() { // nobody sees the rest
				q = q.names(query.StepOnly, f.model.referenced())
			}
			subs, err := q.fetchBare(ctx)
			if err != nil || len(subs) == 0 {
				return err
			}
			switch f.rel.onDelete {
			case schema.Cascade:
				return c.collect(ctx, collection{info: f.model, ps: subs, source: f.rel.target, nullable: f.null, related: true})
			case schema.Restrict:
				c.restricted = append(c.restricted, &restriction{f, subs})
				c.depend(f.rel.target, f.model)
			default:
				if protected == nil {
					protected = f.protects("protect", subs)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if protected != nil {
		return protected
	}
	return c.collectFast(m, ps, fast)
}

// collectFast has records deleted by what they point to, those of a model in
// one statement.
func (c *collector) collectFast(m *modelInfo, ps []unsafe.Pointer, fields []*field) error {
	for i, f := range fields {
		if slices.ContainsFunc(fields[:i], func(g *field) bool { return g.model == f.model }) {
			continue
		}
		for rest := ps; len(rest) > 0; {
			n := min(maxParams/len(fields), len(rest))
			cond := Cond{}
			for _, g := range fields[i:] {
				if g.model == f.model {
					in := lookupCond(g.name+"__in", keyList(g.keysTo(m, rest[:n])))
					if cond.c == nil {
						cond = in
					} else {
						cond = cond.Or(in)
					}
				}
			}
			c.fast = append(c.fast, f.model.base().filter(cond, false))
			rest = rest[n:]
		}
	}
	return nil
}

// keysTo are the values by which f points to records of m, its target or a
// model that extends that.
func (f *field) keysTo(m *modelInfo, ps []unsafe.Pointer) []Key {
	keys := make([]Key, 0, len(ps))
	of := m.same(f.rel.key1())
	for _, p := range ps {
		k := keyOfValue(of.value(p))
		if of == m.pk {
			k = m.keyOf(p)
		}
		if !k.IsZero() {
			keys = append(keys, k)
		}
	}
	return keys
}

// referenced are the fields of m that others point to, and its key.
func (m *modelInfo) referenced() []string {
	names := []string{"pk"}
	for _, f := range m.points() {
		if n := m.same(f.rel.key1()).name; !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// set has the foreign key f, where it is one of keys, set to what on_delete says.
func (c *collector) set(ctx context.Context, f *field, keys []Key) error {
	v, err := f.replacement(ctx)
	if err != nil {
		return err
	}
	for _, u := range c.updates {
		if u.f == f && keyOfValue(u.value) == keyOfValue(v) {
			u.keys = append(u.keys, keys...)
			return nil
		}
	}
	c.updates = append(c.updates, &nulling{f, v, keys})
	return nil
}

func (f *field) protects(action string, ps []unsafe.Pointer) error {
	keys := make([]Key, len(ps))
	for i, p := range ps {
		keys[i] = f.model.keyOf(p)
	}
	return &ProtectedError{Model: f.rel.target.goType, By: f.model.label + "." + f.name, Action: action, Records: len(ps), Keys: keys}
}

// checkRestricted refuses the deletion when records that restrict it would stay.
func (c *collector) checkRestricted(ctx context.Context) error {
	for _, r := range c.restricted {
		m := r.f.model
		var rest []unsafe.Pointer
		for _, p := range r.ps {
			if !c.of(m).seen[m.keyOf(p)] {
				rest = append(rest, p)
			}
		}
		r.ps = rest
	}
	for _, q := range c.fast {
		if err := c.unrestrict(ctx, q); err != nil {
			return err
		}
	}
	for _, r := range c.restricted {
		if len(r.ps) > 0 {
			return r.f.protects("restrict", r.ps)
		}
	}
	return nil
}

// unrestrict takes those records off the restrictions that go by q, unseen.
func (c *collector) unrestrict(ctx context.Context, q *core) error {
	var keys []Key
	for _, r := range c.restricted {
		if r.f.model == q.info {
			for _, p := range r.ps {
				keys = append(keys, q.info.keyOf(p))
			}
		}
	}
	gone := map[Key]bool{}
	err := inChunks(keys, maxParams, func(keys []Key) error {
		going, err := q.filter(lookupCond("pk__in", keyList(keys)), false).fetchBare(ctx)
		for _, p := range going {
			gone[q.info.keyOf(p)] = true
		}
		return err
	})
	for _, r := range c.restricted {
		if r.f.model == q.info {
			r.ps = slices.DeleteFunc(r.ps, func(p unsafe.Pointer) bool { return gone[q.info.keyOf(p)] })
		}
	}
	return err
}

// sort orders the models so that what points to others goes before them, as
// far as they don't point to each other.
func (c *collector) sort() {
	var sorted []*gathered
	done, in := map[*modelInfo]bool{}, map[*gathered]bool{}
	for len(sorted) < len(c.data) {
		found := false
		for _, g := range c.data {
			if in[g] {
				continue
			}
			free := true
			for on := range c.deps[g.info.table1()] {
				free = free && done[on]
			}
			if free {
				sorted, found = append(sorted, g), true
				in[g], done[g.info.table1()] = true, true
			}
		}
		if !found {
			return
		}
	}
	c.data = sorted
}
