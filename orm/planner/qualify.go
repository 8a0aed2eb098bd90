package planner

import (
	"maps"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// qualifySQL compiles a select with conditions on windows, which WHERE can't
// have: they are put to a subquery that selects what they compare.
func (c *compiler) qualifySQL(rows, groups, windows *where, orders []orderTerm) (string, []arg, error) {
	in := c.q.clone()
	in.subquery = true
	in.clearLimits()
	in.where, in.written = &where{}, maps.Clone(in.written)
	for _, w := range [...]*where{rows, groups} {
		if w != nil {
			in.where.children = append(in.where.children, w)
		}
	}
	m := &qualifyMask{c: c, in: in, aliases: map[string]string{}, names: map[string]bool{}, refs: map[node]*ref{}}
	plain := 0
	for _, s := range c.cols {
		alias := s.alias
		if alias == "" {
			plain++
			alias = "col" + itoa(plain)
		}
		m.selected = append(m.selected, quote(alias))
		m.names[alias] = true
		m.aliases[argsKey(s.sql, s.args)] = alias
	}
	if err := m.collect(windows.leaves(nil)); err != nil {
		return "", nil, err
	}
	windows = m.replace(windows).(*where)
	var by []*orderBy
	for _, o := range orders {
		term := *o.n
		if term.position == 0 {
			before := m.added
			if err := m.collect([]node{term.expr}); err != nil {
				return "", nil, err
			}
			if m.added > before && term.from != nil {
				in.written["qual"+itoa(before)] = term.from
			}
			term.expr = m.replace(term.expr)
		}
		by = append(by, &term)
	}
	ic := in.compiler()
	ic.keepEmpty = c.keepEmpty
	s, args, err := ic.selectSQL(true)
	if err != nil {
		return "", nil, err
	}
	c.isEmpty = ic.isEmpty
	w, more, err := c.compile(windows)
	if err != nil {
		return "", nil, err
	}
	args = append(args, more...)
	s = "SELECT * FROM ( " + s + " ) " + quote("qualify") + " WHERE " + w
	if m.added > 0 {
		s = "SELECT " + strings.Join(m.selected, ", ") + " FROM ( " + s + " ) " + quote("qualify_mask")
	}
	for i, o := range by {
		text, more, err := "", []arg(nil), error(nil)
		if o.position > 0 {
			text = itoa(o.position)
		} else if text, more, err = c.compile(o.expr); err != nil {
			return "", nil, err
		}
		s += map[bool]string{true: " ORDER BY ", false: ", "}[i == 0] + o.wrap(c.d, text)
		args = append(args, more...)
	}
	return s, args, nil
}

// qualifyMask gives names to the expressions that conditions on windows
// compare.
type qualifyMask struct {
	c        *compiler
	in       *Query
	selected []string          // the quoted columns of the result
	aliases  map[string]string // of expressions that have a column
	names    map[string]bool   // of the result's columns
	refs     map[node]*ref
	added    int
}

// collect finds or makes a column for each expression, the last first, as
// Django counts them.
func (m *qualifyMask) collect(ns []node) error {
	for len(ns) > 0 {
		n := ns[len(ns)-1]
		ns = ns[:len(ns)-1]
		s, args, err := m.c.compile(n)
		if err != nil && err != errEmpty && err != errFull {
			return err
		}
		key := argsKey(s, args)
		alias, ok := m.aliases[key]
		if ok && err == nil {
			m.refs[n] = &ref{alias, n}
			continue
		}
		switch x := n.(type) {
		case *lookup:
			if ns = append(ns, x.lhs); x.rhs != nil && !x.direct {
				ns = append(ns, x.rhs)
			}
			continue
		case *ref:
			if !m.names[x.name] {
				ns = append(ns, x.src)
			}
			continue
		}
		if err != nil {
			return err
		}
		alias = "qual" + itoa(m.added)
		m.added++
		m.aliases[key] = alias
		if err := m.in.addAnnotation(alias, n, true); err != nil {
			return err
		}
		m.refs[n] = &ref{alias, n}
	}
	return nil
}

func (m *qualifyMask) replace(n node) node {
	return rewrite(n, func(n node) node {
		if r := m.refs[n]; r != nil {
			return r
		}
		return nil
	})
}

// leaves lists the conditions in w, without the nodes that connect them.
func (w *where) leaves(ns []node) []node {
	for _, n := range w.children {
		if o, ok := n.(*where); ok {
			ns = o.leaves(ns)
		} else {
			ns = append(ns, n)
		}
	}
	return ns
}

// split divides the tree into conditions on rows, on groups, and on windows.
func (w *where) split(negated, grouped bool) (rows, groups, windows *where, err error) {
	aggregated, windowed := hasAggregate(w), hasWindow(w)
	if !aggregated && !windowed {
		return w, nil, nil, nil
	}
	in := negated != w.negated
	together := in && w.conn == query.And || !in && w.conn == query.Or || w.conn == query.Xor
	if together && aggregated && !windowed {
		return nil, w, nil, nil
	}
	var parts [3][]node
	for _, n := range w.children {
		switch o, ok := n.(*where); {
		case ok:
			r, g, q, err := o.split(in, grouped)
			if err != nil {
				return nil, nil, nil, err
			}
			for i, p := range [...]*where{r, g, q} {
				if p != nil {
					parts[i] = append(parts[i], p)
				}
			}
		case hasWindow(n):
			parts[2] = append(parts[2], n)
		case hasAggregate(n):
			parts[1] = append(parts[1], n)
		default:
			parts[0] = append(parts[0], n)
		}
	}
	if together && len(parts[2]) > 0 {
		if len(parts[0]) > 0 && grouped {
			return nil, nil, nil, notSupported("Heterogeneous disjunctive predicates against window functions are not implemented when performing conditional aggregation.")
		}
		return nil, nil, w, nil
	}
	of := func(ns []node) *where {
		if len(ns) == 0 {
			return nil
		}
		return &where{conn: w.conn, negated: w.negated, children: ns}
	}
	return of(parts[0]), of(parts[1]), of(parts[2]), nil
}
