package sqlite

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"zombiezen.com/go/sqlite"
)

// Raw is a connection of a client that sends SQL of its own and sees to its
// transactions itself: what a server of the file gives to those who connect.
// One goroutine uses it at a time. Errors are SQLite's or *abi.OpError.
type Raw struct{ c *conn }

// Raw opens a connection beside those of the pools. A plain one has no
// functions but SQLite's own.
func (d *DB) Raw(ctx context.Context, plain bool) (*Raw, error) {
	if d.pools.Closed() {
		return nil, db.ErrClosed
	}
	if ctx.Err() != nil {
		return nil, db.CtxError(ctx)
	}
	mode := db.Write
	if d.ReadOnly() {
		mode = db.Read
	}
	reserve(rawPages)
	open := func() (*conn, error) { return d.open(&conn{db: d, mode: mode, client: true, plain: plain}) }
	c, err := open()
	if errors.Is(err, errMoved) {
		if err = d.renew(ctx); err == nil {
			c, err = open()
		}
	}
	if err != nil {
		reserve(-rawPages)
		return nil, err
	}
	return &Raw{c}, nil
}

// rawPages is what such a connection may keep in memory, as Config.pages counts.
const rawPages = 2 * smallCache << 10

// Close rolls back what is open and closes the connection.
func (r *Raw) Close() {
	r.c.close()
	reserve(-rawPages)
}

// Autocommit tells whether no transaction is open.
func (r *Raw) Autocommit() bool { return r.c.sq.AutocommitEnabled() }

// Rollback undoes the transaction, if there is one.
func (r *Raw) Rollback() error { return r.c.Rollback() }

// LastInsertRowID is the key of the last row that was inserted.
func (r *Raw) LastInsertRowID() int64 { return r.c.sq.LastInsertRowID() }

// Lost tells whether the file is not at its path any more, which the statements
// of this connection would not notice. It has to be closed before others are
// opened on a file that is there now.
func (r *Raw) Lost() bool { return !r.c.db.place.here() }

// Within runs f, whose statements are interrupted once ctx is done.
func (r *Raw) Within(ctx context.Context, f func() error) error {
	if ctx.Err() != nil {
		return db.CtxError(ctx)
	}
	if r.Lost() {
		return errMoved
	}
	end := r.c.watch(ctx)
	defer r.c.unwatch(end)
	return f()
}

// RawStmt is a statement of a Raw.
type RawStmt struct {
	r       *Raw
	sq      *sqlite.Stmt
	verb    string
	auto    bool // it has a transaction of its own
	started bool
	until   time.Time
}

// Prepare prepares the first statement of sql and returns what follows it. The
// statement is nil if there is only space and comments.
func (r *Raw) Prepare(sql string) (st *RawStmt, rest string, err error) {
	if strings.IndexByte(sql, 0) >= 0 {
		return nil, "", &abi.OpError{Code: abi.CodeValue, Message: "database: SQL can't contain a NUL character"}
	}
	sq, trailing, err := r.c.sq.PrepareTransient(sql)
	if err != nil {
		return nil, "", err
	}
	rest = sql[len(sql)-trailing:]
	if pointer(sq) == 0 {
		return nil, rest, sq.Finalize()
	}
	return &RawStmt{r: r, sq: sq, verb: verb(sql)}, rest, nil
}

// verb is the first word of sql in upper case.
func verb(sql string) string {
	for {
		sql = strings.TrimLeft(sql, " \t\r\n\f;")
		switch {
		case strings.HasPrefix(sql, "--"):
			_, sql, _ = strings.Cut(sql, "\n")
		case strings.HasPrefix(sql, "/*"):
			_, sql, _ = strings.Cut(sql[2:], "*/")
		default:
			end := strings.IndexFunc(sql, func(r rune) bool { return r < 'A' || r > 'z' || r > 'Z' && r < 'a' })
			if end < 0 {
				end = len(sql)
			}
			return strings.ToUpper(sql[:end])
		}
	}
}

// changes are the statements whose rows SQLite counts, structure those that
// change tables.
var (
	changes   = map[string]bool{"INSERT": true, "UPDATE": true, "DELETE": true, "REPLACE": true, "WITH": true}
	structure = map[string]bool{"CREATE": true, "ALTER": true, "DROP": true, "REINDEX": true, "ANALYZE": true}
)

// ends are the statements that end a transaction.
var ends = map[string]bool{"COMMIT": true, "END": true, "ROLLBACK": true, "RELEASE": true}

// Params are the names of the parameters, "" for those that have none.
func (s *RawStmt) Params() []string {
	names := make([]string, s.sq.BindParamCount())
	for i := range names {
		names[i] = s.sq.BindParamName(i + 1)
	}
	return names
}

// Columns are the names of the columns and the types that their tables give
// them, "" for what is no column of a table.
func (s *RawStmt) Columns() (names, types []string) {
	n := s.sq.ColumnCount()
	names, types = make([]string, n), make([]string, n)
	for i := range n {
		names[i], types[i] = s.sq.ColumnName(i), declared(s.sq, i)
	}
	return names, types
}

