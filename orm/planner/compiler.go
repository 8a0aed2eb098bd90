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

// selectCol is one column of the select list.
type selectCol struct {
	n     node
	sql   string
	args  []arg
	alias string
}

// group is a model instance in the select list.
type group struct {
	model   *Model
	parent  int
	field   string
	reverse bool
	first   int
	fields  []*Field
	extends bool // the record extends the parent group's, and has its columns too
	alias   bool // field is the name of a filtered relation
	back    string
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

func (c *compiler) selectList(withAliases bool) error {
	q := c.q
	var list []selectCol
	mask, err := q.selectMask()
	if err != nil {
		return err
	}
	for _, name := range q.extra.selected() {
		list = append(list, selectCol{n: q.extra.sql[name], alias: name})
	}
	c.lead = len(list)
	if q.defaultCols {
		alias, err := q.initialAlias()
		if err != nil {
			return err
		}
		g := group{model: q.model, parent: -1}
		if list, g.fields, err = c.modelColumns(list, q.model, alias, mask, nil); err != nil {
			return err
		}
		c.groups = append(c.groups, g)
	} else {
		if fields := q.recordFields(); fields != nil {
			c.groups = append(c.groups, group{model: q.model, parent: -1, fields: fields})
		}
		for _, n := range q.sel {
			list = append(list, selectCol{n: n})
		}
	}
	c.firstExtra = len(list)
	for _, name := range q.selectedNotes() {
		list = append(list, selectCol{n: q.annotations[name], alias: name})
	}
	if q.related && q.defaultCols {
		alias, err := q.initialAlias()
		if err != nil {
			return err
		}
		if list, err = c.relatedSelections(list, relatedLevel{model: q.model, alias: alias, depth: 1, requested: q.relatedOf, restricted: q.relatedOf != nil, mask: mask}); err != nil {
			return err
		}
	}
	n := 1
	for i := range list {
		s := &list[i]
		if err := typeError(s.n); err != nil {
			return inLookup(err, s.alias)
		}
		s.sql, s.args, err = c.compile(s.n)
		switch err {
		case nil:
		case errEmpty:
			v, ok := emptyValue(s.n)
			if !ok {
				s.sql, s.args, err = "0", nil, nil
			} else {
				s.sql, s.args, err = c.compile(v)
			}
		case errFull:
			s.sql, s.args, err = c.compile(constantTrue)
		}
		if err != nil {
			return err
		}
		if s.alias == "" && withAliases {
			s.alias = "col" + strconv.Itoa(n)
			n++
		}
	}
	c.cols, c.colCount = list, len(list)
	return nil
}

// recordFields are the columns of a queryset of records that selects some only,
// because it was combined with one that selects values; nil else.
func (q *Query) recordFields() []*Field {
	if q.selected || len(q.sel) == 0 {
		return nil
	}
	fields := make([]*Field, len(q.sel))
	for i, n := range q.sel {
		column, ok := n.(*col)
		if !ok || !slices.Contains(q.model.fields, column.target) {
			return nil
		}
		fields[i] = column.target
	}
	return fields
}

// modelColumns selects m's fields, without those that mask leaves out and
// those that the record at hand, of the model from, has already. Tables of
// parents are joined where their columns are needed.
func (c *compiler) modelColumns(list []selectCol, m *Model, alias string, mask selMask, from *Model) ([]selectCol, []*Field, error) {
	fields := m.fields
	if len(mask) > 0 || from != nil {
		fields = slices.DeleteFunc(slices.Clone(fields), func(f *Field) bool {
			if len(mask) > 0 {
				if _, ok := mask[f]; !ok {
					return true
				}
			}
			return from != nil && f.model != m && from.extends(f.model)
		})
	}
	list = slices.Grow(list, len(fields))
	cols := make([]col, len(fields))
	var joined map[*Model]string
	for i, f := range fields {
		at := alias
		if f.model != m.concrete {
			var err error
			if joined == nil {
				joined = map[*Model]string{}
			}
			if at, err = c.q.joinParent(m, f.model, alias, joined); err != nil {
				return nil, nil, err
			}
		}
		cols[i] = col{alias: at, target: f, out: f.stored()}
		list = append(list, selectCol{n: &cols[i]})
	}
	return list, fields, nil
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

func (c *compiler) distinctOn() (string, []arg, error) {
	if len(c.q.distinctOn) == 0 {
		return "DISTINCT ", nil, nil
	}
	if !c.d.DistinctOn {
		return "", nil, notSupported("DISTINCT ON fields is not supported by this database backend")
	}
	var parts []string
	var args []arg
	for _, name := range c.q.distinctOn {
		if c.q.noteSelected(name) {
			parts = append(parts, quote(name))
			continue
		}
		if c.q.annotations[name] != nil {
			return "", nil, inLookup(unresolved(c.q.model.label, name, slices.Clone(c.q.model.choices)), name)
		}
		n, err := c.q.resolveRef(name, options{allowJoins: true})
		if err != nil {
			return "", nil, err
		}
		s, a, err := c.compile(n)
		if err != nil {
			return "", nil, err
		}
		parts, args = append(parts, s), append(args, a...)
	}
	return "DISTINCT ON (" + strings.Join(parts, ", ") + ") ", args, nil
}

// extraSelect are the ordering terms that DISTINCT needs in the select list.
func (c *compiler) extraSelect(orders []orderTerm) (extra []selectCol) {
	if !c.q.distinct || len(c.q.distinctOn) > 0 {
		return nil
	}
	have := map[string]bool{}
	for _, s := range c.cols {
		have[argsKey(s.sql, s.args)] = true
	}
	for _, o := range orders {
		if !o.ref && !have[argsKey(o.bare, o.args)] {
			extra = append(extra, selectCol{n: o.n, sql: o.bare, args: o.args})
		}
	}
	return extra
}

// hideExtra selects only the query's own columns from it.
func (c *compiler) hideExtra(s string, args []arg) (string, []arg, error) {
	var parts []string
	var all []arg
	for _, sc := range c.cols {
		if sc.alias != "" {
			parts = append(parts, `"subquery".`+quote(sc.alias))
			continue
		}
		n := sc.n
		if column, ok := n.(*col); ok {
			n = &rawSQL{sql: `"subquery".` + quote(column.target.Column)}
		}
		t, a, err := c.compile(n)
		if err != nil {
			return "", nil, err
		}
		parts, all = append(parts, t), append(all, a...)
	}
	return "SELECT " + strings.Join(parts, ", ") + " FROM (" + s + ") subquery", append(all, args...), nil
}

// groupBy lists the GROUP BY terms.
func (c *compiler) groupBy(list []selectCol, orders []orderTerm, having *where) (terms []selectCol, err error) {
	q := c.q
	if q.grouping == noGroup {
		return nil, nil
	}
	var exprs []node
	refs := map[string]bool{}
	if q.grouping == groupList {
		for _, n := range q.groupBy {
			r, ok := n.(*ref)
			if !ok {
				exprs = append(exprs, n)
			} else if !refs[r.name] {
				refs[r.name] = true
				exprs = append(exprs, r.src)
			}
		}
	}
	index := map[string]int{}
	for i, s := range list {
		if s.alias != "" {
			index[argsKey(s.sql, s.args)] = i + 1
		}
		if s.alias != "" && refs[s.alias] {
			continue
		}
		exprs = append(exprs, groupByCols(s.n)...)
	}
	if !c.metaOrder {
		for _, o := range orders {
			if !o.ref {
				exprs = append(exprs, groupByCols(o.n)...)
			}
		}
	}
	var havingCols []node
	if having != nil {
		havingCols = groupByCols(having)
		exprs = append(exprs, havingCols...)
	}
	exprs = c.collapse(exprs, havingCols)
	seen := map[string]bool{}
	for _, n := range exprs {
		s, args, err := c.compile(n)
		if err == errEmpty || err == errFull {
			continue
		}
		if err != nil {
			return nil, err
		}
		key := argsKey(s, args)
		if i := index[key]; i > 0 && c.d.GroupByIndex {
			_, plain := n.(*col)
			if (!plain || list[i-1].alias != "") && !heldBy(n, list[i-1].n) {
				s, args = strconv.Itoa(i), nil
				key = s
			}
		}
		if !seen[key] {
			seen[key] = true
			terms = append(terms, selectCol{n: n, sql: s, args: args})
		}
	}
	return terms, nil
}

// heldBy tells whether n is what an ExpressionWrapper holds: to Django, it is not
// the column that the wrapper is. A Concat's own type is a wrapper here.
func heldBy(n, column node) bool {
	w, ok := column.(*wrapper)
	if !ok || n == column {
		return false
	}
	_, joined := w.expr.(*concat)
	return !joined
}

// collapse drops columns that a grouped primary key determines.
func (c *compiler) collapse(exprs, having []node) []node {
	if !c.d.GroupBySelectedPKs {
		return exprs
	}
	byPK := map[string]bool{}
	for _, n := range exprs {
		if column, ok := n.(*col); ok && column.target.PK && !column.target.unmanaged() {
			byPK[column.alias] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(exprs), func(n node) bool {
		column, ok := n.(*col)
		return ok && !(column.target.PK && !column.target.unmanaged()) && byPK[column.alias] && !slices.ContainsFunc(having, column.same)
	})
}

var setOperators = map[string]string{"union": "UNION", "intersection": "INTERSECT", "difference": "EXCEPT"}

// combinatorSQL joins the parts of a UNION, INTERSECT or EXCEPT.
func (c *compiler) combinatorSQL() (string, []arg, error) {
	q := c.q
	var parts []string
	var args []arg
	for _, o := range q.combined {
		o = o.clone()
		sc := c.sub(o)
		sc.keepEmpty = c.keepEmpty && q.sliced() && q.combinator == "union" && c.d.CompoundParens
		if !c.d.CompoundParens {
			if o.sliced() {
				return "", nil, notSupported("LIMIT/OFFSET not allowed in subqueries of compound statements.")
			}
			if terms, err := c.sub(o.clone()).orderBy(); err != nil {
				return "", nil, err
			} else if len(terms) > 0 {
				return "", nil, notSupported("ORDER BY not allowed in subqueries of compound statements.")
			}
		}
		if len(o.valuesSelect) == 0 && len(q.valuesSelect) > 0 {
			if err := o.setValues(slices.Concat(q.extra.selected(), q.valuesSelect, q.selectedNotes())); err != nil {
				return "", nil, err
			}
		}
		s, a, err := sc.selectSQL(true)
		if err == errEmpty && (q.combinator == "union" || q.combinator == "difference" && len(parts) > 0) {
			continue
		}
		if err != nil {
			return "", nil, err
		}
		switch {
		case o.combinator != "" && !c.d.CompoundParens:
			s = "SELECT * FROM (" + s + ")"
		case q.subquery && c.d.CompoundParens:
			s = "(" + s + ")"
		}
		if !q.subquery && c.d.CompoundParens {
			s = "(" + s + ")"
		}
		parts, args = append(parts, s), append(args, a...)
	}
	if len(parts) == 0 {
		return "", nil, errEmpty
	}
	op := " " + setOperators[q.combinator] + " "
	if q.combineAll && q.combinator == "union" {
		op = " UNION ALL "
	}
	return strings.Join(parts, op), args, nil
}

// finish puts the dialect's placeholders into s. With share, what is bound
// twice is one numbered parameter: a database that numbers them takes a
// grouped expression and the selected one for the same only then.
func (d *Dialect) finish(s string, args []arg, share bool) (string, []arg) {
	var b strings.Builder
	numbers := map[string]int{}
	var out []arg
	for n := 0; ; n++ {
		before, after, ok := strings.Cut(s, phMark)
		b.WriteString(before)
		if !ok {
			if !share {
				out = args
			}
			return b.String(), out
		}
		s = after
		if !share || n >= len(args) {
			b.WriteString(d.Placeholder(n + 1))
			continue
		}
		key := args[n].key()
		if numbers[key] == 0 {
			out = append(out, args[n])
			numbers[key] = len(out)
		}
		b.WriteString(d.Placeholder(numbers[key]))
	}
}
