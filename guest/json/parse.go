package json

import (
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind is the type of a Value.
type Kind uint8

// Kinds of values. Missing is what Get returns for a name that isn't there.
const (
	Missing Kind = iota
	Null
	Bool
	Number
	String
	Array
	Map
)

// maxDepth bounds nesting, as the parser recurses.
const maxDepth = 200

// ErrSyntax is wrapped by every error of Parse.
var ErrSyntax = errors.New("malformed JSON")

type syntaxError struct {
	what string
	at   int
}

func (e *syntaxError) Error() string {
	return "malformed JSON: " + e.what + " at byte " + strconv.Itoa(e.at)
}
func (e *syntaxError) Unwrap() error { return ErrSyntax }

// Parse reads one JSON text.
func Parse(b []byte) (Value, error) {
	p := &parser{b: b}
	v, err := p.value(0)
	if err == nil {
		if p.space(); p.i < len(p.b) {
			err = p.fail("text after the value")
		}
	}
	if err != nil {
		return Value{}, err
	}
	return v, nil
}

type parser struct {
	b []byte
	i int
}

func (p *parser) fail(what string) error { return &syntaxError{what, p.i} }

func (p *parser) space() {
	for p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\n' || p.b[p.i] == '\t' || p.b[p.i] == '\r') {
		p.i++
	}
}

// next skips space and returns the byte there, 0 at the end.
func (p *parser) next() byte {
	p.space()
	if p.i < len(p.b) {
		return p.b[p.i]
	}
	return 0
}

func (p *parser) value(depth int) (Value, error) {
	if depth > maxDepth {
		return Value{}, p.fail("nested too deeply")
	}
	switch c := p.next(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		s, err := p.str()
		return Value{kind: String, text: s}, err
	case c == 't':
		return Value{kind: Bool, text: "true"}, p.word("true")
	case c == 'f':
		return Value{kind: Bool, text: "false"}, p.word("false")
	case c == 'n':
		return Value{kind: Null}, p.word("null")
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case c == 0 && p.i >= len(p.b):
		return Value{}, p.fail("unexpected end")
	}
	return Value{}, p.fail("unexpected character")
}

func (p *parser) word(w string) error {
	if len(p.b)-p.i < len(w) || string(p.b[p.i:p.i+len(w)]) != w {
		return p.fail("unexpected word")
	}
	p.i += len(w)
	return nil
}

func (p *parser) digits() bool {
	from := p.i
	for p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '9' {
		p.i++
	}
	return p.i > from
}

func (p *parser) number() (Value, error) {
	from := p.i
	if p.b[p.i] == '-' {
		p.i++
	}
	if p.i < len(p.b) && p.b[p.i] == '0' {
		p.i++
	} else if !p.digits() {
		return Value{}, p.fail("bad number")
	}
	if p.i < len(p.b) && p.b[p.i] == '.' {
		if p.i++; !p.digits() {
			return Value{}, p.fail("bad number")
		}
	}
	if p.i < len(p.b) && p.b[p.i]|0x20 == 'e' {
		p.i++
		if p.i < len(p.b) && (p.b[p.i] == '+' || p.b[p.i] == '-') {
			p.i++
		}
		if !p.digits() {
			return Value{}, p.fail("bad number")
		}
	}
	return Value{kind: Number, text: string(p.b[from:p.i])}, nil
}

func (p *parser) array(depth int) (Value, error) {
	v := Value{kind: Array}
	p.i++
	if p.next() == ']' {
		p.i++
		return v, nil
	}
	for {
		item, err := p.value(depth + 1)
		if err != nil {
			return v, err
		}
		v.items = append(v.items, item)
		switch p.next() {
		case ',':
			p.i++
		case ']':
			p.i++
			return v, nil
		default:
			return v, p.fail("expected , or ]")
		}
	}
}

func (p *parser) object(depth int) (Value, error) {
	v := Value{kind: Map}
	p.i++
	if p.next() == '}' {
		p.i++
		return v, nil
	}
	for {
		if p.next() != '"' {
			return v, p.fail("expected a name in quotes")
		}
		name, err := p.str()
		if err != nil {
			return v, err
		}
		if p.next() != ':' {
			return v, p.fail("expected :")
		}
		p.i++
		item, err := p.value(depth + 1)
		if err != nil {
			return v, err
		}
		v.names = append(v.names, name)
		v.items = append(v.items, item)
		switch p.next() {
		case ',':
			p.i++
		case '}':
			p.i++
			return v, nil
		default:
			return v, p.fail("expected , or }")
		}
	}
}

func (p *parser) str() (string, error) {
	p.i++
	from := p.i
	for p.i < len(p.b) {
		switch c := p.b[p.i]; {
		case c == '"':
			s := p.b[from:p.i]
			p.i++
			if !utf8.Valid(s) {
				return "", p.fail("text is no UTF-8")
			}
			return string(s), nil
		case c == '\\':
			return p.escaped(append([]byte(nil), p.b[from:p.i]...))
		case c < ' ':
			return "", p.fail("control character in text")
		}
		p.i++
	}
	return "", p.fail("unexpected end of text")
}

// escaped goes on where the first backslash is.
func (p *parser) escaped(out []byte) (string, error) {
	for p.i < len(p.b) {
		c := p.b[p.i]
		p.i++
		switch {
		case c == '"':
			if !utf8.Valid(out) {
				return "", p.fail("text is no UTF-8")
			}
			return string(out), nil
		case c < ' ':
			return "", p.fail("control character in text")
		case c != '\\':
			out = append(out, c)
			continue
		}
		if p.i >= len(p.b) {
			break
		}
		c = p.b[p.i]
		p.i++
		switch c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, ok := p.hex4()
			if !ok {
				return "", p.fail("bad escape")
			}
			if utf16.IsSurrogate(r) {
				r = p.surrogate(r)
			}
			out = utf8.AppendRune(out, r)
		default:
			return "", p.fail("bad escape")
		}
	}
	return "", p.fail("unexpected end of text")
}

// surrogate joins a pair; a lone half becomes U+FFFD.
func (p *parser) surrogate(hi rune) rune {
	if p.i+1 < len(p.b) && p.b[p.i] == '\\' && p.b[p.i+1] == 'u' {
		at := p.i
		p.i += 2
		if lo, ok := p.hex4(); ok {
			if r := utf16.DecodeRune(hi, lo); r != utf8.RuneError {
				return r
			}
		}
		p.i = at
	}
	return utf8.RuneError
}

func (p *parser) hex4() (rune, bool) {
	if len(p.b)-p.i < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.b[p.i:p.i+4]), 16, 32)
	if err != nil || p.b[p.i] == '+' {
		return 0, false
	}
	p.i += 4
	return rune(n), true
}