// ReadOnly tells whether the statement changes nothing in the file.
func (s *RawStmt) ReadOnly() bool { return readOnlyStmt(s.sq) }

// Explain tells whether it is an EXPLAIN.
func (s *RawStmt) Explain() bool { return explainStmt(s.sq) }

// Bind sets the nth parameter, from 1.
func (s *RawStmt) Bind(n int, v *abi.Value) error { return bindOne(s.sq, n, v) }

// Step moves to the next row. Locks are waited for until ctx is done.
func (s *RawStmt) Step(ctx context.Context) (row bool, err error) {
	c := s.r.c
	if !s.started && (changes[s.verb] || structure[s.verb]) && c.sq.AutocommitEnabled() && !s.ReadOnly() {
		// As the cursors of guests have it: what a failing function has written is undone.
		if err := c.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
			return false, err
		}
		s.auto = true
	}
	for n := 0; ; n++ {
		row, err = s.step()
		if failure := c.failure; failure != nil {
			c.failure = nil
			if !s.ReadOnly() {
				_ = s.sq.Reset()
				s.auto = false
				_ = c.Rollback()
			}
			return false, failure
		}
		if err == nil || s.started || !s.waits(err) || !wait(ctx, n) {
			break
		}
	}
	s.started = true
	if err == nil && !row && s.auto {
		s.auto = false
		_ = s.sq.Reset()
		if err = c.commit(ctx); err != nil {
			_ = c.Rollback()
		}
	}
	return row, err
}

// step is SQLite's. The end of a transaction lacks nothing.
func (s *RawStmt) step() (bool, error) {
	if ends[s.verb] {
		if s.verb != "ROLLBACK" && s.r.Lost() {
			return false, errMoved
		}
		s.r.c.fed.Store(true)
		defer s.r.c.fed.Store(false)
	}
	return s.sq.Step()
}

// waits tells whether the lock that err is about may go.
func (s *RawStmt) waits(err error) bool {
	if !isBusy(err) || sqlite.ErrCode(err) == sqlite.ResultBusySnapshot {
		return false
	}
	if s.until.IsZero() {
		s.until = time.Now().Add(s.r.c.db.cfg.BusyTimeout)
	}
	return time.Now().Before(s.until)
}

// Counts tells whether the statement is one that changes rows.
func (s *RawStmt) Counts() bool { return changes[s.verb] && !s.ReadOnly() }

// Affected is the number of rows that the statement changed, after its end.
func (s *RawStmt) Affected() int64 {
	if !s.Counts() {
		return 0
	}
	return int64(s.r.c.sq.Changes())
}

// Cell is a value of the current row.
func (s *RawStmt) Cell(i int) abi.Value {
	switch s.sq.ColumnType(i) {
	case sqlite.TypeInteger:
		return abi.Int(s.sq.ColumnInt64(i))
	case sqlite.TypeFloat:
		return abi.Float(s.sq.ColumnFloat(i))
	case sqlite.TypeText:
		return abi.Text(s.sq.ColumnText(i))
	case sqlite.TypeBlob:
		b := make([]byte, s.sq.ColumnLen(i))
		s.sq.ColumnBytes(i, b)
		return abi.Bytes(b)
	}
	return abi.Null
}

// Close ends the statement. What it did is undone if it was not read to its end.
func (s *RawStmt) Close() {
	_ = s.sq.Finalize()
	if s.auto {
		s.auto = false
		_ = s.r.c.Rollback()
	}
}

// Error is an error of a Raw as operations have them.
func Error(err error) error {
	if err == nil {
		return nil
	}
	return opError(err)
}

// ResultName is SQLite's name of an error's code, such as
// SQLITE_CONSTRAINT_UNIQUE, and its message; "" for an error that is not SQLite's.
func ResultName(err error) (name, msg string) {
	var op *abi.OpError
	code := sqlite.ErrCode(err)
	if errors.As(err, &op) || code == sqlite.ResultOK || code.String() == "" {
		return "", err.Error()
	}
	return code.String(), message(err)
}

// pragmas are those that a client may use; of those with false it may only ask.
var pragmas = map[string]bool{
	"table_info": true, "table_xinfo": true, "table_list": true, "index_list": true, "index_info": true, "index_xinfo": true, "foreign_key_list": true,
	"foreign_key_check": true, "integrity_check": true, "quick_check": true, "foreign_keys": true, "defer_foreign_keys": true, "user_version": true,
	"function_list": true, "collation_list": true, "compile_options": true, "pragma_list": true, "optimize": true,
	"schema_version": false, "encoding": false, "page_count": false, "page_size": false, "freelist_count": false, "data_version": false, "journal_mode": false,
	"synchronous": false, "application_id": false, "cache_size": false,
}

// authorizeClient keeps a client to the one file.
func authorizeClient(a sqlite.Action) sqlite.AuthResult {
	switch a.Type() {
	case sqlite.OpAttach, sqlite.OpDetach:
		return sqlite.AuthResultDeny
	case sqlite.OpPragma:
		set, known := pragmas[strings.ToLower(a.Pragma())]
		if !known || !set && a.PragmaArg() != "" {
			return sqlite.AuthResultDeny
		}
	}
	return sqlite.AuthResultOK
}
