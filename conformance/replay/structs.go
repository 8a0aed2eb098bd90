package replay

import (
	"context"
	"strings"
	"sync/atomic"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
)

// typed is what a struct does in the place of its model as data.
type typed interface {
	fetch(ctx context.Context, m *orm.Models, s *orm.DynamicSet) ([]*orm.Dynamic, error)
	one(ctx context.Context, m *orm.Models, s *orm.DynamicSet, what string, args ...any) (*orm.Dynamic, error)
	save(ctx context.Context, d *orm.Dynamic, opts []orm.SaveOption) (done bool, err error)
	create(ctx context.Context, s *orm.DynamicSet, d *orm.Dynamic) (done bool, err error)
	related(ctx context.Context, m *orm.Models, d *orm.Dynamic, name string) (far *orm.Dynamic, done bool, err error)
}

// structs are the models, by label, whose operations go through structs.
var structs = map[string]typed{}

// Through counts the operations that went through structs.
var Through atomic.Int64

// Use sends the operations of a model through its struct: what Command structs
// generates calls it.
func Use[T any, P orm.Record[T]](qs *orm.QuerySet[T], related map[string]func(ctx context.Context, obj *T) (any, error)) {
	structs[qs.Model()] = through[T, P]{related}
}

type through[T any, P orm.Record[T]] struct {
	far map[string]func(ctx context.Context, obj *T) (any, error)
}

func (t through[T, P]) fetch(ctx context.Context, m *orm.Models, s *orm.DynamicSet) ([]*orm.Dynamic, error) {
	Through.Add(1)
	list, err := orm.Over[T](s).Fetch(ctx)
	out := make([]*orm.Dynamic, len(list))
	for i, obj := range list {
		out[i] = m.Dynamic(P(obj))
	}
	return out, err
}

func (t through[T, P]) one(ctx context.Context, m *orm.Models, s *orm.DynamicSet, what string, args ...any) (*orm.Dynamic, error) {
	Through.Add(1)
	qs := orm.Over[T](s)
	var obj *T
	var err error
	switch what {
	case "get":
		obj, err = qs.Get(ctx, args...)
	case "first":
		obj, err = qs.First(ctx)
	default:
		obj, err = qs.Last(ctx)
	}
	if err != nil || obj == nil {
		return nil, err
	}
	return m.Dynamic(P(obj)), nil
}

func (t through[T, P]) save(ctx context.Context, d *orm.Dynamic, opts []orm.SaveOption) (bool, error) {
	obj, ok := orm.Struct[T](d)
	s, saves := any(obj).(interface {
		Save(ctx context.Context, opts ...orm.SaveOption) error
	})
	if !ok || !saves {
		return false, nil
	}
	Through.Add(1)
	err := s.Save(ctx, opts...)
	d.Take(P(obj))
	return true, err
}

func (t through[T, P]) create(ctx context.Context, s *orm.DynamicSet, d *orm.Dynamic) (bool, error) {
	obj, ok := orm.Struct[T](d)
	if !ok {
		return false, nil
	}
	Through.Add(1)
	_, err := orm.Over[T](s).Create(ctx, obj)
	d.Take(P(obj))
	return true, err
}

func (t through[T, P]) related(ctx context.Context, m *orm.Models, d *orm.Dynamic, name string) (*orm.Dynamic, bool, error) {
	fetch := t.far[name]
	obj, ok := orm.Struct[T](d)
	if fetch == nil || !ok {
		return nil, false, nil
	}
	Through.Add(1)
	far, err := fetch(ctx, obj)
	if err != nil || far == nil {
		return nil, true, err
	}
	return m.Dynamic(far), true, nil
}

// through is the struct that a reading operation goes through, nil for none:
// querysets of prefetches are those of data.
func (w *world) through(op *corpus.Object) typed {
	target := op.Obj("target")
	if len(structs) == 0 || target == nil || strings.Contains(corpus.Text(target), "$prefetch") {
		return nil
	}
	s, err := w.set(target)
	if err != nil {
		return nil
	}
	return structs[s.Model()]
}

// insert creates a record, through its struct if it has one and nobody listens
// to signals of its model as data.
func (w *world) insert(ctx context.Context, s *orm.DynamicSet, d *orm.Dynamic) error {
	if t := structs[d.Model()]; t != nil && !w.listening {
		if done, err := t.create(ctx, s, d); done {
			return err
		}
	}
	return s.Create(ctx, d)
}

// store saves a record, as insert.
func (w *world) store(ctx context.Context, d *orm.Dynamic, opts []orm.SaveOption) error {
	if t := structs[d.Model()]; t != nil && !w.listening {
		if done, err := t.save(ctx, d, opts); done {
			return err
		}
	}
	return d.Save(ctx, opts...)
}
