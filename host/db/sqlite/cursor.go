package sqlite

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"zombiezen.com/go/sqlite"
)

// cursor is a running statement.
type cursor struct {
	c       *conn
	st      *stmt
	cols    int
	write   bool
	auto    bool // the driver opened a transaction for this statement alone
	started bool
	until   time.Time // for locks of other processes
	keys    *keys     // answers in place of RETURNING
}

// maxArgs is SQLite's SQLITE_MAX_VARIABLE_NUMBER.
const maxArgs = 32766

// Query starts a statement.
func (c *conn) Query(ctx context.Context, q db.Statement) (_ db.Cursor, err error) {
	if ctx.Err() != nil {
		return nil, db.CtxError(ctx)
	}
	if q.Write && c.db.ReadOnly() {
		return nil, opError(sqlite.ResultReadOnly.ToError())
	}
	if err := db.CheckArgs(len(q.Args), maxArgs); err != nil {
		return nil, err
	}
	cu := &cursor{c: c, write: q.Write}
	// A transaction of its own makes a statement's end distinct from its
	// commit: until then a cancellation leaves nothing behind.
	if cu.auto = q.Write && c.sq.AutocommitEnabled(); cu.auto {
		if err := c.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
			return nil, opError(err)
		}
	}
	if q.Keys != nil && c.counts(ctx, q.Keys) {
		q.SQL, cu.keys = q.Keys.Without, &keys{name: q.Keys.Column, rows: int64(q.Keys.Rows)}
	}
	if cu.st, err = c.prepare(ctx, q.SQL); err == nil {
		c.cursors = append(c.cursors, cu)
		err = bind(cu.st.sq, q.Args)
	}
	if err != nil {
		cu.Close()
		return nil, stopped(ctx, err)
	}
	if cu.cols = cu.st.sq.ColumnCount(); cu.keys != nil {
		cu.cols = 1
	}
	return cu, nil
}

// Columns is the number of columns of each row.
func (cu *cursor) Columns() int { return cu.cols }

// Names are the names of the columns.
func (cu *cursor) Names() []string {
	if cu.keys != nil {
		return []string{cu.keys.name}
	}
	names := make([]string, cu.cols)
	for i := range names {
		names[i] = cu.st.sq.ColumnName(i)
	}
	return names
}

// Close ends the statement.
func (cu *cursor) Close() {
	cu.finish()
	if cu.auto {
		cu.auto = false
		_ = cu.c.Rollback()
	}
}

// finish gives the statement back.
func (cu *cursor) finish() {
	if cu.st == nil {
		return
	}
	c := cu.c
	c.cache.put(cu.st)
	cu.st = nil
	if i := slices.Index(c.cursors, cu); i >= 0 {
		c.cursors = slices.Delete(c.cursors, i, i+1)
	}
}

// Fill appends one frame.
func (cu *cursor) Fill(ctx context.Context, b []byte, lim db.Limits) ([]byte, bool, error) {
	if cu.st == nil {
		return b, true, &abi.OpError{Code: abi.CodeTxDone, Message: "database: the transaction has ended while its rows were read"}
	}
	if cu.c.db.place.replaced.Load() {
		cu.Close()
		return b, true, errMoved
	}
	end := cu.c.watch(ctx)
	out, done, err := cu.fill(ctx, b, lim)
	cu.c.unwatch(end)
	if err != nil {
		cu.Close()
		return b, true, stopped(ctx, err)
	}
	if done {
		cu.Close()
	}
	return out, done, nil
}

// prepare returns the statement of sql.
func (c *conn) prepare(ctx context.Context, sql string) (*stmt, error) {
	if st := c.cache.kept(sql); st != nil {
		return st, nil
	}
	end := c.watch(ctx)
	defer c.unwatch(end)
	return c.cache.get(c.sq, sql)
}

// stopped is an error of a statement; what came of the end of ctx is that.
func stopped(ctx context.Context, err error) *abi.OpError {
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultInterrupt, sqlite.ResultNoMem:
		if ctx.Err() != nil {
			return db.CtxError(ctx)
		}
	}
	return opError(err)
}

