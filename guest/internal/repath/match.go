package repath

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSteps bounds the backtracking of one match: a pattern that would take
// exponential time does not match instead.
const maxSteps = 200_000

// Prog is a compiled pattern; it is safe for concurrent use.
type Prog struct {
	src    string
	root   *node
	groups []string
}

// Compile parses a pattern.
func Compile(src string) (*Prog, error) {
	p := &parser{s: src, groups: []string{""}, fold: strings.HasPrefix(src, "(?i)")}
	n, err := p.alt()
	if err != nil {
		return nil, err
	}
	if p.more() {
		return nil, p.fail("unbalanced )")
	}
	return &Prog{src: src, root: n, groups: p.groups}, nil
}

// String returns the pattern's source.
func (p *Prog) String() string { return p.src }

// Groups returns the names of the groups by number, "" for an unnamed one;
// index 0 is the whole match.
func (p *Prog) Groups() []string { return p.groups }

// Search finds the first match and returns begin and end of every group, -1
// for one that took no part; nil when there is no match.
func (p *Prog) Search(s string) []int { return p.run(s, false) }

// Full is like Search but the match must be all of s.
func (p *Prog) Full(s string) []int { return p.run(s, true) }

func (p *Prog) run(s string, full bool) []int {
	m := &matcher{s: s, caps: make([]int, 2*len(p.groups))}
	for start := 0; start <= len(s); start++ {
		for i := range m.caps {
			m.caps[i] = -1
		}
		if m.match(p.root, start, func(end int) bool {
			if full && end != len(s) {
				return false
			}
			m.caps[0], m.caps[1] = start, end
			return true
		}) {
			return m.caps
		}
		if full || m.steps > maxSteps {
			return nil
		}
	}
	return nil
}

// Ends lists where a match that begins at from can end, best first.
func (p *Prog) Ends(s string, from int) (ends []int) {
	m := &matcher{s: s, caps: make([]int, 2*len(p.groups))}
	m.match(p.root, from, func(end int) bool {
		ends = append(ends, end)
		return len(ends) > maxRepeat
	})
	return ends
}

type matcher struct {
	s     string
	caps  []int
	steps int
}

// match continues with k where n can end, in the order of preference.
func (m *matcher) match(n *node, i int, k func(int) bool) bool {
	if m.steps++; m.steps > maxSteps {
		return false
	}
	switch n.op {
	case opSeq:
		return m.seq(n.subs, i, k)
	case opAlt:
		for _, sub := range n.subs {
			if m.match(sub, i, k) {
				return true
			}
		}
		return false
	case opGroup:
		lo, hi := m.caps[2*n.idx], m.caps[2*n.idx+1]
		if m.match(n.subs[0], i, func(end int) bool {
			a, b := m.caps[2*n.idx], m.caps[2*n.idx+1]
			m.caps[2*n.idx], m.caps[2*n.idx+1] = i, end
			if k(end) {
				return true
			}
			m.caps[2*n.idx], m.caps[2*n.idx+1] = a, b
			return false
		}) {
			return true
		}
		m.caps[2*n.idx], m.caps[2*n.idx+1] = lo, hi
		return false
	case opNonCap:
		return m.match(n.subs[0], i, k)
	case opRepeat:
		if sub := n.subs[0]; sub.op == opLit || sub.op == opAny || sub.op == opClass {
			return m.repeatOne(n, i, k)
		}
		return m.repeat(n, 0, i, k)
	case opRef:
		lo, hi := m.caps[2*n.idx], m.caps[2*n.idx+1]
		return lo >= 0 && strings.HasPrefix(m.s[i:], m.s[lo:hi]) && k(i+hi-lo)
	case opLook:
		return m.match(n.subs[0], i, func(int) bool { return true }) != n.neg && k(i)
	case opBehind:
		return m.behind(n.subs[0], i) != n.neg && k(i)
	}
	if w := m.step(n, i); w >= 0 {
		return k(i + w)
	}
	return false
}

// behind tells whether something that n matches ends at i.
func (m *matcher) behind(n *node, i int) bool {
	for from := i; from >= 0; from-- {
		if m.match(n, from, func(end int) bool { return end == i }) {
			return true
		}
	}
	return false
}

func (m *matcher) seq(subs []*node, i int, k func(int) bool) bool {
	for len(subs) > 0 { // what is one rune or nothing needs no continuation
		n := subs[0]
		if n.op >= opSeq && n.op <= opBehind {
			break
		}
		w := m.step(n, i)
		if w < 0 {
			return false
		}
		i, subs = i+w, subs[1:]
	}
	if len(subs) == 0 {
		return k(i)
	}
	return m.match(subs[0], i, func(end int) bool { return m.seq(subs[1:], end, k) })
}

func (m *matcher) repeat(n *node, count, i int, k func(int) bool) bool {
	again := func() bool {
		return (n.max < 0 || count < n.max) && m.match(n.subs[0], i, func(end int) bool {
			return (end > i || count < n.min) && m.repeat(n, count+1, end, k)
		})
	}
	if count < n.min {
		return again()
	}
	if n.lazy {
		return k(i) || again()
	}
	return again() || k(i)
}

func (m *matcher) repeatOne(n *node, i int, k func(int) bool) bool {
	sub, count, from := n.subs[0], 0, i
	for count < n.min {
		w := m.step(sub, i)
		if w <= 0 {
			return false
		}
		i, count = i+w, count+1
	}
	low := i
	if n.lazy {
		for !k(i) {
			w := m.step(sub, i)
			if m.steps++; w <= 0 || n.max >= 0 && count >= n.max || m.steps > maxSteps {
				return false
			}
			i, count = i+w, count+1
		}
		return true
	}
	for n.max < 0 || count < n.max {
		w := m.step(sub, i)
		if w <= 0 {
			break
		}
		i, count = i+w, count+1
	}
	for !k(i) {
		if m.steps++; i <= low || i <= from || m.steps > maxSteps {
			return false
		}
		_, w := utf8.DecodeLastRuneInString(m.s[:i])
		i -= w
	}
	return true
}

// step returns how long n is at i, or -1: one rune, or nothing for an assertion.
func (m *matcher) step(n *node, i int) int {
	ok := false
	switch n.op {
	case opEmpty:
		ok = true
	case opBegin:
		ok = i == 0
	case opEndZ:
		ok = i == len(m.s)
	case opEnd:
		ok = i == len(m.s) || i == len(m.s)-1 && m.s[i] == '\n'
	case opWordB, opNotWordB:
		ok = m.boundary(i) == (n.op == opWordB)
	default:
		if i >= len(m.s) {
			return -1
		}
		r, w := rune(m.s[i]), 1
		if r >= utf8.RuneSelf {
			r, w = utf8.DecodeRuneInString(m.s[i:])
		}
		switch n.op {
		case opLit:
			ok = r == n.r || n.neg && unicode.ToLower(r) == unicode.ToLower(n.r)
		case opAny:
			ok = r != '\n'
		case opClass:
			ok = n.set.has(r)
		}
		if ok {
			return w
		}
		return -1
	}
	if ok {
		return 0
	}
	return -1
}

func (m *matcher) boundary(i int) bool {
	before, _ := utf8.DecodeLastRuneInString(m.s[:i])
	after, _ := utf8.DecodeRuneInString(m.s[i:])
	return (i > 0 && isWord(before)) != (i < len(m.s) && isWord(after))
}
