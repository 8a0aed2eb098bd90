package route

import (
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/vinyl-edge/vinyl/guest/internal/repath"
	"github.com/vinyl-edge/vinyl/guest/internal/uri"
)

// ErrNoReverse is wrapped by every error of Reverse.
var ErrNoReverse = errors.New("no URL to reverse to")

// candidate is one pattern that a name stands for, from its resolver down.
type candidate struct {
	regex string
	kw    map[string]any
	conv  map[string]Converter

	once      sync.Once
	prog      *repath.Prog
	templates []repath.Template
}

type namespace struct {
	prefix string // regular expression of the includes on the way
	entry  *entry
	conv   map[string]Converter
}

// table is what Django's resolver calls its reverse, namespace and app dicts.
type table struct {
	names  map[string][]*candidate
	spaces map[string]namespace
	apps   map[string][]string

	mu       sync.Mutex
	prefixed map[string][]*candidate
	subs     map[*entry]*table
}

func newTable(e *entry) *table {
	t := &table{
		names: map[string][]*candidate{}, spaces: map[string]namespace{}, apps: map[string][]string{},
		prefixed: map[string][]*candidate{}, subs: map[*entry]*table{},
	}
	for i := len(e.children) - 1; i >= 0; i-- {
		c := e.children[i]
		re, conv := strings.TrimPrefix(c.regex, "^"), c.converters()
		if !c.Include {
			if c.Name != "" {
				t.add(c.Name, &candidate{regex: re, kw: c.Kwargs, conv: conv})
			}
			continue
		}
		if c.AppName != "" {
			t.apps[c.AppName] = append(t.apps[c.AppName], c.Namespace)
			t.spaces[c.Namespace] = namespace{re, c, conv}
			continue
		}
		sub := newTable(c)
		for name, cs := range sub.names {
			for _, sc := range cs {
				t.add(name, &candidate{regex: re + sc.regex, kw: join(sc.kw, c.Kwargs), conv: join(conv, sc.conv)})
			}
		}
		for name, ns := range sub.spaces {
			t.spaces[name] = namespace{re + ns.prefix, ns.entry, join(conv, ns.conv)}
		}
		for app, names := range sub.apps {
			t.apps[app] = append(t.apps[app], names...)
		}
	}
	return t
}

// add collects the patterns of a name; the last one of a URLconf comes first,
// so that it wins where several fit.
func (t *table) add(name string, c *candidate) { t.names[name] = append(t.names[name], c) }

func join[V any](a, b map[string]V) map[string]V {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	out := make(map[string]V, len(a)+len(b))
	for k, v := range a {
		out[k] = v
	}
	for k, v := range b {
		out[k] = v
	}
	return out
}

func (e *entry) converters() map[string]Converter {
	var m map[string]Converter
	for _, p := range e.parts {
		if p.conv != nil {
			if m == nil {
				m = map[string]Converter{}
			}
			m[p.name] = p.conv
		}
	}
	return m
}

// Reverse finds the path of a name, with namespaces before colons. current is
// the namespace of the request, "" for none; kwargs and args exclude each other.
func (r *Resolver) Reverse(name, current, script string, args []any, kwargs map[string]any) (string, error) {
	if len(args) > 0 && len(kwargs) > 0 {
		return "", errors.New("reverse " + name + ": give positional or named arguments, not both")
	}
	r.once.Do(func() { r.lookup = newTable(r.root) })
	t := r.lookup
	spaces := strings.Split(name, ":")
	last := spaces[len(spaces)-1]
	spaces = spaces[:len(spaces)-1]
	var cur []string
	if current != "" {
		cur = strings.Split(current, ":")
	}
	prefix, conv := "", map[string]Converter(nil)
	for i, ns := range spaces {
		curNS := ""
		if len(cur) > 0 {
			curNS, cur = cur[0], cur[1:]
		}
		ns = t.instance(ns, curNS)
		if ns != curNS {
			cur = nil
		}
		sp, ok := t.spaces[ns]
		if !ok {
			where := ""
			if i > 0 {
				where = " inside " + strconv.Quote(strings.Join(spaces[:i], ":"))
			}
			return "", reverseError(name, strconv.Quote(ns)+" is not a registered namespace"+where)
		}
		prefix += sp.prefix
		conv = join(conv, sp.conv)
		t = t.sub(sp.entry)
	}
	cs := t.candidates(last, prefix, conv)
	if len(cs) == 0 {
		return "", reverseError(name, "no pattern has this name"+t.suggest(last, name[:len(name)-len(last)]))
	}
	if script == "" {
		script = "/"
	}
	for _, c := range cs {
		if s, ok, err := c.reverse(script, args, kwargs); err != nil {
			return "", reverseError(name, err.Error())
		} else if ok {
			return s, nil
		}
	}
	return "", reverseError(name, describe(args, kwargs)+" it fits no pattern of this name: "+patterns(cs))
}

