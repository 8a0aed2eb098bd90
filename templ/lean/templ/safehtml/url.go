package safehtml

import (
	"net/netip"
	"strings"
)

// safeURL reports whether s is a URL by net/url's rules, relative or with a
// scheme that can't run code. net/url itself would bring fmt along.
func safeURL(s string) bool {
	s, fragment, _ := strings.Cut(s, "#")
	scheme, rest, ok := cutScheme(s)
	switch strings.ToLower(scheme) {
	case "", "http", "https", "mailto":
	default:
		return false
	}
	if !ok || !only(s, notControl) || !escapes(fragment) {
		return false
	}
	if s == "*" {
		return true
	}
	rest, _, _ = strings.Cut(rest, "?")
	if !strings.HasPrefix(rest, "/") {
		if scheme != "" {
			return true
		}
		segment, _, _ := strings.Cut(rest, "/")
		return !strings.Contains(segment, ":") && escapes(rest)
	}
	if !strings.HasPrefix(rest, "//") || scheme == "" && strings.HasPrefix(rest, "///") {
		return escapes(rest)
	}
	authority, path := rest[2:], ""
	if i := strings.IndexByte(authority, '/'); i >= 0 {
		authority, path = authority[:i], authority[i:]
	}
	return safeAuthority(strings.ToLower(scheme), authority) && escapes(path)
}

func notControl(c byte) bool { return c >= ' ' && c != 0x7F }

// cutScheme fails when a colon comes first.
func cutScheme(s string) (scheme, rest string, ok bool) {
	for i := range len(s) {
		switch c := s[i]; {
		case isLetter(c):
		case isDigit(c) || c == '+' || c == '-' || c == '.':
			if i == 0 {
				return "", s, true
			}
		case c == ':':
			return s[:i], s[i+1:], i > 0
		default:
			return "", s, true
		}
	}
	return "", s, true
}

func unhex(c byte) (byte, bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// escapes reports whether each % begins an escaped byte.
func escapes(s string) bool {
	_, ok := unescape(s, func(byte) bool { return true }, func(byte) bool { return true })
	return ok
}

func unescape(s string, escaped, plain func(byte) bool) (string, bool) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '%' {
			if !plain(c) {
				return "", false
			}
			out = append(out, c)
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		hi, ok1 := unhex(s[i+1])
		lo, ok2 := unhex(s[i+2])
		if !ok1 || !ok2 || !escaped(hi<<4|lo) {
			return "", false
		}
		out = append(out, hi<<4|lo)
		i += 2
	}
	return string(out), true
}

func isHostByte(c byte) bool {
	return c >= 0x80 || isLetter(c) || isDigit(c) || strings.IndexByte(`-_.~!$&'()*+,;=:[]<>"`, c) >= 0
}

func isUserByte(c byte) bool {
	return isLetter(c) || isDigit(c) || strings.IndexByte("-._:~!$&'()*+,;=%@", c) >= 0
}

func unescapeHost(s string) (string, bool) {
	return unescape(s, func(c byte) bool { return c >= 0x80 || c == '%' }, isHostByte)
}

func unescapeZone(s string) (string, bool) {
	return unescape(s, func(c byte) bool { return c == ' ' || c == '%' || c < 0x80 && isHostByte(c) }, isHostByte)
}

func safeAuthority(scheme, authority string) bool {
	host := authority
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		host = authority[i+1:]
		user, password, _ := strings.Cut(authority[:i], ":")
		if !only(authority[:i], isUserByte) || !escapes(user) || !escapes(password) {
			return false
		}
	}
	open := strings.LastIndexByte(host, '[')
	if open > 0 {
		return false
	}
	if open == 0 {
		return safeLiteral(host)
	}
	if i := strings.IndexByte(host, ':'); i >= 0 {
		if scheme == "" {
			i = strings.LastIndexByte(host, ':')
		}
		if !isPort(host[i:]) {
			return false
		}
	}
	_, ok := unescapeHost(host)
	return ok
}

// safeLiteral judges an IPv6 address in brackets, with zone and port.
func safeLiteral(host string) bool {
	end := strings.LastIndexByte(host, ']')
	if end < 0 || !isPort(host[end+1:]) {
		return false
	}
	name, zone := host[1:end], ""
	if i := strings.Index(name, "%25"); i >= 0 {
		name, zone = name[:i], name[i:]
	}
	name, ok1 := unescapeHost(name)
	zone, ok2 := unescapeZone(zone)
	if !ok1 || !ok2 {
		return false
	}
	addr, err := netip.ParseAddr(name + zone)
	return err == nil && !addr.Is4()
}

func isPort(s string) bool {
	return s == "" || s[0] == ':' && only(s[1:], isDigit)
}
