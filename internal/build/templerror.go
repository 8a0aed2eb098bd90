package build

import (
	"errors"
	"strings"

	"github.com/a-h/parse"
	"github.com/a-h/templ/parser/v2"
)

func templError(file string, err error) error {
	var at parse.ParseError
	if errors.As(err, &at) {
		return &Error{File: shown(file), Line: at.Pos.Line + 1, Reason: at.Msg}
	}
	return &Error{File: shown(file), Reason: "templ's generator fails", Err: err}
}

// hidden ends the messages by which templ's parser says that there is some
// mistake in what an @component, an if or a for has in its braces.
const hidden = "expected nodes, but none were found"

// innermost looks for the mistake behind a message that hides it: it parses
// what is in the braces as a component of its own, which keeps its lines.
func innermost(tree *parser.TemplateFile, text string, err error) error {
	for {
		var at parse.ParseError
		if !errors.As(err, &at) || !strings.HasSuffix(at.Msg, hidden) {
			return onItsLine(text, err)
		}
		header, ok := lastBlock(tree)
		if !ok {
			return err
		}
		// The mistake is in the block, or in the else that follows it, where the
		// parser stopped.
		inner, code, innerErr := parseBlock(text, int(header.To.Index))
		if innerErr == nil {
			inner, code, innerErr = parseBlock(text, at.Pos.Index)
		}
		if innerErr == nil {
			return err
		}
		tree, text, err = inner, code, innerErr
	}
}

// parseBlock parses what is in the next braces after the byte at. An error in
// what follows them is another one, and none of the block.
func parseBlock(text string, at int) (*parser.TemplateFile, string, error) {
	if at < 0 || at > len(text) {
		return nil, "", nil
	}
	_, content, ok := strings.Cut(text[at:], "{")
	line := strings.Count(text[:len(text)-len(content)], "\n")
	if !ok || line < 1 {
		return nil, "", nil
	}
	code := "package p\n" + strings.Repeat("\n", line-1) + "templ t() {" + content
	tree, err := parser.ParseString(code)
	if tree == nil || len(tree.Nodes) != 1 {
		return nil, "", nil
	}
	return tree, code, err
}

// onItsLine moves an error to where the statement begins: the parser takes the
// blank before a for along.
func onItsLine(text string, err error) error {
	var at parse.ParseError
	if !errors.As(err, &at) || !strings.HasPrefix(at.Msg, "for: ") || at.Pos.Index < 0 || at.Pos.Index > len(text) {
		return err
	}
	rest := text[at.Pos.Index:]
	at.Pos.Line += strings.Count(rest[:len(rest)-len(strings.TrimLeft(rest, " \t\r\n"))], "\n")
	return at
}

// lastBlock finds the outermost of the blocks at the end of the last, unfinished
// component: the place of what is before its brace.
func lastBlock(tree *parser.TemplateFile) (header parser.Range, ok bool) {
	if tree == nil || len(tree.Nodes) == 0 {
		return header, false
	}
	last, ok := tree.Nodes[len(tree.Nodes)-1].(*parser.HTMLTemplate)
	if !ok || last == nil {
		return header, false
	}
	for nodes := last.Children; len(nodes) > 0; {
		switch n := nodes[len(nodes)-1].(type) {
		case *parser.TemplElementExpression:
			return n.Expression.Range, true
		case *parser.ForExpression:
			return n.Expression.Range, true
		case *parser.IfExpression:
			return n.Expression.Range, true
		case parser.CompositeNode:
			nodes = n.ChildNodes()
		default:
			return header, false
		}
	}
	return header, false
}
