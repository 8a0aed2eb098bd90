// Package master reads which tables a SQLite database has, however it is
// reached.
package master

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/migrate"
	"github.com/vinyl-edge/vinyl/orm/schema"
	"github.com/vinyl-edge/vinyl/orm/sqltext"
)

const of = ` FROM sqlite_master AS m, `

const where = ` WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY m.name, `

// Tables describes the tables in order of their names. query returns rows as
// texts.
func Tables(query func(sql string) ([][]string, error)) ([]migrate.Table, error) {
	rows, err := query(`SELECT m.name, m.sql, c.name, c.type, c."notnull", c.pk` + of + `pragma_table_info(m.name) AS c` + where + `c.cid`)
	if err != nil {
		return nil, err
	}
	tables := []migrate.Table{}
	for _, r := range rows {
		if n := len(tables); n == 0 || tables[n-1].Name != r[0] {
			tables = append(tables, migrate.Table{Name: r[0], Named: declared(r[1])})
		}
		t, pk := &tables[len(tables)-1], r[5] != "0"
		t.Columns = append(t.Columns, migrate.Column{
			Name: r[2], Type: strings.ToLower(r[3]), Null: r[4] == "0", PK: pk, Auto: pk && strings.Contains(strings.ToUpper(r[1]), "AUTOINCREMENT"),
		})
	}
	find := func(name string) *migrate.Table {
		if i := slices.IndexFunc(tables, func(t migrate.Table) bool { return t.Name == name }); i >= 0 {
			return &tables[i]
		}
		return &migrate.Table{}
	}
	rows, err = query(`SELECT m.name, f."from", f."table", coalesce(f."to", '')` + of + `pragma_foreign_key_list(m.name) AS f` + where + `f.id, f.seq`)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		t := find(r[0])
		t.Foreign = append(t.Foreign, migrate.ForeignKey{Column: r[1], Table: r[2], To: r[3]})
	}
	rows, err = query(`SELECT m.name, l.name, l."unique", l.origin, l.partial, coalesce(i.name, '')` + of +
		`pragma_index_list(m.name) AS l, pragma_index_info(l.name) AS i` + where + `l.seq, i.seqno`)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(rows); {
		r, t := rows[i], find(rows[i][0])
		var cols []string
		for ; i < len(rows) && rows[i][0] == r[0] && rows[i][1] == r[1]; i++ {
			cols = append(cols, rows[i][5])
		}
		if r[3] == "c" { // others have names that SQLite made up
			kind := schema.Index
			if r[2] != "0" {
				kind = schema.Unique
			}
			t.Named = append(t.Named, migrate.Named{Name: r[1], Kind: kind})
		}
		switch {
		case expression(rows, r[1]):
		case r[3] == "pk" || r[4] != "0": // partial indexes are conditions, not constraints of the model
		case r[2] != "0":
			t.Unique = append(t.Unique, cols)
		default:
			t.Indexes = append(t.Indexes, cols)
		}
	}
	return tables, nil
}

// expression tells whether an index has terms that are no columns.
func expression(rows [][]string, name string) bool {
	return slices.ContainsFunc(rows, func(r []string) bool { return r[1] == name && r[5] == "" })
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
