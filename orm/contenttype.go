package orm

import (
	"context"
	"errors"
	"strings"
	"sync"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
)

// typeCache is what is known of the content types in a database.
type typeCache struct {
	mu     sync.Mutex
	byName map[modelName]unsafe.Pointer
	byKey  map[Key]unsafe.Pointer
}

// modelName is a model as content types name it.
type modelName struct{ app, model string }

func (c *typeCache) named(n modelName) unsafe.Pointer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byName[n]
}

func (c *typeCache) keyed(k Key) unsafe.Pointer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byKey[k]
}

func (c *typeCache) keep(types *modelInfo, p unsafe.Pointer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byName == nil {
		c.byName, c.byKey = map[modelName]unsafe.Pointer{}, map[Key]unsafe.Pointer{}
	}
	c.byName[types.nameIn(p)], c.byKey[types.keyOf(p)] = p, p
}

func (c *typeCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byName, c.byKey = nil, nil
}

// nameIn is what the content type at p names.
func (m *modelInfo) nameIn(p unsafe.Pointer) modelName {
	app, model := m.byName["app_label"].value(p), m.byName["model"].value(p)
	return modelName{app.Str, model.Str}
}

// asType is the model as its content type names it.
func (m *modelInfo) asType() modelName { return modelName{m.app, strings.ToLower(m.name)} }

// named is the model that a content type names, nil for none.
func (m *modelInfo) named(n modelName) *modelInfo {
	if m.among != nil {
		for _, o := range m.among.byLabel {
			if o.asType() == n {
				return o
			}
		}
		return nil
	}
	for _, o := range models {
		if o.asType() == n && !o.auto {
			return o
		}
	}
	return nil
}

// typeOf is the key of the content type that stands for m, which is made if
// there is none yet.
func (r *relation) typeOf(ctx context.Context, alias string, m *modelInfo) (Key, error) {
	types := r.target
	q := types.root.in(alias)
	if !types.dynamic {
		p, err := q.typeFor(ctx, m.asType())
		if err != nil {
			return Key{}, err
		}
		return types.keyOf(p), nil
	}
	n := m.asType()
	ps, err := q.filter(n.cond(), false).fetch(ctx)
	if err != nil {
		return Key{}, err
	}
	if len(ps) > 0 {
		return types.keyOf(ps[0]), nil
	}
	p := types.slab(1)
	types.defaults(p)
	n.write(types, p)
	if err := q.create(ctx, p); err != nil {
		return Key{}, err
	}
	return types.keyOf(p), nil
}

func (n modelName) cond() Cond {
	return lookupCond("app_label", abi.Text(n.app)).And(lookupCond("model", abi.Text(n.model)))
}

func (n modelName) write(types *modelInfo, p unsafe.Pointer) {
	types.byName["app_label"].put(p, abi.Text(n.app))
	types.byName["model"].put(p, abi.Text(n.model))
}

// typeFor is the content type of a name among those of q, which is made if there
// is none yet. It is remembered.
func (q *core) typeFor(ctx context.Context, n modelName) (unsafe.Pointer, error) {
	s, err := q.conn(ctx, true)
	if err != nil {
		return nil, err
	}
	q = q.in(s.alias)
	if p := s.knownType(func(c *typeCache) unsafe.Pointer { return c.named(n) }); p != nil {
		return p, nil
	}
	f := &finding{of: q, match: q.filter(n.cond(), false), fill: func(p unsafe.Pointer) error {
		n.write(q.info, p)
		return nil
	}}
	p, _, err := f.run(ctx)
	if err == nil {
		s.keepType(q.info, p)
	}
	return p, err
}

// typeBy is the content type of a key among those of q. It is remembered.
func (q *core) typeBy(ctx context.Context, k Key) (unsafe.Pointer, error) {
	s, err := q.conn(ctx, false)
	if err != nil {
		return nil, err
	}
	if p := s.knownType(func(c *typeCache) unsafe.Pointer { return c.keyed(k) }); p != nil {
		return p, nil
	}
	p, err := q.in(s.alias).filter(keyCond("pk", k), false).get(ctx)
	if err == nil {
		s.keepType(q.info, p)
	}
	return p, err
}

