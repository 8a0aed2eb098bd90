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
		if far := (*Dynamic)(o.obj); far.key().IsZero() {
			return &UnsavedRelatedError{Field: m.goType + "." + g.name, Model: far.slot.info.goType}
		}
		return nil
	})
}

// homeGeneric is home for the relations through content types.
func (m *modelInfo) homeGeneric(p unsafe.Pointer, db databaseID) (databaseID, error) {
	err := m.pending(p, func(g *genericKey, o *oneState) error {
		far := (*Dynamic)(o.obj)
		to := far.slot.state.db
		if !mayRelate(m, db, far.slot.info, to) {
			return apart(m.goType+"."+g.name, m, db, far.slot.info, to)
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
	return m.pending(p, func(g *genericKey, o *oneState) error {
		far := (*Dynamic)(o.obj)
		named := far.slot.info
		if !g.proxies {
			named = named.table1()
		}
		typ, object := m.byName[g.typ], m.byName[g.object]
		k, err := typ.rel.typeOf(ctx, alias, named)
		if err != nil {
			return err
		}
		typ.put(p, k.value())
		if keyOfValue(object.value(p)).IsZero() { // saved after it was assigned
			object.put(p, far.key().value())
		}
		o.given = false
		return nil
	})
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
		c.named = m.line.concrete
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
		if typ == nil || object == nil || typ.rel == nil || typ.rel.target == nil || typ.rel.target.byName["app_label"] == nil || typ.rel.target.byName["model"] == nil {
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
	return q.with(query.Step{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{
		&query.Lookup{Path: g.typ.name, Value: &query.Sub{Query: typ}},
		&query.Lookup{Path: g.object.name + op, Value: &query.Param{Value: value}},
	}}}, nil)
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
	typ, object := m.byName[g.typ], m.byName[g.object]
	out := map[*modelInfo][]unsafe.Pointer{}
	wanted, order := map[Key][]unsafe.Pointer{}, []Key(nil)
	for _, p := range ps {
		o := (*oneState)(unsafe.Add(p, g.off))
		if o.loaded {
			if o.obj != nil {
				far := (*Dynamic)(o.obj).slot.info
				out[far] = append(out[far], o.obj)
			}
			continue
		}
		o.loaded = true
		k := keyOfValue(typ.value(p))
		if k.IsZero() || keyOfValue(object.value(p)).IsZero() {
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
			id := keyOfValue(object.value(p)).text()
			if by[id] == nil {
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
				(*oneState)(unsafe.Add(p, g.off)).obj = obj
			}
		}
		out[far] = append(out[far], found...)
	}
	return out, nil
}

// fetchGeneric returns what the record at p points to through g, nil for none.
func (m *modelInfo) fetchGeneric(ctx context.Context, g *genericKey, p unsafe.Pointer) (unsafe.Pointer, error) {
	o := (*oneState)(unsafe.Add(p, g.off))
	if o.loaded {
		return o.obj, nil
	}
	typ := m.byName[g.typ]
	k, id := keyOfValue(typ.value(p)), keyOfValue(m.byName[g.object].value(p))
	if !k.IsZero() && !id.IsZero() {
		far, err := typ.rel.modelOf(ctx, k)
		if err != nil {
			return nil, err
		}
		if far != nil {
			o.obj, err = far.base().filter(keyCond("pk", id), false).get(ctx)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return nil, err
			}
		}
	}
	o.loaded = true
	return o.obj, nil
}

// modelOf is the model of a content type by its key, nil when there is none.
func (r *relation) modelOf(ctx context.Context, k Key) (*modelInfo, error) {
	types := r.target
	ps, err := types.root.filter(keyCond("pk", k), false).fetch(ctx)
	if err != nil || len(ps) == 0 {
		return nil, err
	}
	app, _ := textOf(ptr(types.byName["app_label"].value(ps[0])))
	name, _ := textOf(ptr(types.byName["model"].value(ps[0])))
	for _, m := range types.line.all.byLabel {
		if m.app == app && strings.ToLower(m.name) == name {
			return m, nil
		}
	}
	return nil, nil
}

func ptr(v abi.Value) *abi.Value { return &v }

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
	for _, info := range m.line.all.inOrder(far) {
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
