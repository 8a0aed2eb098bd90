package orm

import (
	"context"
	"slices"
	"strings"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Prefetch is a relation to prefetch, and the queryset to take its records from.
type Prefetch struct {
	path  string
	query *core
	attr  string // of Extra, instead of the relation
}

// With prefetches a relation from a queryset of one's own: filtered, ordered,
// with its own SelectRelated. It is Django's Prefetch object.
func With[T any](path string, qs *QuerySet[T]) Prefetch { return Prefetch{path: path, query: qs.q} }

// FetchRelated brings relations of records that are here already, as
// PrefetchRelated does for those that a queryset fetches: names of relations, or
// [With] a queryset. What a record has is not asked for again.
func FetchRelated[T any](ctx context.Context, records []*T, related ...any) error {
	if len(records) == 0 {
		return nil
	}
	q := infoOf[T]().root.prefetchRelated(related)
	if q.err != nil {
		return q.err
	}
	ps := make([]unsafe.Pointer, len(records))
	for i, r := range records {
		ps[i] = unsafe.Pointer(r)
	}
	return prefetch(ctx, q.info, ps, q.prefetch)
}

func (q *core) prefetchRelated(args []any) *core {
	for p := q; p.depth > 0; p = p.parent {
		if p.step.Kind == query.StepUnion {
			return q.fail(&abi.OpError{Code: abi.CodeNotSupported, Message: "orm: PrefetchRelated cannot follow Union, Intersection or Difference: prefetch in the querysets before"})
		}
	}
	n := q.copy()
	n.prefetch = append([]Prefetch(nil), q.prefetch...)
	for _, a := range args {
		if name, _, _ := strings.Cut(prefetchPath(a), "__"); name != "" && q.filteredRelation(name) {
			return n.fail(&ValueError{Field: "PrefetchRelated", Value: name, Reason: "a filtered relation cannot be prefetched: give With a queryset that filters"})
		}
		switch a := a.(type) {
		case nil:
			n.prefetch = nil
		case string:
			n.prefetch = append(n.prefetch, Prefetch{path: a})
		case Prefetch:
			n.prefetch = append(n.prefetch, a)
			if a.query != nil && a.query.values {
				return n.fail(&ValueError{Field: "PrefetchRelated", Value: a.path, Reason: "its queryset must select records, not values"})
			}
		default:
			return n.fail(&ValueError{Field: "PrefetchRelated", Reason: "it takes names of relations and orm.With(name, queryset)"})
		}
	}
	return n
}

func prefetchPath(a any) string {
	switch a := a.(type) {
	case string:
		return a
	case Prefetch:
		return a.path
	}
	return ""
}

// filteredRelation tells whether the chain gives a filtered relation this name.
func (q *core) filteredRelation(name string) bool {
	for p := q; p.depth > 0; p = p.parent {
		for _, n := range p.step.Named {
			if _, ok := n.Expr.(*query.Filtered); ok && n.Name == name {
				return true
			}
		}
	}
	return false
}

// chunk bounds the keys in one IN.
const chunk = 500

// prefetch brings relations of the records ps. Paths that begin alike share
// their beginning.
func prefetch(ctx context.Context, info *modelInfo, ps []unsafe.Pointer, list []Prefetch) error {
	type brought struct {
		info  *modelInfo
		ps    []unsafe.Pointer
		asked bool // there were records that had not been told what they are related to
	}
	done := map[string]brought{}
	for i, pf := range list {
		if pf.query == nil && slices.Contains(list[:i], pf) {
			continue
		}
		level, at, path := ps, info, ""
		for rest := pf.path; rest != ""; {
			name, tail, _ := strings.Cut(rest, "__")
			path += "__" + name
			ctx := ctx
			if len(level) > 0 { // what is related is where they are
				ctx = near(ctx, at.state(level[0]).db)
			}
			if far, ok := done[path]; ok && (tail != "" || pf.query == nil && pf.attr == "") {
				level, at, rest = far.ps, far.info, tail
				continue
			}
			if to := pf.to(path, name); tail == "" && done[to].asked {
				if pf.query == nil {
					break
				}
				return &ValueError{Field: "PrefetchRelated", Value: pf.path, Reason: "was prefetched already, by another queryset or path: give the one with a queryset first, and once"}
			}
			if at.line != nil && at.line.bring != nil {
				done, err := at.line.bring(ctx, at, name, level, Prefetch{path: tail, query: pf.query, attr: pf.attr})
				if err != nil {
					return err
				}
				if done {
					break
				}
			}
			next := at.relatedModel(name)
			if next == nil {
				return at.noRelation(pf.path, name)
			}
			attr := ""
			q := next.root
			if a := at.byRel[name]; a != nil {
				q = a.base()
			}
			if tail == "" {
				attr = pf.attr
			}
			if tail == "" && pf.query != nil {
				if q = pf.query; q.info != next {
					return &LookupError{Model: info.label, Lookup: pf.path, Part: name, Reason: "it is of " + next.goType + ", but the queryset given is of " + q.info.goType}
				}
			}
			if attr != "" && (at.byName[attr] != nil || at.byRel[attr] != nil) {
				return &ValueError{Field: "PrefetchRelated", Value: pf.path, Reason: "its records cannot be put into " + quote(attr) + ", which is a field of " + at.goType}
			}
			asked := at.lack(name, level)
			far, err := at.bring(ctx, name, level, q, attr)
			if err != nil {
				return err
			}
			if attr != "" {
				path = pf.to(path, name)
			}
			done[path] = brought{next, far, asked}
			level, at, rest = far, next, tail
		}
	}
	return nil
}

// to is where the records of path, which ends in name, are put.
func (pf Prefetch) to(path, name string) string {
	if pf.attr == "" {
		return path
	}
	return strings.TrimSuffix(path, name) + pf.attr
}

// relatedModel returns the model behind a relation, nil when there is no such relation.
func (m *modelInfo) relatedModel(name string) *modelInfo {
	if a := m.byRel[name]; a != nil {
		return a.target
	}
	if f := m.byName[name]; f != nil && f.rel != nil && f.name == name {
		return f.rel.target
	}
	return nil
}

func (m *modelInfo) noRelation(path, name string) error {
	var names []string
	for _, f := range m.fields {
		if f.rel != nil {
			names = append(names, f.name)
		}
	}
	for _, a := range m.accessors {
		names = append(names, a.name)
	}
	return &LookupError{
		Model: m.label, Lookup: path, Part: name, Choices: names,
		Reason: "it is no relation of " + m.goType + " that can be prefetched: declare a Reverse or ReverseOne field for the far side of a foreign key" + nearest(name, names),
	}
}

// lack tells whether there is something to ask for: not when each record has
// its related one, be it as whose related record it came.
func (m *modelInfo) lack(name string, ps []unsafe.Pointer) bool {
	a := m.byRel[name]
	return slices.ContainsFunc(ps, func(p unsafe.Pointer) bool {
		switch {
		case a == nil:
			fk := (*foreign)(unsafe.Add(p, m.byName[name].off))
			return fk.obj == nil && !fk.loaded
		case a.one:
			return !(*oneState)(unsafe.Add(p, a.off)).loaded
		}
		return true
	})
}

// bring fetches one relation of the records and returns the records at its far end.
func (m *modelInfo) bring(ctx context.Context, name string, ps []unsafe.Pointer, q *core, attr string) ([]unsafe.Pointer, error) {
	if a := m.byRel[name]; a != nil {
		if a.one {
			return m.bringOne(ctx, a, ps, q, attr)
		}
		return m.bringMany(ctx, a, ps, q, attr)
	}
	return m.bringForeign(ctx, m.byName[name], ps, q, attr)
}

func (m *modelInfo) bringForeign(ctx context.Context, f *field, ps []unsafe.Pointer, q *core, attr string) ([]unsafe.Pointer, error) {
	if err := m.complete(ctx, f, ps); err != nil {
		return nil, err
	}
	var keys []Key
	var have, rest []unsafe.Pointer
	seen := map[Key]unsafe.Pointer{}
	for _, p := range ps {
		fk := (*foreign)(unsafe.Add(p, f.off))
		if fk.obj != nil { // it is here, and not fetched again to have another name
			have = append(have, fk.obj)
			continue
		}
		if fk.loaded { // there is none
			continue
		}
		rest = append(rest, p)
		if _, dup := seen[fk.key]; !dup && !fk.key.IsZero() {
			seen[fk.key] = nil
			keys = append(keys, fk.key)
		}
	}
	far, err := q.within(ctx, f.rel.path()+"__in", keys)
	if err != nil {
		return nil, err
	}
	for _, p := range far {
		seen[f.rel.keyOf(p)] = p
	}
	for _, p := range rest {
		fk := (*foreign)(unsafe.Add(p, f.off))
		if fk.field = f; attr != "" {
			m.putExtra(p, attr, f.rel.target.one(seen[fk.key]))
		} else if !fk.key.IsZero() {
			fk.obj, fk.target, fk.loaded = seen[fk.key], f.rel.target, true
			f.rel.target.mirror(f).show(fk.obj, p)
		}
	}
	return append(have, far...), nil
}

// complete fetches the foreign key f of records that were fetched without it.
func (m *modelInfo) complete(ctx context.Context, f *field, ps []unsafe.Pointer) error {
	var keys []Key
	lack := map[Key][]unsafe.Pointer{}
	for _, p := range ps {
		if l := m.state(p).loaded; l == nil || (*l)[f.index] {
			continue
		}
		k := m.keyOf(p)
		if lack[k] == nil {
			keys = append(keys, k)
		}
		lack[k] = append(lack[k], p)
	}
	found, err := m.base().names(query.StepOnly, []string{f.name}).within(ctx, "pk__in", keys)
	if err != nil {
		return err
	}
	for _, q := range found {
		for _, p := range lack[m.keyOf(q)] {
			m.learn(p, f, (*foreign)(unsafe.Add(q, f.off)).key)
		}
	}
	return nil
}

// learn sets the foreign key f of the record at p, which was fetched without it.
func (m *modelInfo) learn(p unsafe.Pointer, f *field, k Key) {
	st := m.state(p)
	loaded := append(fieldSet(nil), *st.loaded...) // others share theirs
	loaded[f.index], st.loaded = true, &loaded
	fk := (*foreign)(unsafe.Add(p, f.off))
	fk.field, fk.key = f, k
}

// within runs q for the keys, some hundreds at a time.
func (q *core) within(ctx context.Context, path string, keys []Key) (out []unsafe.Pointer, err error) {
	for len(keys) > 0 {
		n := min(chunk, len(keys))
		ps, err := q.filter(lookupCond(path, keyList(keys[:n])), false).fetch(ctx)
		if err != nil {
			return nil, err
		}
		out, keys = append(out, ps...), keys[n:]
	}
	return out, nil
}

func (m *modelInfo) bringOne(ctx context.Context, a *accessor, ps []unsafe.Pointer, q *core, attr string) ([]unsafe.Pointer, error) {
	var have, rest []unsafe.Pointer
	for _, p := range ps {
		o := (*oneState)(unsafe.Add(p, a.off))
		switch {
		case !o.loaded:
			rest = append(rest, p)
		case o.obj != nil:
			have = append(have, o.obj)
		}
	}
	ps = rest
	keys, owners := a.owners(ps)
	far, err := q.within(ctx, a.field.name+"__in", keys)
	if err != nil {
		return nil, err
	}
	for _, p := range ps {
		if attr != "" {
			m.putExtra(p, attr, a.target.one(nil))
			continue
		}
		o := (*oneState)(unsafe.Add(p, a.off))
		o.obj, o.loaded = nil, true
	}
	for _, p := range far {
		fk := (*foreign)(unsafe.Add(p, a.field.off))
		for _, i := range owners[fk.key] {
			if attr != "" {
				m.putExtra(ps[i], attr, a.target.one(p))
			} else {
				(*oneState)(unsafe.Add(ps[i], a.off)).obj = p
			}
			fk.obj, fk.target, fk.loaded = ps[i], m, true
		}
	}
	return append(have, far...), nil
}

// owners returns the different keys of ps, and the places of each.
func (a *accessor) owners(ps []unsafe.Pointer) ([]Key, map[Key][]int) {
	keys := make([]Key, 0, len(ps))
	at := make(map[Key][]int, len(ps))
	for i, p := range ps {
		k := a.ownerKey(p)
		if len(at[k]) == 0 {
			keys = append(keys, k)
		}
		at[k] = append(at[k], i)
	}
	return keys, at
}

// ownKey begins the name of the column that tells which owner a many-to-many
// record was found for.
const ownKey = "_prefetch_related_val_"

// ownKey is the name of that column.
func (a *accessor) ownKey() string {
	own, _ := a.ends()
	return ownKey + own.att
}

// amongOwners selects the records that belong to owners with the keys.
func (a *accessor) amongOwners(q *core, keys []Key) *core {
	if a.generic != nil {
		return a.generic.among(q, keys)
	}
	s := query.Step{Kind: query.StepPrefetch, Names: []string{a.lookup}, Cond: lookupCond(a.lookup+"__in", keyList(keys)).c}
	if a.m2m() {
		s.Named = []query.Named{{Name: a.ownKey(), Expr: &query.Ref{Name: a.lookup}}}
	}
	return q.with(s, nil)
}

func (m *modelInfo) bringMany(ctx context.Context, a *accessor, ps []unsafe.Pointer, q *core, attr string) ([]unsafe.Pointer, error) {
	keys, owners := a.owners(ps)
	rows := make([][]unsafe.Pointer, len(ps))
	var far []unsafe.Pointer
	for rest := keys; len(rest) > 0; {
		n := min(chunk, len(rest))
		got, err := a.amongOwners(q, rest[:n]).fetch(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range got {
			var k Key
			switch {
			case a.m2m():
				k = a.takeOwner(p)
			case a.generic != nil:
				k = keyOfValue(a.generic.object.value(p)).text()
			default:
				k = (*foreign)(unsafe.Add(p, a.field.off)).key
			}
			for _, i := range owners[k] {
				rows[i] = append(rows[i], p)
			}
			if a.field != nil && !a.m2m() && len(owners[k]) > 0 && a.field.rel.kind == schema.ForeignKey {
				owner := ps[owners[k][0]]
				if err := a.field.mayPoint(a.target, a.target.state(p).db, m, m.state(owner).db); err != nil {
					return nil, err
				}
				fk := (*foreign)(unsafe.Add(p, a.field.off))
				fk.obj, fk.target, fk.loaded = owner, m, true
			}
			far = append(far, p)
		}
		rest = rest[n:]
	}
	a.hang(m, ps, rows, attr)
	return far, nil
}

// hang lets the records ps, of m, have rows, or under the name attr if there is one.
func (a *accessor) hang(m *modelInfo, ps []unsafe.Pointer, rows [][]unsafe.Pointer, attr string) {
	for i, p := range ps {
		if attr != "" {
			m.putExtra(p, attr, a.target.list(rows[i]))
			continue
		}
		r := (*manyState)(unsafe.Add(p, a.off))
		r.rows = &rows[i]
	}
}

// putExtra sets an extra value of the record at p.
func (m *modelInfo) putExtra(p unsafe.Pointer, name string, v any) {
	x := &annotations{}
	if old := m.state(p).extra; old != nil {
		for i, n := range old.names {
			if n != name {
				x.names, x.vals = append(x.names, n), append(x.vals, old.vals[i])
			}
		}
	}
	x.names, x.vals = append(x.names, name), append(x.vals, v)
	m.state(p).extra = x
}

// one is a record in its type, also when there is none.
func (m *modelInfo) one(p unsafe.Pointer) any { return m.record(p) }

// takeOwner removes the annotation and returns its value as a key.
func (a *accessor) takeOwner(p unsafe.Pointer) (k Key) {
	x := a.target.takeExtra(p, a.ownKey())
	own, _ := a.ends()
	if s, ok := x.(string); ok && own.pointed().kind == kUUID {
		u, _ := uuidOf(&abi.Value{Kind: abi.KindText, Str: s})
		return UUIDKey(u)
	}
	if v, err := toValue(x); err == nil {
		k = keyOfValue(v)
	}
	return k
}

// takeExtra removes an extra value of the record at p and returns it.
func (m *modelInfo) takeExtra(p unsafe.Pointer, name string) (v any) {
	st := m.state(p)
	if st.extra == nil {
		return nil
	}
	x := st.extra
	for i, n := range x.names {
		if n != name {
			continue
		}
		v = x.vals[i]
		if len(x.names) == 1 {
			st.extra = nil
		} else {
			st.extra = &annotations{
				names: append(append([]string(nil), x.names[:i]...), x.names[i+1:]...),
				vals:  append(append([]any(nil), x.vals[:i]...), x.vals[i+1:]...),
			}
		}
		break
	}
	return v
}
