package templ

import (
	"context"
	"html"
	"io"
	"strings"
)

// ComponentScript is a script and a call of it.
type ComponentScript struct {
	Name       string
	Function   string // the script's text
	Call       string // the call, escaped for an attribute
	CallInline string // the call for a script element
}

// Render writes the script once per page, and the call.
func (c ComponentScript) Render(ctx context.Context, w io.Writer) error {
	if err := RenderScriptItems(ctx, w, c); err != nil || c.Call == "" {
		return err
	}
	return writeScript(ctx, w, c.CallInline)
}

// JSUnsafeFuncCall puts js into an event attribute or a script element as it
// is: it must come from a trusted source.
func JSUnsafeFuncCall[T ~string](js T) ComponentScript {
	sum := sha256(string(js))
	return ComponentScript{
		Name:       "jsUnsafeFuncCall_" + hexadecimal(sum[:]),
		Call:       html.EscapeString(string(js)),
		CallInline: string(js),
	}
}

// JSExpression is an argument of a script that is JavaScript already.
type JSExpression string

func (e JSExpression) javaScript() string { return string(e) }

// jsArgument leaves out all that would need encoding/json.
type jsArgument interface{ javaScript() string }

// SafeScript is a call for an attribute.
func SafeScript(functionName string, params ...jsArgument) string {
	return html.EscapeString(SafeScriptInline(functionName, params...))
}

// SafeScriptInline is a call for a script element.
func SafeScriptInline(functionName string, params ...jsArgument) string {
	if !isFunctionName(functionName) {
		functionName = "__templ_invalid_js_function_name"
	}
	args := make([]string, len(params))
	for i, p := range params {
		args[i] = p.javaScript()
	}
	return functionName + "(" + strings.Join(args, ",") + ")"
}

// isFunctionName accepts names of two and more characters, joined by dots.
func isFunctionName(s string) bool {
	for name := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if len(name) < 2 || name[0] >= '0' && name[0] <= '9' {
			return false
		}
		for i := range len(name) {
			c := name[i]
			if c != '$' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
				return false
			}
		}
	}
	return true
}

// RenderScriptItems writes the scripts that the page does not have yet.
func RenderScriptItems(ctx context.Context, w io.Writer, scripts ...ComponentScript) error {
	if len(scripts) == 0 {
		return nil
	}
	_, s := stateOf(ctx)
	var text strings.Builder
	for _, c := range scripts {
		if !s.has("script_" + c.Name) {
			text.WriteString(c.Function)
			s.add("script_" + c.Name)
		}
	}
	if text.Len() == 0 {
		return nil
	}
	return writeScript(ctx, w, text.String())
}

func writeScript(ctx context.Context, w io.Writer, text string) error {
	nonce := ""
	if n := GetNonce(ctx); n != "" {
		nonce = ` nonce="` + EscapeString(n) + `"`
	}
	return writeStrings(w, `<script`, nonce, `>`, text, `</script>`)
}
