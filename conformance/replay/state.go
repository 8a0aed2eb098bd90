package replay

import (
	"context"
	"fmt"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// state writes recorded rows into the tables.
type state struct {
	models *orm.Models
	tables map[string]*table
	sqlite bool
	bare   bool // texts in the tables are times without a zone
	rows   rows // what the tables hold now
}

type table struct {
	set     *orm.DynamicSet
	alias   string   // of another database than the default one
	columns []string // in the order of a recorded row
	pk      string
	pkAt    int
	auto    bool   // the database makes keys
	column  string // of the key
	blank   []bool // columns that hold the time, or something random
	links   bool   // of an automatic through model
	related []bool // columns that point to other rows
}

func newState(m *module, w *world, aliases []string) *state {
	models := w.models
	s := &state{models: models, tables: map[string]*table{}, sqlite: w.conn.Dialect() == "sqlite", bare: w.naive, rows: rows{}}
	for _, label := range m.models.Keys {
		desc := m.models.Obj(label)
		set, err := models.Set(label)
		if err != nil || desc.Get("proxy") != nil || desc.Str("db_table") == "" {
			continue
		}
		if desc.Get("managed") != nil {
			continue // no table at all, or another model's, seen otherwise
		}
		t := &table{set: set, pkAt: -1, links: desc.Get("auto_created") != nil}
		byAtt := map[string]*corpus.Object{}
		for _, x := range desc.List("fields") {
			f := x.(*corpus.Object)
			byAtt[attname(f)] = f
		}
		for i, x := range desc.List("columns") {
			att, _ := x.(string)
			f := byAtt[att]
			t.columns = append(t.columns, f.Str("name"))
			t.blank = append(t.blank, f.Bool("volatile"))
			t.related = append(t.related, f.Get("relation") != nil)
			if f.Bool("primary_key") {
				t.pk, t.pkAt, t.column = f.Str("name"), i, f.Str("column")
				t.auto = strings.HasSuffix(f.Str("type"), "AutoField")
			}
		}
		s.tables[desc.Str("db_table")] = t
		for _, alias := range aliases[1:] {
			c := *t
			c.set, c.alias = t.set.Using(alias), alias
			s.tables[alias+":"+desc.Str("db_table")] = &c
		}
	}
	return s
}

// load inserts rows into empty tables.
func (s *state) load(ctx context.Context, rows *corpus.Object) error {
	if rows == nil {
		return nil
	}
	s.rows.load(s, rows)
	for _, name := range rows.Keys {
		if err := s.insert(ctx, name, rows.List(name)); err != nil {
			return err
		}
	}
	return nil
}

// apply makes a recorded change.
func (s *state) apply(ctx context.Context, delta *corpus.Object) error {
	if delta == nil {
		return nil
	}
	s.rows.change(s, delta)
	for _, name := range delta.Keys {
		d := delta.Obj(name)
		t := s.tables[name]
		if t == nil {
			continue
		}
		gone := append([]any(nil), d.List("del")...)
		for _, r := range d.List("set") {
			if row, ok := r.([]any); ok && t.pkAt >= 0 && t.pkAt < len(row) {
				gone = append(gone, row[t.pkAt])
			}
		}
		if err := t.remove(ctx, gone); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, name := range delta.Keys {
		if err := s.insert(ctx, name, delta.Obj(name).List("set")); err != nil {
			return err
		}
	}
	return nil
}

const rowsAtOnce = 100

func (t *table) remove(ctx context.Context, keys []any) error {
	for len(keys) > 0 {
		n := min(rowsAtOnce, len(keys))
		list, err := corpus.Value(keys[:n:n])
		if err != nil {
			return err
		}
		in := query.Step{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{&query.Lookup{Path: t.pk + "__in", Value: &query.Param{Value: list}}}}}
		if _, err := t.set.With(in).Exec(ctx, query.VerbDelete, nil, nil); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

// insert adds rows. Those of tables without a model here are left out: what
// needs them is unsupported anyway.
func (s *state) insert(ctx context.Context, name string, rows []any) error {
	t := s.tables[name]
	if t == nil {
		return nil
	}
	set := make([]query.Assign, len(t.columns))
	for i, c := range t.columns {
		set[i].Field = c
	}
	for len(rows) > 0 {
		n := min(rowsAtOnce, len(rows))
		var values [][]query.Expr
		for _, r := range rows[:n] {
			row, _ := r.([]any)
			exprs := make([]query.Expr, len(row))
			for i, v := range row {
				x, err := corpus.Value(v)
				if err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				if x.Kind == abi.KindTime && s.sqlite && s.bare {
					x.Kind = abi.KindNaive // the text in the table is UTC, and is not to become local time
				}
				exprs[i] = &query.Param{Value: x}
			}
			values = append(values, exprs)
		}
		if _, err := t.set.Exec(ctx, query.VerbInsert, set, values); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		rows = rows[n:]
	}
	return nil
}
