package sqlite

import (
	"context"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/migrate"
)

// Tables describes the tables that exist, in order of their names.
func (c *conn) Tables(ctx context.Context) ([]migrate.Table, error) {
	rows, err := c.strings(ctx, `SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`)
	if err != nil {
		return nil, opError(err)
	}
	tables := make([]migrate.Table, 0, len(rows))
	for _, r := range rows {
		t := migrate.Table{Name: r[0]}
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
		switch {
		case r[2] == "pk" || r[3] != "0": // partial indexes are conditions, not constraints of the model
		case r[1] != "0":
			t.Unique = append(t.Unique, cols)
		default:
			t.Indexes = append(t.Indexes, cols)
		}
	}
	return nil
}

// Extensions is none: what SQLite can do is compiled in.
func (c *conn) Extensions(context.Context) ([]string, error) { return nil, nil }
