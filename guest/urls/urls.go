package urls

import (
	"context"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/internal/route"
)

// Patterns is an app's list of Path, RePath and Include, tried in order.
type Patterns = guest.Patterns

// Pattern is one of them.
type Pattern = guest.Pattern

// Kwargs are arguments by name, for Reverse.
type Kwargs = guest.Kwargs

// Converter turns a piece of a path into a parameter and back.
type Converter interface {
	// Regex is what the piece must match, without groups.
	Regex() string
	// Parse makes a value of the piece; with an error the route doesn't match.
	Parse(s string) (any, error)
	// Format makes the piece of a value; with an error the route can't be reversed.
	Format(v any) (string, error)
}

// Option names a pattern or sets what else it has.
type Option func(*route.Pattern)

// Name names a pattern, for Reverse and RedirectTo.
func Name(name string) Option { return func(p *route.Pattern) { p.Name = name } }

// Extra gives the view another argument, read with Request.Value.
func Extra(name string, value any) Option {
	return func(p *route.Pattern) {
		if p.Kwargs == nil {
			p.Kwargs = map[string]any{}
		}
		p.Kwargs[name] = value
	}
}

// AppName puts an Include's names in an application namespace, which is also
// the instance's unless Namespace gives another.
func AppName(name string) Option {
	return func(p *route.Pattern) {
		p.AppName = name
		if p.Namespace == "" {
			p.Namespace = name
		}
	}
}

// Namespace names this instance of an included app; it needs AppName too.
func Namespace(name string) Option { return func(p *route.Pattern) { p.Namespace = name } }

// Path leads a route like "polls/<int:pk>/" to a view. Converters are str (the
// default), int, slug, uuid, path and those of Register. Routes have no leading slash.
func Path(src string, view guest.View, opts ...Option) Pattern {
	return build(route.Pattern{Src: src, View: view}, nil, opts)
}

// RePath is Path with a regular expression in Python's syntax; named groups
// are the view's parameters.
func RePath(src string, view guest.View, opts ...Option) Pattern {
	return build(route.Pattern{Src: src, Regex: true, View: view}, nil, opts)
}

// Include puts patterns below a route.
func Include(src string, patterns Patterns, opts ...Option) Pattern {
	return build(route.Pattern{Src: src, Include: true}, patterns, opts)
}

// IncludeRe puts patterns below a regular expression.
func IncludeRe(src string, patterns Patterns, opts ...Option) Pattern {
	return build(route.Pattern{Src: src, Regex: true, Include: true}, patterns, opts)
}

func build(p route.Pattern, children Patterns, opts []Option) Pattern {
	for _, o := range opts {
		o(&p)
	}
	return guest.NewPattern(p, children)
}

// Register makes a converter known to every app of the program. Call it from
// an init function.
func Register(name string, c Converter) { route.Register(name, c) }

// Reverse returns the path of a pattern's name, "app:name" in a namespace.
// args fill the parameters in order, or one Kwargs by name. In a component:
//
//	<a href={ urls.Reverse(ctx, "polls:detail", q.ID) }>
func Reverse(ctx context.Context, name string, args ...any) (string, error) {
	return guest.Reverse(ctx, name, args...)
}

// ErrNoReverse is wrapped by the error of a name or arguments that fit no pattern.
var ErrNoReverse = route.ErrNoReverse
