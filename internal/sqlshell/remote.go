package sqlshell

import (
	"context"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/open"
	"github.com/vinyl-edge/vinyl/host/db/sqlite"
)

// remote is a database on a libSQL server.
type remote struct {
	db   db.DB
	conn db.Conn
}

func openRemote(ctx context.Context, url string) (Engine, error) {
	d, err := open.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	c, err := d.Acquire(ctx, db.Write)
	if err != nil {
		_ = d.Close()
		return nil, err
	}
	return &remote{d, c}, nil
}

func (r *remote) Close() {
	r.conn.Release()
	_ = r.db.Close()
}

func (r *remote) Complete(text string) bool  { return sqlite.Complete(text) }
func (r *remote) InTx() bool                 { return r.conn.InTx() }
func (r *remote) Tables() string             { return sqliteTables }
func (r *remote) Schema(table string) string { return sqliteSchemaOf(table) }

func (r *remote) Run(ctx context.Context, text string, out Sink) error {
	for _, sql := range split(text, sqlite.Complete) {
		if err := r.one(ctx, sql, out); err != nil {
			return err
		}
	}
	return nil
}

// one runs one statement. Transactions are the driver's: a server forgets them
// when nobody asks for some seconds, and then it says so.
func (r *remote) one(ctx context.Context, sql string, out Sink) (err error) {
	words := strings.Fields(strings.ToUpper(strings.Trim(strings.TrimSpace(sql), "; \t\r\n")))
	if len(words) == 0 {
		return nil
	}
	short := len(words) == 1 || len(words) == 2 && (words[1] == "TRANSACTION" || words[1] == "IMMEDIATE" || words[1] == "DEFERRED")
	switch {
	case short && words[0] == "BEGIN":
		if r.conn.InTx() {
			return &abi.OpError{Code: abi.CodeDatabase, Message: "a transaction is open: COMMIT or ROLLBACK first"}
		}
		err = r.conn.Begin(ctx, db.TxOptions{})
	case short && (words[0] == "COMMIT" || words[0] == "END"):
		err = r.conn.Commit(ctx)
	case short && words[0] == "ROLLBACK":
		err = r.conn.Rollback()
	default:
		return r.statement(ctx, sql, out)
	}
	if err != nil {
		return err
	}
	return out.End("done")
}

func (r *remote) statement(ctx context.Context, sql string, out Sink) error {
	cur, err := db.Query(ctx, r.conn, db.Statement{SQL: sql, Write: true})
	if err != nil {
		return err
	}
	defer cur.Close()
	affected, err := frames(ctx, cur, out)
	if err != nil {
		return err
	}
	return out.End(done(affected, false))
}

func (r *remote) Explain(ctx context.Context, sql string, analyze bool) ([]string, error) {
	if analyze {
		return nil, errAnalyze
	}
	if parts := split(sql, sqlite.Complete); len(parts) > 1 && strings.TrimSpace(parts[1]) != "" {
		return nil, errOne
	}
	rows := &collect{}
	if err := r.statement(ctx, "EXPLAIN QUERY PLAN "+sql, rows); err != nil {
		return nil, err
	}
	return tree(rows.rows), nil
}

// frames moves the rows of a cursor to out.
func frames(ctx context.Context, cur db.Cursor, out Sink) (affected int64, err error) {
	names := cur.Names()
	if len(names) > 0 {
		if err := out.Columns(append([]string(nil), names...)); err != nil {
			return 0, err
		}
	}
	var b []byte
	for finished := false; !finished; {
		if b, finished, err = cur.Fill(ctx, b[:0], db.DefaultLimits); err != nil {
			return 0, err
		}
		for r := abi.ReadBytes(b); r.Len() > 0; {
			switch r.U8() {
			case abi.FrameRows:
				n := r.U32()
				r.U32()
				for range n {
					cells := make([]Cell, cur.Columns())
					for i := range cells {
						cells[i] = value(db.ReadCell(r))
					}
					if r.Err() != nil {
						return 0, r.Err()
					}
					if err := out.Row(cells); err != nil {
						return 0, err
					}
				}
			case abi.FrameEnd:
				affected = r.I64()
				r.I64()
			default:
				r.Fail()
			}
			if r.Err() != nil {
				return 0, r.Err()
			}
		}
	}
	return affected, nil
}

// Ask is the rows of a query on one of the pools' connections, as texts.
func Ask(ctx context.Context, c db.Conn, sql string) (rows [][]string, err error) {
	cur, err := db.Query(ctx, c, db.Statement{SQL: sql})
	if err != nil {
		return nil, err
	}
	defer cur.Close()
	all := &collect{}
	if _, err := frames(ctx, cur, all); err != nil {
		return nil, err
	}
	for _, r := range all.rows {
		row := make([]string, len(r))
		for i := range r {
			row[i] = r[i].Text
		}
		rows = append(rows, row)
	}
	return rows, nil
}
