package templ

import (
	"context"
	"errors"
	"io"
)

// Component renders itself.
type Component interface {
	Render(ctx context.Context, w io.Writer) error
}

// ComponentFunc makes a Component of a function.
type ComponentFunc func(ctx context.Context, w io.Writer) error

// Render calls f.
func (f ComponentFunc) Render(ctx context.Context, w io.Writer) error { return f(ctx, w) }

// NopComponent renders nothing.
var NopComponent = ComponentFunc(func(context.Context, io.Writer) error { return nil })

// Raw renders html as it is: it must come from a trusted source.
func Raw[T ~string](html T, errs ...error) Component {
	return ComponentFunc(func(_ context.Context, w io.Writer) error {
		if err := errors.Join(errs...); err != nil {
			return err
		}
		_, err := io.WriteString(w, string(html))
		return err
	})
}

// Join renders components one after the other and stops at the first error.
func Join(components ...Component) Component {
	return ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, c := range components {
			if err := c.Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

// Flush renders its children and flushes the writer after them.
func Flush() FlushComponent { return FlushComponent{} }

// FlushComponent is what Flush returns.
type FlushComponent struct{}

// Render renders the children and flushes w if it can be flushed.
func (FlushComponent) Render(ctx context.Context, w io.Writer) error {
	if err := GetChildren(ctx).Render(ctx, w); err != nil {
		return err
	}
	switch w := w.(type) {
	case interface{ Flush() }:
		w.Flush()
	case interface{ Flush() error }:
		return w.Flush()
	}
	return nil
}

// Version is the version of templ that this package stands for.
func Version() string { return "v0.3.977" }
