package sqlite

import (
	"strings"
	"unicode/utf8"

	"zombiezen.com/go/sqlite"
)

// globPattern is a pattern of GLOB, taken apart.
type globPattern struct {
	items []globItem
	never bool // a set has no end: nothing matches
}

// globItem matches one character, or, a star, any number of them.
type globItem struct {
	star, any, not bool
	ranges         [][2]rune // else
}

// line is s up to a NUL, which ends SQLite's patterns.
func line(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

func newGlobPattern(pattern string) *globPattern {
	p := &globPattern{}
	for s := []rune(line(pattern)); len(s) > 0; {
		c := s[0]
		s = s[1:]
		switch c {
		case '*':
			if n := len(p.items); n == 0 || !p.items[n-1].star {
				p.items = append(p.items, globItem{star: true})
			}
		case '?':
			p.items = append(p.items, globItem{any: true})
		case '[':
			item, rest, ok := globSet(s)
			if !ok {
				return &globPattern{never: true}
			}
			p.items, s = append(p.items, item), rest
		default:
			p.items = append(p.items, globItem{ranges: [][2]rune{{c, c}}})
		}
	}
	return p
}

// globSet reads a set behind its [.
func globSet(s []rune) (item globItem, rest []rune, ok bool) {
	if len(s) > 0 && s[0] == '^' {
		item.not, s = true, s[1:]
	}
	if len(s) > 0 && s[0] == ']' { // at the beginning it stands for itself
		item.ranges, s = append(item.ranges, [2]rune{']', ']'}), s[1:]
	}
	for prior := rune(0); len(s) > 0; s = s[1:] {
		switch c := s[0]; {
		case c == ']':
			return item, s[1:], true
		case c == '-' && prior > 0 && len(s) > 1 && s[1] != ']':
			item.ranges = append(item.ranges, [2]rune{prior, s[1]})
			prior, s = 0, s[1:]
		default:
			item.ranges = append(item.ranges, [2]rune{c, c})
			prior = c
		}
	}
	return item, nil, false
}

func (i *globItem) matches(c rune) bool {
	if i.any {
		return true
	}
	for _, r := range i.ranges {
		if r[0] <= c && c <= r[1] {
			return !i.not
		}
	}
	return i.not
}

// match tells whether all of s matches: only the last star that was met needs to
// take more than it has.
func (p *globPattern) match(s string, interrupted func() bool) (bool, error) {
	if p.never {
		return false, nil
	}
	s = line(s)
	at, item, star, from := 0, 0, -1, 0
	for work := 0; ; work++ {
		if work&(1<<14-1) == 1<<14-1 && interrupted() {
			return false, errInterrupted
		}
		if item < len(p.items) && p.items[item].star {
			star, from = item, at
			item++
			continue
		}
		if at == len(s) {
			return item == len(p.items), nil
		}
		c, size := utf8.DecodeRuneInString(s[at:])
		if item < len(p.items) && p.items[item].matches(c) {
			at += size
			item++
			continue
		}
		if star < 0 {
			return false, nil
		}
		_, size = utf8.DecodeRuneInString(s[from:])
		from += size
		at, item = from, star+1
	}
}

// globImpl is GLOB: pattern and text.
func (c *conn) globImpl() *sqlite.FunctionImpl {
	return &sqlite.FunctionImpl{
		NArgs: 2, Deterministic: true, AllowIndirect: true,
		Scalar: func(ctx sqlite.Context, a []sqlite.Value) (_ sqlite.Value, err error) {
			defer contain(&err)
			if a[0].Type() == sqlite.TypeBlob || a[1].Type() == sqlite.TypeBlob {
				return sqlite.IntegerValue(0), nil // as SQLite is built here
			}
			if a[0].Type() == sqlite.TypeNull || a[1].Type() == sqlite.TypeNull {
				return null, nil
			}
			p, ok := ctx.AuxData(0).(*globPattern) // kept for as long as the pattern is the same
			if !ok {
				p = newGlobPattern(a[0].Text())
				ctx.SetAuxData(0, p)
			}
			found, err := p.match(a[1].Text(), c.interrupted)
			if err != nil || !found {
				return sqlite.IntegerValue(0), err
			}
			return sqlite.IntegerValue(1), nil
		},
	}
}
