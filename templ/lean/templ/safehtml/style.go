// Package safehtml sanitizes CSS as templ's package of that name does, without
// regexp, fmt and net/url.
package safehtml

import "strings"

// What a property or a value becomes that is not safe.
const (
	InnocuousPropertyName  = "zTemplUnsafeCSSPropertyName"
	InnocuousPropertyValue = "zTemplUnsafeCSSPropertyValue"
)

// SanitizeCSS returns the property and the value, or the innocuous ones.
func SanitizeCSS(property, value string) (string, string) {
	property = SanitizeCSSProperty(property)
	if property == InnocuousPropertyName {
		return InnocuousPropertyName, InnocuousPropertyValue
	}
	return property, SanitizeCSSValue(property, value)
}

// SanitizeCSSValue returns value if it is a safe one of property.
func SanitizeCSSValue(property, value string) string {
	var safe bool
	switch property {
	case "background-image":
		safe = safeImages(value)
	case "font-family":
		safe = safeFonts(value)
	case "display":
		safe = only(value, isNameByte)
	default:
		safe = safeRegular(value)
	}
	if !safe {
		return InnocuousPropertyValue
	}
	return value
}

// SanitizeCSSProperty returns the property in lower case if it is a name.
func SanitizeCSSProperty(property string) string {
	if property == "" || !only(property, isNameByte) {
		return InnocuousPropertyName
	}
	return strings.ToLower(property)
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isNameByte(c byte) bool { return isLetter(c) || c == '-' }

func only(s string, f func(byte) bool) bool {
	for i := range len(s) {
		if !f(s[i]) {
			return false
		}
	}
	return true
}

// safeRegular keeps out what could open a comment, call a function or end the
// declaration: '*' and '/' stand before a harmless character or at the end.
func safeRegular(s string) bool {
	marker := false
	for i := range len(s) {
		c := s[i]
		switch {
		case isLetter(c), isDigit(c), strings.IndexByte("+,-.!#%_ \t", c) >= 0:
			marker = false
		case (c == '*' || c == '/') && !marker:
			marker = true
		default:
			return false
		}
	}
	return true
}

func safeFonts(s string) bool {
	for f := range strings.SplitSeq(s, ",") {
		f = strings.TrimSpace(f)
		if strings.HasPrefix(f, `"`) {
			if !strings.HasSuffix(f, `"`) {
				return false
			}
			continue
		}
		generic := func(c byte) bool { return isNameByte(c) || c == ' ' }
		if len(f) < 2 || !isLetter(f[0]) || !only(f, generic) {
			return false
		}
	}
	return true
}

func safeImages(s string) bool {
	if strings.ContainsAny(s, "<>") {
		return false
	}
	for image := range strings.SplitSeq(s, ",") {
		u, ok := urlOf(strings.TrimSpace(image))
		if !ok || !safeURL(u) {
			return false
		}
	}
	return true
}

func urlOf(image string) (string, bool) {
	for _, quote := range [...]string{`"`, `'`, ``} {
		prefix, suffix := "url("+quote, quote+")"
		if strings.HasPrefix(image, prefix) && strings.HasSuffix(image, suffix) {
			// One quote may be both the opening and the closing one.
			return strings.TrimSuffix(strings.TrimPrefix(image, prefix), suffix), true
		}
	}
	return "", false
}

// SanitizeStyleValue escapes s for a CSS string.
func SanitizeStyleValue(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s))
	for _, c := range s {
		switch {
		case c == 0:
			b.WriteRune('\uFFFD')
		case c == '<', c == '"', c == '\\',
			c <= 0x1F, 0x7F <= c && c <= 0x9F,
			c == '\u2028', c == '\u2029':
			b.WriteByte('\\')
			for shift := 20; shift >= 0; shift -= 4 {
				b.WriteByte(digits[c>>shift&15])
			}
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
