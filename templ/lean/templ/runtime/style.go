package runtime

import (
	"errors"
	"html"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/templ/lean/templ"
	"github.com/vinyl-edge/vinyl/templ/lean/templ/safehtml"
)

// TemplUnsupportedStyleAttributeValue stands for values of other types.
var TemplUnsupportedStyleAttributeValue = "zTemplUnsupportedStyleAttributeValue:Invalid;"

// SanitizeStyleAttributeValues is the text of a style attribute: of strings,
// SafeCSS, maps and pairs of property and value, pairs of text and condition,
// functions that return one of these, and slices of them.
func SanitizeStyleAttributeValues(values ...any) (string, error) {
	var errs []error
	for _, v := range values {
		if err, ok := v.(error); ok {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return "", err
	}
	var sb strings.Builder
	for _, v := range values {
		if v == nil {
			continue
		}
		if err := style(&sb, v); err != nil {
			return "", err
		}
	}
	return sb.String(), nil
}

func style(sb *strings.Builder, v any) error {
	switch v := v.(type) {
	case string:
		styleText(sb, v)
	case templ.SafeCSS:
		safeCSS(sb, v)
	case map[string]string:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			property(sb, name, v[name])
		}
	case map[string]templ.SafeCSSProperty:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			declaration(sb, safehtml.SanitizeCSSProperty(name), string(v[name]))
		}
	case templ.KeyValue[string, string]:
		property(sb, v.Key, v.Value)
	case templ.KeyValue[string, bool]:
		if v.Value {
			styleText(sb, v.Key)
		}
	case templ.KeyValue[templ.SafeCSS, bool]:
		if v.Value {
			safeCSS(sb, v.Key)
		}
	default:
		return reflected(sb, reflect.ValueOf(v))
	}
	return nil
}

func styleText(sb *strings.Builder, s string) {
	if s != "" {
		declarations(sb, strings.TrimSpace(safehtml.SanitizeStyleValue(s)))
	}
}

func declarations(sb *strings.Builder, s string) {
	sb.WriteString(html.EscapeString(s))
	if !strings.HasSuffix(s, ";") {
		sb.WriteByte(';')
	}
}

func safeCSS(sb *strings.Builder, css templ.SafeCSS) {
	if css != "" {
		declarations(sb, string(css))
	}
}

func property(sb *strings.Builder, name, value string) {
	name, value = safehtml.SanitizeCSS(name, value)
	declaration(sb, name, value)
}

func declaration(sb *strings.Builder, name, value string) {
	sb.WriteString(html.EscapeString(name))
	sb.WriteByte(':')
	sb.WriteString(html.EscapeString(value))
	sb.WriteByte(';')
}

// reflected takes functions and slices, whose types have no end.
func reflected(sb *strings.Builder, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Func:
		if !callable(v.Type()) {
			break
		}
		results := v.Call(nil)
		if len(results) == 2 {
			if err, ok := results[1].Interface().(error); ok && err != nil {
				return err
			}
		}
		return style(sb, results[0].Interface())
	case reflect.Slice:
		for i := range v.Len() {
			if err := style(sb, v.Index(i).Interface()); err != nil {
				return err
			}
		}
		return nil
	}
	sb.WriteString(TemplUnsupportedStyleAttributeValue)
	return nil
}

func callable(t reflect.Type) bool {
	if t.NumIn() != 0 || t.NumOut() < 1 || t.NumOut() > 2 {
		return false
	}
	return t.NumOut() == 1 || t.Out(1).Implements(reflect.TypeFor[error]())
}