// knownType looks in what is remembered: also in what the transaction around
// has found, which may be gone when it is undone.
func (s session) knownType(look func(c *typeCache) unsafe.Pointer) unsafe.Pointer {
	for t := s.tx; t != nil; t = t.parent {
		if p := look(&t.types); p != nil {
			return p
		}
	}
	return look(&s.types)
}

func (s session) keepType(types *modelInfo, p unsafe.Pointer) {
	if s.tx == nil {
		s.types.keep(types, p)
		return
	}
	s.tx.types.keep(types, p)
	s.tx.mu.Lock()
	defer s.tx.mu.Unlock()
	c := s.conn
	s.tx.onCommit = append(s.tx.onCommit, func(context.Context) { c.types.keep(types, p) })
}

// modelOf is the model of a content type by its key, nil when there is none.
func (r *relation) modelOf(ctx context.Context, k Key) (*modelInfo, error) {
	types := r.target
	if !types.dynamic {
		p, err := types.root.typeBy(ctx, k)
		if p == nil {
			if errors.Is(err, ErrNotFound) {
				err = nil
			}
			return nil, err
		}
		return types.named(types.nameIn(p)), nil
	}
	ps, err := types.root.filter(keyCond("pk", k), false).fetch(ctx)
	if err != nil || len(ps) == 0 {
		return nil, err
	}
	return types.named(types.nameIn(ps[0])), nil
}

// ContentTypeFor returns the content type that stands for a model: a record of
// types, a model with the fields app_label and model. It makes one if there is
// none, and remembers what it finds. Package contenttypes has the model of
// Django's table.
//
// A proxy has the content type of the model that it is another name for, unless
// proxies says that it has its own.
func ContentTypeFor[C any](ctx context.Context, types *QuerySet[C], model interface{ Model() string }, proxies bool) (*C, error) {
	m, err := types.modelFor(model)
	if err != nil {
		return nil, err
	}
	if !proxies {
		m = m.table1()
	}
	p, err := types.q.typeFor(ctx, m.asType())
	return copied[C](p), err
}

// ContentTypeByKey returns the content type with a key, and remembers it.
func ContentTypeByKey[C any](ctx context.Context, types *QuerySet[C], key Key) (*C, error) {
	p, err := types.q.typeBy(ctx, key)
	return copied[C](p), err
}

// ForgetContentTypes forgets what is remembered of content types in the
// database of types: after they have been changed by others.
func ForgetContentTypes[C any](ctx context.Context, types *QuerySet[C]) error {
	s, err := types.q.conn(ctx, false)
	if err != nil {
		return err
	}
	for t := s.tx; t != nil; t = t.parent {
		t.types.clear()
	}
	s.types.clear()
	return nil
}

// ContentTypeObject returns the record with a key of the model that a content
// type names: ErrNotFound when there is none, and nil without an error when the
// app has no such model.
func ContentTypeObject[C any](ctx context.Context, types *QuerySet[C], app, model string, key Key) (any, error) {
	m := types.q.info.named(modelName{app, model})
	if m == nil {
		return nil, nil
	}
	p, err := m.base().in(types.q.database(ctx, false)).filter(keyCond("pk", key), false).get(ctx)
	if err != nil {
		return nil, err
	}
	return m.record(p), nil
}

// copied is a record of one's own: those that are remembered are shared.
func copied[C any](p unsafe.Pointer) *C {
	if p == nil {
		return nil
	}
	c := *(*C)(p)
	return &c
}

// modelFor is the model of a queryset, or another set, in an app that has types.
func (s *QuerySet[C]) modelFor(of interface{ Model() string }) (*modelInfo, error) {
	if m := s.q.info.labelled(of.Model()); m != nil {
		return m, nil
	}
	return nil, &ModelError{Model: of.Model(), Reason: "it is no model of the app"}
}