func (cu *cursor) fill(ctx context.Context, b []byte, lim db.Limits) ([]byte, bool, error) {
	s, start := cu.st.sq, len(b)
	if cu.keys != nil && cu.keys.next != 0 {
		return cu.count(ctx, b, lim)
	}
	b = db.BeginRows(b)
	var began time.Time
	if lim.Wait > 0 {
		began = time.Now()
	}
	for rows := 0; ; {
		row, err := s.Step()
		if failure := cu.c.failure; failure != nil {
			return b, false, cu.failed(failure)
		}
		if err != nil {
			if cu.retry(ctx, err) {
				continue
			}
			return b, false, err
		}
		cu.started = true
		if cu.keys != nil {
			cu.keys.next = cu.c.sq.LastInsertRowID() - cu.keys.rows + 1
			return cu.count(ctx, b[:start], lim)
		}
		if !row {
			b, err = cu.end(ctx, db.EndRows(b, start, rows))
			return b, true, err
		}
		if b, err = cells(s, cu.cols, b); err != nil {
			return b, false, err
		}
		rows++
		if rows >= lim.Rows || len(b)-start >= lim.Bytes || lim.Wait > 0 && time.Since(began) > lim.Wait {
			return db.EndRows(b, start, rows), false, nil
		}
	}
}

// failed ends the statement because a function it calls has failed. SQLite
// does not know, so what it wrote before goes with the transaction.
func (cu *cursor) failed(err error) error {
	cu.c.failure = nil
	if cu.write && !cu.auto {
		cu.finish()
		_ = cu.c.Rollback()
	}
	if op := (*abi.OpError)(nil); errors.As(err, &op) {
		return op
	}
	return &abi.OpError{Code: abi.CodeDatabase, Message: "database: " + err.Error()}
}

// retry waits after a lock of another process kept the statement from starting.
func (cu *cursor) retry(ctx context.Context, err error) bool {
	if cu.started || !isBusy(err) {
		return false
	}
	if cu.until.IsZero() {
		cu.until = time.Now().Add(cu.c.db.cfg.BusyTimeout)
	}
	return time.Now().Before(cu.until) && wait(ctx, 3)
}

// end appends the end of the result, after the commit of the statement's own
// transaction.
func (cu *cursor) end(ctx context.Context, b []byte) ([]byte, error) {
	var affected, last int64
	if cu.write {
		affected, last = int64(cu.c.sq.Changes()), cu.c.sq.LastInsertRowID()
	}
	if cu.auto {
		cu.finish()
		if err := cu.c.commit(ctx); err != nil {
			return b, err
		}
		cu.auto = false
	}
	return db.AppendEnd(b, affected, last), nil
}

// errLargeRow is a row whose columns, the same value maybe, are too much together.
var errLargeRow = &abi.OpError{Code: abi.CodeNotSupported, Message: "database: a row is larger than 256 MiB: select fewer columns"}

// cells appends the current row.
func cells(s *sqlite.Stmt, n int, b []byte) ([]byte, error) {
	start := len(b)
	for i := range n {
		if len(b)-start > maxRow {
			return b, errLargeRow
		}
		switch s.ColumnType(i) {
		case sqlite.TypeInteger:
			b = abi.AppendU64(append(b, byte(abi.KindInt)), uint64(s.ColumnInt64(i)))
		case sqlite.TypeFloat:
			b = abi.AppendU64(append(b, byte(abi.KindFloat)), math.Float64bits(s.ColumnFloat(i)))
		case sqlite.TypeText:
			b = blob(s, i, append(b, byte(abi.KindText)))
		case sqlite.TypeBlob:
			b = blob(s, i, append(b, byte(abi.KindBytes)))
		default:
			b = append(b, byte(abi.KindNull))
		}
	}
	return b, nil
}

func blob(s *sqlite.Stmt, col int, b []byte) []byte {
	n := s.ColumnLen(col)
	b = abi.AppendU32(b, uint32(n))
	at := len(b)
	b = slices.Grow(b, n)[:at+n]
	s.ColumnBytes(col, b[at:])
	return b
}
