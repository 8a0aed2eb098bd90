package guest

import (
	"strings"

	"github.com/vinyl-edge/vinyl/guest/internal/mimehdr"
)

// MediaType is a type like "text/html; charset=utf-8", of a body or in Accept.
type MediaType struct {
	Main, Sub string
	Params    mimehdr.Params
}

// ParseMediaType reads one media type.
func ParseMediaType(s string) MediaType {
	full, params := mimehdr.Parse(s)
	m := MediaType{Params: params}
	m.Main, m.Sub, _ = strings.Cut(full, "/")
	return m
}

// String writes the type with its parameters.
func (m MediaType) String() string {
	s := m.Main
	if m.Sub != "" {
		s += "/" + m.Sub
	}
	for _, p := range m.Params {
		s += "; " + p.Name + "=" + p.Value
	}
	return s
}

// Match tells whether m, which may have asterisks, covers another type.
func (m MediaType) Match(other string) bool {
	if m.Main == "*" && m.Sub == "*" {
		return true
	}
	o := ParseMediaType(other)
	return m.Main == o.Main && (m.Sub == "*" || m.Sub == o.Sub)
}

// ContentType returns the body's media type in lower case, and its parameters.
func (r *Request) ContentType() (string, mimehdr.Params) {
	return mimehdr.Parse(r.Header("content-type"))
}

// Accepts tells whether the client takes a media type; without an Accept
// header it takes any.
func (r *Request) Accepts(mediaType string) bool {
	if !r.hasHeader("accept") {
		return true
	}
	for s := range strings.SplitSeq(r.Header("accept"), ",") {
		if s != "" && ParseMediaType(s).Match(mediaType) {
			return true
		}
	}
	return false
}
