package planner

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// statement plans src by its verb.
func (e *env) statement(src *query.Query, plan *Plan) (query.Layout, []arg, error) {
	var layout query.Layout
	var c *compiler
	var args []arg
	var err error
	switch src.Verb {
	case query.VerbInsert:
		c, args, err = e.insert(src, plan)
	case query.VerbRaw:
		e.hasRaw, plan.Unnamed = true, true
		return e.raw(src, plan)
	default:
		var q *Query
		if q, err = e.build(src); err != nil {
			return layout, nil, err
		}
		if q.lock && src.Verb == query.VerbSelect {
			plan.Write = true
		}
		switch src.Verb {
		case query.VerbSelect:
			c = q.compiler()
			c.keepEmpty = true
			plan.SQL, args, err = c.selectSQL(false)
		case query.VerbExists:
			if err = q.exists(true); err == nil {
				c = q.compiler()
				c.keepEmpty = true
				plan.SQL, args, err = c.selectSQL(false)
			}
		case query.VerbCount:
			c, plan.SQL, args, err = q.aggregation([]query.Named{{Name: "__count", Expr: &query.Func{Name: "Count"}}})
		case query.VerbAggregate:
			if len(src.Aggregates) == 0 {
				return layout, nil, misuse(src.Model, "aggregate", "aggregate() needs at least one expression.")
			}
			if len(q.distinctOn) > 0 {
				return layout, nil, notSupported("aggregate() + distinct(fields) not implemented.")
			}
			c, plan.SQL, args, err = q.aggregation(src.Aggregates)
		case query.VerbUpdate:
			c, plan.SQL, args, err = q.update(src)
			plan.Write = true
		case query.VerbDelete:
			c, plan.SQL, args, err = q.delete()
			plan.Write = true
		default:
			return layout, nil, badMessage("unknown verb %d", src.Verb)
		}
	}
	if err == errEmpty && c != nil && (src.Verb == query.VerbSelect || src.Verb == query.VerbExists) {
		// A part that can't be left out is empty (a union of nothing).
		plan.SQL, args, err = "SELECT 1 WHERE 0 = 1", nil, nil
		c.isEmpty = true
	}
	if err != nil {
		return layout, nil, err
	}
	plan.Models = e.models
	plan.Columns = c.colCount
	plan.Zoned = c.zonedColumns()
	switch src.Verb {
	case query.VerbCount, query.VerbAggregate:
		plan.Empty, plan.row = c.emptyRow != nil, c.emptyRow
		layout = c.flatLayout()
		plan.Columns = len(c.cols)
	case query.VerbSelect:
		plan.Empty = c.isEmpty
		layout = c.layout()
	default:
		plan.Empty = c.isEmpty
		layout = c.flatLayout()
	}
	return layout, args, nil
}

// layout describes the rows of a select.
func (c *compiler) layout() query.Layout {
	if len(c.groups) == 0 {
		return c.flatLayout()
	}
	l := query.Layout{Extra: c.firstExtra}
	for _, g := range c.groups {
		qg := query.Group{Model: g.model.label, Parent: g.parent, Field: g.field, Reverse: g.reverse, Extends: g.extends, First: g.first, Alias: g.alias, Back: g.back}
		for _, f := range g.fields {
			qg.Fields = append(qg.Fields, f.Name)
		}
		l.Groups = append(l.Groups, qg)
	}
	for _, s := range c.cols[:c.lead] {
		l.Names = append(l.Names, s.alias)
		l.Types = append(l.Types, typeName(s.n))
	}
	l.Lead = c.lead
	for i, name := range c.q.selectedNotes() {
		l.Names = append(l.Names, name)
		l.Types = append(l.Types, typeName(c.cols[c.firstExtra+i].n))
	}
	return l
}

// flatLayout describes rows of values.
func (c *compiler) flatLayout() query.Layout {
	l := query.Layout{Flat: true}
	for i, s := range c.cols {
		name := s.alias
		if i -= c.lead; i >= 0 && i < len(c.q.valuesSelect) && i < len(c.q.sel) {
			name = c.q.valuesSelect[i]
		}
		l.Names = append(l.Names, name)
		l.Types = append(l.Types, typeName(s.n))
	}
	return l
}

func typeName(n node) string {
	f := n.output()
	if f == nil {
		return ""
	}
	if a, ok := n.(*aggregate); ok && a.nothing.Kind != abi.KindNull {
		return f.typeName() + query.NullIsEmpty
	}
	return f.typeName()
}

