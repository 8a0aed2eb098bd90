package httpabi

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
)

// Proxies says which peers may speak for a client: their X-Forwarded-For,
// X-Forwarded-Proto and X-Forwarded-Host are believed. The zero value trusts
// nobody.
type Proxies struct {
	Nets []netip.Prefix
}

// ParseProxies reads addresses and networks ("10.0.0.0/8").
func ParseProxies(list []string) (p Proxies, err error) {
	for _, s := range list {
		var n netip.Prefix
		if strings.Contains(s, "/") {
			n, err = netip.ParsePrefix(s)
		} else {
			var a netip.Addr
			if a, err = netip.ParseAddr(s); err == nil {
				n = netip.PrefixFrom(a, a.BitLen())
			}
		}
		if err != nil {
			return p, &net.ParseError{Type: "trusted proxy (an address such as 10.0.0.1 or a network such as 10.0.0.0/8)", Text: s}
		}
		p.Nets = append(p.Nets, n)
	}
	return p, nil
}

func (p Proxies) trusts(addr string) bool {
	if len(p.Nets) == 0 {
		return false
	}
	a, err := netip.ParseAddr(addr)
	if err != nil {
		ap, err := netip.ParseAddrPort(addr)
		if err != nil {
			return false
		}
		a = ap.Addr()
	}
	a = a.Unmap()
	for _, n := range p.Nets {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// Request makes the head of r. id is the request's id in logs, timeout the
// milliseconds it may take, 0 = no limit.
func Request(r *http.Request, p Proxies, id string, timeout uint32) abi.RequestHead {
	h := abi.RequestHead{
		Method: r.Method, Scheme: "http", Host: r.Host, Path: path(r), Query: r.URL.RawQuery,
		Remote: r.RemoteAddr, Proto: r.Proto, ID: id, Body: r.ContentLength, Timeout: timeout, Headers: Headers(r.Header),
	}
	if r.TLS != nil {
		h.Scheme = "https"
	}
	if p.trusts(r.RemoteAddr) {
		p.forwarded(&h, r)
	}
	return h
}

// path is the path as the client sent it.
func path(r *http.Request) string {
	s := r.URL.EscapedPath()
	if u, _, _ := strings.Cut(r.RequestURI, "?"); strings.HasPrefix(u, "/") {
		s = u
	}
	if !strings.HasPrefix(s, "/") {
		s = "/" + s // OPTIONS *, and targets in absolute form without a path
	}
	return s
}

func (p Proxies) forwarded(h *abi.RequestHead, r *http.Request) {
	if s := strings.ToLower(last(r.Header, "X-Forwarded-Proto")); s == "http" || s == "https" {
		h.Scheme = s
	}
	if s := last(r.Header, "X-Forwarded-Host"); s != "" {
		h.Host = s
	}
	// From the right, the first address that is no proxy of ours is the client:
	// what stands left of it anyone could have written.
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		a := strings.TrimSpace(hops[i])
		if a == "" {
			break
		}
		host := a
		if x, _, err := net.SplitHostPort(a); err == nil {
			host = x
		}
		if _, err := netip.ParseAddr(host); err != nil {
			break
		}
		if h.Remote = a; host == a {
			h.Remote = net.JoinHostPort(a, "0")
		}
		if !p.trusts(host) {
			break
		}
	}
}

// last is the value that the nearest proxy added.
func last(h http.Header, name string) string {
	v := strings.Join(h[name], ",")
	return strings.TrimSpace(v[strings.LastIndexByte(v, ',')+1:])
}
