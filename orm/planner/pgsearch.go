package planner

import (
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// searchConfig is the name of a configuration of full-text search.
type searchConfig struct{ name node }

func (n *searchConfig) sources() []node      { return []node{n.name} }
func (n *searchConfig) with(src []node) node { return &searchConfig{src[0]} }
func (n *searchConfig) output() *Field       { return n.name.output() }
func (n *searchConfig) compile(c *compiler) (string, []arg, error) {
	s, args, err := c.compile(n.name)
	return s + "::regconfig", args, err
}

// searchVector is the words of texts.
type searchVector struct {
	texts  []node
	config node // nil = the database's
	weight node // nil = none
}

func (n *searchVector) sources() []node { return withSome(n.texts, n.config, n.weight) }
func (n *searchVector) with(src []node) node {
	c := &searchVector{texts: src[:len(n.texts)]}
	src = src[len(n.texts):]
	c.config, src = takeSome(n.config, src)
	c.weight, _ = takeSome(n.weight, src)
	return c
}
func (n *searchVector) output() *Field { return typed("SearchVectorField") }

// withSome appends the nodes that are there.
func withSome(list []node, some ...node) []node {
	list = list[:len(list):len(list)]
	for _, n := range some {
		if n != nil {
			list = append(list, n)
		}
	}
	return list
}

// takeSome takes the new value of a node that may not be there.
func takeSome(old node, src []node) (node, []node) {
	if old == nil {
		return nil, src
	}
	return src[0], src[1:]
}

func (n *searchVector) compile(c *compiler) (string, []arg, error) {
	var args []arg
	s := "to_tsvector("
	if n.config != nil {
		config, more, err := c.compile(n.config)
		if err != nil {
			return "", nil, err
		}
		s, args = s+config+", ", append(args, more...)
	}
	words := make([]node, len(n.texts))
	for i, t := range n.texts {
		if f := t.output(); f != nil && !isClass(f.Type, "CharField") && !isClass(f.Type, "TextField") {
			t = &cast{t, typed("TextField")}
		}
		words[i] = coalesced(t)
	}
	parts, more, err := c.operands(words)
	if err != nil {
		return "", nil, err
	}
	s, args = s+strings.Join(parts, " || ' ' || ")+")", append(args, more...)
	if n.weight != nil {
		w, more, err := c.compile(n.weight)
		if err != nil {
			return "", nil, err
		}
		s, args = "setweight("+s+", "+w+")", append(args, more...)
	}
	return s, args, nil
}

// searchTypes are the functions that make a query of text.
var searchTypes = map[string]string{
	"": "plainto_tsquery", "plain": "plainto_tsquery", "phrase": "phraseto_tsquery", "raw": "to_tsquery", "websearch": "websearch_to_tsquery",
}

// searchQuery is what full-text search looks for.
type searchQuery struct {
	call   string
	config node
	text   node
	invert bool
}

func (n *searchQuery) sources() []node { return withSome([]node{n.text}, n.config) }
func (n *searchQuery) with(src []node) node {
	c := *n
	c.text = src[0]
	c.config, _ = takeSome(n.config, src[1:])
	return &c
}
func (n *searchQuery) output() *Field { return typed("SearchQueryField") }
func (n *searchQuery) compile(c *compiler) (string, []arg, error) {
	ops := []node{n.text}
	if n.config != nil {
		ops = []node{n.config, n.text}
	}
	parts, args, err := c.operands(ops)
	s := n.call + "(" + strings.Join(parts, ", ") + ")"
	if n.invert {
		s = "!!(" + s + ")"
	}
	return s, args, err
}

// searchCombined joins two vectors, or two queries. Its configuration is that of
// the first.
type searchCombined struct {
	op   string
	l, r node
}

func (n *searchCombined) sources() []node      { return []node{n.l, n.r} }
func (n *searchCombined) with(src []node) node { return &searchCombined{n.op, src[0], src[1]} }
func (n *searchCombined) output() *Field       { return n.l.output() }
func (n *searchCombined) compile(c *compiler) (string, []arg, error) {
	parts, args, err := c.operands([]node{n.l, n.r})
	if err != nil {
		return "", nil, err
	}
	return "(" + parts[0] + " " + n.op + " " + parts[1] + ")", args, nil
}

// configOf is the configuration of a vector or a query, nil = the database's.
func configOf(n node) node {
	switch n := n.(type) {
	case *searchVector:
		return n.config
	case *searchQuery:
		return n.config
	case *searchCombined:
		return configOf(n.l)
	}
	return nil
}

// searching tells whether op joins what full-text search works with.
func searching(op string, l, r *Field) bool {
	lc, rc := classOf(l), classOf(r)
	return op == "||" && (lc == clsVector && rc == clsVector || lc == clsSearch && rc == clsSearch) || op == "&&" && lc == clsSearch && rc == clsSearch
}

// searchLookup looks for words, in a vector or in a text that it makes one of.
func (q *Query) searchLookup(l *lookup, rhs operand) (*lookup, error) {
	l.op, l.direct = "@@", false
	switch {
	case rhs.items != nil || rhs.param != nil && rhs.param.Value.IsList():
		return nil, misuse(q.model.label, l.name, "The lookup '%s' needs a single value, not a list.", l.name)
	case rhs.node != nil:
		l.rhs = rhs.node
	default:
		l.rhs = plainText(paramNode(rhs.param, convText, typed("TextField")))
	}
	query := classOf(l.rhs.output()) == clsSearch
	if classOf(l.lhs.output()) != clsVector {
		v := &searchVector{texts: []node{l.lhs}}
		if query {
			v.config = configOf(l.rhs)
		}
		l.lhs = v
	}
	if !query {
		l.rhs = &searchQuery{call: searchTypes[""], config: configOf(l.lhs), text: l.rhs}
	}
	return l, nil
}

// plainText is a value that is no lookup's right side by itself.
func plainText(v *value) *value {
	v.direct = false
	return v
}

// keywords takes the arguments that are given by name off a function's: each is
// a function Keyword of one argument, whose option says the name.
func (q *Query) keywords(f *query.Func, o options, names ...string) (rest *query.Func, given map[string]node, err error) {
	call := *f
	call.Args, given = nil, map[string]node{}
	for _, a := range f.Args {
		k, ok := a.(*query.Func)
		if !ok || k.Name != "Keyword" {
			call.Args = append(call.Args, a)
			continue
		}
		name := option(k, "name")
		known := false
		for _, n := range names {
			known = known || n == name
		}
		if !known || len(k.Args) != 1 {
			return nil, nil, misuse(q.model.label, f.Name, "%s has no argument %q. Those by name are: %s.", f.Name, name, strings.Join(names, ", "))
		}
		if given[name], err = q.resolve(k.Args[0], o); err != nil {
			return nil, nil, err
		}
	}
	return &call, given, nil
}

// searchFunctions are those of full-text search.
var searchFunctions = map[string]bool{"SearchVector": true, "SearchQuery": true, "SearchRank": true, "SearchHeadline": true}

func (q *Query) searchFunction(f *query.Func, o options) (node, error) {
	if !q.env.d.NativeTypes {
		return nil, onlyPostgres(f.Name)
	}
	call, by, err := q.keywords(f, o, "config", "weight", "weights", "normalization")
	if err != nil {
		return nil, err
	}
	var config node
	if by["config"] != nil {
		config = &searchConfig{by["config"]}
	}
	lo, hi := 2, 2
	switch f.Name {
	case "SearchVector":
		lo, hi = 1, -1
	case "SearchQuery":
		lo, hi = 1, 1
	}
	if err := q.arity(call, lo, hi); err != nil {
		return nil, err
	}
	args, err := q.resolveArgs(call, o)
	if err != nil {
		return nil, err
	}
	switch f.Name {
	case "SearchVector":
		return &searchVector{texts: args, config: config, weight: by["weight"]}, nil
	case "SearchQuery":
		fn := searchTypes[option(f, "search_type")]
		if fn == "" {
			return nil, misuse(q.model.label, f.Name, "Unknown search_type argument '%s'.", option(f, "search_type"))
		}
		return &searchQuery{call: fn, config: config, text: args[0], invert: option(f, "invert") == "true"}, nil
	}
	if classOf(args[1].output()) != clsSearch {
		args[1] = &searchQuery{call: searchTypes[""], text: args[1]}
	}
	if f.Name == "SearchRank" {
		return searchRank(f, args, by), nil
	}
	return q.headline(f, args, config)
}

// searchRank is how well a vector matches a query.
func searchRank(f *query.Func, args []node, by map[string]node) node {
	if classOf(args[0].output()) != clsVector {
		args[0] = &searchVector{texts: args[:1:1]}
	}
	if w := by["weights"]; w != nil {
		args = append([]node{&rawCast{w, "float4[]"}}, args...)
	}
	args = withSome(args, by["normalization"])
	name := "ts_rank"
	if option(f, "cover_density") == "true" {
		name = "ts_rank_cd"
	}
	return &fn{name: name, args: args, out: typed("FloatField")}
}

// rawCast casts to a type that no field has.
type rawCast struct {
	expr node
	to   string
}

func (n *rawCast) sources() []node      { return []node{n.expr} }
func (n *rawCast) with(src []node) node { return &rawCast{src[0], n.to} }
func (n *rawCast) output() *Field       { return nil }
func (n *rawCast) compile(c *compiler) (string, []arg, error) {
	s, args, err := c.compile(n.expr)
	return "(" + s + ")::" + n.to, args, err
}

// headlineOptions are the options of a headline, in the order in which they are
// written, and whether they are texts.
var headlineOptions = []struct {
	name, sql string
	text      bool
}{
	{"start_sel", "StartSel", true},
	{"stop_sel", "StopSel", true},
	{"max_words", "MaxWords", false},
	{"min_words", "MinWords", false},
	{"short_word", "ShortWord", false},
	{"highlight_all", "HighlightAll", false},
	{"max_fragments", "MaxFragments", false},
	{"fragment_delimiter", "FragmentDelimiter", true},
}

// headline is a text with the words of a query marked.
func (q *Query) headline(f *query.Func, args []node, config node) (node, error) {
	if config != nil {
		args = append([]node{config}, args...)
	}
	var opts []string
	for _, x := range headlineOptions {
		for _, o := range f.Options {
			if o.Name != x.name {
				continue
			}
			v := o.Value
			if x.text {
				v = "'" + strings.ReplaceAll(v, "'", "''") + "'"
			} else if v != "true" && v != "false" && strings.Trim(v, "0123456789") != "" {
				return nil, misuse(q.model.label, f.Name, "%s: %s must be a number, true or false, not %q.", f.Name, x.name, v)
			}
			opts = append(opts, x.sql+"="+v)
		}
	}
	if opts != nil {
		args = append(args, constant(abi.Text(strings.Join(opts, ", "))))
	}
	return &fn{name: "ts_headline", args: args, out: typed("TextField")}, nil
}
