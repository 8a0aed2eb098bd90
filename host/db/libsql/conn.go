package libsql

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/internal/master"
	"github.com/vinyl-edge/vinyl/orm/migrate"
)

// maxArgs is SQLite's SQLITE_MAX_VARIABLE_NUMBER.
const maxArgs = 32766

// patience is for what the driver sends itself, such as COMMIT.
const patience = 30 * time.Second

// conn is a connection. Its stream is opened when it is needed, and again when
// the server has closed it.
type conn struct {
	db       *DB
	mode     db.Mode
	stream   driver.Conn // nil: none
	tx       bool
	readOnly bool // the transaction is
	acquired bool
}

var _ db.Conn = (*conn)(nil)

// drop forgets the stream, and tells the server.
func (c *conn) drop() {
	if s := c.stream; s != nil {
		c.stream = nil
		go func() { // a WebSocket waits for the server to say good-bye
			defer func() { _ = recover() }()
			_ = s.Close()
		}()
	}
	c.tx = false
}

// connect opens a stream. libsql-client-go heeds no ctx where it opens a
// WebSocket.
func (c *conn) connect(ctx context.Context) error {
	type opened struct {
		s   driver.Conn
		err error
	}
	got := make(chan opened, 1)
	go func() {
		var o opened
		defer func() {
			if v := recover(); v != nil {
				o.err = fmt.Errorf("the server's answer is not what Hrana has: %v", v)
			}
			got <- o
		}()
		o.s, o.err = c.db.connector.Connect(ctx)
	}()
	select {
	case o := <-got:
		if o.err != nil {
			return lost("the libSQL server can't be reached (" + o.err.Error() + "): is it running there, and is the token right?")
		}
		c.stream = o.s
	case <-ctx.Done():
		go func() {
			if o := <-got; o.err == nil {
				_ = o.s.Close()
			}
		}()
		return db.CtxError(ctx)
	}
	if c.mode == db.Write && c.db.foreign {
		_, err := c.send(ctx, "PRAGMA foreign_keys=ON", nil, false)
		return err
	}
	return nil
}

func lost(msg string) *abi.OpError {
	return &abi.OpError{Code: abi.CodeDatabase, Message: "database: " + msg, Detail: []string{db.LostConnection}}
}

// errUnknown is a write whose answer never came.
func errUnknown(why string) *abi.OpError {
	return &abi.OpError{
		Code:    abi.CodeUnknown,
		Message: "database: the server's answer was lost, so it is not known whether the change was made: look at the data before you do it again (" + why + ")",
		Detail:  []string{db.LostConnection},
	}
}

// errBroken says that an exchange did not end: what it did is not known.
type errBroken struct{ err error }

func (e *errBroken) Error() string { return e.err.Error() }

// send sends one statement on the stream that there is.
func (c *conn) send(ctx context.Context, sql string, args []driver.NamedValue, rows bool) (res *result, err error) {
	x := &exchange{max: c.db.cfg.MaxResult}
	defer func() {
		if v := recover(); v != nil { // libsql-client-go trusts servers
			res, err = nil, &errBroken{fmt.Errorf("the server's answer is not what Hrana has: %v", v)}
		}
	}()
	marked := context.WithValue(ctx, exchangeKey{}, x)
	if rows {
		var r driver.Rows
		if r, err = c.stream.(driver.QueryerContext).QueryContext(marked, sql, args); err == nil && x.res == nil {
			x.res, err = readRows(r)
		}
	} else {
		var r driver.Result
		if r, err = c.stream.(driver.ExecerContext).ExecContext(marked, sql, args); err == nil && x.res == nil {
			x.res = &result{}
			x.res.affected, _ = r.RowsAffected()
			x.res.last, _ = r.LastInsertId()
		}
	}
	switch {
	case x.err != nil:
		if x.closed {
			c.stream = nil // nothing is left to be closed
		}
		return nil, x.err
	case err == nil:
		if x.closed && strings.HasPrefix(c.db.cfg.URL, "http") {
			c.stream = nil
		}
		return x.res, nil
	}
	// Over a WebSocket errors are texts, whichever they are.
	if msg, ok := strings.CutPrefix(err.Error(), "unable to execute "+sql+": "); ok {
		return nil, &serverError{message: msg}
	}
	if errors.Is(err, driver.ErrBadConn) && strings.Contains(err.Error(), "stream is closed") {
		return nil, &serverError{message: err.Error(), code: "STREAM_CLOSED"}
	}
	return nil, &errBroken{err}
}

