package orm

import (
	"context"
	"reflect"
	"slices"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// OnDelete is what a relation tagged on_delete=set is set to when the record
// that it points to is deleted: an entry of [Options].OnDelete.
type OnDelete struct {
	value any
	call  func(ctx context.Context) (any, error) // instead of value
}

// Set sets the relation to the record with a key: Django's SET(value).
func Set(key any) OnDelete { return OnDelete{value: key} }

// SetFrom sets the relation to what f returns, a record or a key: Django's
// SET(callable). A nil record makes it NULL.
//
//	type Comment struct {
//		orm.Model[Comment]
//		Author orm.ForeignKey[User] `orm:"on_delete=set"`
//	}
//
//	func (Comment) Meta() orm.Options {
//		return orm.Options{OnDelete: map[string]orm.OnDelete{"author": orm.SetFrom(nobody)}}
//	}
//
//	func nobody(ctx context.Context) (*User, error) {
//		u, _, err := Users.GetOrCreate(ctx, "name", "nobody")
//		return u, err
//	}
//
// f runs in the transaction of the deletion, also when it turns out that no
// record points to what is deleted, as in Django.
func SetFrom[V any](f func(ctx context.Context) (V, error)) OnDelete {
	var none V
	return OnDelete{value: none, call: func(ctx context.Context) (any, error) { return f(ctx) }}
}

// linkOnDelete gives relations with on_delete=set what Meta says, and reads the
// defaults of relations, now that it is known what they point to.
func (m *modelInfo) linkOnDelete(errs *modelErrors) {
	own := m.owned()
	for _, f := range own {
		fail := func(reason string) {
			*errs = append(*errs, &ModelError{Model: m.goType, Field: f.goName, Tag: f.tag, Reason: reason})
		}
		if f.kind != kForeign || f.rel.kind == schema.ManyToMany || f.rel.target == nil || f.rel.target.pk == nil {
			continue
		}
		if f.hasDef {
			if err := f.readFallback(); err != nil {
				fail("default=" + f.def + " does not fit: " + err.Error())
			}
		}
		if f.rel.onDelete != schema.SetTo {
			continue
		}
		o, ok := m.opts.OnDelete[f.name]
		if !ok {
			fail("say what on_delete=set sets it to: OnDelete: map[string]orm.OnDelete{" + quote(f.name) + ": orm.Set(KEY)} in the orm.Options of its Meta, or orm.SetFrom(FUNC)")
			continue
		}
		if reason := f.check(o); reason != "" {
			fail("what Meta's OnDelete sets it to " + reason)
			continue
		}
		f.rel.setFrom = o.call
		if o.call == nil {
			f.rel.set, _ = f.keyTo(o.value)
		}
	}
	for name := range m.opts.OnDelete {
		if !slices.ContainsFunc(own, func(f *field) bool { return f.name == name && f.rel != nil && f.rel.onDelete == schema.SetTo }) {
			*errs = append(*errs, &ModelError{Model: m.goType, Reason: "Meta's OnDelete names " + name + ", which is no relation with on_delete=set" + nearest(name, m.names())})
		}
	}
}

// check says what is wrong with what o sets f to, as far as its type tells.
func (f *field) check(o OnDelete) string {
	if of := reflect.TypeOf(o.value); of != nil && of.Kind() == reflect.Pointer {
		switch info := registry[reflect.Zero(of).Interface()]; {
		case info == nil:
			return "is a " + of.String() + ", which is no record: give a key, or a record of " + f.rel.target.goType
		case info != f.rel.target:
			return "is a record of " + info.goType + ", and it points to " + f.rel.target.goType
		}
		if o.call != nil {
			return ""
		}
	}
	v, err := f.keyTo(o.value)
	switch {
	case err != nil:
		return "can't be a key: " + err.Error()
	case v.IsNull() && o.call == nil && !f.null:
		return "is NULL: tag it null"
	}
	return ""
}

// keyTo is the value of f that points to a record, given by itself or by key.
func (f *field) keyTo(v any) (abi.Value, error) {
	if err := f.takes(v); err != nil {
		return abi.Null, err
	}
	r, ok := recordOf(v)
	if !ok {
		return toValue(v)
	}
	_, p := r.ormKey()
	if f.rel.target.ownKey(p).IsZero() {
		return abi.Null, &UnsavedRelatedError{Field: f.label(), Model: f.rel.target.goType}
	}
	return f.rel.keyOf(p).value(), nil
}

// readFallback reads the default of a relation as a value of what it points to.
func (f *field) readFallback() error {
	f.rel.fallback = Key{}
	if f.def == "" {
		if !f.null {
			return &ValueError{Reason: "there is no empty key: name one, or tag the field null"}
		}
		return nil
	}
	to := f.rel.key1()
	for to.rel != nil {
		to = to.rel.key1()
	}
	pointed := *to
	pointed.def = f.def
	p := to.model.slab(1)
	if err := storeDefault(&pointed, p); err != nil {
		return err
	}
	f.rel.fallback = keyOfValue(pointed.value(p))
	return nil
}

// replacement is what f is set to when what it points to is deleted.
func (f *field) replacement(ctx context.Context) (abi.Value, error) {
	switch f.rel.onDelete {
	case schema.SetDefault:
		p := f.model.slab(1)
		f.model.defaults(p)
		return f.value(p), nil
	case schema.SetTo:
		if f.rel.setFrom == nil {
			return f.rel.set, nil
		}
		v, err := f.rel.setFrom(ctx)
		if err != nil {
			return abi.Null, err
		}
		return f.keyTo(v)
	}
	return abi.Null, nil
}
