package orm

import (
	"context"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// asked is a Get by one name and one value: its shape is the same for all
// values of a kind, so that only the first one builds and encodes the query.
type asked struct {
	name  string
	kind  abi.Kind
	shape string
}

// maxAsked bounds what a queryset remembers: names may come from input.
const maxAsked = 16

// one reads arguments that are one name and a number or text.
func one(args []any) (name string, v abi.Value, ok bool) {
	if len(args) != 2 {
		return "", v, false
	}
	if name, ok = args[0].(string); !ok {
		return "", v, false
	}
	switch x := args[1].(type) {
	case int:
		v = abi.Int(int64(x))
	case int64:
		v = abi.Int(x)
	case string:
		v = abi.Text(x)
	case Key:
		v = x.value()
	}
	return name, v, v.Kind == abi.KindInt || v.Kind == abi.KindText
}

// getBy returns the only record that matches. A package-level queryset
// remembers what it was asked.
func (q *core) getBy(ctx context.Context, args []any) (unsafe.Pointer, error) {
	deepen(0)
	if len(args) == 0 {
		return q.get(ctx)
	}
	name, v, ok := one(args)
	if !ok || !q.shared {
		return q.filter(conds("Get", args), false).get(ctx)
	}
	list := q.asked.Load()
	if list != nil {
		for i := range *list {
			if a := &(*list)[i]; a.kind == v.Kind && a.name == name {
				return q.only(q.send(ctx, &encoded{shape: a.shape, params: query.AppendParams(nil, []abi.Value{v})}))
			}
		}
	}
	n := q.filter(conds("Get", args), false).sole()
	p, err := q.only(n.fetch(ctx))
	if e := n.enc.Load(); e != nil && (list == nil || len(*list) < maxAsked) {
		more := []asked{{name, v.Kind, e.shape}}
		if list != nil {
			more = append(more, *list...)
		}
		q.asked.CompareAndSwap(list, &more)
	}
	return p, err
}

// only is the one record of a result.
func (q *core) only(ps []unsafe.Pointer, err error) (unsafe.Pointer, error) {
	switch {
	case err != nil:
		return nil, err
	case len(ps) == 0:
		return nil, &NotFoundError{Model: q.info.goType}
	case len(ps) > 1:
		return nil, &MultipleError{Model: q.info.goType}
	}
	return ps[0], nil
}