// run sends a statement, on a new stream if need be, and makes errors those of
// operations. Outside of a transaction it waits for locks.
func (c *conn) run(ctx context.Context, sql string, args []driver.NamedValue, rows, write bool) (*result, error) {
	until := time.Now().Add(c.db.cfg.BusyTimeout)
	for try := 0; ; try++ {
		if ctx.Err() != nil {
			return nil, db.CtxError(ctx)
		}
		if c.stream == nil {
			if c.tx {
				c.tx = false
				return nil, (&serverError{code: "STREAM_EXPIRED"}).opError()
			}
			if err := c.connect(ctx); err != nil {
				c.drop()
				return nil, c.failed(ctx, err, false)
			}
		}
		res, err := c.send(ctx, sql, args, rows)
		var server *serverError
		var broken *errBroken
		switch {
		case err == nil:
			return res, nil
		case errors.As(err, &server):
			if !c.tx && server.expired() && try < 3 {
				c.drop()
				continue
			}
			if !c.tx && write && server.opError().Code == abi.CodeBusy && time.Now().Before(until) && pause(ctx, try) {
				continue
			}
			e := server.opError()
			if server.ends() {
				c.drop()
			}
			return nil, c.kind(ctx, e)
		case errors.As(err, &broken) && !write && !c.tx && try == 0 && ctx.Err() == nil:
			c.drop() // reading twice harms nobody
			continue
		}
		unknown := write && !c.tx
		c.drop()
		return nil, c.failed(ctx, err, unknown)
	}
}

// failed is the error of an exchange that did not end.
func (c *conn) failed(ctx context.Context, err error, unknown bool) error {
	switch {
	case errors.Is(err, errBatch):
		return &abi.OpError{Code: abi.CodeDatabase, Message: "database: one statement at a time"}
	case unknown:
		return errUnknown(err.Error())
	case ctx.Err() != nil:
		return db.CtxError(ctx)
	}
	if op := (*abi.OpError)(nil); errors.As(err, &op) {
		return op
	}
	if server := (*serverError)(nil); errors.As(err, &server) {
		return server.opError()
	}
	return lost("the connection to the libSQL server was lost (" + err.Error() + "): try again")
}

