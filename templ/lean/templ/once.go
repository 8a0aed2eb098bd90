package templ

import (
	"context"
	"io"
	"slices"
)

// OnceOpt is an option of NewOnceHandle.
type OnceOpt func(*OnceHandle)

// WithComponent renders c instead of the children.
func WithComponent(c Component) OnceOpt { return func(o *OnceHandle) { o.c = c } }

// OnceHandle renders something at most once per page.
type OnceHandle struct {
	c Component
	_ byte // zero-size variables may share an address, and the address is the key
}

// NewOnceHandle returns a handle to be kept in a package variable.
func NewOnceHandle(opts ...OnceOpt) *OnceHandle {
	o := &OnceHandle{}
	for _, opt := range opts {
		opt(o)
	}
	return o
}

// Once renders its children the first time only.
func (o *OnceHandle) Once() Component {
	return ComponentFunc(func(ctx context.Context, w io.Writer) error {
		_, s := stateOf(ctx)
		if _, done := s.once[o]; done {
			return nil
		}
		if s.once == nil {
			s.once = map[*OnceHandle]struct{}{}
		}
		s.once[o] = struct{}{}
		if o.c != nil {
			return o.c.Render(ctx, w)
		}
		return GetChildren(ctx).Render(ctx, w)
	})
}

type fragmentKey struct{}

// FragmentContext steers the rendering of fragments.
type FragmentContext struct {
	W      io.Writer
	IDs    []any
	Active bool
}

// RenderFragments renders only the fragments of c with one of the ids to w.
func RenderFragments(ctx context.Context, w io.Writer, c Component, ids ...any) error {
	ctx = context.WithValue(ctx, fragmentKey{}, &FragmentContext{W: w, IDs: ids})
	return c.Render(ctx, io.Discard)
}

// Fragment marks its children as a fragment that RenderFragments can pick.
func Fragment(id any) Component {
	return ComponentFunc(func(ctx context.Context, w io.Writer) error {
		f, _ := ctx.Value(fragmentKey{}).(*FragmentContext)
		if f == nil || f.Active || !slices.Contains(f.IDs, id) {
			return GetChildren(ctx).Render(ctx, w)
		}
		f.Active = true
		defer func() { f.Active = false }()
		return GetChildren(ctx).Render(ctx, f.W)
	})
}
