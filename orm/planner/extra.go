package planner

import (
	"maps"
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
	"github.com/vinyl-edge/vinyl/orm/sqltext"
)

// userSQL is SQL that the caller wrote.
type userSQL struct {
	sql  string
	args []arg
	out  *Field
}

// anyField is the type of SQL that nothing is known of.
var anyField = &Field{Field: schema.Field{Type: "Field"}}

func (n *userSQL) sources() []node                          { return nil }
func (n *userSQL) with([]node) node                         { return n }
func (n *userSQL) output() *Field                           { return n.out }
func (n *userSQL) compile(*compiler) (string, []arg, error) { return "(" + n.sql + ")", n.args, nil }

// resolveSQL makes the function RawSQL.
func (q *Query) resolveSQL(f *query.Func, o options) (*userSQL, error) {
	text := option(f, "sql")
	if text == "" || strings.Contains(text, phMark) {
		return nil, misuse(q.model.label, f.Name, "RawSQL needs SQL, without NUL characters.")
	}
	q.env.hasRaw = true
	n := &userSQL{out: anyField}
	out, err := q.outputOption(f)
	if err != nil {
		return nil, err
	}
	if out != nil {
		n.out = out
	}
	for _, a := range f.Args {
		p, ok := a.(*query.Param)
		if !ok || p.Value.Kind == abi.KindList {
			return nil, misuse(q.model.label, f.Name, "The arguments of RawSQL must be plain values.")
		}
		n.args = append(n.args, arg{index: p.Index, elem: -1, conv: convRaw})
	}
	marks := 0
	n.sql = placeholders(text, func() string { marks++; return phMark })
	if marks != len(n.args) {
		return nil, misuse(q.model.label, f.Name, "RawSQL has %d placeholders ? for %d arguments.", marks, len(n.args))
	}
	// Columns of parents may be named without their tables.
	lower := strings.ToLower(n.sql)
	for _, m := range q.model.ancestors() {
		for _, f := range m.own {
			if f.Column != "" && strings.Contains(lower, strings.ToLower(f.Column)) {
				if _, err := q.resolveRef(f.Name, o); err != nil {
					return nil, err
				}
				break
			}
		}
	}
	return n, nil
}

// placeholders replaces the ? in SQL by what mark says; ?? is the operator ?.
func placeholders(sql string, mark func() string) string {
	if !strings.Contains(sql, "?") {
		return sql
	}
	var b strings.Builder
	done := 0
	for l := sqltext.New(sql); ; {
		t := l.Next()
		if t.Kind == sqltext.End {
			return b.String() + sql[done:]
		}
		if t.Kind != sqltext.Mark || t.Text != "?" {
			continue
		}
		b.WriteString(sql[done:t.Start])
		if done = t.End; strings.HasPrefix(sql[done:], "?") {
			b.WriteByte('?')
			done = l.Next().End
			continue
		}
		b.WriteString(mark())
	}
}

// ancestors are the models whose columns m has too.
func (m *Model) ancestors() (all []*Model) {
	for _, p := range m.parents {
		if p.link != nil {
			all = append(all, p.model)
		}
		all = append(all, p.model.ancestors()...)
	}
	return all
}

// extraState is what extra() added: columns before all others, tables, and an
// order above that of order_by().
type extraState struct {
	names  []string // of columns, in order
	sql    map[string]*userSQL
	mask   map[string]bool // names that are selected, nil = all
	tables []string
	order  []string
}

func (e *extraState) clone() extraState {
	c := *e
	c.names, c.sql, c.mask = slices.Clone(e.names), maps.Clone(e.sql), maps.Clone(e.mask)
	c.tables = slices.Clone(e.tables)
	return c
}

func (e *extraState) selected() (names []string) {
	for _, n := range e.names {
		if e.mask == nil || e.mask[n] {
			names = append(names, n)
		}
	}
	return names
}

func (e *extraState) setMask(names []string) {
	e.mask = make(map[string]bool, len(names))
	for _, n := range names {
		e.mask[n] = true
	}
}

