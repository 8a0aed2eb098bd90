package guest

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest/internal/repath"
	"github.com/vinyl-edge/vinyl/guest/internal/route"
)

// View answers one request. An error becomes its status's page: ErrNotFound
// 404, ErrPermissionDenied 403, a passed deadline 503, anything else a logged 500.
type View func(*Request) (*Response, error)

// Middleware wraps a view, or the rest of the chain.
type Middleware func(View) View

// ErrorView makes the page of an error.
type ErrorView func(*Request, error) (*Response, error)

// App is a site: its URLs and how they are served. The zero value of every
// field but URLs is fine. An app package exports func App() *guest.App.
type App struct {
	// Name labels the app for the host, which keeps plans by it. Tables are
	// named by their models.
	Name string
	URLs Patterns
	// Middleware runs inside of Base, the first outermost.
	Middleware []Middleware
	// Base replaces DefaultMiddleware when it is not nil.
	Base []Middleware
	// Settings changes the defaults; the environment is read after it.
	Settings func(*Settings)
	// ErrorViews make the pages of statuses like 404 and 500.
	ErrorViews map[int]ErrorView

	settings Settings
	resolver *route.Resolver
	handler  View
	wrap     []func(context.Context) context.Context
	exempt   []*repath.Prog
	agents   []*repath.Prog
	kept     kept
	lastHost atomic.Pointer[string] // the last one found allowed: mostly the next one too
}

var _ abi.App = (*App)(nil)

// Setup reads settings, compiles the URLs and sets extensions up. Runtimes call it.
func (a *App) Setup(ctx context.Context) error {
	if err := a.configure(sysEnv); err != nil {
		return err
	}
	a.wrap = nil
	for _, x := range abi.Extensions() {
		wrap, err := x.Setup(ctx, a.Name)
		if err != nil {
			return err
		}
		if wrap != nil {
			a.wrap = append(a.wrap, wrap)
		}
	}
	return nil
}

// Context returns ctx with what extensions add to a request's: the ORM its
// line to the host. In-process hosts call it for tests that use models without
// a request.
func (a *App) Context(ctx context.Context) context.Context {
	for _, wrap := range a.wrap {
		ctx = wrap(ctx)
	}
	return ctx
}

// configure is Setup without a host.
func (a *App) configure(getenv func(string) (string, bool)) (err error) {
	a.kept.limit = keptLimit(getenv)
	a.settings = DefaultSettings()
	if a.Settings != nil {
		a.Settings(&a.settings)
	}
	if err = errors.Join(a.settings.fromEnv(getenv), a.settings.complete()); err != nil {
		return a.errorf("settings", err)
	}
	if a.exempt, err = compileAll(a.settings.SecureRedirectExempt); err != nil {
		return a.errorf("SecureRedirectExempt", err)
	}
	if a.agents, err = compileAll(a.settings.DisallowedUserAgents); err != nil {
		return a.errorf("DisallowedUserAgents", err)
	}
	patterns := patternsOf(a.URLs)
	if err = checkPatterns(patterns, true); err != nil {
		return a.errorf("URLs", err)
	}
	if a.resolver, err = route.New(patterns); err != nil {
		return a.errorf("URLs", err)
	}
	h := a.guard(a.dispatch)
	for i := len(a.Middleware) - 1; i >= 0; i-- {
		h = a.guard(a.Middleware[i](h))
	}
	if a.Base == nil {
		a.handler = a.guard(a.standard(h))
		return nil
	}
	for i := len(a.Base) - 1; i >= 0; i-- {
		h = a.guard(a.Base[i](h))
	}
	a.handler = a.guard(hostMiddleware(h))
	return nil
}

func compileAll(list []string) (out []*repath.Prog, err error) {
	for _, re := range list {
		p, err := repath.Compile(re)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (a *App) errorf(what string, err error) error {
	name := a.Name
	if name == "" {
		name = "app"
	}
	return &wrapped{name + ": " + what + ": " + err.Error(), err}
}

// dispatch is the innermost handler: it calls the view of the path.
func (a *App) dispatch(req *Request) (*Response, error) {
	m := a.resolver.Resolve(req.Path)
	if m == nil {
		return nil, NotFound("no URL pattern matches " + strconv.Quote(req.Path))
	}
	req.match = m
	tellRoute(req)
	view, _ := m.View.(View)
	resp, err := view(req)
	if err != nil {
		return nil, err
	}
	if resp == nil {
		return nil, errors.New("the view of the pattern " + strconv.Quote(m.Route) + " returned neither a response nor an error: return one of them")
	}
	return resp, resp.render(req.Context())
}

// tellRoute has the host know which view answers, if it wants to: its logs name it.
func tellRoute(req *Request) {
	p, err := abi.PortFrom(req.ctx)
	if err != nil {
		return
	}
	if r, ok := p.(interface {
		WantsRoute() bool
		Route(pattern, view string)
	}); ok && r.WantsRoute() {
		r.Route(req.match.Route, req.match.ViewName())
	}
}

// guard turns errors and panics of next into responses, so that the
// middleware around it sees a response whatever happens.
func (a *App) guard(next View) View {
	return func(req *Request) (resp *Response, err error) {
		defer func() {
			if v := recover(); v != nil {
				resp, err = a.errorResponse(req, &panicError{v, stack()}), nil
			}
		}()
		return a.answer(req, next)
	}
}

func (a *App) answer(req *Request, next View) (*Response, error) {
	resp, err := next(req)
	if err == nil && resp == nil {
		err = errors.New("a middleware returned neither a response nor an error: return what next returned, or one of them")
	}
	if err != nil {
		resp = a.errorResponse(req, err)
	}
	return resp, nil
}
