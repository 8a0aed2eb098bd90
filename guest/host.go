package guest

import (
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/guest/internal/uri"
)

// localHosts are allowed when nothing else is.
var localHosts = []string{".localhost", "127.0.0.1", "[::1]"}

// Host returns the host that the client asked for, with a port if it gave one.
// A host that Settings.AllowedHosts doesn't allow is an error answered with 400.
func (r *Request) Host() (string, error) {
	host := r.rawHost()
	if last := r.app.lastHost.Load(); last != nil && *last == host {
		return host, nil
	}
	allowed := r.app.settings.AllowedHosts
	if len(allowed) == 0 {
		allowed = localHosts
	}
	domain, _ := SplitDomainPort(host)
	if domain != "" && ValidateHost(domain, allowed) {
		found := host // a variable of its own, as it outlives the call
		r.app.lastHost.Store(&found)
		return host, nil
	}
	msg := "Invalid HTTP_HOST header: " + strconv.Quote(host) + "."
	if domain != "" {
		msg += " You may need to add " + strconv.Quote(domain) + " to AllowedHosts."
	} else {
		msg += " The domain name provided is not valid according to RFC 1034/1035."
	}
	return "", SuspiciousOperation(msg)
}

func (r *Request) rawHost() string {
	if r.app.settings.UseXForwardedHost && r.hasHeader("x-forwarded-host") {
		return r.Header("x-forwarded-host")
	}
	return r.head.Host
}

// SplitDomainPort takes a Host field apart; the domain is "" when it is invalid.
func SplitDomainPort(host string) (domain, port string) {
	host = lower(host)
	if !validHost(host) {
		return "", ""
	}
	if strings.HasSuffix(host, "]") {
		return host, ""
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		domain, port = host[:i], host[i+1:]
	} else {
		domain = host
	}
	return strings.TrimSuffix(domain, "."), port
}

// validHost is ^([a-z0-9.-]+|\[[a-f0-9]*:[a-f0-9\.:]+\])(:[0-9]+)?$
func validHost(h string) bool {
	i := 0
	if strings.HasPrefix(h, "[") {
		i = strings.IndexByte(h, ']') + 1
		if i == 0 || !validIPv6(h[1:i-1]) {
			return false
		}
	} else {
		for i < len(h) && h[i] != ':' {
			if c := h[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' {
				return false
			}
			i++
		}
		if i == 0 {
			return false
		}
	}
	if i == len(h) {
		return true
	}
	digits := h[i+1:]
	return h[i] == ':' && digits != "" && strings.Trim(digits, "0123456789") == ""
}

func validIPv6(s string) bool {
	head, rest, ok := strings.Cut(s, ":")
	return ok && rest != "" && strings.Trim(head, "abcdef0123456789") == "" && strings.Trim(rest, "abcdef0123456789.:") == ""
}

// ValidateHost tells whether a domain matches one of the patterns: "*", the
// domain itself, or ".domain" for it and all below it.
func ValidateHost(domain string, allowed []string) bool {
	for _, p := range allowed {
		if p == "*" || sameDomain(domain, p) {
			return true
		}
	}
	return false
}

func sameDomain(host, pattern string) bool {
	if pattern == "" {
		return false
	}
	pattern = lower(pattern)
	if pattern[0] == '.' {
		return strings.HasSuffix(host, pattern) || host == pattern[1:]
	}
	return host == pattern
}

// Port returns the port that the client asked for.
func (r *Request) Port() string {
	if r.app.settings.UseXForwardedPort && r.hasHeader("x-forwarded-port") {
		return r.Header("x-forwarded-port")
	}
	if _, port := SplitDomainPort(r.head.Host); port != "" {
		return port
	}
	if r.head.Scheme == "https" {
		return "443"
	}
	return "80"
}

// Scheme is http or https, as the host or a trusted proxy says.
func (r *Request) Scheme() string {
	if h := r.app.settings.SecureProxySSLHeader; h[0] != "" && r.hasHeader(metaName(h[0])) {
		v, _, _ := strings.Cut(r.Header(metaName(h[0])), ",")
		if strings.TrimSpace(v) == h[1] {
			return "https"
		}
		return "http"
	}
	return r.head.Scheme
}

// metaName accepts WSGI's spelling of a header too: HTTP_X_FORWARDED_PROTO.
func metaName(name string) string {
	if s, ok := strings.CutPrefix(name, "HTTP_"); ok {
		name = strings.ReplaceAll(s, "_", "-")
	}
	return lower(name)
}

// IsSecure tells whether the client uses https.
func (r *Request) IsSecure() bool { return r.Scheme() == "https" }

// FullPath returns the path, encoded, and the query string.
func (r *Request) FullPath() string { return r.fullPath(false) }

func (r *Request) fullPath(slash bool) string {
	p := uri.EscapePath(r.Path)
	if slash && !strings.HasSuffix(p, "/") {
		p += "/"
	}
	if r.head.Query != "" {
		p += "?" + uri.FromIRI(r.head.Query)
	}
	return p
}
