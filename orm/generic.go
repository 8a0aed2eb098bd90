package orm

import (
	"context"
	"errors"
	"strings"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// genericKey points to a record of whatever model: Django's GenericForeignKey.
type genericKey struct {
	name        string
	typ, object string // fields: the content type's key, the record's
	proxies     bool   // a proxy has a content type of its own
	off         uintptr
	bring       func(ctx context.Context, m *modelInfo, name string, ps []unsafe.Pointer, rest Prefetch) (bool, error)
}

// far is the model of the record that m's record at o points to.
func (m *modelInfo) far(o *oneState) *modelInfo {
	if m.dynamic {
		return (*Dynamic)(o.obj).slot.info
	}
	return (*anyState)(unsafe.Pointer(o)).target
}

// pair is what the record at p has in the columns of g.
func (m *modelInfo) pair(g *genericKey, p unsafe.Pointer) (typ, object Key) {
	return m.byName[g.typ].keyAt(p), m.byName[g.object].keyAt(p)
}

// pending calls f with the generic relations of the record at p that have been
// assigned and not been saved.
func (m *modelInfo) pending(p unsafe.Pointer, f func(g *genericKey, o *oneState) error) error {
	if m.line == nil {
		return nil
	}
	for _, g := range m.line.generics {
		if o := (*oneState)(unsafe.Add(p, g.off)); o.given && o.obj != nil {
			if err := f(g, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// relatedGeneric refuses a record that points to one without a key.
func (m *modelInfo) relatedGeneric(p unsafe.Pointer) error {
	return m.pending(p, func(g *genericKey, o *oneState) error {
		if far := m.far(o); far.keyOf(o.obj).IsZero() {
			return &UnsavedRelatedError{Field: m.goType + "." + g.name, Model: far.goType}
		}
		return nil
	})
}

// homeGeneric is home for the relations through content types.
func (m *modelInfo) homeGeneric(p unsafe.Pointer, db databaseID) (databaseID, error) {
	err := m.pending(p, func(g *genericKey, o *oneState) error {
		far := m.far(o)
		to := far.state(o.obj).db
		if !mayRelate(m, db, far, to) {
			return apart(m.goType+"."+g.name, m, db, far, to)
		}
		if db == 0 {
			db = to
		}
		return nil
	})
	return db, err
}

// resolve writes into the record at p which content types and keys it points to.
func (m *modelInfo) resolve(ctx context.Context, alias string, p unsafe.Pointer) error {
	if m.line == nil {
		return nil
	}
	for _, g := range m.line.generics {
		o := (*oneState)(unsafe.Add(p, g.off))
		if !o.given {
			continue
		}
		typ, object := m.byName[g.typ], m.byName[g.object]
		var k, id Key
		if o.obj != nil {
			named := m.far(o)
			id = named.keyOf(o.obj)
			if !g.proxies {
				named = named.table1()
			}
			var err error
			if k, err = typ.rel.typeOf(ctx, alias, named); err != nil {
				return err
			}
			if m.dynamic && !object.keyAt(p).IsZero() {
				id = object.keyAt(p) // set since it was assigned
			}
		}
		if err := m.pointTo(typ, object, p, k, id); err != nil {
			return err
		}
		if o.given = false; !m.dynamic {
			s := (*anyState)(unsafe.Pointer(o))
			s.typ, s.owner = m.pair(g, p)
		}
	}
	return nil
}

// pointTo writes a content type and a key into the columns of a generic
// relation.
func (m *modelInfo) pointTo(typ, object *field, p unsafe.Pointer, k, id Key) error {
	held, ok := object.held(id)
	if !ok {
		return &ValueError{Field: m.goType + "." + object.goName, Value: id.String(), Reason: "it can't hold the key of the record: make it a string to point to keys of every kind"}
	}
	if typ.put(p, k.value()); !object.put(p, held.value()) {
		if held.IsZero() {
			return &ValueError{Field: m.goType + "." + object.goName, Reason: "it can't be NULL: make it an orm.Null to point to nothing"}
		}
		return &ValueError{Field: m.goType + "." + object.goName, Value: id.String(), Reason: "the key of the record does not fit it"}
	}
	return nil
}

// held is k as f holds keys of records: false when it can't.
func (f *field) held(k Key) (Key, bool) {
	kind := f.pointed().kind
	if k.IsZero() || kind == kDynamic {
		return k, true
	}
	if kind == kString {
		return TextKey(k.String()), true
	}
	k, err := f.key(k)
	if kind == kUUID {
		return k, err == nil && k.kind == abi.KindUUID
	}
	return k, err == nil && k.kind == abi.KindInt && kind >= kInt64 && kind <= kUint8
}

// genericEnd is what an accessor needs at the other end.
type genericEnd struct {
	typ, object *field // of the accessor's target
	named       *modelInfo
	proxies     bool
}

// of is g for the records of m.
func (g *genericEnd) of(m *modelInfo) *genericEnd {
	c := *g
	if c.named = m; !g.proxies {
		c.named = m.table1()
	}
	return &c
}

func (m *modelInfo) generic(name string) *genericKey {
	if m.line != nil {
		for _, g := range m.line.generics {
			if g.name == name {
				return g
			}
		}
	}
	return nil
}

// typesContent tells whether f is a foreign key to content types.
func (f *field) typesContent() bool {
	return f != nil && f.rel != nil && f.rel.target != nil && f.kind == kForeign && f.rel.target.byName["app_label"] != nil && f.rel.target.byName["model"] != nil
}

// linkGeneric finds the fields of the model's generic relations.
func (m *Models) linkGeneric(sm *schema.Model) error {
	info := m.byLabel[sm.Label()]
	for i := range sm.Generic {
		sg := &sm.Generic[i]
		far := info
		if sg.To != "" {
			far = m.byLabel[sg.To]
		}
		var typ, object *field
		if far != nil {
			typ, object = far.byName[sg.TypeField], far.byName[sg.ObjectField]
		}
		if !typ.typesContent() || object == nil {
			return &ModelError{Model: info.label, Field: sg.Name, Reason: "it needs the fields " + sg.TypeField + ", a foreign key to content types, and " + sg.ObjectField}
		}
		if sg.To == "" {
			info.line.generics = append(info.line.generics, &genericKey{name: sg.Name, typ: sg.TypeField, object: sg.ObjectField, proxies: sg.Proxies})
			continue
		}
		end := (&genericEnd{typ: typ, object: object, proxies: sg.Proxies}).of(info)
		info.reach(&accessor{owner: info, target: far, goName: sg.Name, name: sg.Name, generic: end, lookup: sg.ObjectField})
	}
	return nil
}

// among selects the records of target that point, by content type and key, to
// those of the accessor's owner with the keys.
func (g *genericEnd) among(q *core, keys []Key) *core {
	return q.with(query.Step{Kind: query.StepFilter, Cond: g.cond(keys)}, nil)
}

func (g *genericEnd) cond(keys []Key) *query.Cond {
	op := "__in"
	value := keyList(keys)
	if len(keys) == 1 {
		op, value = "", keys[0].value()
	}
	is := func(path, v string) query.Expr {
		return &query.Lookup{Path: path, Value: &query.Param{Value: abi.Text(v)}}
	}
	typ := &query.Query{Model: g.typ.rel.target.label, Verb: query.VerbSelect, Steps: []query.Step{
		{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{is("app_label", g.named.app), is("model", strings.ToLower(g.named.name))}}},
		{Kind: query.StepSlice, High: 1},
	}}
	return &query.Cond{Children: []query.Expr{
		&query.Lookup{Path: g.typ.name, Value: &query.Sub{Query: typ}},
		&query.Lookup{Path: g.object.name + op, Value: &query.Param{Value: value}},
	}}
}

// text is a key as the columns of generic relations compare: they hold
// numbers, texts or UUIDs, whatever the keys they stand for.
func (k Key) text() Key {
	if k.IsZero() {
		return k
	}
	return TextKey(k.String())
}

// generics fetches what the records ps point to through g: a query for each
// model. It returns the records by model.
func (m *modelInfo) generics(ctx context.Context, g *genericKey, ps []unsafe.Pointer) (map[*modelInfo][]unsafe.Pointer, error) {
	typ := m.byName[g.typ]
	out := map[*modelInfo][]unsafe.Pointer{}
	wanted, order := map[Key][]unsafe.Pointer{}, []Key(nil)
	for _, p := range ps {
		o := (*oneState)(unsafe.Add(p, g.off))
		if o.loaded {
			if o.obj != nil {
				far := m.far(o)
				out[far] = append(out[far], o.obj)
			}
			continue
		}
		if !m.dynamic {
			if err := (*anyState)(unsafe.Pointer(o)).known(m, g); err != nil {
				return nil, err
			}
		}
		o.loaded = true
		k, id := m.pair(g, p)
		if k.IsZero() || id.IsZero() {
			continue
		}
		if wanted[k] == nil {
			order = append(order, k)
		}
		wanted[k] = append(wanted[k], p)
	}
	for _, k := range order {
		far, err := typ.rel.modelOf(ctx, k)
		if err != nil {
			return nil, err
		}
		if far == nil {
			continue
		}
		var keys []Key
		by := map[Key][]unsafe.Pointer{}
		for _, p := range wanted[k] {
			_, id := m.pair(g, p)
			if id = id.text(); by[id] == nil {
				keys = append(keys, id)
			}
			by[id] = append(by[id], p)
		}
		found, err := far.base().within(ctx, "pk__in", keys)
		if err != nil {
			return nil, err
		}
		for _, obj := range found {
			for _, p := range by[far.keyOf(obj).text()] {
				m.hangAny((*oneState)(unsafe.Add(p, g.off)), far, obj)
			}
		}
		out[far] = append(out[far], found...)
	}
	return out, nil
}

// hangAny lets a generic relation of m's have the record at p, of far.
func (m *modelInfo) hangAny(o *oneState, far *modelInfo, p unsafe.Pointer) {
	o.obj, o.loaded = p, true
	if !m.dynamic {
		(*anyState)(unsafe.Pointer(o)).target = far
	}
}

// fetchGeneric returns what the record at p points to through g, nil for none.
func (m *modelInfo) fetchGeneric(ctx context.Context, g *genericKey, p unsafe.Pointer) (unsafe.Pointer, error) {
	o := (*oneState)(unsafe.Add(p, g.off))
	if o.loaded {
		return o.obj, nil
	}
	k, id := m.pair(g, p)
	far, obj, err := m.byName[g.typ].rel.object(ctx, k, id)
	if err != nil {
		return nil, err
	}
	m.hangAny(o, far, obj)
	return obj, nil
}

// object is the record with the key id of the model that the content type with
// the key k stands for, nil for none.
func (r *relation) object(ctx context.Context, k, id Key) (*modelInfo, unsafe.Pointer, error) {
	if k.IsZero() || id.IsZero() {
		return nil, nil, nil
	}
	far, err := r.modelOf(ctx, k)
	if err != nil || far == nil {
		return nil, nil, err
	}
	obj, err := far.base().filter(keyCond("pk", id), false).get(ctx)
	if errors.Is(err, ErrNotFound) {
		return nil, nil, nil
	}
	return far, obj, err
}

// bringDynamic prefetches a relation that only dynamic models have, and then
// the rest of the path from its records.
func bringDynamic(ctx context.Context, m *modelInfo, name string, ps []unsafe.Pointer, rest Prefetch) (bool, error) {
	if b := m.objects(name); b != nil {
		q, attr := b.target.root, ""
		if b.acc != nil {
			q = b.acc.base()
		}
		if rest.path == "" {
			if attr = rest.attr; rest.query != nil {
				q = rest.query
			}
		}
		far, err := b.bring(ctx, ps, q, attr)
		if err != nil || rest.path == "" {
			return true, err
		}
		return true, prefetch(ctx, b.target, far, []Prefetch{rest})
	}
	return bringGeneric(ctx, m, name, ps, rest)
}

// bringGeneric prefetches a generic foreign key, and then the rest of the path
// from its records.
func bringGeneric(ctx context.Context, m *modelInfo, name string, ps []unsafe.Pointer, rest Prefetch) (bool, error) {
	g := m.generic(name)
	if g == nil {
		return false, nil
	}
	if rest.path == "" && rest.query != nil {
		return true, &ValueError{Field: g.name, Reason: "Custom queryset can't be used for this lookup."}
	}
	far, err := m.generics(ctx, g, ps)
	if err != nil || rest.path == "" {
		return true, err
	}
	list := models
	if m.among != nil {
		list = m.among.inOrder(far)
	}
	if across := acrossOf(list, far, rest); across != nil {
		return true, across.bring(ctx)
	}
	for _, info := range list {
		if len(far[info]) == 0 {
			continue
		}
		if err := prefetch(ctx, info, far[info], []Prefetch{rest}); err != nil {
			return true, err
		}
	}
	return true, nil
}

// inOrder lists the models of a map in the order of their description.
func (m *Models) inOrder(of map[*modelInfo][]unsafe.Pointer) (out []*modelInfo) {
	for i := range m.reg.Models {
		if info := m.byLabel[m.reg.Models[i].Label()]; len(of[info]) > 0 {
			out = append(out, info)
		}
	}
	return out
}
