// Package uri quotes and unquotes parts of URLs as Python's urllib does.
package uri

import (
	"strings"
	"unicode/utf8"
)

const upperHex = "0123456789ABCDEF"

func alwaysSafe(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-' || c == '~'
}

// Quote percent-encodes all but letters, digits, "_.-~" and safe.
func Quote(s, safe string) string {
	n := 0
	for i := range len(s) {
		if !alwaysSafe(s[i]) && strings.IndexByte(safe, s[i]) < 0 {
			n++
		}
	}
	if n == 0 {
		return s
	}
	b := make([]byte, 0, len(s)+2*n)
	for i := range len(s) {
		if c := s[i]; alwaysSafe(c) || strings.IndexByte(safe, c) >= 0 {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return string(b)
}

// QuotePlus is Quote for query strings: a space becomes "+".
func QuotePlus(s, safe string) string {
	if strings.IndexByte(s, ' ') < 0 {
		return Quote(s, safe)
	}
	return strings.ReplaceAll(Quote(s, safe+" "), " ", "+")
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// Unquote decodes percent escapes and keeps malformed ones as they are.
func Unquote(s string) string {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	b = append(b, s[:i]...)
	for ; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi >= 0 && lo >= 0 {
				b = append(b, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// UnquotePlus decodes a piece of a query string.
func UnquotePlus(s string) string {
	if strings.IndexByte(s, '+') >= 0 {
		s = strings.ReplaceAll(s, "+", " ")
	}
	return Unquote(s)
}

// Path decodes a request's path; bytes that are no UTF-8 stay encoded.
func Path(s string) string {
	s = Unquote(s)
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			b.WriteString(Quote(s[i:i+1], ""))
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// FromIRI encodes what may not occur in a URI and keeps escapes and delimiters.
func FromIRI(s string) string { return Quote(s, "/#%[]=:;$&()+,!?*@'~") }

// EscapePath encodes a path with all that delimits it.
func EscapePath(s string) string { return Quote(s, "/:@&+$,-_.!~*'()") }

// EscapeLeadingSlashes keeps a path from being taken for //host.
func EscapeLeadingSlashes(s string) string {
	if strings.HasPrefix(s, "//") {
		return "/%2F" + s[2:]
	}
	return s
}

// ValidText replaces bytes that are no UTF-8.
func ValidText(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// Scheme returns the scheme of a URL in lower case, "" when it is relative.
func Scheme(s string) string {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return strings.ToLower(s[:i])
		default:
			return ""
		}
	}
	return ""
}
