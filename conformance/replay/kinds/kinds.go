// Package kinds knows the structs that were written for the models of recorded
// modules. Packages of such structs import it and package orm, and nothing else
// that changes often: they take minutes to compile.
package kinds

import (
	"context"
	"reflect"

	"github.com/vinyl-edge/vinyl/orm"
)

// Kind is a struct that stands for a model. Its methods are called by
// reflection: code for each method and model would take minutes to compile.
type Kind struct {
	Type      reflect.Type
	Relations map[string]string // names of relations: fields of the struct
	// Over is a set as a queryset of the struct, Among one that was made of from,
	// the records of a relation: base is that relation of a struct.
	Over  func(s *orm.DynamicSet) any
	Among func(s, from *orm.DynamicSet, base any) (any, bool)
	// Make is a record as a pointer to a struct.
	Make     func(d *orm.Dynamic) (any, error)
	Prefetch func(ctx context.Context, list any, related []any) error
	// Listen connects a receiver that does nothing to a signal, by Django's name;
	// nil for one that structs do not have.
	Listen func(signal string) (stop func())
	// Numbers and Texts are orm.InBulk of a queryset of the struct.
	Numbers func(ctx context.Context, qs any, field string, keys []int64) (map[int64]any, error)
	Texts   func(ctx context.Context, qs any, field string, keys []string) (map[string]any, error)
}

var (
	written = map[string]func(){}
	// ByLabel are the structs in use by the labels of their models, ByType by
	// their types.
	ByLabel = map[string]*Kind{}
	ByType  = map[reflect.Type]*Kind{}
)

// Module says how to register the structs of a module: what package structs
// writes calls it.
func Module(name string, use func()) { written[name] = use }

// UseModule registers the structs of a module, before the app starts. It is
// false when there are none.
func UseModule(name string) bool {
	use := written[name]
	if use != nil {
		use()
	}
	return use != nil
}

// Use sends the operations of a model through its struct.
func Use[T any, P orm.Record[T]](qs *orm.QuerySet[T], relations map[string]string) {
	k := &Kind{
		Type: reflect.TypeFor[T](), Relations: relations,
		Over: func(s *orm.DynamicSet) any { return orm.Over[T](s) },
		Among: func(s, from *orm.DynamicSet, base any) (any, bool) {
			qs, ok := base.(*orm.QuerySet[T])
			if !ok {
				return nil, false
			}
			return orm.OverRelation(s, from, qs)
		},
		Make: func(d *orm.Dynamic) (any, error) { return orm.Struct[T](d) },
		Prefetch: func(ctx context.Context, list any, related []any) error {
			return orm.FetchRelated(ctx, list.([]*T), related...)
		},
		Listen: listen[T],
		Numbers: func(ctx context.Context, qs any, field string, keys []int64) (map[int64]any, error) {
			return inBulk[int64, T](ctx, qs, field, keys)
		},
		Texts: func(ctx context.Context, qs any, field string, keys []string) (map[string]any, error) {
			return inBulk[string, T](ctx, qs, field, keys)
		},
	}
	ByLabel[qs.Model()], ByType[k.Type] = k, k
}

func listen[T any](signal string) (stop func()) {
	switch signal {
	case "pre_init":
		return orm.OnPreInit(func(*T) {})
	case "post_init":
		return orm.OnPostInit(func(*T) {})
	case "pre_save":
		return orm.OnPreSave(func(context.Context, orm.SaveEvent[T]) error { return nil })
	case "post_save":
		return orm.OnPostSave(func(context.Context, orm.SaveEvent[T]) error { return nil })
	case "pre_delete":
		return orm.OnPreDelete(func(context.Context, orm.DeleteEvent[T]) error { return nil })
	case "post_delete":
		return orm.OnPostDelete(func(context.Context, orm.DeleteEvent[T]) error { return nil })
	}
	return nil
}

func inBulk[K comparable, T any](ctx context.Context, qs any, field string, keys []K) (map[K]any, error) {
	found, err := orm.InBulk(ctx, qs.(*orm.QuerySet[T]), field, keys)
	out := make(map[K]any, len(found))
	for k, r := range found {
		out[k] = r
	}
	return out, err
}
