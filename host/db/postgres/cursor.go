package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// patience is how long the rest of a result may take that nobody reads before
// its statement is cancelled.
const patience = 20 * time.Millisecond

// cursor is a running statement. Its rows are on the wire, unless it is a
// stream: then its portal sends as many as it is asked for, and sends them at
// once. Inside of a transaction other statements can run in between. Outside,
// the portal lives until the next Sync, so the stream keeps the wire.
type cursor struct {
	c      *conn
	q      db.Statement
	st     *stmt
	stream bool
	number uint64        // of its portal in a transaction
	width  int           // bytes of a row, as far as known
	pace   time.Duration // time that a row takes

	skip  bool // what answers the pooler's settings comes first
	other bool // its columns are others than were described

	fresh   bool // it was not prepared before
	begun   bool // a row has arrived
	last    int64
	closed  bool
	rest    *parked
	tag     string // set when the statement has run to its end
	failure error
}

var errEnded = &abi.OpError{Code: abi.CodeTxDone, Message: "database: the transaction has ended while its rows were read"}

// Query starts a statement.
func (c *conn) Query(ctx context.Context, q db.Statement) (db.Cursor, error) {
	if ctx.Err() != nil {
		return nil, db.CtxError(ctx)
	}
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	end := c.watch(ctx, c.interrupt)
	defer c.unwatch(end)
	cu := &cursor{c: c, q: q}
	if err := cu.start(); err != nil {
		cu.finish()
		return nil, cu.ended(ctx, err)
	}
	c.cursors = append(c.cursors, cu)
	return cu, nil
}

// ready makes the wire free for a statement, where one can run at all.
func (c *conn) ready(ctx context.Context) error {
	if err := c.settle(ctx); err != nil {
		return err
	}
	if c.tx && c.pg.TxStatus() == txFailed {
		return &abi.OpError{Code: abi.CodeDatabase, Message: failedTx}
	}
	return nil
}

// maxArgs is what fits into the count of parameters in a Bind message, 16 bits.
const maxArgs = 65535

// start sends the statement.
func (cu *cursor) start() (err error) {
	c := cu.c
	if err := db.CheckArgs(len(cu.q.Args), maxArgs); err != nil {
		return err
	}
	if cu.st, cu.fresh, err = c.prepare(cu.q.SQL, cu.q.Args); err != nil {
		return err
	}
	if err := c.params.encode(cu.q.Args, cu.st.types); err != nil {
		return err
	}
	c.traces = c.traces || cu.st.traces || cu.q.Raw && cu.st.calls && !c.db.cfg.Pooler
	bind := pgproto3.Bind{
		PreparedStatement: cu.st.name, ParameterFormatCodes: c.params.formats, Parameters: c.params.values, ResultFormatCodes: cu.st.formats,
	}
	cu.stream = cu.q.Stream && len(cu.st.cells) > 0
	if cu.stream && c.tx {
		c.portals++
		cu.number = c.portals
		bind.DestinationPortal = cu.portal()
	}
	cu.before()
	c.out.SendBind(&bind)
	cu.after(bind.DestinationPortal)
	if cu.number > 0 {
		return cu.exchange()
	}
	c.live = cu
	if cu.stream {
		return nil // it goes with what asks for rows
	}
	c.out.SendExecute(&pgproto3.Execute{})
	c.out.SendSync(&pgproto3.Sync{})
	return c.flush()
}

// Columns is the number of columns of each row.
func (cu *cursor) Columns() int { return len(cu.st.cells) }

// Names are the names of the columns.
func (cu *cursor) Names() []string { return cu.st.names }

// Fill appends one frame.
func (cu *cursor) Fill(ctx context.Context, b []byte, lim db.Limits) ([]byte, bool, error) {
	switch {
	case cu.closed:
		return b, true, errEnded
	case cu.rest != nil:
		return cu.unpark(b, lim)
	}
	end := cu.c.watch(ctx, cu.c.interrupt)
	out, done, err := cu.fill(ctx, b, lim)
	cu.c.unwatch(end)
	if err != nil {
		cu.Close()
		return b, true, cu.ended(ctx, err)
	}
	if done {
		out = cu.end(out)
	}
	return out, done, nil
}

func (cu *cursor) fill(ctx context.Context, b []byte, lim db.Limits) (out []byte, done bool, err error) {
	for {
		began := time.Now()
		if cu.stream {
			if err := cu.ask(ctx, lim); err != nil {
				return b, false, err
			}
		}
		out, ready, err := cu.receive(b, lim)
		if err == nil {
			err = cu.failure
		}
		switch {
		case err != nil && ready && cu.stale(err) && !cu.c.tx && !cu.begun && ctx.Err() == nil:
			if err := cu.again(); err != nil {
				return b, false, err
			}
			continue
		case err != nil:
			return b, false, err
		case cu.stream && len(out) > len(b):
			rows := int(abi.U32(out[len(b)+1:]))
			cu.width, cu.pace = (len(out)-len(b))/rows, time.Since(began)/time.Duration(rows)
		}
		return out, ready && cu.tag != "", nil
	}
}

// Close ends the statement. What is left of its rows is thrown away, if need
// be by a cancellation.
func (cu *cursor) Close() {
	c := cu.c
	if cu.closed {
		return
	}
	if c.live == cu {
		t := time.AfterFunc(patience, c.interrupt)
		_ = cu.sync()
		for ready := false; !ready && !c.broken; {
			msg, err := c.receive()
			_, ready = msg.(*pgproto3.ReadyForQuery)
			ready = ready || err != nil
		}
		c.unwatch(t.Stop)
	} else if cu.number > 0 && c.InTx() {
		c.out.SendClose(&pgproto3.Close{ObjectType: 'P', Name: cu.portal()}) // goes with what comes next
	}
	cu.finish()
}

// finish forgets the cursor.
func (cu *cursor) finish() {
	c := cu.c
	if cu.st != nil && cu.st.once && !cu.closed {
		c.drop(cu.st)
	}
	cu.closed, cu.rest = true, nil
	if c.live == cu {
		c.live = nil
	}
	if i := slices.Index(c.cursors, cu); i >= 0 {
		c.cursors = slices.Delete(c.cursors, i, i+1)
	}
}
