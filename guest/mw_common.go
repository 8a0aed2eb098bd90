package guest

import (
	"errors"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/guest/internal/uri"
)

// hostMiddleware keeps allowed hosts enforced when App.Base is replaced.
func hostMiddleware(next View) View {
	return func(req *Request) (*Response, error) {
		if _, err := req.Host(); err != nil {
			return nil, err
		}
		return next(req)
	}
}

// CommonMiddleware refuses hosts that aren't allowed and user agents that are
// disallowed, adds "www." and a missing slash by redirects, and sets
// Content-Length.
func CommonMiddleware(next View) View {
	return func(req *Request) (*Response, error) {
		if resp, err := req.commonRedirect(); resp != nil || err != nil {
			return resp, err
		}
		resp, err := next(req)
		if err != nil {
			return nil, err
		}
		return resp.common(req)
	}
}

func (r *Request) commonRedirect() (*Response, error) {
	if agent := r.Header("user-agent"); agent != "" {
		for _, p := range r.app.agents {
			if p.Search(agent) != nil {
				return nil, PermissionDenied("Forbidden user agent")
			}
		}
	}
	host, err := r.Host()
	if err != nil || !r.app.settings.PrependWWW || strings.HasPrefix(host, "www.") {
		return nil, err
	}
	path := r.FullPath()
	if r.needsSlash() {
		if path, err = r.pathWithSlash(); err != nil {
			return nil, err
		}
	}
	return PermanentRedirect(r.Scheme() + "://www." + host + path), nil
}

func (r *Response) common(req *Request) (*Response, error) {
	if r.Status == 404 && req.needsSlash() {
		path, err := req.pathWithSlash()
		if err != nil {
			return nil, err
		}
		return PermanentRedirect(path), nil
	}
	if r.stream == nil {
		r.Header.setDefault("content-length", strconv.Itoa(len(r.body)))
	}
	return r, nil
}

// needsSlash tells whether the path leads nowhere, but would with a slash.
func (r *Request) needsSlash() bool {
	return r.app.settings.AppendSlash && !strings.HasSuffix(r.Path, "/") &&
		r.app.resolver.Resolve(r.Path) == nil && r.app.resolver.Resolve(r.Path+"/") != nil
}

func (r *Request) pathWithSlash() (string, error) {
	path := uri.EscapeLeadingSlashes(r.fullPath(true))
	if r.app.settings.Debug && (r.Method == "POST" || r.Method == "PUT" || r.Method == "PATCH") {
		return "", errors.New("this URL was called via " + r.Method + " without the slash at its end, and a redirect would lose the data: " +
			"change the form to point to " + path + " (note the slash), or set AppendSlash to false")
	}
	return path, nil
}
