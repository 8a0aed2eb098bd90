package guest

import (
	"context"
	"errors"
	"strings"

	"github.com/vinyl-edge/vinyl/guest/internal/uri"
)

// Kwargs are named arguments for Reverse and RedirectTo.
type Kwargs map[string]any

// ErrNoRequest is returned for a context that does not come from a request.
var ErrNoRequest = errors.New("guest: this context does not come from a request: pass req.Context() on")

// Reverse returns the path of a pattern's name. args fill the parameters in
// their order; one Kwargs instead fills them by name.
func (r *Request) Reverse(name string, args ...any) (string, error) {
	var kw Kwargs
	if len(args) == 1 {
		if k, ok := args[0].(Kwargs); ok {
			kw, args = k, nil
		}
	}
	current := ""
	if r.match != nil {
		current = strings.Join(r.match.Namespaces, ":")
	}
	return r.app.resolver.Reverse(name, current, "/", args, kw)
}

// Reverse is Request.Reverse for code that has only the ctx: components.
func Reverse(ctx context.Context, name string, args ...any) (string, error) {
	req := RequestFrom(ctx)
	if req == nil {
		return "", ErrNoRequest
	}
	return req.Reverse(name, args...)
}

// Redirect answers 302 to a URL, which is encoded where it has to be. Only
// http, https, ftp and relative URLs are allowed.
func Redirect(url string) *Response { return redirect(302, url) }

// PermanentRedirect answers 301.
func PermanentRedirect(url string) *Response { return redirect(301, url) }

// RedirectTo answers 302 to the pattern called name.
func (r *Request) RedirectTo(name string, args ...any) (*Response, error) {
	url, err := r.Reverse(name, args...)
	if err != nil {
		return nil, err
	}
	return Redirect(url), nil
}

func redirect(status int, url string) *Response {
	if scheme := uri.Scheme(url); scheme != "" && scheme != "http" && scheme != "https" && scheme != "ftp" {
		resp := NewResponse(status, htmlType, nil)
		resp.Header.err = SuspiciousOperation("unsafe redirect to a URL with scheme " + scheme)
		return resp
	}
	resp := NewResponse(status, htmlType, nil)
	resp.Header.Set("location", uri.FromIRI(url))
	return resp
}

// Or404 makes an error that says "there is no such thing", by a method
// HTTPStatus that returns 404, an ErrNotFound too; v and other errors are passed
// on. It is called around what returns both:
//
//	q, err := guest.Or404(Questions.Get(ctx, "id", pk))
func Or404[T any](v T, err error) (T, error) {
	if err != nil && statusOf(err) == 404 {
		var zero T
		return zero, &wrapped404{err}
	}
	return v, err
}

type wrapped404 struct{ err error }

func (w *wrapped404) Error() string   { return w.err.Error() }
func (w *wrapped404) Unwrap() error   { return w.err }
func (w *wrapped404) HTTPStatus() int { return 404 }

// Is makes the error ErrNotFound too, whatever it wraps.
func (w *wrapped404) Is(target error) bool { return target == ErrNotFound }
