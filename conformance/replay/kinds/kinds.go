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
	}
	ByLabel[qs.Model()], ByType[k.Type] = k, k
}
