package db

import (
	"context"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/migrate"
	"github.com/vinyl-edge/vinyl/orm/planner"
)

// Mode says what a connection is acquired for.
type Mode uint8

const (
	// Read is for a query that runs to its end at once.
	Read Mode = iota
	// Hold is for reads during which the guest may run: streams and read-only
	// transactions. They wait for their readers, so they are counted apart and
	// never use up the connections of short queries.
	Hold
	// Write is for statements that change data. There may be only one such
	// connection. Reading connections refuse those with CodeReadOnly.
	Write
)

// DB is an open database. Its methods may be called concurrently.
type DB interface {
	// Dialect names the SQL dialect, as planner.DialectOf knows it: "sqlite",
	// "sqlite-plain" without the functions that this host adds, "postgresql".
	Dialect() string
	// Acquire waits for a connection until ctx is done.
	Acquire(ctx context.Context, mode Mode) (Conn, error)
	// Close waits for acquired connections and closes all.
	Close() error
}

// Conn is an acquired connection. One goroutine uses it at a time; several
// cursors may be open on it. Errors are *abi.OpError.
type Conn interface {
	// Query starts a statement. With a done ctx it is interrupted, then and in
	// Fill, and only it.
	Query(ctx context.Context, st Statement) (Cursor, error)
	// Begin starts a transaction, waiting for locks of other processes.
	Begin(ctx context.Context, opts TxOptions) error
	// Commit makes the transaction durable. An error with CodeUnknown says
	// that it is not known whether it did; after any other error the
	// transaction has been rolled back.
	Commit(ctx context.Context) error
	// Rollback undoes the transaction; without one it does nothing.
	Rollback() error
	// InTx tells whether a transaction is open: some errors end it. After
	// others a database may refuse all statements (with CodeDatabase) until the
	// transaction is rolled back, whole or to a savepoint.
	InTx() bool
	// Savepoint runs an action (abi.SavepointCreate, ...) on savepoint n.
	Savepoint(ctx context.Context, action uint8, n uint32) error
	// Tables describes the tables that exist. In a transaction that can write
	// they stay as they are until its end, as far as other hosts are concerned.
	Tables(ctx context.Context) ([]migrate.Table, error)
	// Extensions are those that are installed, of databases that have such.
	Extensions(ctx context.Context) ([]string, error)
	// Release rolls back what is open, closes cursors and gives the connection
	// back.
	Release()
}

// TxOptions say how a transaction runs.
type TxOptions struct {
	// ReadOnly is for connections that were acquired to Hold. Such a transaction
	// sees the data as they were at its first statement, unless Isolation is a
	// level that doesn't.
	ReadOnly bool
	// Isolation is the least that it needs: a driver may isolate it more.
	Isolation abi.Isolation
	// Deferrable makes a read-only and serializable one wait until it can't fail.
	Deferrable bool
}

// Statement is one SQL statement with its parameters in the database's own form.
type Statement struct {
	SQL  string
	Args []abi.Value
	// Write marks a statement that changes data: its end reports affected rows
	// and the last key.
	Write bool
	// Keys is set when the rows of the result are the keys of those that the
	// statement inserts: a driver that learns them in another way may run
	// Keys.Without in its place.
	Keys *planner.Keys
	// Stream marks a query whose rows are read while other statements run on
	// its connection: a driver that would have to keep the rest of the rows in
	// memory for that leaves them at the server.
	Stream bool
	// Raw marks SQL that an app wrote, or that calls functions which it named:
	// what that does to a session of the server, nobody knows.
	Raw bool
	// Layout, if set, makes what goes before the columns of the result of their
	// names: of SQL that nobody has planned.
	Layout func(names []string) []byte
	// Clocks makes moments of columns whose values are readings of clocks, both
	// in microseconds; nil for the others, and columns beyond its end.
	Clocks []func(wall int64) int64
}

// Cursor is a running statement.
type Cursor interface {
	// Columns is the number of columns of each row.
	Columns() int
	// Names are the names of the columns.
	Names() []string
	// Fill appends one frame: rows up to the limits, or the end. done reports
	// that the end has been appended.
	Fill(ctx context.Context, b []byte, lim Limits) (frame []byte, done bool, err error)
	// Close ends the statement. It may be called more than once.
	Close()
}
