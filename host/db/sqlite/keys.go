package sqlite

import (
	"context"
	"math"
	"strconv"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/orm/planner"
)

// keys are those that an INSERT has made, counted from the first. RETURNING
// tells the same by way of a temporary table, which takes more time than the rows.
type keys struct {
	name string
	next int64 // 0 before the statement has run
	rows int64 // that are left
}

// count appends the rows that RETURNING would have, and at last the end.
func (cu *cursor) count(ctx context.Context, b []byte, lim db.Limits) ([]byte, bool, error) {
	k, start, rows := cu.keys, len(b), 0
	b = db.BeginRows(b)
	for ; k.rows > 0 && rows < lim.Rows && len(b)-start < lim.Bytes; rows++ {
		b = abi.AppendU64(append(b, byte(abi.KindInt)), uint64(k.next))
		k.next++
		k.rows--
	}
	b = db.EndRows(b, start, rows)
	if k.rows > 0 {
		return b, false, nil
	}
	b, err := cu.end(ctx, b)
	return b, true, err
}

// counts tells whether the rows of an INSERT that gives them no key get the
// ones after the table's last, in their order: the key is the rowid, no trigger
// inserts between them, and the numbers suffice, after which SQLite tries others.
// (https://www.sqlite.org/autoinc.html)
func (c *conn) counts(ctx context.Context, k *planner.Keys) bool {
	if c.temporary || k.Rows < 1 || !c.plainKey(ctx, k) {
		return false
	}
	if k.Rows == 1 {
		return true
	}
	greatest, err := c.strings(ctx, k.Greatest)
	if err != nil {
		return false
	}
	if greatest[0][0] == "" { // there are no rows
		return true
	}
	n, err := strconv.ParseInt(greatest[0][0], 10, 64)
	return err == nil && n <= math.MaxInt64-int64(k.Rows)
}

// plainKeys are the tables that have been looked at, until the schema changes.
type plainKeys struct {
	version string
	tables  map[planner.Keys]bool // with Table and Column alone
}

// plainKey tells whether a table has a column of this name that is its rowid,
// and neither triggers nor rows that it leaves out by itself.
func (c *conn) plainKey(ctx context.Context, k *planner.Keys) bool {
	version, err := c.strings(ctx, "PRAGMA main.schema_version")
	if err != nil || len(version) != 1 {
		return false
	}
	if version[0][0] != c.known.version || c.known.tables == nil {
		c.known = plainKeys{version: version[0][0], tables: map[planner.Keys]bool{}}
	}
	name := planner.Keys{Table: k.Table, Column: k.Column}
	plain, ok := c.known.tables[name]
	if !ok {
		rows, err := c.strings(ctx, plainKeySQL, k.Table, k.Column)
		if err != nil {
			return false
		}
		plain = len(rows) == 1 && rows[0][0] == "1"
		c.known.tables[name] = plain
	}
	return plain
}

// plainKeySQL: the only column of the primary key is an INTEGER, and has no
// index of its own, as one that is declared DESC does.
const plainKeySQL = `SELECT (SELECT type = 'table' AND wr = 0 FROM pragma_table_list(?1) WHERE schema = 'main')
	AND (SELECT count(*) = 1 AND max(name = ?2 COLLATE NOCASE AND type = 'INTEGER' COLLATE NOCASE) FROM pragma_table_info(?1) WHERE pk > 0)
	AND NOT EXISTS (SELECT 1 FROM pragma_index_list(?1) WHERE origin = 'pk')
	AND NOT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE tbl_name = ?1 COLLATE NOCASE AND (type = 'trigger' OR instr(upper(sql), 'CONFLICT') > 0))`
