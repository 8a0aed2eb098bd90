// Package mimehdr parses headers like Content-Type: a value and parameters.
package mimehdr

import (
	"strings"

	"github.com/vinyl-edge/vinyl/guest/internal/uri"
)

// Param is one parameter; names are in lower case.
type Param struct{ Name, Value string }

// Params are parameters in their order.
type Params []Param

// Get returns the value of a parameter.
func (p Params) Get(name string) (string, bool) {
	for _, x := range p {
		if x.Name == name {
			return x.Value, true
		}
	}
	return "", false
}

func (p Params) set(name, value string) Params {
	for i := range p {
		if p[i].Name == name {
			p[i].Value = value
			return p
		}
	}
	return append(p, Param{name, value})
}

// Parse takes a line apart. A parameter may be quoted, or extended as in
// RFC 2231 (filename*=UTF-8”...).
func Parse(line string) (value string, params Params) {
	first := true
	for line != "" || first {
		end := split(line)
		piece := strings.TrimSpace(line[:end])
		if first {
			value, first = strings.ToLower(piece), false
		} else if name, v, ok := strings.Cut(piece, "="); ok {
			name, v = param(piece, name, v)
			params = params.set(name, v)
		}
		if end == len(line) {
			break
		}
		line = line[end+1:]
	}
	return value, params
}

// split finds the next semicolon outside of quotes.
func split(s string) int {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"' && (i == 0 || s[i-1] != '\\'):
			quoted = !quoted
		case s[i] == ';' && !quoted:
			return i
		}
	}
	return len(s)
}

func param(piece, name, v string) (string, string) {
	name = strings.ToLower(strings.TrimSpace(name))
	extended := false
	if strings.HasSuffix(name, "*") {
		name = name[:len(name)-1]
		extended = strings.Count(piece, "'") == 2
	}
	v = strings.TrimSpace(v)
	if len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {
		v = v[1 : len(v)-1]
		v = strings.ReplaceAll(strings.ReplaceAll(v, `\\`, `\`), `\"`, `"`)
	}
	if extended {
		if charset, rest, ok := strings.Cut(v, "'"); ok {
			_, rest, _ = strings.Cut(rest, "'")
			v = decode(charset, uri.Unquote(rest))
		}
	}
	return name, v
}

// decode knows the charsets that clients use: UTF-8 and Latin-1.
func decode(charset, s string) string {
	switch strings.ToLower(charset) {
	case "iso-8859-1", "latin-1", "latin1":
		var b strings.Builder
		for i := range len(s) {
			b.WriteRune(rune(s[i]))
		}
		return b.String()
	}
	return uri.ValidText(s)
}
