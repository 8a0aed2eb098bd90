package repath

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

type op uint8

const (
	opEmpty  op = iota
	opLit       // r
	opAny       // any rune but \n
	opClass     // set
	opSeq       // subs
	opAlt       // subs
	opGroup     // subs[0], idx, name
	opNonCap    // subs[0]
	opRepeat    // subs[0], min, max (-1 = no limit), lazy
	opRef       // idx
	opLook      // subs[0], neg
	opBehind    // subs[0], neg
	opBegin
	opEnd  // $: end or before a last \n
	opEndZ // \Z
	opWordB
	opNotWordB
)

type node struct {
	op        op
	r         rune
	lazy, neg bool
	idx       int
	min, max  int
	name      string
	set       *class
	subs      []*node
}

// Limits that keep a hostile pattern from costing more than its own length.
const (
	maxDepth  = 100
	maxRepeat = 1000
)

type parser struct {
	s      string
	i      int
	groups []string // names by number, "" for unnamed; [0] is the whole match
	fold   bool
	depth  int
}

func (p *parser) fail(msg string) error {
	return errors.New("regular expression " + strconv.Quote(p.s) + ": " + msg + " at position " + strconv.Itoa(p.i))
}

func (p *parser) more() bool { return p.i < len(p.s) }

func (p *parser) eat(s string) bool {
	if strings.HasPrefix(p.s[p.i:], s) {
		p.i += len(s)
		return true
	}
	return false
}

func (p *parser) alt() (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail("nested too deeply")
	}
	defer func() { p.depth-- }()
	n, err := p.seq()
	if err != nil || !p.more() || p.s[p.i] != '|' {
		return n, err
	}
	a := &node{op: opAlt, subs: []*node{n}}
	for p.eat("|") {
		if n, err = p.seq(); err != nil {
			return nil, err
		}
		a.subs = append(a.subs, n)
	}
	return a, nil
}

func (p *parser) seq() (*node, error) {
	n := &node{op: opSeq}
	for p.more() && p.s[p.i] != '|' && p.s[p.i] != ')' {
		a, err := p.atom()
		if err == nil {
			a, err = p.quantified(a)
		}
		if err != nil {
			return nil, err
		}
		n.subs = append(n.subs, a)
	}
	return n, nil
}

func (p *parser) atom() (*node, error) {
	switch c := p.s[p.i]; c {
	case '^':
		p.i++
		return &node{op: opBegin}, nil
	case '$':
		p.i++
		return &node{op: opEnd}, nil
	case '.':
		p.i++
		return &node{op: opAny}, nil
	case '*', '+', '?':
		return nil, p.fail("nothing to repeat")
	case '(':
		p.i++
		return p.group()
	case '[':
		p.i++
		return p.class()
	case '\\':
		p.i++
		return p.escape()
	}
	r, n := utf8.DecodeRuneInString(p.s[p.i:])
	p.i += n
	return p.lit(r), nil
}

func (p *parser) lit(r rune) *node { return &node{op: opLit, r: r, neg: p.fold} }

func (p *parser) quantified(n *node) (*node, error) {
	for p.more() {
		lo, hi := 0, -1
		switch p.s[p.i] {
		case '*':
		case '+':
			lo = 1
		case '?':
			hi = 1
		case '{':
			var ok bool
			if lo, hi, ok = p.braces(); !ok {
				return n, nil
			}
			p.i-- // the shared p.i++ below steps over the brace
		default:
			return n, nil
		}
		p.i++
		if lo > maxRepeat || hi > maxRepeat || hi >= 0 && lo > hi {
			return nil, p.fail("bad repeat count")
		}
		if n.op == opRepeat {
			return nil, p.fail("multiple repeat")
		}
		n = &node{op: opRepeat, min: lo, max: hi, subs: []*node{n}, lazy: p.eat("?")}
	}
	return n, nil
}

// braces reads {m}, {m,}, {,n} or {m,n}; anything else is literal text.
func (p *parser) braces() (lo, hi int, ok bool) {
	end := strings.IndexByte(p.s[p.i:], '}')
	if end < 0 {
		return 0, 0, false
	}
	a, b, two := strings.Cut(p.s[p.i+1:p.i+end], ",")
	lo, hi = 0, -1
	var err error
	if a != "" {
		if lo, err = strconv.Atoi(a); err != nil || lo < 0 {
			return 0, 0, false
		}
	}
	switch {
	case !two && a == "":
		return 0, 0, false
	case !two:
		hi = lo
	case b != "":
		if hi, err = strconv.Atoi(b); err != nil || hi < 0 {
			return 0, 0, false
		}
	}
	p.i += end + 1
	return lo, hi, true
}
