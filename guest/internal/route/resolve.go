package route

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/vinyl-edge/vinyl/guest/internal/repath"
)

// Pattern is one line of a URLconf: a view, or with Include set more patterns.
type Pattern struct {
	Src                string
	Regex              bool
	View               any
	Name               string
	Kwargs             map[string]any
	Include            bool
	Children           []Pattern
	AppName, Namespace string
}

// Arg is a named argument.
type Arg struct {
	Name  string
	Value any
}

// Match is what a path resolved to.
type Match struct {
	View                 any
	Args                 []string // unnamed groups, when nothing is named
	Kwargs               []Arg
	Captured, Extra      []Arg
	URLName, Route       string
	AppNames, Namespaces []string
}

// ViewName is the name with its namespaces.
func (m *Match) ViewName() string {
	if len(m.Namespaces) == 0 {
		return m.URLName
	}
	return strings.Join(m.Namespaces, ":") + ":" + m.URLName
}

// Resolver holds compiled patterns; it is safe for concurrent use.
type Resolver struct {
	root   *entry
	once   sync.Once
	lookup *table
	fixed  [64]atomic.Pointer[fixed]
}

// fixed is what a path without parameters resolved to, kept for the next
// request of it.
type fixed struct {
	path  string
	match *Match
}

type entry struct {
	*Pattern
	parts    []part
	regex    string // as Django would compile it
	prog     *repath.Prog
	children []*entry
	kwargs   []Arg
}

// New compiles patterns.
func New(patterns []Pattern) (*Resolver, error) {
	root := &entry{Pattern: &Pattern{Regex: true, Include: true, Src: "^/"}, parts: []part{{lit: "/"}}}
	var err error
	root.children, err = compile(patterns, 0)
	return &Resolver{root: root}, err
}

func compile(patterns []Pattern, depth int) (out []*entry, err error) {
	if depth > 50 {
		return nil, errors.New("URL patterns include each other without end")
	}
	for i := range patterns {
		p := &patterns[i]
		e := &entry{Pattern: p}
		if p.Namespace != "" && p.AppName == "" {
			return nil, errors.New("include at " + strconv.Quote(p.Src) + " has a namespace but no app name: give urls.AppName too")
		}
		if strings.Contains(p.Name, ":") {
			return nil, errors.New("URL name " + strconv.Quote(p.Name) + " contains a colon, which separates namespaces")
		}
		if p.Regex {
			e.regex = p.Src
			e.prog, err = repath.Compile(p.Src)
		} else {
			e.parts, e.regex, err = parseRoute(p.Src, !p.Include)
		}
		if err != nil {
			return nil, err
		}
		for _, name := range sortedKeys(p.Kwargs) {
			e.kwargs = append(e.kwargs, Arg{name, p.Kwargs[name]})
		}
		if p.Include {
			if e.children, err = compile(p.Children, depth+1); err != nil {
				return nil, err
			}
		}
		out = append(out, e)
	}
	return out, nil
}

func sortedKeys(m map[string]any) (out []string) {
	for name := range m {
		i := len(out)
		for i > 0 && out[i-1] > name {
			i--
		}
		out = slices.Insert(out, i, name)
	}
	return out
}

// Resolve finds the view of path, nil when there is none. Nobody may change
// the match.
func (r *Resolver) Resolve(path string) *Match {
	slot := &r.fixed[slotOf(path)]
	if f := slot.Load(); f != nil && f.path == path {
		return f.match
	}
	m := r.root.resolve(path)
	if m != nil && len(m.Captured) == 0 && len(m.Args) == 0 && len(path) <= 256 {
		slot.Store(&fixed{strings.Clone(path), m})
	}
	return m
}

// slotOf spreads paths by their lengths and last letters.
func slotOf(path string) (n int) {
	n = len(path)
	for i := max(0, len(path)-4); i < len(path); i++ {
		n = n*31 + int(path[i])
	}
	return n & 63
}

