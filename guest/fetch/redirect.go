package fetch

import (
	"strings"

	"github.com/vinyl-edge/vinyl/guest/internal/uri"
)

// redirect is where the response leads to, "" if nowhere.
func (r *Response) redirect() string {
	switch r.Status {
	case 301, 302, 303, 307, 308:
		if to := r.Header.Get("location"); to != "" {
			return uri.Join(r.URL, to)
		}
	}
	return ""
}

// redirected is the request that follows r.
func (r Request) redirected(status int, location string) Request {
	if status != 307 && status != 308 {
		if r.Method != "HEAD" {
			r.Method = "GET"
		}
		r.Body = nil
		r.Header.keep(func(name string) bool { return !strings.HasPrefix(name, "content-") })
	}
	if !trusts(uri.Split(r.URL), uri.Split(location)) {
		r.Header.keep(harmless)
	}
	r.URL = location
	return r
}

// trusts tells whether what was meant for one URL may be sent to another: to
// the same host, and not in clear text what was secure.
func trusts(from, to uri.URL) bool {
	return strings.EqualFold(from.Host, to.Host) && (from.Scheme == to.Scheme || to.Scheme == "https")
}

// harmless tells whether a field can't hold a secret.
func harmless(name string) bool {
	switch name {
	case "content-type", "content-language", "content-encoding", "user-agent", "range", "cache-control":
		return true
	}
	return name == "accept" || strings.HasPrefix(name, "accept-") || strings.HasPrefix(name, "if-")
}
