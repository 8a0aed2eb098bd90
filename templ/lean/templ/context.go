package templ

import "context"

type contextKey struct{}

// state is what one rendering remembers. The generator's InitializeContext
// puts it into the context of the outermost component.
type state struct {
	rendered map[string]struct{} // classes and scripts already written
	once     map[*OnceHandle]struct{}
	children Component
	nonce    string
}

func (s *state) has(key string) bool { _, ok := s.rendered[key]; return ok }

func (s *state) add(key string) {
	if s.rendered == nil {
		s.rendered = map[string]struct{}{}
	}
	s.rendered[key] = struct{}{}
}

// InitializeContext returns ctx with room for the state of a rendering.
func InitializeContext(ctx context.Context) context.Context {
	ctx, _ = stateOf(ctx)
	return ctx
}

func stateOf(ctx context.Context) (context.Context, *state) {
	if s, ok := ctx.Value(contextKey{}).(*state); ok {
		return ctx, s
	}
	s := &state{}
	return context.WithValue(ctx, contextKey{}, s), s
}

// WithChildren gives children to the component rendered next.
func WithChildren(ctx context.Context, children Component) context.Context {
	ctx, s := stateOf(ctx)
	s.children = children
	return ctx
}

// ClearChildren takes the children away again.
func ClearChildren(ctx context.Context) context.Context {
	_, s := stateOf(ctx)
	s.children = nil
	return ctx
}

// GetChildren returns the children, or NopComponent.
func GetChildren(ctx context.Context) Component {
	if _, s := stateOf(ctx); s.children != nil {
		return s.children
	}
	return NopComponent
}

// WithNonce sets the nonce that style and script elements carry.
func WithNonce(ctx context.Context, nonce string) context.Context {
	ctx, s := stateOf(ctx)
	s.nonce = nonce
	return ctx
}

// GetNonce returns the nonce, empty when none is set.
func GetNonce(ctx context.Context) string {
	if ctx == nil {
		return ""
	}
	_, s := stateOf(ctx)
	return s.nonce
}
