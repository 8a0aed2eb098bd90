package guest_test

import (
	"encoding/base64"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/vinyl-edge/vinyl/guest/internal/route"
)

// base64Converter and its like are the converters of the recorded URLconfs.
type base64Converter struct{ re string }

func (c base64Converter) Regex() string { return c.re }
func (c base64Converter) Parse(s string) (any, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	return b, err
}

func (c base64Converter) Format(v any) (string, error) {
	return base64.StdEncoding.EncodeToString(v.([]byte)), nil
}

type failingConverter struct{ base64Converter }

func (failingConverter) Parse(s string) (any, error) { return s, nil }
func (failingConverter) Format(any) (string, error)  { return "", errors.New("ValueError") }

// patterns reads a $urls tree. A locale prefix is the active language's
// folder, which is how an app without i18n_patterns writes it.
func patterns(nodes []any, lang string) (out []route.Pattern) {
	for _, n := range nodes {
		m := n.(map[string]any)
		p := route.Pattern{View: str(m["view"]), Name: str(m["name"])}
		if re, ok := m["regex"]; ok {
			p.Src, p.Regex = str(re), true
		} else {
			p.Src = str(m["route"])
		}
		if m["locale_prefix"] != nil {
			p.Src = lang + "/"
		}
		if kw, ok := m["kwargs"].(map[string]any); ok {
			p.Kwargs = map[string]any{}
			for k, v := range kw {
				p.Kwargs[k] = goValue(v)
			}
		}
		if inc, ok := m["include"]; ok {
			p.Include, p.Children = true, patterns(list(inc), lang)
			p.AppName, p.Namespace = str(m["app_name"]), str(m["namespace"])
		}
		out = append(out, p)
	}
	return out
}

func goValue(v any) any {
	switch v := v.(type) {
	case stdjson.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64()
		return f
	case map[string]any:
		if _, ok := v["$bytes"]; ok {
			return []byte(str(v))
		}
		if _, ok := v["$safe"]; ok {
			return str(v)
		}
	}
	return v
}

func factLang(f map[string]any) string {
	if s, ok := get(f, "env", "lang").(string); ok {
		return s
	}
	return "en"
}

func rootPatterns(tree any, lang string) []route.Pattern {
	urls := get(tree, "$urls")
	for name, c := range asMap(get(urls, "converters")) {
		b := base64Converter{str(get(c, "regex"))}
		if strings.HasSuffix(str(get(c, "class")), "Base64Converter") {
			route.Register(name, b)
		} else {
			route.Register(name, failingConverter{b})
		}
	}
	return patterns(list(get(urls, "include")), lang)
}

func asMap(v any) map[string]any { m, _ := v.(map[string]any); return m }

func replayURL(f map[string]any) error {
	tree := f["urlconf"]
	if f["kind"] == "meth" {
		tree = f["self"]
	}
	r, err := route.New(rootPatterns(tree, factLang(f)))
	if err != nil {
		if exception(f) == "ImproperlyConfigured" {
			return nil
		}
		return err
	}
	if f["kind"] != "urlreverse" {
		path := str(f["path"])
		if f["kind"] == "meth" {
			path = str(list(f["args"])[0])
		}
		return replayResolve(f, r.Resolve(path))
	}
	if _, ok := f["viewname"].(string); !ok {
		return errNoMeaning
	}
	var args []any
	for _, a := range list(f["args"]) {
		args = append(args, goValue(a))
	}
	var kwargs map[string]any
	if kw := asMap(f["kwargs"]); len(kw) > 0 {
		kwargs = map[string]any{}
		for k, v := range kw {
			kwargs[k] = goValue(v)
		}
	}
	got, err := r.Reverse(str(f["viewname"]), str(f["current_app"]), str(get(f, "env", "script_prefix")), args, kwargs)
	switch class := exception(f); {
	case class == "NoReverseMatch" && errors.Is(err, route.ErrNoReverse), class == "ValueError" && err != nil:
		return nil
	case class != "":
		return fmt.Errorf("got %q, %v, want %s", got, err, class)
	case err != nil:
		return err
	}
	return differ(got, get(f, "out", "ok"))
}

func replayResolve(f map[string]any, m *route.Match) error {
	if exception(f) == "Resolver404" {
		if m != nil {
			return fmt.Errorf("resolved to %v, want Resolver404", m.View)
		}
		return nil
	}
	if m == nil {
		return errors.New("not resolved")
	}
	want := asMap(get(f, "out", "ok", "$match"))
	got := map[string]any{
		"view": m.View, "args": m.Args, "kwargs": named(m.Kwargs), "url_name": m.URLName, "route": m.Route,
		"app_names": m.AppNames, "namespaces": m.Namespaces, "view_name": m.ViewName(),
	}
	if want["captured_kwargs"] != nil {
		got["captured_kwargs"] = named(m.Captured)
	}
	if want["extra_kwargs"] != nil {
		got["extra_kwargs"] = named(m.Extra)
	}
	return differ(normal(got), normal(want))
}

func named(args []route.Arg) map[string]any {
	out := map[string]any{}
	for _, a := range args {
		out[a.Name] = a.Value
	}
	return out
}

// normal makes Go's zero values and Python's None and empty lists the same.
func normal(m map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		switch x := v.(type) {
		case nil:
			continue
		case string:
			if x == "" {
				continue
			}
		case []string:
			if len(x) == 0 {
				continue
			}
		case []any:
			if len(x) == 0 {
				continue
			}
		case []byte:
			v = map[string]any{"$bytes": x}
		case map[string]any:
			if v = normal(x); len(v.(map[string]any)) == 0 {
				continue
			}
		}
		out[k] = v
	}
	return out
}
