package postgres

import (
	"context"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/orm/migrate"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// tablesLock is what processes that change tables take turns with.
const tablesLock = "SELECT pg_advisory_xact_lock(8245920740617237861)"

// Tables describes the tables of the current schema, in order of their names.
// In a transaction that can write nobody else does so until its end.
func (c *conn) Tables(ctx context.Context) ([]migrate.Table, error) {
	if c.tx && c.mode == db.Write {
		if _, err := c.strings(ctx, tablesLock); err != nil {
			return nil, err
		}
	}
	rows, err := c.strings(ctx, `SELECT t.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
			coalesce(a.attnum = ANY(p.conkey), false), a.attidentity <> '' OR coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%', false)
		FROM pg_catalog.pg_class t
		JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
		LEFT JOIN pg_catalog.pg_constraint p ON p.conrelid = t.oid AND p.contype = 'p'
		WHERE t.relkind IN ('r', 'p') AND t.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = pg_catalog.current_schema())
		ORDER BY t.relname COLLATE "C", a.attnum`)
	if err != nil {
		return nil, err
	}
	var tables []migrate.Table
	at := map[string]int{}
	for _, r := range rows {
		if n, ok := at[r[0]]; !ok || n != len(tables)-1 {
			at[r[0]] = len(tables)
			tables = append(tables, migrate.Table{Name: r[0]})
		}
		t := &tables[len(tables)-1]
		t.Columns = append(t.Columns, migrate.Column{Name: r[1], Type: strings.ToLower(r[2]), Null: r[3] == "1", PK: r[4] == "1", Auto: r[5] == "1"})
	}
	if err := c.indexes(ctx, tables, at); err != nil {
		return nil, err
	}
	if err := c.named(ctx, tables, at); err != nil {
		return nil, err
	}
	return tables, c.foreign(ctx, tables, at)
}

// named adds the names of constraints and indexes.
func (c *conn) named(ctx context.Context, tables []migrate.Table, at map[string]int) error {
	rows, err := c.strings(ctx, `SELECT t.relname, n.name, n.kind FROM (
			SELECT conrelid AS rel, conname AS name, contype::text AS kind FROM pg_catalog.pg_constraint WHERE contype IN ('c', 'u', 'x')
			UNION ALL
			SELECT i.indrelid, x.relname, CASE WHEN i.indisunique THEN 'u' ELSE 'i' END FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
			WHERE NOT i.indisprimary AND i.indisvalid AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('u', 'x'))
		) AS n
		JOIN pg_catalog.pg_class t ON t.oid = n.rel
		WHERE t.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = pg_catalog.current_schema())
		ORDER BY t.relname COLLATE "C", n.name COLLATE "C"`)
	if err != nil {
		return err
	}
	kinds := map[string]schema.ConstraintKind{"c": schema.Check, "u": schema.Unique, "x": schema.Exclude, "i": schema.Index}
	for _, r := range rows {
		if n, ok := at[r[0]]; ok {
			tables[n].Named = append(tables[n].Named, migrate.Named{Name: r[1], Kind: kinds[r[2]]})
		}
	}
	return nil
}

// indexes adds all but those of primary keys, of expressions and of parts of a
// table.
func (c *conn) indexes(ctx context.Context, tables []migrate.Table, at map[string]int) error {
	rows, err := c.strings(ctx, `SELECT t.relname, i.indisunique, i.indexrelid::text, a.attname
		FROM pg_catalog.pg_index i
		JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
		CROSS JOIN LATERAL unnest(i.indkey[0:i.indnkeyatts-1]) WITH ORDINALITY AS k(num, pos)
		JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.num
		WHERE t.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = pg_catalog.current_schema()) AND NOT i.indisprimary AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid
		ORDER BY i.indexrelid, k.pos`)
	if err != nil {
		return err
	}
	for i := 0; i < len(rows); {
		r, j := rows[i], i
		var cols []string
		for ; j < len(rows) && rows[j][2] == r[2]; j++ {
			cols = append(cols, rows[j][3])
		}
		i = j
		n, ok := at[r[0]]
		switch {
		case !ok: // made since
		case r[1] == "1":
			tables[n].Unique = append(tables[n].Unique, cols)
		default:
			tables[n].Indexes = append(tables[n].Indexes, cols)
		}
	}
	return nil
}

func (c *conn) foreign(ctx context.Context, tables []migrate.Table, at map[string]int) error {
	rows, err := c.strings(ctx, `SELECT t.relname, a.attname, o.relname, b.attname
		FROM pg_catalog.pg_constraint f
		JOIN pg_catalog.pg_class t ON t.oid = f.conrelid
		JOIN pg_catalog.pg_class o ON o.oid = f.confrelid
		CROSS JOIN LATERAL unnest(f.conkey, f.confkey) WITH ORDINALITY AS k(here, there, pos)
		JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.here
		JOIN pg_catalog.pg_attribute b ON b.attrelid = o.oid AND b.attnum = k.there
		WHERE f.contype = 'f' AND t.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = pg_catalog.current_schema())
		ORDER BY t.relname COLLATE "C", f.conname COLLATE "C", k.pos`)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if n, ok := at[r[0]]; ok {
			tables[n].Foreign = append(tables[n].Foreign, migrate.ForeignKey{Column: r[1], Table: r[2], To: r[3]})
		}
	}
	return nil
}

// Extensions names those of the database, wherever in it they are.
func (c *conn) Extensions(ctx context.Context) ([]string, error) {
	rows, err := c.strings(ctx, "SELECT extname FROM pg_catalog.pg_extension ORDER BY 1")
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = r[0]
	}
	return names, err
}

// strings returns the rows of one of the driver's own queries, booleans as 0
// and 1.
func (c *conn) strings(ctx context.Context, sql string) (rows [][]string, err error) {
	cur, err := c.Query(ctx, db.Statement{SQL: sql})
	if err != nil {
		return nil, err
	}
	defer cur.Close()
	for done := false; !done; {
		var b []byte
		if b, done, err = cur.Fill(ctx, nil, db.DefaultLimits); err != nil {
			return nil, err
		}
		rows = appendStrings(rows, b, cur.Columns())
	}
	return rows, nil
}

// appendStrings reads a frame of texts and integers.
func appendStrings(rows [][]string, frame []byte, columns int) [][]string {
	r := abi.ReadBytes(frame)
	if r.U8() != abi.FrameRows {
		return rows
	}
	n := r.U32()
	r.U32()
	for range n {
		row := make([]string, columns)
		for i := range row {
			switch abi.Kind(r.U8()) {
			case abi.KindInt:
				row[i] = string('0' + byte(r.I64()))
			case abi.KindText:
				s := make([]byte, r.U32())
				for j := range s {
					s[j] = r.U8()
				}
				row[i] = string(s)
			}
		}
		rows = append(rows, row)
	}
	return rows
}
