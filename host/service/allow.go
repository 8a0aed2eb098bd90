package service

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// Allowed is the hosts that views may fetch from: see ParseAllowed. The zero
// value is none.
type Allowed struct {
	names []grant
	nets  []netGrant
}

// grant is a name or *.suffix or *, for a scheme and a port or for all.
type grant struct{ scheme, name, port string }

// netGrant grants addresses, private ones too: they are listed on purpose.
type netGrant struct {
	net          netip.Prefix
	scheme, port string
}

// forms is what every error of ParseAllowed ends with.
const forms = `: write a host (api.example.com, *.example.com, 10.0.0.7, each with :8443 or the like for that port alone), an origin (https://api.example.com), a network (10.0.0.0/8), or * for every public host`

// ParseAllowed reads a list of "api.example.com", "*.example.com",
// "api.example.com:8443", "https://api.example.com", "10.0.0.7", "[::1]:3000",
// "10.0.0.0/8", "localhost" and "*" (every public host). A name that stands for
// a private or loopback address is of no use unless that address is listed too.
func ParseAllowed(list []string) (a Allowed, err error) {
	for _, s := range list {
		if why := a.add(strings.ToLower(strings.TrimSpace(s))); why != "" {
			err = errors.Join(err, errors.New(strconv.Quote(s)+" "+why+forms))
		}
	}
	if err != nil {
		return Allowed{}, err
	}
	return a, nil
}

// add returns what is wrong with s.
func (a *Allowed) add(s string) string {
	if p, err := netip.ParsePrefix(s); err == nil {
		if p.Addr().Is4In6() {
			return "is a network of IPv4 addresses in IPv6's form"
		}
		a.nets = append(a.nets, netGrant{p.Masked(), "", ""})
		return ""
	}
	scheme, rest, origin := strings.Cut(s, "://")
	if !origin {
		scheme, rest = "", s
	} else if rest = strings.TrimSuffix(rest, "/"); scheme != "http" && scheme != "https" {
		return "is no http or https origin"
	}
	if strings.ContainsAny(rest, "/?#@\\") {
		return "has more than a host in it"
	}
	host, port, why := splitPort(rest)
	if why != "" {
		return why
	}
	if origin && port == "" {
		port = portOf(scheme)
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" {
			return "has a zone"
		}
		ip = ip.Unmap()
		a.nets = append(a.nets, netGrant{netip.PrefixFrom(ip, ip.BitLen()), scheme, port})
		return ""
	}
	host = strings.TrimSuffix(host, ".")
	if why := badName(host); why != "" {
		return why
	}
	if host == "localhost" {
		for _, lo := range [...]string{"127.0.0.0/8", "::1/128"} {
			a.nets = append(a.nets, netGrant{netip.MustParsePrefix(lo), scheme, port})
		}
	}
	a.names = append(a.names, grant{scheme, host, port})
	return ""
}

// splitPort cuts the port off. An IPv6 address has brackets if it has a port.
func splitPort(s string) (host, port, why string) {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		ip, rest, ok := strings.Cut(inner, "]")
		if _, err := netip.ParseAddr(ip); !ok || err != nil || rest != "" && rest[0] != ':' {
			return "", "", "has brackets without an IPv6 address"
		}
		host, s = ip, rest
	} else if i := strings.IndexByte(s, ':'); i >= 0 && strings.IndexByte(s[i+1:], ':') < 0 {
		host, s = s[:i], s[i:]
	} else {
		return s, "", ""
	}
	if s == "" {
		return host, "", ""
	}
	n, err := strconv.ParseUint(s[1:], 10, 16)
	if err != nil || n == 0 {
		return "", "", "has no port from 1 to 65535 behind the colon"
	}
	return host, strconv.FormatUint(n, 10), ""
}

func badName(name string) string {
	if name == "*" {
		return ""
	}
	labels := strings.Split(strings.TrimPrefix(name, "*."), ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.Trim(l, "-") != l {
			return "is no host"
		}
		for i := range len(l) {
			switch c := l[i]; {
			case c >= 0x80:
				return "has letters beyond ASCII (write the name in its xn-- form)"
			case c == '*':
				return "has a * elsewhere than in front of a dot at its beginning"
			case c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z'):
				return "is no host"
			}
		}
	}
	if last := labels[len(labels)-1]; strings.Trim(last, "0123456789") == "" {
		return "is no host and no address"
	}
	return ""
}

// portOf is the port that a URL without one means.
func portOf(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// host tells whether u's host is granted. What its name stands for is checked
// when it is dialled.
func (a *Allowed) host(u *url.URL) bool {
	name, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" {
		port = portOf(u.Scheme)
	}
	if ip, err := netip.ParseAddr(name); err == nil && a.net(ip, u.Scheme, port) {
		return true
	}
	name = strings.TrimSuffix(name, ".")
	for _, g := range a.names {
		if g.port != "" && g.port != port || g.scheme != "" && g.scheme != u.Scheme {
			continue
		}
		if g.name == "*" || g.name == name || strings.HasPrefix(g.name, "*.") && strings.HasSuffix(name, g.name[1:]) {
			return true
		}
	}
	return false
}

// net tells whether an address is listed; the dialler does not know the scheme.
func (a *Allowed) net(ip netip.Addr, scheme, port string) bool {
	ip = ip.Unmap().WithZone("")
	for _, n := range a.nets {
		if (n.port == "" || n.port == port) && (n.scheme == "" || n.scheme == scheme || scheme == "") && n.net.Contains(ip) {
			return true
		}
	}
	return false
}

// dial connects to public addresses and to those that are listed. It looks at
// the address the system is about to use, so that a name that changes between
// check and connection gains nothing.
func (a *Allowed) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		ip := ap.Addr().Unmap()
		if a.net(ip, "", strconv.Itoa(int(ap.Port()))) || public(ip) {
			return nil
		}
		what := addr + " stands for " + ip.String() + ", a private address, which"
		if name, _, _ := net.SplitHostPort(addr); name == ip.String() {
			what = addr + ", a private address,"
		}
		return notAllowed(what, ip.WithZone("").String())
	}}
	return d.DialContext(ctx, network, addr)
}

// notAllowed is the refusal to fetch from somewhere, with what to write to
// allow it.
func notAllowed(what, grant string) *abi.OpError {
	return fail(abi.CodeForbidden, "vinyl fetch: "+what+" is not among the hosts that this app may fetch from: serve it with --allow-fetch "+grant+" (in a test: hosttest.Options.AllowFetch)", grant)
}

// special are networks that no public host has, besides those that netip knows.
var special = func() (ps []netip.Prefix) {
	for _, s := range [...]string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10",
	} {
		ps = append(ps, netip.MustParsePrefix(s))
	}
	return ps
}()

func public(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}