func (e *entry) resolve(path string) *Match {
	rest, args, kwargs, ok := e.match(path)
	if !ok {
		return nil
	}
	if !e.Include {
		return &Match{
			View: e.View, Args: args, Kwargs: merge(kwargs, e.kwargs), Captured: kwargs, Extra: e.kwargs,
			URLName: e.Name, Route: e.Src,
		}
	}
	for _, child := range e.children {
		m := child.resolve(rest)
		if m == nil {
			continue
		}
		m.Kwargs = merge(merge(kwargs, e.kwargs), m.Kwargs)
		if len(m.Kwargs) > 0 {
			if len(kwargs)+len(e.kwargs) == 0 && len(m.Args) > 0 {
				m.Args = slices.Clip(m.Args)
			}
		} else if len(args) > 0 {
			m.Args = append(slices.Clip(args), m.Args...)
		}
		m.Extra = merge(e.kwargs, m.Extra)
		if e.AppName != "" {
			m.AppNames = append([]string{e.AppName}, m.AppNames...)
		}
		if e.Namespace != "" {
			m.Namespaces = append([]string{e.Namespace}, m.Namespaces...)
		}
		if child.Include && child.Src != "" {
			m.Route = child.Src + strings.TrimPrefix(m.Route, "^")
		}
		return m
	}
	return nil
}

// merge returns a with b's values over it; it may return one of them.
func merge(a, b []Arg) []Arg {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	out := slices.Clone(a)
next:
	for _, x := range b {
		for i := range out {
			if out[i].Name == x.Name {
				out[i].Value = x.Value
				continue next
			}
		}
		out = append(out, x)
	}
	return out
}

func (e *entry) match(path string) (rest string, args []string, kwargs []Arg, ok bool) {
	if e.prog != nil {
		return e.matchRegex(path)
	}
	if len(e.parts) == 0 {
		return path, nil, nil, e.Include || path == ""
	}
	var buf [16]int
	ends := buf[:]
	if len(e.parts) > len(ends) {
		ends = make([]int, len(e.parts))
	}
	if !e.matchParts(path, 0, 0, ends) {
		return "", nil, nil, false
	}
	begin := 0
	for i, p := range e.parts {
		if p.conv != nil {
			v, err := p.conv.Parse(path[begin:ends[i]])
			if err != nil {
				return "", nil, nil, false
			}
			kwargs = append(kwargs, Arg{p.name, v})
		}
		begin = ends[i]
	}
	return path[begin:], nil, kwargs, true
}

// matchParts tries the longest run of each parameter first and gives back
// rune by rune, as a greedy regular expression does.
func (e *entry) matchParts(s string, n, i int, ends []int) bool {
	if n == len(e.parts) {
		return e.Include || i == len(s)
	}
	p := &e.parts[n]
	if p.conv == nil {
		ends[n] = i + len(p.lit)
		return strings.HasPrefix(s[i:], p.lit) && e.matchParts(s, n+1, ends[n], ends)
	}
	if p.re != nil {
		for _, end := range p.re.Ends(s, i) {
			ends[n] = end
			if e.matchParts(s, n+1, end, ends) {
				return true
			}
		}
		return false
	}
	low := i + 1
	if _, ok := p.conv.(uuidConverter); ok {
		low = i + 36
	}
	for end := p.conv.(runner).run(s, i); end >= low; end-- {
		if end < len(s) && s[end]&0xc0 == 0x80 {
			continue // inside a rune
		}
		ends[n] = end
		if e.matchParts(s, n+1, end, ends) {
			return true
		}
	}
	return false
}

func (e *entry) matchRegex(path string) (rest string, args []string, kwargs []Arg, ok bool) {
	search := e.prog.Search
	if !e.Include && strings.HasSuffix(e.Src, "$") {
		search = e.prog.Full
	}
	m := search(path)
	if m == nil {
		return "", nil, nil, false
	}
	named := false
	for i, name := range e.prog.Groups() {
		if name == "" {
			continue
		}
		named = true
		if m[2*i] >= 0 {
			kwargs = append(kwargs, Arg{name, path[m[2*i]:m[2*i+1]]})
		}
	}
	for i := 2; i < len(m) && !named; i += 2 {
		s := ""
		if m[i] >= 0 {
			s = path[m[i]:m[i+1]]
		}
		args = append(args, s)
	}
	return path[m[1]:], args, kwargs, true
}
