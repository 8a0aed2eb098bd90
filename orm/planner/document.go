package planner

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/vinyl-edge/vinyl/abi"
)

// maxDocumentDepth bounds the nesting of JSON documents.
const maxDocumentDepth = 512

// appendDocument writes a JSON document as Python's json.dumps does, which is
// how databases without a type for JSON store and compare it. ok is false when
// s is no document.
func appendDocument(b []byte, s string) (out []byte, ok bool) {
	p := documentReader{s: s, b: b}
	ok = p.value(0)
	p.space()
	return p.b, ok && p.i == len(p.s)
}

type documentReader struct {
	s string
	i int
	b []byte
}

func (p *documentReader) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

// next skips space and tells whether c follows, which it consumes.
func (p *documentReader) next(c byte) bool {
	p.space()
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *documentReader) value(depth int) bool {
	if depth > maxDocumentDepth {
		return false
	}
	switch {
	case p.next('{'):
		return p.members('{', '}', func() bool {
			p.space()
			if !p.text() || !p.next(':') {
				return false
			}
			p.b = append(p.b, ": "...)
			return p.value(depth + 1)
		})
	case p.next('['):
		return p.members('[', ']', func() bool { return p.value(depth + 1) })
	case p.i < len(p.s) && p.s[p.i] == '"':
		return p.text()
	}
	start := p.i
	for p.i < len(p.s) && strings.IndexByte(",]} \t\r\n:\"[{", p.s[p.i]) < 0 {
		p.i++
	}
	word := p.s[start:p.i]
	p.b = append(p.b, word...)
	return word == "null" || word == "true" || word == "false" || jsonNumber(word)
}

func (p *documentReader) members(open, end byte, member func() bool) bool {
	p.b = append(p.b, open)
	if p.next(end) {
		p.b = append(p.b, end)
		return true
	}
	for {
		if !member() {
			return false
		}
		if p.next(end) {
			p.b = append(p.b, end)
			return true
		}
		if !p.next(',') {
			return false
		}
		p.b = append(p.b, ", "...)
	}
}

// text copies a string: escapes stay, what is not ASCII becomes one.
func (p *documentReader) text() bool {
	if p.i >= len(p.s) || p.s[p.i] != '"' {
		return false
	}
	end := p.i + 1
	for end < len(p.s) && p.s[end] != '"' {
		if p.s[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(p.s) {
		return false
	}
	inner := p.s[p.i+1 : end]
	p.i = end + 1
	p.b = append(p.b, '"')
	for len(inner) > 0 {
		plain := strings.IndexByte(inner, '\\')
		if plain < 0 {
			plain = len(inner)
		}
		p.b = appendEscaped(p.b, inner[:plain])
		if inner = inner[plain:]; inner == "" {
			break
		}
		var ok bool
		if inner, ok = p.escape(inner); !ok {
			return false
		}
	}
	p.b = append(p.b, '"')
	return true
}

// plainText reads a string of a document that appendDocument wrote.
func (p *documentReader) plainText() string {
	var b []byte
	for p.i++; p.s[p.i] != '"'; p.i++ {
		c := p.s[p.i]
		if c != '\\' {
			b = append(b, c)
			continue
		}
		p.i++
		switch c = p.s[p.i]; c {
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			r := p.unicode()
			if low := p.s[p.i+1:]; utf16.IsSurrogate(r) && strings.HasPrefix(low, `\u`) {
				p.i += 2
				r = utf16.DecodeRune(r, p.unicode())
			}
			b = utf8.AppendRune(b, r)
		default:
			b = append(b, c)
		}
	}
	p.i++
	return string(b)
}

// unicode reads the four digits of an escape, at whose u the reader is.
func (p *documentReader) unicode() rune {
	n, _ := strconv.ParseUint(p.s[p.i+1:p.i+5], 16, 16)
	p.i += 4
	return rune(n)
}

// escape copies the escape that s begins with and returns what follows it.
func (p *documentReader) escape(s string) (string, bool) {
	if len(s) < 2 {
		return s, false
	}
	n := 2
	switch s[1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
	case '/': // needs no escape
		p.b = append(p.b, '/')
		return s[2:], true
	case 'u':
		if n = 6; len(s) < n || strings.Trim(s[2:n], "0123456789abcdefABCDEF") != "" {
			return s, false
		}
		code, _ := strconv.ParseUint(s[2:n], 16, 16)
		if utf16.IsSurrogate(rune(code)) {
			p.b = append(p.b, strings.ToLower(s[:n])...)
		} else {
			p.b = appendEscaped(p.b, string(rune(code)))
		}
		return s[n:], true
	default:
		return s, false
	}
	p.b = append(p.b, s[:n]...)
	return s[n:], true
}

func jsonNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	mantissa, exp, hasExp := strings.Cut(strings.ToLower(s), "e")
	whole, frac, hasFrac := strings.Cut(mantissa, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	if hasExp {
		if exp != "" && (exp[0] == '-' || exp[0] == '+') {
			exp = exp[1:]
		}
		if !digits(exp) {
			return false
		}
	}
	return digits(whole) && (whole == "0" || whole[0] != '0') && (!hasFrac || digits(frac))
}

// appendQuoted writes a JSON string as Python does: in ASCII.
func appendQuoted(b []byte, s string) []byte {
	return append(appendEscaped(append(b, '"'), s), '"')
}

func appendEscaped(b []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\b':
			b = append(b, `\b`...)
		case r == '\f':
			b = append(b, `\f`...)
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r < 0x20 || r >= 0x7f && r < 0x10000:
			b = fmt.Appendf(b, `\u%04x`, r)
		case r >= 0x10000:
			r -= 0x10000
			b = fmt.Appendf(b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			b = append(b, byte(r))
		}
	}
	return b
}

// listOfTexts makes texts of the elements of a list.
func listOfTexts(f *Field, v *abi.Value) (abi.Value, error) {
	out := abi.List()
	for i := range v.List {
		s, err := text(f, &v.List[i])
		if err != nil {
			return out, err
		}
		out.List = append(out.List, abi.Text(s))
	}
	return out, nil
}

// keyPath is a path and the value as the last key in it.
func (a *arg) keyPath(v *abi.Value) (abi.Value, error) {
	if a.conv == convKeyTextPath || v.Kind == abi.KindText {
		s, err := text(a.field, v)
		return abi.Text(string(appendKey([]byte(a.con.Str), s))), err
	}
	b, err := appendJSON(append([]byte(a.con.Str), '.'), a.field, v)
	return abi.Text(string(b)), err
}