type noReverse struct{ text string }

func (e *noReverse) Error() string { return e.text }
func (e *noReverse) Unwrap() error { return ErrNoReverse }

func reverseError(name, why string) error {
	return &noReverse{"reverse " + strconv.Quote(name) + ": " + why}
}

func describe(args []any, kwargs map[string]any) string {
	if len(args)+len(kwargs) == 0 {
		return "without arguments"
	}
	return "with " + strconv.Itoa(len(args)+len(kwargs)) + " argument(s)"
}

func patterns(cs []*candidate) string {
	var out []string
	for _, c := range cs {
		out = append(out, c.regex)
	}
	return strings.Join(out, ", ")
}

func (t *table) sub(e *entry) *table {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, ok := t.subs[e]
	if !ok {
		s = newTable(e)
		t.subs[e] = s
	}
	return s
}

// instance applies the rules for application namespaces.
func (t *table) instance(ns, current string) string {
	list := t.apps[ns]
	found := false
	for _, x := range list {
		if x == current && current != "" {
			return x
		}
		found = found || x == ns
	}
	if len(list) > 0 && !found {
		return list[0]
	}
	return ns
}

// candidates returns the patterns of a name below the namespaces' prefix.
func (t *table) candidates(name, prefix string, conv map[string]Converter) []*candidate {
	cs := t.names[name]
	if prefix == "" || len(cs) == 0 {
		return cs
	}
	key := prefix + "\x00" + name
	t.mu.Lock()
	defer t.mu.Unlock()
	out, ok := t.prefixed[key]
	if !ok {
		for _, c := range cs {
			out = append(out, &candidate{regex: prefix + c.regex, kw: c.kw, conv: join(conv, c.conv)})
		}
		t.prefixed[key] = out
	}
	return out
}

func (c *candidate) reverse(script string, args []any, kwargs map[string]any) (string, bool, error) {
	c.once.Do(func() {
		// The joined pattern of valid patterns is valid, but for a repeated
		// group name: then there is no template and nothing to reverse to.
		if p, err := repath.Compile("^" + c.regex); err == nil {
			c.prog, c.templates = p, p.Templates()
		}
	})
	for _, t := range c.templates {
		if len(args) > 0 && len(args) != len(t.Params) || len(args) == 0 && !c.accepts(t.Params, kwargs) {
			continue
		}
		var b strings.Builder
		ok := true
		for _, p := range t.Parts {
			if p.Param == "" {
				b.WriteString(p.Text)
				continue
			}
			v, has := argument(p.Param, t.Params, args, kwargs)
			if !has {
				ok = false
				break
			}
			s, err := c.format(p.Param, v)
			if errors.Is(err, ErrValue) {
				ok = false
				break
			} else if err != nil {
				return "", false, err
			}
			b.WriteString(s)
		}
		if ok && c.prog.Search(b.String()) != nil {
			return uri.EscapeLeadingSlashes(uri.Quote(script+b.String(), "!$&'()*+,;=/~:@")), true, nil
		}
	}
	return "", false, nil
}

func argument(name string, params []string, args []any, kwargs map[string]any) (any, bool) {
	if len(args) == 0 {
		v, ok := kwargs[name]
		return v, ok
	}
	for i := len(params) - 1; i >= 0; i-- { // dict(zip()): the last one counts
		if params[i] == name {
			return args[i], true
		}
	}
	return nil, false
}

func (c *candidate) format(name string, v any) (string, error) {
	if conv, ok := c.conv[name]; ok {
		s, err := conv.Format(v)
		if err != nil {
			if _, plain := conv.(runner); !plain {
				return "", ErrValue
			}
		}
		return s, err
	}
	return Text(v)
}

// accepts tells whether kwargs are the parameters, defaults aside.
func (c *candidate) accepts(params []string, kwargs map[string]any) bool {
	has := func(name string) bool {
		for _, p := range params {
			if p == name {
				return true
			}
		}
		return false
	}
	for name := range kwargs {
		if _, def := c.kw[name]; !has(name) && !def {
			return false
		}
	}
	for _, p := range params {
		_, given := kwargs[p]
		if _, def := c.kw[p]; !given && !def {
			return false
		}
	}
	for name, def := range c.kw {
		if v, given := kwargs[name]; given && !has(name) && !same(v, def) {
			return false
		}
	}
	return true
}

func same(a, b any) bool {
	x, err1 := Text(a)
	y, err2 := Text(b)
	return err1 == nil && err2 == nil && x == y
}
