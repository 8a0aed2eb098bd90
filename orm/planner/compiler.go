package planner

import (
	"slices"
	"strconv"
	"strings"
)

// compiler makes the text of one query: Django's SQLCompiler. It changes the
// query's reference counts while it works and restores them.
type compiler struct {
	q          *Query
	d          *Dialect
	bare       bool // columns are without their table: of a constraint
	keepEmpty  bool // a statement that yields nothing must run all the same
	cols       []selectCol
	groups     []group // model instances in the select list
	metaOrder  bool    // the order is the model's default
	colCount   int
	isEmpty    bool
	emptyRow   []arg // what it yields then
	firstExtra int
	lead       int // columns of extra(), before all others
}

func (q *Query) compiler() *compiler { return &compiler{q: q, d: q.env.d} }

func (c *compiler) sub(q *Query) *compiler { return &compiler{q: q, d: c.d} }

func (c *compiler) compile(n node) (string, []arg, error) {
	if err := c.q.env.spend(1); err != nil {
		return "", nil, err
	}
	s, args, err := n.compile(c)
	// Text is copied at each level that it goes up.
	c.q.env.budget -= len(s) >> 8
	return s, args, err
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// quoteAlias quotes tables; the aliases T3 and U0 stand bare.
func (c *compiler) quoteAlias(name string) string {
	if !c.isTable(name) && (c.q.joins[name] != nil || c.q.external[name]) && (generatedAlias(name) || plainAlias(name)) {
		return name
	}
	return quote(name)
}

func (c *compiler) isTable(name string) bool {
	_, ok := c.q.tables[name]
	return ok
}

// setup fills the select list.
func (c *compiler) setup(withAliases bool) error {
	active := false
	for _, n := range c.q.refs {
		active = active || n > 0
	}
	if !active {
		if _, err := c.q.initialAlias(); err != nil {
			return err
		}
	}
	return c.selectList(withAliases)
}

// selectSQL compiles q as a SELECT. Its refcounts are restored, so that the
// same query can be compiled again.
func (c *compiler) selectSQL(withAliases bool) (string, []arg, error) {
	before := make(map[string]int, len(c.q.refs))
	for a, n := range c.q.refs {
		before[a] = n
	}
	defer func() {
		for a := range c.q.refs {
			c.q.refs[a] = before[a]
		}
	}()
	if err := c.setup(withAliases || c.q.combinator != ""); err != nil {
		return "", nil, err
	}
	orders, err := c.orderBy()
	if err != nil {
		return "", nil, err
	}
	rows, groups, windows, err := c.q.where.split(false, c.q.grouping != noGroup)
	if err != nil {
		return "", nil, err
	}
	extra := c.extraSelect(orders)
	grouping, err := c.groupBy(append(slices.Clip(c.cols), extra...), orders, groups)
	if err != nil {
		return "", nil, err
	}
	var b strings.Builder
	var args []arg
	c.q.env.grouped = c.q.env.grouped || len(grouping) > 0 || c.q.distinct
	if len(grouping) > 0 && len(c.q.distinctOn) > 0 {
		return "", nil, notSupported("annotate() + distinct(fields) is not implemented.")
	}
	if c.q.combinator != "" {
		s, a, err := c.combinatorSQL()
		if err != nil {
			return "", nil, err
		}
		b.WriteString(s)
		args = a
	} else if windows != nil {
		s, a, err := c.qualifySQL(rows, groups, windows, orders)
		if err != nil {
			return "", nil, err
		}
		b.WriteString(s)
		args, orders = a, nil
	} else if err := c.body(&b, &args, rows, groups, extra, grouping, orders); err != nil {
		return "", nil, err
	}
	if len(grouping) > 0 && c.metaOrder && c.q.combinator == "" {
		orders = nil
	}
	for i, o := range orders {
		if i == 0 {
			b.WriteString(" ORDER BY ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(o.sql)
		args = append(args, o.args...)
	}
	b.WriteString(c.limit())
	if c.q.lock && c.d.SelectForUpdate {
		s, err := c.forUpdate()
		if err != nil {
			return "", nil, err
		}
		b.WriteString(s)
	}
	if c.q.subquery && len(extra) > 0 {
		return c.hideExtra(b.String(), args)
	}
	return b.String(), args, nil
}

// body writes SELECT ... HAVING.
func (c *compiler) body(b *strings.Builder, args *[]arg, rows, groups *where, extra []selectCol, grouping []selectCol, _ []orderTerm) error {
	distinct, dArgs, err := c.distinctOn()
	if err != nil {
		return err
	}
	from, fArgs, err := c.fromClause()
	if err != nil {
		return err
	}
	wSQL, wArgs := "", []arg(nil)
	if rows != nil {
		wSQL, wArgs, err = c.compile(rows)
		switch err {
		case nil, errFull:
		case errEmpty:
			if !c.keepEmpty {
				return err
			}
			wSQL, c.isEmpty = "0 = 1", true
		default:
			return err
		}
	}
	hSQL, hArgs := "", []arg(nil)
	if groups != nil {
		if hSQL, hArgs, err = c.compile(groups); err == errEmpty && c.keepEmpty {
			hSQL, c.isEmpty, err = "0 = 1", true, nil
		}
		if err != nil && err != errFull {
			return err
		}
	}
	b.Grow(512)
	b.WriteString("SELECT ")
	if c.q.distinct {
		b.WriteString(distinct)
		*args = append(*args, dArgs...)
	}
	for i, s := range append(slices.Clip(c.cols), extra...) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s.sql)
		if s.alias != "" {
			b.WriteString(" AS " + quote(s.alias))
		}
		*args = append(*args, s.args...)
	}
	b.WriteString(from)
	*args = append(*args, fArgs...)
	if wSQL != "" {
		b.WriteString(" WHERE " + wSQL)
		*args = append(*args, wArgs...)
	}
	for i, g := range grouping {
		if i == 0 {
			b.WriteString(" GROUP BY ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(g.sql)
		*args = append(*args, g.args...)
	}
	if hSQL != "" {
		b.WriteString(" HAVING " + hSQL)
		*args = append(*args, hArgs...)
	}
	return nil
}

func (c *compiler) fromClause() (string, []arg, error) {
	var b strings.Builder
	var args []arg
	for _, a := range c.q.aliases {
		if c.q.refs[a] <= 0 {
			continue
		}
		j := c.q.joins[a]
		b.WriteString(" ")
		if b.Len() == 1 {
			b.WriteString("FROM ")
		}
		switch j.kind {
		case inner:
			b.WriteString("INNER JOIN ")
		case louter:
			b.WriteString("LEFT OUTER JOIN ")
		}
		b.WriteString(c.quoteAlias(j.table))
		if j.alias != j.table {
			b.WriteString(" " + c.quoteAlias(j.alias))
		}
		if j.kind != baseTable {
			on := " ON ("
			for _, p := range j.ref.f.pairs {
				l, r := j.ref.columns(p)
				for _, part := range [...]string{on, c.quoteAlias(j.parent), ".", l.column(), " = ", c.quoteAlias(j.alias), ".", r.column()} {
					b.WriteString(part)
				}
				on = " AND "
			}
			if j.ref.f.generic != nil {
				s, a, err := c.compile(j.ref.f.restriction(j.typed()))
				if err != nil {
					return "", nil, err
				}
				b.WriteString(" AND (" + s + ")")
				args = append(args, a...)
			}
			if j.filtered != nil {
				s, a, err := c.filteredSQL(j)
				if err != nil && err != errFull {
					return "", nil, err
				}
				if err == nil {
					b.WriteString(" AND (" + s + ")")
					args = append(args, a...)
				}
			}
			b.WriteString(")")
		}
	}
	b.WriteString(c.extraFrom())
	return b.String(), args, nil
}

func (c *compiler) limit() string {
	q := c.q
	s := ""
	if q.high >= 0 {
		s = " LIMIT " + strconv.FormatInt(q.high-q.low, 10)
	} else if q.low > 0 && c.d.NoLimit != "" {
		s = " LIMIT " + c.d.NoLimit
	}
	if q.low > 0 {
		s += " OFFSET " + strconv.FormatInt(q.low, 10)
	}
	return s
}
