package templ

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/templ/lean/templ/safehtml"
)

// CSSClass provides a class name.
type CSSClass interface{ ClassName() string }

// ConstantCSSClass is a class name.
type ConstantCSSClass string

// ClassName returns the name.
func (c ConstantCSSClass) ClassName() string { return string(c) }

// Class makes a CSSClass of a name.
func Class(name string) CSSClass { return ConstantCSSClass(name) }

// SafeClass makes a CSSClass of a name.
func SafeClass(name string) CSSClass { return ConstantCSSClass(name) }

// ComponentCSSClass is a css component.
type ComponentCSSClass struct {
	ID    string
	Class SafeCSS
}

// ClassName returns the generated name.
func (c ComponentCSSClass) ClassName() string { return c.ID }

// SafeCSS is CSS that needs no further check.
type SafeCSS string

// SafeCSSProperty is a value of a CSS property that needs no further check.
type SafeCSSProperty string

// SanitizeCSS makes one declaration and replaces what could break out of it.
func SanitizeCSS[T ~string](property string, value T) SafeCSS {
	if _, safe := any(value).(SafeCSSProperty); safe {
		return SafeCSS(safehtml.SanitizeCSSProperty(property) + ":" + string(value) + ";")
	}
	p, v := safehtml.SanitizeCSS(property, string(value))
	return SafeCSS(p + ":" + v + ";")
}

// CSSID names a css component by its content.
func CSSID(name, css string) string {
	sum := sha256(css)
	return name + "_" + hexadecimal(sum[:4])
}

// CSSClasses are the classes of one element.
type CSSClasses []any

// Classes collects strings, slices, maps and pairs of classes.
func Classes(classes ...any) CSSClasses { return classes }

const unknownTypeClassName = "--templ-css-class-unknown-type"

// String returns the enabled names in the order they first appeared.
func (classes CSSClasses) String() string {
	if len(classes) == 0 {
		return ""
	}
	l := classList{enabled: map[string]bool{}}
	for _, c := range classes {
		l.add(c)
	}
	names := make([]string, 0, len(l.names))
	for _, name := range l.names {
		if l.enabled[name] {
			names = append(names, name)
			l.enabled[name] = false // each name once
		}
	}
	return strings.Join(names, " ")
}

type classList struct {
	enabled map[string]bool // the last setting of a name counts
	names   []string
}

func (l *classList) set(name string, on bool) {
	l.enabled[name] = on
	l.names = append(l.names, name)
}

func (l *classList) add(item any) {
	switch c := item.(type) {
	case string:
		l.set(c, true)
	case []string:
		for _, name := range c {
			l.set(name, true)
		}
	case ConstantCSSClass:
		l.set(string(c), true)
	case ComponentCSSClass:
		l.set(c.ID, true)
	case map[string]bool:
		for _, name := range slices.Sorted(maps.Keys(c)) {
			l.set(name, c[name])
		}
	case KeyValue[string, bool]:
		l.set(c.Key, c.Value)
	case []KeyValue[string, bool]:
		for _, kv := range c {
			l.set(kv.Key, kv.Value)
		}
	case KeyValue[CSSClass, bool]:
		l.set(c.Key.ClassName(), c.Value)
	case []KeyValue[CSSClass, bool]:
		for _, kv := range c {
			l.set(kv.Key.ClassName(), kv.Value)
		}
	case CSSClasses:
		for _, item := range c {
			l.add(item)
		}
	case []CSSClass:
		for _, item := range c {
			l.add(item)
		}
	case func() CSSClass:
		l.set(c().ClassName(), true)
	default:
		l.set(unknownTypeClassName, true)
	}
}

// RenderCSSItems writes a style element with the css components that the page
// does not have yet.
func RenderCSSItems(ctx context.Context, w io.Writer, classes ...any) error {
	if len(classes) == 0 {
		return nil
	}
	_, s := stateOf(ctx)
	var css strings.Builder
	collectCSS(&css, s, classes)
	if css.Len() == 0 {
		return nil
	}
	nonce := ""
	if s.nonce != "" {
		nonce = ` nonce="` + EscapeString(s.nonce) + `"`
	}
	return writeStrings(w, `<style type="text/css"`, nonce, `>`, css.String(), `</style>`)
}

func collectCSS(css *strings.Builder, s *state, classes []any) {
	for _, c := range classes {
		switch c := c.(type) {
		case ComponentCSSClass:
			if !s.has("class_" + c.ID) {
				css.WriteString(string(c.Class))
				s.add("class_" + c.ID)
			}
		case KeyValue[ComponentCSSClass, bool]:
			if c.Value {
				collectCSS(css, s, []any{c.Key})
			}
		case KeyValue[CSSClass, bool]:
			if c.Value {
				collectCSS(css, s, []any{c.Key})
			}
		case CSSClasses:
			collectCSS(css, s, c)
		case []CSSClass:
			for _, item := range c {
				collectCSS(css, s, []any{item})
			}
		case func() CSSClass:
			collectCSS(css, s, []any{c()})
		}
	}
}