func (e *extraState) add(name string, sql *userSQL) {
	if e.sql[name] == nil {
		e.names = append(e.names, name)
	}
	if e.sql == nil {
		e.sql = map[string]*userSQL{}
	}
	e.sql[name] = sql
}

// merge adds what o has: when querysets are combined.
func (e *extraState) merge(o *extraState) {
	for _, n := range o.names {
		e.add(n, o.sql[n])
	}
	if len(e.mask)+len(o.mask) > 0 {
		e.mask = maps.Clone(e.mask)
		if e.mask == nil {
			e.mask = map[string]bool{}
		}
		maps.Copy(e.mask, o.mask)
	}
	e.tables = append(slices.Clip(e.tables), o.tables...)
	if len(o.order) > 0 {
		e.order = o.order
	}
}

// extraStep is extra().
func (q *Query) extraStep(s *query.Step) error {
	q.env.hasRaw = true // tables that no model describes, too
	raw := func(e query.Expr) (*userSQL, error) {
		f, ok := e.(*query.Func)
		if !ok || f.Name != "RawSQL" {
			return nil, misuse(q.model.label, "extra", "extra() is made of SQL: use RawSQL.")
		}
		return q.resolveSQL(f, options{allowJoins: true})
	}
	for _, n := range s.Named {
		if err := checkAlias(q.model, n.Name); err != nil {
			return err
		}
		sql, err := raw(n.Expr)
		if err != nil {
			return inLookup(err, n.Name)
		}
		if f := q.model.declared(sql.sql); f != nil && sql.out == anyField {
			sql.out = f
		}
		q.extra.add(n.Name, sql)
	}
	var w extraWhere
	for _, e := range s.Exprs {
		sql, err := raw(e)
		if err != nil {
			return err
		}
		w = append(w, sql)
	}
	if len(w) > 0 {
		q.where.add(&w, query.And)
	}
	for _, t := range s.Names {
		if t == "" || strings.Contains(t, phMark) {
			return misuse(q.model.label, "extra", "extra() needs the names of tables.")
		}
		for _, m := range q.env.p.models {
			if m.Table == t {
				q.env.touch(m.concrete)
			}
		}
	}
	q.extra.tables = append(slices.Clip(q.extra.tables), s.Names...)
	return nil
}

// declared is the model's field whose column is all that SQL selects, if a
// database tells what type of date or time it was declared with: then values
// are of this type.
func (m *Model) declared(sql string) *Field {
	for _, f := range m.fields {
		if f.Column == sql && (f.class == clsDate || f.class == clsDateTime || f.class == clsTime || f.class == clsBool) {
			return f
		}
	}
	return nil
}

// extraWhere are conditions that the caller wrote.
type extraWhere []*userSQL

func (n *extraWhere) sources() []node  { return nil }
func (n *extraWhere) with([]node) node { return n }
func (n *extraWhere) output() *Field   { return typed("BooleanField") }
func (n *extraWhere) compile(c *compiler) (string, []arg, error) {
	var parts []string
	var args []arg
	for _, sql := range *n {
		s, a, err := sql.compile(c)
		if err != nil {
			return "", nil, err
		}
		parts, args = append(parts, s), append(args, a...)
	}
	return strings.Join(parts, " AND "), args, nil
}

// extraFrom lists the tables of extra() that no join has brought in.
func (c *compiler) extraFrom() string {
	s, q := "", c.q
	for _, t := range q.extra.tables {
		alias := t
		if used := q.tables[t]; len(used) > 0 {
			alias = used[0]
		} else {
			q.tables[t] = []string{t}
		}
		q.refs[alias]++
		if q.joins[alias] == nil || q.refs[alias] == 1 {
			s += " , " + c.quoteAlias(alias)
		}
	}
	return s
}

// tableColumn is "table.column", in an order of extra().
func (c *compiler) tableColumn(name string) (node, error) {
	table, column, _ := strings.Cut(name, ".")
	if strings.Trim(strings.ToLower(column), "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || column == "" {
		return nil, misuse(c.q.model.label, name, "extra() orders by the names of columns, not by '%s'.", name)
	}
	return &rawSQL{sql: "(" + c.quoteAlias(table) + "." + column + ")"}, nil
}
