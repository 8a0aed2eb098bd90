package repath

import (
	"slices"
	"strings"
)

// group reads what follows an opening parenthesis.
func (p *parser) group() (*node, error) {
	n := &node{op: opGroup}
	switch {
	case p.eat("?:"):
		n.op = opNonCap
	case p.eat("?P="):
		name, err := p.name(")")
		if err != nil {
			return nil, err
		}
		i := slices.Index(p.groups, name)
		if i < 0 {
			return nil, p.fail("unknown group name " + name)
		}
		return &node{op: opRef, idx: i, name: name}, nil
	case p.eat("?P<"):
		name, err := p.name(">")
		if err != nil {
			return nil, err
		}
		if slices.Contains(p.groups[1:], name) {
			return nil, p.fail("group name " + name + " used twice")
		}
		n.name = name
	case p.eat("?="):
		n.op = opLook
	case p.eat("?!"):
		n.op, n.neg = opLook, true
	case p.eat("?<="):
		n.op = opBehind
	case p.eat("?<!"):
		n.op, n.neg = opBehind, true
	case p.eat("?#"):
		end := strings.IndexByte(p.s[p.i:], ')')
		if end < 0 {
			return nil, p.fail("missing )")
		}
		p.i += end + 1
		return &node{}, nil
	case p.eat("?"):
		return p.flags()
	}
	if n.op == opGroup {
		n.idx = len(p.groups)
		p.groups = append(p.groups, n.name)
	}
	body, err := p.alt()
	if err != nil {
		return nil, err
	}
	if !p.eat(")") {
		return nil, p.fail("missing )")
	}
	n.subs = []*node{body}
	return n, nil
}

func (p *parser) name(end string) (string, error) {
	i := strings.Index(p.s[p.i:], end)
	if i < 0 {
		return "", p.fail("missing " + end)
	}
	name := p.s[p.i : p.i+i]
	if !IsIdent(name) {
		return "", p.fail("bad group name " + name)
	}
	p.i += i + len(end)
	return name, nil
}

// flags reads (?i) and its like, which hold for the whole pattern; only i
// changes how URLs match.
func (p *parser) flags() (*node, error) {
	end := strings.IndexByte(p.s[p.i:], ')')
	if end < 0 {
		return nil, p.fail("missing )")
	}
	for _, c := range p.s[p.i : p.i+end] {
		switch c {
		case 'i':
			p.fold = true
		case 'a', 'u', 's', 'm':
		default:
			return nil, p.fail("unsupported group (?" + string(c))
		}
	}
	p.i += end + 1
	return &node{}, nil
}

// IsIdent reports whether s can name a parameter.
func IsIdent(s string) bool {
	for i, r := range s {
		if !isWord(r) || i == 0 && isDigit(r) {
			return false
		}
	}
	return s != ""
}
