package sqlshell

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db/libsql"
	"github.com/vinyl-edge/vinyl/host/db/sqlite"
)

// Engine is a connection to a database.
type Engine interface {
	// Complete tells whether text ends with a statement.
	Complete(text string) bool
	// Run runs the statements of text up to the first that fails.
	Run(ctx context.Context, text string, out Sink) error
	// Explain shows the plan of one statement. With analyze it runs, and what it
	// did is rolled back.
	Explain(ctx context.Context, sql string, analyze bool) ([]string, error)
	// Tables and Schema are statements that list tables, and how one of them,
	// or all ("") were made.
	Tables() string
	Schema(table string) string
	// InTx tells whether a transaction is open.
	InTx() bool
	// Close rolls back what is open.
	Close()
}

// Sink receives the results of statements.
type Sink interface {
	// Columns begins a result that has rows.
	Columns(names []string) error
	Row(cells []Cell) error
	// End ends a statement. done is what it did if that is not rows.
	End(done string) error
}

// Cell is one value.
type Cell struct {
	Text  string
	Null  bool
	Right bool // a number
}

// ErrMemory is the error of databases that nobody else can see.
var ErrMemory = errors.New("the database is in the memory of the app's host, where nobody else can reach it: name a file with --db")

// Open connects to the database of a URL. A SQLite file has to exist.
func Open(ctx context.Context, url string) (Engine, error) {
	scheme, _, _ := strings.Cut(url, "://")
	switch {
	case scheme == "postgres" || scheme == "postgresql":
		return openPostgres(ctx, url)
	case libsql.Is(scheme):
		return openRemote(ctx, url)
	}
	return openFile(ctx, url)
}

// Existing is the SQLite database of a URL, if it can be opened by others.
func Existing(url string) (sqlite.Config, error) {
	cfg, err := sqlite.ParseURL(url)
	if err != nil {
		return cfg, err
	}
	if cfg.Memory {
		return cfg, ErrMemory
	}
	if _, err := os.Stat(cfg.Path); errors.Is(err, os.ErrNotExist) {
		return cfg, errors.New(cfg.Path + " does not exist: vinyl-edge serve makes it, or name another one with --db")
	}
	return cfg, nil
}

// quoted is a text in SQL.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Objects of SQLite's schema.
const (
	sqliteTables = "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
	sqliteSchema = "SELECT sql || ';' AS schema FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)

func sqliteSchemaOf(table string) string {
	if table == "" {
		return sqliteSchema + " ORDER BY tbl_name, type DESC, name"
	}
	return sqliteSchema + " AND tbl_name = " + quoted(table) + " COLLATE NOCASE ORDER BY type DESC, name"
}

// split divides text behind each ; that ends a statement.
func split(text string, complete func(string) bool) (parts []string) {
	for start, i := 0, 0; ; {
		n := strings.IndexByte(text[i:], ';')
		if n < 0 {
			return append(parts, text[start:])
		}
		if i += n + 1; complete(text[start:i]) {
			parts = append(parts, text[start:i])
			start = i
		}
	}
}

// errOne is what is said about several statements where one is needed.
var errOne = &abi.OpError{Code: abi.CodeDatabase, Message: "one statement is explained at a time: leave out what follows the ;"}

// tree shows the rows (id, parent, unused, detail) of EXPLAIN QUERY PLAN.
func tree(rows [][]Cell) (lines []string) {
	depth := map[string]int{}
	for _, r := range rows {
		if len(r) < 4 {
			continue
		}
		d := 0
		if at, ok := depth[r[1].Text]; ok {
			d = at + 1
		}
		depth[r[0].Text] = d
		lines = append(lines, strings.Repeat("   ", d)+"└─ "+r[3].Text)
	}
	if len(lines) == 0 {
		lines = []string{"SQLite has no plan for this statement: it looks for nothing."}
	}
	return lines
}

// errAnalyze is SQLite's.
var errAnalyze = errors.New("SQLite explains in one way only: leave --analyze out")

// collect is a Sink that keeps the rows.
type collect struct{ rows [][]Cell }

func (c *collect) Columns([]string) error { return nil }
func (c *collect) Row(cells []Cell) error { c.rows = append(c.rows, cells); return nil }
func (c *collect) End(string) error       { return nil }
func value(v abi.Value) Cell {
	switch v.Kind {
	case abi.KindNull:
		return Cell{Null: true}
	case abi.KindInt:
		return Cell{Text: itoa(v.Int64()), Right: true}
	case abi.KindFloat:
		return Cell{Text: ftoa(v.Float64()), Right: true}
	case abi.KindBytes:
		return Cell{Text: blob(v.Str)}
	}
	return Cell{Text: v.Str}
}
