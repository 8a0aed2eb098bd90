package guest

import (
	"strconv"
	"strings"
)

// EscapeHTML makes text safe in markup and in quoted attributes.
func EscapeHTML(s string) string {
	var b strings.Builder
	last := 0
	for i := range len(s) {
		esc := ""
		switch s[i] {
		case '&':
			esc = "&amp;"
		case '<':
			esc = "&lt;"
		case '>':
			esc = "&gt;"
		case '"':
			esc = "&quot;"
		case '\'':
			esc = "&#x27;"
		default:
			continue
		}
		b.WriteString(s[last:i])
		b.WriteString(esc)
		last = i + 1
	}
	if last == 0 {
		return s
	}
	b.WriteString(s[last:])
	return b.String()
}

// unescapeHTML decodes the references that browsers put into file names and
// that could hide a path separator: numeric ones and a few names.
func unescapeHTML(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		end := strings.IndexByte(s, ';')
		text, ok := "", false
		if end > 0 && end < 12 {
			text, ok = entity(s[1:end])
		}
		if !ok {
			text, end = "&", 0
		}
		b.WriteString(text)
		s = s[end+1:]
	}
}

func entity(name string) (string, bool) {
	if num, ok := strings.CutPrefix(name, "#"); ok {
		base := 10
		if num != "" && (num[0] == 'x' || num[0] == 'X') {
			num, base = num[1:], 16
		}
		n, err := strconv.ParseUint(num, base, 32)
		if err != nil || n > 0x10ffff {
			return "", false
		}
		return string(rune(n)), true
	}
	switch strings.ToLower(name) {
	case "amp":
		return "&", true
	case "lt":
		return "<", true
	case "gt":
		return ">", true
	case "quot":
		return `"`, true
	case "apos":
		return "'", true
	case "sol":
		return "/", true
	case "bsol":
		return `\`, true
	case "period":
		return ".", true
	case "nbsp":
		return "\u00a0", true
	}
	return "", false
}
