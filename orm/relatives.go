package orm

import (
	"context"
	"unsafe"
)

// oneFetcher is a relation to one record.
type oneFetcher interface {
	// wants is the fetch of the record, nil if it is here. far is the end that it
	// is wanted at, nil of a foreign key.
	wants() (w *want, far *accessor, err error)
	brought(p unsafe.Pointer)
	// ask fetches the record by itself.
	ask(ctx context.Context) error
}

// relatives are the related records that Gather fetches, by relation.
type relatives struct {
	groups []*family
	apart  []oneFetcher // cannot be fetched with others
}

// family is what is fetched by one query.
type family struct {
	ws   wanted
	far  *accessor
	list []oneFetcher
	keys []Key
	all  *relatives
	err  error // of the first that is not there
}

func (r *relatives) add(x oneFetcher) error {
	w, far, err := x.wants()
	if w == nil || err != nil {
		return err
	}
	if !w.plain() {
		r.apart = append(r.apart, x)
		return nil
	}
	var g *family
	for _, f := range r.groups {
		if f.far == far && f.ws.base.info == w.base.info && f.ws.path == w.path && f.ws.base.from == w.base.from && len(f.keys) < chunk {
			g = f
		}
	}
	if g == nil {
		g = &family{far: far, all: r}
		r.groups = append(r.groups, g)
	}
	g.ws.add(w)
	g.list, g.keys = append(g.list, x), append(g.keys, w.key)
	return nil
}

func (g *family) take(res *result) error {
	got, err := g.ws.read(res)
	if err != nil {
		return err
	}
	for i, x := range g.list {
		p, known, err := got.pick(g.keys[i])
		switch {
		case !known:
			g.all.apart = append(g.all.apart, x)
		case err == nil:
			x.brought(p)
		case g.err == nil:
			g.err = err
		}
	}
	return nil
}

// lost leaves a family whose query failed to be fetched one by one, where one
// of them may be the reason.
func (g *family) lost(inTx bool) func(error) bool {
	return func(err error) bool {
		if inTx || len(g.list) == 1 || !single(err) {
			return false
		}
		g.all.apart = append(g.all.apart, g.list...)
		return true
	}
}

// rest fetches what no query for several could, and tells what is not there.
func (r *relatives) rest(ctx context.Context) error {
	var first error
	for _, g := range r.groups {
		if first == nil {
			first = g.err
		}
	}
	for _, x := range r.apart {
		if err := x.ask(ctx); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func (f *ForeignKey[T]) toFetch() toFetch { return toFetch{one: f} }

func (f *ForeignKey[T]) wants() (*want, *accessor, error) {
	if f.f.obj != nil || f.f.key.IsZero() || f.f.loaded {
		return nil, nil, nil
	}
	return f.f.want(f.relation()), nil, nil
}

func (f *ForeignKey[T]) brought(p unsafe.Pointer) { f.f.bring(f.relation(), p) }

func (f *ForeignKey[T]) ask(ctx context.Context) error {
	_, err := f.Fetch(ctx)
	return err
}

func (r *ReverseOne[T]) toFetch() toFetch { return toFetch{one: r} }

func (r *ReverseOne[T]) wants() (*want, *accessor, error) {
	if r.o.loaded {
		return nil, nil, nil
	}
	if r.o.acc == nil || r.o.owner.IsZero() {
		return nil, nil, ErrNotSaved
	}
	w := r.o.want()
	if w == nil {
		return &want{base: &core{err: ErrNotSaved}}, nil, nil // which is not plain
	}
	return w, r.o.acc, nil
}

func (r *ReverseOne[T]) brought(p unsafe.Pointer) { r.o.obj, r.o.loaded = p, true }

func (r *ReverseOne[T]) ask(ctx context.Context) error {
	_, err := r.Fetch(ctx)
	return err
}
