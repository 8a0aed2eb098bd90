package guest

import (
	"strings"

	"github.com/vinyl-edge/vinyl/guest/internal/uri"
)

// BuildAbsoluteURI makes location absolute: a path, a relative reference, or
// "" for this request's own URL.
func (r *Request) BuildAbsoluteURI(location string) (string, error) {
	if location == "" {
		location = "//" + r.FullPath()
	}
	u := uri.Split(location)
	if u.Scheme != "" && u.Host != "" {
		return uri.FromIRI(location), nil
	}
	host, err := r.Host()
	if err != nil {
		return "", err
	}
	base := r.Scheme() + "://" + host
	if strings.HasPrefix(u.Path, "/") && u.Scheme == "" && u.Host == "" &&
		!strings.Contains(u.Path, "/./") && !strings.Contains(u.Path, "/../") {
		return uri.FromIRI(base + strings.TrimPrefix(location, "//")), nil
	}
	return uri.FromIRI(uri.Join(base+r.Path, location)), nil
}
