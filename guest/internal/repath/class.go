package repath

import (
	"unicode"
	"unicode/utf8"
)

// class is a set of runes: ranges and kinds (d, D, w, W, s, S).
type class struct {
	neg    bool
	fold   bool
	ranges [][2]rune
	kinds  []byte
	first  string // what Django's reverse puts in its place
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' || r > 127 && unicode.Is(unicode.Nd, r) }

func isWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' ||
		r > 127 && (unicode.IsLetter(r) || unicode.IsNumber(r))
}

func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

func isKind(k byte, r rune) bool {
	switch k {
	case 'd':
		return isDigit(r)
	case 'D':
		return !isDigit(r)
	case 'w':
		return isWord(r)
	case 'W':
		return !isWord(r)
	case 's':
		return isSpace(r)
	default:
		return !isSpace(r)
	}
}

func (c *class) has(r rune) bool {
	if c.in(r) || c.fold && (c.in(unicode.ToLower(r)) || c.in(unicode.ToUpper(r))) {
		return !c.neg
	}
	return c.neg
}

func (c *class) in(r rune) bool {
	for _, x := range c.ranges {
		if r >= x[0] && r <= x[1] {
			return true
		}
	}
	for _, k := range c.kinds {
		if isKind(k, r) {
			return true
		}
	}
	return false
}

// sample is what stands for an escape when a URL is generated.
func sample(k byte) string {
	switch k {
	case 'd':
		return "0"
	case 'D', 'S', 'w':
		return "x"
	case 's':
		return " "
	default:
		return "!"
	}
}

func (p *parser) class() (*node, error) {
	c := &class{fold: p.fold}
	c.neg = p.eat("^")
	for first := true; ; first = false {
		if !p.more() {
			return nil, p.fail("missing ]")
		}
		if p.s[p.i] == ']' && !first {
			p.i++
			return &node{op: opClass, set: c}, nil
		}
		r, kind, err := p.classItem()
		if err != nil {
			return nil, err
		}
		if c.first == "" {
			if c.first = string(r); kind != 0 {
				c.first = sample(kind)
			}
		}
		if kind != 0 {
			c.kinds = append(c.kinds, kind)
			continue
		}
		hi := r
		if p.i+1 < len(p.s) && p.s[p.i] == '-' && p.s[p.i+1] != ']' {
			p.i++
			if hi, kind, err = p.classItem(); err != nil {
				return nil, err
			}
			if kind != 0 || hi < r {
				return nil, p.fail("bad character range")
			}
		}
		c.ranges = append(c.ranges, [2]rune{r, hi})
	}
}

func (p *parser) classItem() (r rune, kind byte, err error) {
	r, n := utf8.DecodeRuneInString(p.s[p.i:])
	p.i += n
	if r != '\\' {
		return r, 0, nil
	}
	if !p.more() {
		return 0, 0, p.fail("bad escape")
	}
	switch c := p.s[p.i]; c {
	case 'd', 'D', 'w', 'W', 's', 'S':
		p.i++
		return 0, c, nil
	case 'b':
		p.i++
		return '\b', 0, nil
	}
	return p.escaped()
}

// escaped reads the rest of an escape that stands for one rune.
func (p *parser) escaped() (rune, byte, error) {
	r, n := utf8.DecodeRuneInString(p.s[p.i:])
	p.i += n
	switch r {
	case 'n':
		return '\n', 0, nil
	case 't':
		return '\t', 0, nil
	case 'r':
		return '\r', 0, nil
	case 'f':
		return '\f', 0, nil
	case 'v':
		return '\v', 0, nil
	case 'a':
		return '\a', 0, nil
	}
	if r < 128 && isWord(r) && r != '_' {
		return 0, 0, p.fail("unsupported escape \\" + string(r))
	}
	return r, 0, nil
}

func (p *parser) escape() (*node, error) {
	if !p.more() {
		return nil, p.fail("bad escape")
	}
	c := p.s[p.i]
	simple := opEmpty
	switch c {
	case 'd', 'D', 'w', 'W', 's', 'S':
		p.i++
		return &node{op: opClass, set: &class{kinds: []byte{c}, first: sample(c)}}, nil
	case 'A':
		simple = opBegin
	case 'Z':
		simple = opEndZ
	case 'b':
		simple = opWordB
	case 'B':
		simple = opNotWordB
	}
	if simple != opEmpty {
		p.i++
		return &node{op: simple}, nil
	}
	if c >= '1' && c <= '9' {
		p.i++
		if idx := int(c - '0'); idx < len(p.groups) {
			return &node{op: opRef, idx: idx, name: p.groups[idx]}, nil
		}
		return nil, p.fail("back reference to a group that is not there")
	}
	r, _, err := p.escaped()
	if err != nil {
		return nil, err
	}
	return p.lit(r), nil
}
