package planner

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// onConflict is the end of an insert whose rows may clash with others.
func (e *env) onConflict(m *Model, src *query.Query) (string, error) {
	if src.Conflict == nil {
		if src.Ignore {
			return e.d.InsertIgnore[1], nil
		}
		return "", nil
	}
	if src.Ignore {
		return "", misuse(m.label, "insert", "ignore_conflicts and update_conflicts are mutually exclusive.")
	}
	unique, err := m.conflictColumns(src.Conflict.Unique, "unique_fields")
	if err != nil {
		return "", err
	}
	update, err := m.conflictColumns(src.Conflict.Update, "update_fields")
	if err != nil {
		return "", err
	}
	if slices.Contains(update, quote(m.pk.Column)) {
		return "", misuse(m.label, m.pk.Name, "bulk_create() cannot be used with primary keys in update_fields.")
	}
	for i, c := range update {
		update[i] = c + " = EXCLUDED." + c
	}
	return " ON CONFLICT(" + strings.Join(unique, ", ") + ") DO UPDATE SET " + strings.Join(update, ", "), nil
}

// conflictColumns are the columns of the named fields.
func (m *Model) conflictColumns(names []string, what string) ([]string, error) {
	if len(names) == 0 {
		return nil, misuse(m.label, "insert", "An insert that updates what it clashes with needs %s.", what)
	}
	cols := make([]string, len(names))
	for i, n := range names {
		f, err := m.column(n)
		if err != nil {
			return nil, err
		}
		cols[i] = quote(f.Column)
	}
	return cols, nil
}

// byKey compiles what the field at position at of an update's rows becomes: of
// each row with one of their keys another value.
func (c *compiler) byKey(f *Field, rows [][]query.Expr, at int) (string, []arg, error) {
	m := c.q.model
	key := newCol(c.q.aliases[0], m.pk)
	pk, _, err := c.compile(key)
	if err != nil {
		return "", nil, err
	}
	var b strings.Builder
	var args []arg
	b.WriteString("CASE")
	for i, row := range rows {
		if at >= len(row) || row[at] == nil {
			return "", nil, badMessage("row %d has no value for %q", i, f.Name)
		}
		p, ok := row[0].(*query.Param)
		if !ok {
			return "", nil, badMessage("row %d has no key", i)
		}
		v, more, err := c.assigned(f, row[at], false)
		if err != nil {
			return "", nil, err
		}
		if c.d.NativeTypes { // a placeholder in a CASE would be text
			if s, _, err := c.d.Cast(c.d, f.stored(), v); err == nil {
				v = s
			}
		}
		b.WriteString(" WHEN (" + pk + " = " + phMark + ") THEN " + v)
		args = append(append(args, arg{index: p.Index, elem: -1, conv: convField, field: m.pk}), more...)
	}
	b.WriteString(" ELSE NULL END")
	return b.String(), args, nil
}
