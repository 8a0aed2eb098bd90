package sqlite

import (
	"context"
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/migrate"
	"github.com/vinyl-edge/vinyl/orm/schema"
	"github.com/vinyl-edge/vinyl/orm/sqltext"
)

// Tables describes the tables that exist, in order of their names.
func (c *conn) Tables(ctx context.Context) ([]migrate.Table, error) {
	rows, err := c.strings(ctx, `SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`)
	if err != nil {
		return nil, opError(err)
	}
	tables := make([]migrate.Table, 0, len(rows))
	for _, r := range rows {
		t := migrate.Table{Name: r[0], Named: declared(r[1])}
		auto := strings.Contains(strings.ToUpper(r[1]), "AUTOINCREMENT")
		if err := c.columns(ctx, &t, auto); err != nil {
			return nil, opError(err)
		}
		if err := c.indexes(ctx, &t); err != nil {
			return nil, opError(err)
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func (c *conn) columns(ctx context.Context, t *migrate.Table, auto bool) error {
	rows, err := c.strings(ctx, `SELECT name, type, "notnull", pk FROM pragma_table_info(?)`, t.Name)
	if err != nil {
		return err
	}
	for _, r := range rows {
		pk := r[3] != "0"
		t.Columns = append(t.Columns, migrate.Column{
			Name: r[0], Type: strings.ToLower(r[1]), Null: r[2] == "0", PK: pk, Auto: pk && auto,
		})
	}
	rows, err = c.strings(ctx, `SELECT "from", "table", coalesce("to", '') FROM pragma_foreign_key_list(?) ORDER BY id, seq`, t.Name)
	for _, r := range rows {
		t.Foreign = append(t.Foreign, migrate.ForeignKey{Column: r[0], Table: r[1], To: r[2]})
	}
	return err
}

func (c *conn) indexes(ctx context.Context, t *migrate.Table) error {
	rows, err := c.strings(ctx, `SELECT l.name, l."unique", l.origin, l.partial, coalesce(i.name, '')
		FROM pragma_index_list(?) AS l, pragma_index_info(l.name) AS i ORDER BY l.seq, i.seqno`, t.Name)
	if err != nil {
		return err
	}
	for i := 0; i < len(rows); {
		r, j := rows[i], i
		var cols []string
		for ; j < len(rows) && rows[j][0] == r[0]; j++ {
			cols = append(cols, rows[j][4])
		}
		i = j
		if r[2] == "c" { // others have names that SQLite made up
			kind := schema.Index
			if r[1] != "0" {
				kind = schema.Unique
			}
			t.Named = append(t.Named, migrate.Named{Name: r[0], Kind: kind})
		}
		switch {
		case expression(rows, r[0]):
		case r[2] == "pk" || r[3] != "0": // partial indexes are conditions, not constraints of the model
		case r[1] != "0":
			t.Unique = append(t.Unique, cols)
		default:
			t.Indexes = append(t.Indexes, cols)
		}
	}
	return nil
}

// expression tells whether an index has terms that are no columns.
func expression(rows [][]string, name string) bool {
	return slices.ContainsFunc(rows, func(r []string) bool { return r[0] == name && r[4] == "" })
}

// declared are the constraints with names in what made a table: SQLite keeps
// them nowhere else.
func declared(sql string) (named []migrate.Named) {
	l := sqltext.New(sql)
	for t := l.Next(); t.Kind != sqltext.End; t = l.Next() {
		if t.Kind != sqltext.Word || t.Text != "constraint" {
			continue
		}
		name := l.Next()
		if quoted := name.Text == "[" || name.Text == "`"; quoted && name.Kind == sqltext.Mark {
			name = l.Next()
			l.Next()
		}
		switch kind := l.Next(); {
		case kind.Kind != sqltext.Word:
		case kind.Text == "check":
			named = append(named, migrate.Named{Name: name.Text, Kind: schema.Check})
		case kind.Text == "unique":
			named = append(named, migrate.Named{Name: name.Text, Kind: schema.Unique})
		}
	}
	return named
}

// Extensions is none: what SQLite can do is compiled in.
func (c *conn) Extensions(context.Context) ([]string, error) { return nil, nil }
