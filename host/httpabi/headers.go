package httpabi

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
)

// field is what is known of a field by its name.
type field struct {
	lower, canonical string
	hop              bool // concerns one connection only
	length           bool // Content-Length
}

// known has the usual fields by both of their spellings, so that most names
// need not be looked at letter by letter.
var known = func() map[string]*field {
	m := map[string]*field{}
	for _, name := range strings.Fields(`Accept Accept-Charset Accept-Encoding Accept-Language Accept-Ranges Age Allow Authorization
		Cache-Control Content-Disposition Content-Encoding Content-Language Content-Length Content-Location Content-Range
		Content-Security-Policy Content-Type Cookie Cross-Origin-Opener-Policy Date Dnt Etag Expect Expires Forwarded From Host If-Match
		If-Modified-Since If-None-Match If-Range If-Unmodified-Since Last-Modified Link Location Origin Pragma Priority Range Referer
		Referrer-Policy Retry-After Sec-Ch-Ua Sec-Ch-Ua-Mobile Sec-Ch-Ua-Platform Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site
		Sec-Fetch-User Server-Timing Set-Cookie Strict-Transport-Security Upgrade-Insecure-Requests
		User-Agent Vary Via Www-Authenticate X-Content-Type-Options X-Forwarded-For X-Forwarded-Host X-Forwarded-Port X-Forwarded-Proto
		X-Frame-Options X-Real-Ip X-Request-Id X-Requested-With`) {
		f := &field{lower: strings.ToLower(name), canonical: name, length: name == "Content-Length"}
		m[f.lower], m[name] = f, f
	}
	for _, name := range strings.Fields("Connection Keep-Alive Proxy-Authenticate Proxy-Authorization Proxy-Connection Te Trailer Transfer-Encoding Upgrade") {
		f := &field{lower: strings.ToLower(name), canonical: name, hop: true}
		m[f.lower], m[name] = f, f
	}
	return m
}()

// fieldOf returns what is known of name, which must be a token.
func fieldOf(name string) field {
	if f := known[name]; f != nil {
		return *f
	}
	low := strings.ToLower(name)
	if f := known[low]; f != nil {
		return *f
	}
	return field{lower: low, canonical: textproto.CanonicalMIMEHeaderKey(name)}
}

// IsHop tells whether a field concerns one connection only, whatever its case.
func IsHop(name string) bool { return fieldOf(name).hop }

// Headers returns the fields of h but those of one connection, names in lower
// case and in order, values of a name in theirs.
func Headers(h http.Header) []abi.Header {
	var named map[string]bool // by Connection
	for _, v := range h["Connection"] {
		for _, n := range strings.Split(v, ",") {
			if n = strings.TrimSpace(n); n != "" {
				if named == nil {
					named = map[string]bool{}
				}
				named[strings.ToLower(n)] = true
			}
		}
	}
	out := make([]abi.Header, 0, len(h))
	for name, values := range h {
		f := fieldOf(name)
		if name = f.lower; f.hop || named[name] {
			continue
		}
		for _, v := range values {
			out = append(out, abi.Header{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(out, func(a, b abi.Header) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// token tells whether s can be the name of a field (RFC 9110).
func token(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x80 || !isToken[c] {
			return false
		}
	}
	return s != ""
}

var isToken = func() (t [128]bool) {
	for c := byte('0'); c < 128; c++ {
		t[c] = c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] = true
	}
	return t
}()
