package sqlite

import (
	"strings"
	"unicode/utf8"
)

// likePattern is a pattern of LIKE, taken apart at its % signs. Letters of ASCII
// are lower case in it.
type likePattern struct {
	escape string
	parts  []likePart
	never  bool // it ends with its escape character: nothing matches
}

// likePart is what stands between two % signs.
type likePart struct {
	text  string
	runes []rune // instead, if it holds _, which is any
}

const anyRune = -1

func newLikePattern(pattern, escape string) *likePattern {
	p := &likePattern{escape: escape}
	special, _ := utf8.DecodeRuneInString(escape)
	var part []rune
	holes := false
	end := func() {
		if holes {
			p.parts = append(p.parts, likePart{runes: part})
		} else {
			p.parts = append(p.parts, likePart{text: string(part)})
		}
		part, holes = nil, false
	}
	escaped := false
	for _, r := range lowerASCII(pattern) {
		switch {
		case escaped:
			part, escaped = append(part, r), false
		case escape != "" && r == special:
			escaped = true
		case r == '%':
			end()
		case r == '_':
			part, holes = append(part, anyRune), true
		default:
			part = append(part, r)
		}
	}
	end()
	p.never = escaped
	return p
}

// match tells whether all of s matches.
func (p *likePattern) match(s string, interrupted func() bool) (bool, error) {
	if p.never {
		return false, nil
	}
	s = lowerASCII(s)
	first, last := &p.parts[0], &p.parts[len(p.parts)-1]
	n, ok := first.prefix(s)
	if !ok {
		return false, nil
	}
	if len(p.parts) == 1 {
		return n == len(s), nil
	}
	s = s[n:]
	for i := range p.parts[1 : len(p.parts)-1] {
		end, err := p.parts[1+i].find(s, interrupted)
		if end < 0 || err != nil {
			return false, err
		}
		s = s[end:]
	}
	return last.suffix(s), nil
}

// prefix returns how many bytes of s the part is, if s begins with it.
func (p *likePart) prefix(s string) (n int, ok bool) {
	if p.runes == nil {
		return len(p.text), strings.HasPrefix(s, p.text)
	}
	for _, want := range p.runes {
		r, size := utf8.DecodeRuneInString(s[n:])
		if size == 0 || want != anyRune && r != want {
			return 0, false
		}
		n += size
	}
	return n, true
}

// find returns where the first occurrence of the part ends, -1 if there is none.
func (p *likePart) find(s string, interrupted func() bool) (int, error) {
	if p.runes == nil {
		i := strings.Index(s, p.text)
		if i >= 0 {
			i += len(p.text)
		}
		return i, nil
	}
	work := 0
	for i := 0; ; {
		if n, ok := p.prefix(s[i:]); ok {
			return i + n, nil
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		if size == 0 {
			return -1, nil
		}
		i += size
		if work += len(p.runes); work > 1<<20 {
			if work = 0; interrupted() {
				return -1, errInterrupted
			}
		}
	}
}

// suffix tells whether s ends with the part.
func (p *likePart) suffix(s string) bool {
	if p.runes == nil {
		return strings.HasSuffix(s, p.text)
	}
	at := len(s)
	for range p.runes {
		_, size := utf8.DecodeLastRuneInString(s[:at])
		if size == 0 {
			return false
		}
		at -= size
	}
	_, ok := p.prefix(s[at:])
	return ok
}

// lowerASCII lowers the letters of ASCII only, as LIKE does.
func lowerASCII(s string) string {
	i := 0
	for ; i < len(s) && (s[i] < 'A' || s[i] > 'Z'); i++ {
	}
	if i == len(s) {
		return s
	}
	b := []byte(s)
	for ; i < len(b); i++ {
		if b[i] >= 'A' && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}
