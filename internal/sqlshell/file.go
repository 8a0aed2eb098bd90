package sqlshell

import (
	"context"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db/sqlite"
)

// file is a SQLite database.
type file struct {
	db  *sqlite.DB
	raw *sqlite.Raw
}

func openFile(ctx context.Context, url string) (Engine, error) {
	cfg, err := Existing(url)
	if err != nil {
		return nil, err
	}
	d, err := sqlite.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	raw, err := d.Raw(ctx, false)
	if err != nil {
		_ = d.Close()
		return nil, err
	}
	return &file{d, raw}, nil
}

func (f *file) Close() {
	f.raw.Close()
	_ = f.db.Close()
}

func (f *file) Complete(text string) bool  { return sqlite.Complete(text) }
func (f *file) InTx() bool                 { return !f.raw.Autocommit() }
func (f *file) Tables() string             { return sqliteTables }
func (f *file) Schema(table string) string { return sqliteSchemaOf(table) }

func (f *file) Run(ctx context.Context, text string, out Sink) error {
	return f.raw.Within(ctx, func() error {
		for {
			st, rest, err := f.raw.Prepare(text)
			if err != nil || st == nil && rest == "" {
				return sqlite.Error(err)
			}
			if st != nil {
				if err := f.one(ctx, st, out); err != nil {
					return sqlite.Error(err)
				}
			}
			if strings.TrimSpace(rest) == "" {
				return nil
			}
			text = rest
		}
	})
}

// one runs a prepared statement.
func (f *file) one(ctx context.Context, st *sqlite.RawStmt, out Sink) error {
	defer st.Close()
	if len(st.Params()) > 0 {
		return &abi.OpError{Code: abi.CodeValue, Message: "the statement has parameters: write values in their place"}
	}
	names, _ := st.Columns()
	if len(names) > 0 {
		if err := out.Columns(names); err != nil {
			return err
		}
	}
	if err := steps(ctx, st, len(names), out); err != nil {
		return err
	}
	return out.End(done(st.Affected(), st.Counts()))
}

// steps runs st to its end.
func steps(ctx context.Context, st *sqlite.RawStmt, columns int, out Sink) error {
	for {
		row, err := st.Step(ctx)
		if err != nil || !row {
			return err
		}
		if columns == 0 {
			continue
		}
		cells := make([]Cell, columns)
		for i := range cells {
			cells[i] = value(st.Cell(i))
		}
		if err := out.Row(cells); err != nil {
			return err
		}
	}
}

// done says what a statement without rows did.
func done(affected int64, changed bool) string {
	switch {
	case affected == 1:
		return "1 row changed"
	case affected > 1 || changed:
		return itoa(affected) + " rows changed"
	}
	return "done"
}

func (f *file) Explain(ctx context.Context, sql string, analyze bool) ([]string, error) {
	if analyze {
		return nil, errAnalyze
	}
	rows := &collect{}
	err := f.raw.Within(ctx, func() error {
		st, rest, err := f.raw.Prepare("EXPLAIN QUERY PLAN " + sql)
		if err != nil {
			return sqlite.Error(err)
		}
		defer st.Close()
		if next, _, err := f.raw.Prepare(rest); err != nil || next != nil {
			if next != nil {
				next.Close()
			}
			return errOne
		}
		return sqlite.Error(steps(ctx, st, 4, rows))
	})
	return tree(rows.rows), err
}