// pause sleeps before the nth retry on a lock.
func pause(ctx context.Context, n int) bool {
	t := time.NewTimer(min(time.Millisecond<<min(n, 6), 50*time.Millisecond))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// kind tells apart a table's primary key from its other unique constraints, if
// the server has not: its words are the same.
func (c *conn) kind(ctx context.Context, e *abi.OpError) *abi.OpError {
	if e.Code != abi.CodeIntegrity || e.Detail[0] != "unique" || len(e.Detail) < 3 || c.stream == nil {
		return e
	}
	names := e.Message[strings.LastIndex(e.Message, ": ")+2:] // SQLite may say "failed: " twice
	table, _, ok := strings.Cut(names, ".")
	if !ok {
		return e
	}
	res, err := c.send(ctx, "SELECT name FROM pragma_table_info(?) WHERE pk > 0", []driver.NamedValue{{Ordinal: 1, Value: table}}, true)
	if err != nil {
		return e
	}
	var key, broken []string
	for _, row := range texts(res) {
		key = append(key, row[0])
	}
	broken = slices.Clone(e.Detail[2:])
	slices.Sort(key)
	slices.Sort(broken)
	if slices.Equal(key, broken) {
		e.Detail[0] = "primary_key"
	}
	return e
}

// texts are a result's cells as texts.
func texts(res *result) (rows [][]string) {
	cells := res.cells
	for range res.ends {
		row := make([]string, len(res.names))
		for i := range row {
			kind := abi.Kind(cells[0])
			switch cells = cells[1:]; kind {
			case abi.KindInt, abi.KindFloat:
				row[i] = strconv.FormatInt(int64(binary.LittleEndian.Uint64(cells)), 10)
				cells = cells[8:]
			case abi.KindText, abi.KindBytes:
				n := binary.LittleEndian.Uint32(cells)
				row[i] = string(cells[4 : 4+n])
				cells = cells[4+n:]
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// Query runs a statement to its end.
func (c *conn) Query(ctx context.Context, q db.Statement) (db.Cursor, error) {
	if ctx.Err() != nil {
		return nil, db.CtxError(ctx)
	}
	if err := db.CheckArgs(len(q.Args), maxArgs); err != nil {
		return nil, err
	}
	f, err := inspect(q.SQL)
	if err != nil {
		return nil, err
	}
	if f.params != len(q.Args) {
		return nil, &abi.OpError{Code: abi.CodeValue, Message: "database: the statement takes another number of parameters than it was given"}
	}
	if f.writes && (c.mode != db.Write || c.tx && c.readOnly) {
		return nil, &abi.OpError{Code: abi.CodeReadOnly, Message: "database: this statement changes data, and is run where data are only read"}
	}
	args, err := bindable(q.Args)
	if err != nil {
		return nil, err
	}
	rows := !f.writes || f.returning
	res, err := c.run(ctx, q.SQL, args, rows, f.writes)
	if err != nil {
		return nil, err
	}
	if f.returning && strings.HasPrefix(c.db.cfg.URL, "ws") { // there the client says neither
		res.affected = int64(len(res.ends))
		if last, err := c.run(ctx, "SELECT last_insert_rowid()", nil, true, false); err == nil && len(last.cells) == 9 {
			res.last = int64(abi.ReadBytes(last.cells[1:]).U64())
		}
	}
	if !q.Write {
		res.affected, res.last = 0, 0
	}
	return &cursor{c: c, res: res}, nil
}

// InTx tells whether a transaction is open.
func (c *conn) InTx() bool { return c.tx }

// Begin starts a transaction. All of them are serializable here: there is one
// that writes at a time, and those that read see one state of the data.
func (c *conn) Begin(ctx context.Context, opts db.TxOptions) error {
	sql := "BEGIN IMMEDIATE"
	if opts.ReadOnly {
		sql = "BEGIN"
	}
	if _, err := c.run(ctx, sql, nil, false, true); err != nil {
		if e := db.AsOpError(err); e.Code == abi.CodeUnknown { // nothing was changed
			if c.drop(); ctx.Err() != nil {
				return db.CtxError(ctx)
			}
			return lost(e.Message)
		}
		return err
	}
	c.tx, c.readOnly = true, opts.ReadOnly
	return nil
}

var errNoTx = &abi.OpError{Code: abi.CodeTxDone, Message: "database: the transaction has been rolled back because of an earlier error"}

// Commit is never interrupted.
func (c *conn) Commit(ctx context.Context) error {
	if !c.tx {
		return errNoTx
	}
	if ctx.Err() != nil {
		_ = c.Rollback()
		return db.CtxError(ctx)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	_, err := c.send(ctx, "COMMIT", nil, false)
	var server *serverError
	switch {
	case err == nil:
		c.tx = false
		return nil
	case errors.As(err, &server) && (server.status == 0 || server.expired()):
		_ = c.Rollback()
		if strings.Contains(server.message, "no transaction is active") {
			return errNoTx
		}
		return server.opError()
	}
	c.drop()
	return errUnknown(err.Error())
}

// Rollback undoes the transaction.
func (c *conn) Rollback() error {
	if !c.tx {
		return nil
	}
	c.tx = false
	if c.stream == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := c.send(ctx, "ROLLBACK", nil, false); err != nil {
		c.drop() // the server undoes what a stream leaves
	}
	return nil
}

// Savepoint creates, releases or rolls back to a savepoint.
func (c *conn) Savepoint(ctx context.Context, action uint8, n uint32) error {
	if !c.tx {
		return &abi.OpError{Code: abi.CodeTxDone, Message: "database: no transaction is open"}
	}
	verb := map[uint8]string{
		abi.SavepointCreate: "SAVEPOINT s", abi.SavepointRelease: "RELEASE s", abi.SavepointRollback: "ROLLBACK TO s",
	}[action]
	if verb == "" {
		return &abi.OpError{Code: abi.CodeBadMessage, Message: "database: unknown savepoint action"}
	}
	_, err := c.run(ctx, verb+strconv.FormatUint(uint64(n), 10), nil, false, false)
	return err
}

// Tables describes the tables that exist.
func (c *conn) Tables(ctx context.Context) ([]migrate.Table, error) {
	return master.Tables(func(sql string) ([][]string, error) {
		res, err := c.run(ctx, sql, nil, true, false)
		if err != nil {
			return nil, err
		}
		return texts(res), nil
	})
}

// Extensions is none: servers have what they were built with.
func (c *conn) Extensions(context.Context) ([]string, error) { return nil, nil }

// Release gives the connection back.
func (c *conn) Release() {
	if !c.acquired {
		return
	}
	c.acquired = false
	_ = c.Rollback()
	c.db.pools.Of(c.mode).Put(c, false)
}
