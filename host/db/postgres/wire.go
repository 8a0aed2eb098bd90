package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// background is what pgconn takes for "don't watch": the driver does so itself,
// since a cursor's ctx changes from call to call.
var background = context.Background()

// watch makes the server stop what it runs once ctx is done, until unwatch.
func (c *conn) watch(ctx context.Context, f func()) (end func() bool) {
	if ctx.Done() == nil {
		return nil
	}
	return context.AfterFunc(ctx, f)
}

// unwatch returns when no cancellation can arrive any more.
func (c *conn) unwatch(end func() bool) {
	if end != nil && !end() {
		c.quit <- struct{}{}
		_ = c.pg.Conn().SetDeadline(time.Time{})
	}
}

// stop sends cancellations until quit. One can arrive before its statement
// does, and is lost then.
func (c *conn) stop() {
	late := time.Now().Add(c.db.cfg.CancelTimeout)
	for pause := 25 * time.Millisecond; time.Now().Before(late); pause *= 2 {
		ctx, cancel := context.WithDeadline(background, late)
		_ = c.pg.CancelRequest(ctx)
		cancel()
		t := time.NewTimer(pause)
		select {
		case <-c.quit:
			t.Stop()
			return
		case <-t.C:
		}
	}
	_ = c.pg.Conn().SetDeadline(time.Unix(1, 0)) // ends the wait for the server
	<-c.quit
}

// deadline bounds what must not be cancelled.
func (c *conn) deadline() {
	_ = c.pg.Conn().SetDeadline(time.Now().Add(c.db.cfg.CancelTimeout))
	<-c.quit
}

// receive returns the next message, which is valid until the next call.
func (c *conn) receive() (pgproto3.BackendMessage, error) {
	msg, err := c.pg.ReceiveMessage(background)
	if err != nil {
		c.lose()
	}
	return msg, err
}

func (c *conn) flush() error {
	err := c.out.Flush()
	if err != nil {
		c.lose()
	}
	return err
}

// answers asks the server for a sign of life.
func (c *conn) answers() bool {
	_ = c.pg.Conn().SetDeadline(time.Now().Add(c.db.cfg.CancelTimeout))
	defer func() { _ = c.pg.Conn().SetDeadline(time.Time{}) }()
	c.out.SendSync(&pgproto3.Sync{})
	for err := c.flush(); err == nil; {
		var msg pgproto3.BackendMessage
		if msg, err = c.receive(); err == nil {
			if _, ready := msg.(*pgproto3.ReadyForQuery); ready {
				return true
			}
		}
	}
	return false
}

// lose gives the connection up.
func (c *conn) lose() {
	c.broken = true
	c.db.health.lost()
	_ = c.pg.Conn().Close()
}

// command runs one of the driver's own commands, such as COMMIT, and returns
// its tag.
func (c *conn) command(ctx context.Context, sql string) (tag string, err error) {
	if err := c.settle(ctx); err != nil {
		return "", err
	}
	end := c.watch(ctx, c.expire)
	defer c.unwatch(end)
	c.out.SendQuery(&pgproto3.Query{String: sql})
	if err := c.flush(); err != nil {
		return "", opError(err)
	}
	var failure error
	for {
		msg, err := c.receive()
		if err != nil {
			return "", opError(err)
		}
		switch msg := msg.(type) {
		case *pgproto3.CommandComplete:
			tag = string(msg.CommandTag)
		case *pgproto3.ErrorResponse:
			failure = pgconn.ErrorResponseToPgError(msg)
		case *pgproto3.ReadyForQuery:
			if failure != nil {
				return "", opError(failure)
			}
			return tag, nil
		}
	}
}

// settle makes the wire free for another statement.
func (c *conn) settle(ctx context.Context) error {
	if c.live != nil {
		c.live.park(ctx)
	}
	if c.broken || c.pg.IsClosed() {
		c.broken = true
		return &abi.OpError{Code: abi.CodeDatabase, Message: "database: the connection to the server was lost: try again", Detail: []string{db.LostConnection}}
	}
	return nil
}

// ended is the error of an operation whose ctx may be the reason for it.
func (c *conn) ended(ctx context.Context, err error) *abi.OpError {
	e := opError(err)
	if e.Code == abi.CodeReadOnly && c.mode == db.Write && !c.readTx && (c.db.cfg.Attrs == "read-write" || c.db.cfg.Attrs == "primary") {
		c.db.health.demoted()
	}
	if ctx.Err() == nil {
		return e
	}
	lost := len(e.Detail) > 0 && e.Detail[0] == db.LostConnection
	if e.Code == abi.CodeCancelled || lost && e.Code == abi.CodeDatabase {
		return db.CtxError(ctx)
	}
	return e
}
