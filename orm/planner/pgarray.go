package planner

import (
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
)

// array is ARRAY[...].
type array struct {
	items []node
	out   *Field
}

func (n *array) sources() []node      { return n.items }
func (n *array) with(src []node) node { return &array{src, n.out} }
func (n *array) output() *Field       { return n.out }
func (n *array) compile(c *compiler) (string, []arg, error) {
	parts, args, err := c.operands(n.items)
	return "ARRAY[" + strings.Join(parts, ", ") + "]", args, err
}

// arrayLen is the number of elements of an array, 0 of an empty one.
type arrayLen struct{ src node }

func (n *arrayLen) sources() []node      { return []node{n.src} }
func (n *arrayLen) with(src []node) node { return &arrayLen{src[0]} }
func (n *arrayLen) output() *Field       { return typed("IntegerField") }
func (n *arrayLen) compile(c *compiler) (string, []arg, error) {
	s, args, err := c.compile(n.src)
	if err != nil {
		return "", nil, err
	}
	return "CASE WHEN " + s + " IS NULL THEN NULL ELSE coalesce(array_length(" + s + ", 1), 0) END", append(args[:len(args):len(args)], args...), nil
}

// element is an element of an array, or a slice of it, counted from 1.
type element struct {
	src      node
	from, to int64
	slice    bool
}

func (n *element) sources() []node { return []node{n.src} }
func (n *element) with(src []node) node {
	c := *n
	c.src = src[0]
	return &c
}

func (n *element) output() *Field {
	out := n.src.output()
	if n.slice || out == nil {
		return out
	}
	return out.base
}

func (n *element) compile(c *compiler) (string, []arg, error) {
	s, args, err := c.compile(n.src)
	if err != nil {
		return "", nil, err
	}
	if !strings.HasSuffix(s, "]") {
		s = "(" + s + ")"
	}
	args = append(args[:len(args):len(args)], constArg(abi.Int(n.from)))
	if !n.slice {
		return s + "[" + phMark + "]", args, nil
	}
	return s + "[" + phMark + ":" + phMark + "]", append(args, constArg(abi.Int(n.to))), nil
}

// member is the value of a key of an hstore.
type member struct {
	src node
	key string
}

func (n *member) sources() []node      { return []node{n.src} }
func (n *member) with(src []node) node { return &member{src[0], n.key} }
func (n *member) output() *Field       { return typed("TextField") }
func (n *member) compile(c *compiler) (string, []arg, error) {
	s, args, err := c.compile(n.src)
	return "(" + s + " -> " + phMark + ")", append(args[:len(args):len(args)], constArg(abi.Text(n.key))), err
}

// unaccent is a text without accents.
type unaccent struct{ fn }

func (n *unaccent) with(src []node) node {
	c := *n
	c.args = src
	return &c
}

// withoutAccents finds the unaccent among the transforms of a left side.
func withoutAccents(n node) *unaccent {
	for {
		switch x := n.(type) {
		case *unaccent:
			return x
		case *fn:
			if len(x.args) != 1 {
				return nil
			}
			n = x.args[0]
		default:
			return nil
		}
	}
}

// arrayQuery is the array of the values that a query selects.
type arrayQuery struct{ q *subquery }

func (n *arrayQuery) sources() []node      { return []node{n.q} }
func (n *arrayQuery) with(src []node) node { return &arrayQuery{src[0].(*subquery)} }
func (n *arrayQuery) output() *Field       { return arrayOf(n.q.output()) }
func (n *arrayQuery) compile(c *compiler) (string, []arg, error) {
	s, args, err := c.compile(n.q)
	return "ARRAY" + s, args, err
}
