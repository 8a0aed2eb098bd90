package postgres

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// idle and failed are states of a connection's transaction.
const (
	txIdle   = 'I'
	txFailed = 'E'
)

// conn is one connection with its statements.
type conn struct {
	db   *DB
	mode db.Mode
	pg   *pgconn.PgConn
	out  *pgproto3.Frontend
	born time.Time

	locals string // with a pooler: what sets the session's settings for a transaction

	cache   cache
	params  params    // scratch
	cursors []*cursor // open ones
	live    *cursor   // the one whose rows are on the wire

	portals uint64            // counts names
	marks   map[uint32]uint64 // savepoint -> portals at its creation

	interrupt func()        // makes the server stop, see watch
	expire    func()        // gives the server a last while
	quit      chan struct{} // ends interrupt

	acquired bool
	tx       bool // Begin was called and neither Commit nor Rollback
	readTx   bool // the transaction is, or was, one that only reads
	broken   bool // can't be used again
	traces   bool // a statement may have changed the session
	epoch    int64
}

var _ db.Conn = (*conn)(nil)

func (d *DB) connect(ctx context.Context, mode db.Mode, server *pgconn.Config, locals string) (*conn, error) {
	epoch := d.health.epoch.Load()
	pg, err := pgconn.ConnectConfig(ctx, server)
	if err != nil {
		if ctx.Err() != nil {
			return nil, db.CtxError(ctx)
		}
		return nil, connectError(err)
	}
	c := &conn{db: d, mode: mode, pg: pg, out: pg.Frontend(), born: time.Now(), quit: make(chan struct{}), epoch: epoch, locals: locals}
	c.interrupt, c.expire = c.stop, c.deadline
	return c, nil
}

// alive finds out about servers that went away while the connection was idle.
func (c *conn) alive(idle time.Duration) bool {
	if time.Since(c.born) > c.db.cfg.Lifetime || c.epoch != c.db.health.epoch.Load() {
		return false
	}
	return idle < time.Second && !c.db.health.suspect(time.Now().Add(-idle)) || c.answers()
}

func (c *conn) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.pg.Close(ctx)
}

// InTx tells whether a transaction is open. One in which a statement failed
// is: it can go on from a savepoint.
func (c *conn) InTx() bool { return c.tx && !c.broken && c.pg.TxStatus() != txIdle }

// Begin starts a transaction.
func (c *conn) Begin(ctx context.Context, opts db.TxOptions) error {
	sql := c.db.begin(opts)
	if c.locals != "" {
		sql += "; " + c.locals
	}
	if _, err := c.command(ctx, sql); err != nil {
		return err
	}
	c.tx, c.readTx = true, opts.ReadOnly
	return nil
}

// Commit is never interrupted: a ctx that ends while the server commits only
// bounds the time that it may take.
func (c *conn) Commit(ctx context.Context) error {
	if !c.InTx() {
		c.tx = false
		return &abi.OpError{Code: abi.CodeTxDone, Message: "database: the transaction has been rolled back because of an earlier error"}
	}
	if ctx.Err() != nil {
		_ = c.Rollback()
		return db.CtxError(ctx)
	}
	c.tx = false
	tag, err := c.command(ctx, "COMMIT")
	c.endCursors(0)
	switch {
	case err != nil && c.broken:
		return &abi.OpError{
			Code:    abi.CodeUnknown,
			Message: "database: the server did not answer the commit: look at the data before you do it again (" + err.Error() + ")",
			Detail:  []string{db.LostConnection},
		}
	case err != nil:
		return err
	case tag == "ROLLBACK": // what COMMIT does after a failed statement
		return &abi.OpError{Code: abi.CodeTxDone, Message: "database: the transaction was rolled back, not committed: a statement in it had failed"}
	}
	return nil
}

// Rollback undoes the transaction.
func (c *conn) Rollback() error {
	c.tx = false
	c.marks = nil
	if c.broken || c.pg.IsClosed() {
		c.endCursors(0)
		return nil // the server rolls back by itself
	}
	if c.live != nil {
		c.live.Close()
	}
	c.endCursors(0)
	if c.broken || c.pg.TxStatus() == txIdle {
		return nil
	}
	_ = c.pg.Conn().SetDeadline(time.Now().Add(c.db.cfg.CancelTimeout))
	_, err := c.command(background, "ROLLBACK")
	_ = c.pg.Conn().SetDeadline(time.Time{})
	return err
}

// Savepoint creates, releases or rolls back to a savepoint.
func (c *conn) Savepoint(ctx context.Context, action uint8, n uint32) error {
	if !c.InTx() {
		return &abi.OpError{Code: abi.CodeTxDone, Message: "database: no transaction is open"}
	}
	name := "s" + strconv.FormatUint(uint64(n), 10)
	sql := ""
	switch action {
	case abi.SavepointCreate:
		sql = "SAVEPOINT " + name
	case abi.SavepointRelease:
		sql = "RELEASE " + name
	case abi.SavepointRollback:
		sql = "ROLLBACK TO " + name
	default:
		return &abi.OpError{Code: abi.CodeBadMessage, Message: "database: unknown savepoint action"}
	}
	if _, err := c.command(ctx, sql); err != nil {
		return err
	}
	switch action {
	case abi.SavepointCreate:
		if c.marks == nil {
			c.marks = map[uint32]uint64{}
		}
		c.marks[n] = c.portals
	case abi.SavepointRollback:
		c.endCursors(c.marks[n]) // their portals are gone
	}
	return nil
}

// endCursors ends those whose portals were opened after the nth.
func (c *conn) endCursors(n uint64) {
	for _, cu := range slices.Clone(c.cursors) {
		if cu.number > n {
			cu.finish()
		}
	}
}

// Release gives the connection back.
func (c *conn) Release() {
	if !c.acquired {
		return
	}
	c.acquired = false
	for len(c.cursors) > 0 {
		c.cursors[len(c.cursors)-1].Close()
	}
	_ = c.Rollback()
	if c.traces && !c.broken {
		c.reset()
	}
	c.db.pools.Of(c.mode).Put(c, c.broken || c.epoch != c.db.health.epoch.Load())
	if c.mode == db.Read {
		c.db.kick()
	}
}