// raw passes SQL through; its arguments are bound in their own kind's form.
func (e *env) raw(src *query.Query, plan *Plan) (query.Layout, []arg, error) {
	if src.Raw == "" {
		return query.Layout{}, nil, misuse(src.Model, "raw", "A raw query needs SQL.")
	}
	if strings.Contains(src.Raw, phMark) {
		return query.Layout{}, nil, misuse(src.Model, "raw", "SQL must not contain NUL characters.")
	}
	l := query.Layout{Flat: true}
	if src.Model != "" {
		m, err := e.model(src.Model)
		if err != nil {
			return l, nil, err
		}
		e.touch(m)
	}
	var args []arg
	for _, a := range src.RawArgs {
		p, ok := a.(*query.Param)
		if !ok {
			return l, nil, misuse(src.Model, "raw", "The arguments of a raw query must be plain values.")
		}
		if p.Value.Kind == abi.KindList {
			for i := range p.Value.List {
				args = append(args, arg{index: p.Index, elem: i, conv: convRaw})
			}
			continue
		}
		args = append(args, arg{index: p.Index, elem: -1, conv: convRaw})
	}
	plan.SQL = e.d.rawPlaceholders(src.Raw)
	plan.Write = rawWrites(src.Raw)
	plan.Models = e.models
	return l, args, nil
}

// rawPlaceholders numbers the ? of raw SQL where the database wants that; ?? is
// the operator ?.
func (d *Dialect) rawPlaceholders(sql string) string {
	if !d.NumberedArgs {
		return sql
	}
	n := 0
	return placeholders(sql, func() string { n++; return d.Placeholder(n) })
}

// rawWrites tells whether SQL may change data: everything but what clearly
// only reads.
func rawWrites(sql string) bool {
	words := strings.FieldsFunc(strings.ToUpper(sql), func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
	if len(words) == 0 {
		return true
	}
	switch words[0] {
	case "SELECT", "VALUES", "EXPLAIN":
		return false
	case "WITH":
		return slices.ContainsFunc(words, func(w string) bool {
			return w == "INSERT" || w == "UPDATE" || w == "DELETE" || w == "REPLACE" || w == "MERGE"
		})
	}
	return true
}

// collectParams lists the kinds of a decoded query's parameters by index.
func collectParams(q *query.Query, out *[]abi.Value) {
	w := paramWalker{out}
	w.query(q)
}

type paramWalker struct{ out *[]abi.Value }

func (w paramWalker) query(q *query.Query) {
	if q == nil {
		return
	}
	for i := range q.Steps {
		s := &q.Steps[i]
		w.cond(s.Cond)
		w.exprs(s.Exprs)
		w.named(s.Named)
		for _, o := range s.Others {
			w.query(o)
		}
	}
	for i := range q.Set {
		w.expr(q.Set[i].Expr)
	}
	for _, r := range q.Rows {
		w.exprs(r)
	}
	w.named(q.Aggregates)
	w.exprs(q.RawArgs)
}

func (w paramWalker) named(ns []query.Named) {
	for i := range ns {
		w.expr(ns[i].Expr)
	}
}

func (w paramWalker) exprs(es []query.Expr) {
	for _, e := range es {
		w.expr(e)
	}
}

func (w paramWalker) cond(c *query.Cond) {
	if c != nil {
		w.exprs(c.Children)
	}
}

func (w paramWalker) expr(e query.Expr) {
	switch e := e.(type) {
	case *query.Param:
		*w.out = append(*w.out, e.Value)
	case *query.Cell:
		*w.out = append(*w.out, abi.Value{Kind: anyKind})
	case *query.Func:
		w.exprs(e.Args)
		w.cond(e.Filter)
		w.expr(e.Default)
	case *query.Combined:
		w.expr(e.L)
		w.expr(e.R)
	case *query.Cond:
		w.cond(e)
	case *query.Lookup:
		w.expr(e.Left)
		w.expr(e.Value)
	case *query.Window:
		w.expr(e.Expr)
		w.exprs(e.Partition)
		w.exprs(e.Order)
	case *query.Filtered:
		w.cond(e.Cond)
	case *query.Ordered:
		w.expr(e.Expr)
	case *query.Sub:
		w.query(e.Query)
	case *query.Case:
		for i := range e.Whens {
			w.cond(e.Whens[i].Cond)
			w.expr(e.Whens[i].Then)
		}
		w.expr(e.Default)
	}
}
