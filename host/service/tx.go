package service

import (
	"context"
	"strconv"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/internal/tracing"
)

// tx is an open transaction. Its operations take turns on its connection.
type tx struct {
	turn     chan struct{}   // holds a value while an operation runs
	life     context.Context // ends with the transaction
	end      context.CancelCauseFunc
	db       db.DB
	database string          // its alias
	reads    bool            // and does not write
	ctx      context.Context // of its span
	span     *tracing.Span   // nil: none

	// Under turn:
	timer   *time.Timer
	conn    db.Conn
	err     error  // why it has ended
	outcome string // for its span
	failure error  // too: of its commit
}

// beginTx answers OpBegin.
func (s *Session) beginTx(ctx context.Context, msg []byte) ([]byte, error) {
	if s.svc.cfg.bare() {
		return nil, errNoDB
	}
	m, err := abi.ReadTxBegin(string(msg))
	if err != nil {
		return nil, errMessage
	}
	d, alias, err := s.svc.databaseOf(m.Registry)
	if err != nil {
		return nil, err
	}
	if err := s.svc.cfg.Grants.begin(alias); err != nil {
		return nil, err
	}
	mode, limit := db.Write, s.svc.cfg.TxTimeout
	if !m.ReadOnly {
		s.wrote.Store(true)
	} else {
		mode, limit = db.Hold, s.svc.cfg.ReadTxTimeout
	}
	if d := time.Duration(m.Timeout) * time.Millisecond; d > 0 && d < limit {
		limit = d
	}
	start := time.Now()
	c, err := d.Acquire(ctx, mode)
	if err != nil {
		s.began(nil, d, alias, m.ReadOnly, start, err)
		return nil, err
	}
	if err := c.Begin(ctx, db.TxOptions{ReadOnly: m.ReadOnly, Isolation: m.Isolation, Deferrable: m.Deferrable}); err != nil {
		c.Release()
		s.began(nil, d, alias, m.ReadOnly, start, err)
		return nil, err
	}
	t := &tx{turn: make(chan struct{}, 1), conn: c, db: d, database: alias, reads: m.ReadOnly}
	s.began(t, d, alias, m.ReadOnly, start, nil)
	t.life, t.end = context.WithCancelCause(context.Background())
	token := newToken()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		t.finish(errTxDone)
		return nil, errClosed
	}
	if !s.room() {
		s.mu.Unlock()
		t.finish(errTxDone)
		return nil, limitTransactions.reached(abi.CodeLimit, strconv.Itoa(s.svc.cfg.Limits.Transactions))
	}
	if s.txs == nil {
		s.txs = map[uint64]*tx{}
	}
	s.txs[token] = t
	s.mu.Unlock()
	t.turn <- struct{}{}
	t.timer = time.AfterFunc(limit, func() {
		t.finish(fail(abi.CodeTimeout, "vinyl: the transaction was rolled back because it lasted longer than "+limit.String()+": keep slow work out of Atomic, and give what is done in it the ctx of its function: with another ctx it waits for this very transaction"))
	})
	if t.err != nil { // Close was faster
		t.timer.Stop()
	}
	<-t.turn
	return abi.AppendU64([]byte{abi.ResultOK}, token), nil
}

// room tells whether there may be another transaction, and forgets those whose
// time was over. s.mu is held.
func (s *Session) room() bool {
	most := s.svc.cfg.Limits.Transactions
	if len(s.txs) < most {
		return true
	}
	for token, t := range s.txs {
		if t.life.Err() != nil {
			delete(s.txs, token)
		}
	}
	return len(s.txs) < most
}

// tx finds a transaction of this session.
func (s *Session) tx(token uint64) (*tx, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.txs[token]; t != nil {
		return t, nil
	}
	return nil, errTxDone
}

// use runs f on the transaction's connection when it is its turn.
func (t *tx) use(ctx context.Context, f func(context.Context, db.Conn) error) error {
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return db.CtxError(ctx)
	case <-t.life.Done():
		t.turn <- struct{}{}
	}
	defer func() { <-t.turn }()
	if t.err != nil {
		return t.err
	}
	if cause := context.Cause(t.life); cause != nil {
		return cause // finish waits for its turn
	}
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(t.life, cancel)()
	err := f(both, t.conn)
	if err != nil && context.Cause(t.life) != nil {
		err = context.Cause(t.life)
	}
	if t.conn != nil && !t.conn.InTx() {
		e := fail(abi.CodeTxDone, "vinyl: the transaction has been rolled back because of an earlier error")
		if err != nil {
			e.Message += ": " + err.Error()
		}
		t.close(e)
	}
	return err
}

// close gives the connection back, which rolls back what is open. The caller
// has the turn.
func (t *tx) close(why error) {
	if t.err != nil {
		return
	}
	t.err = why
	t.over(why)
	t.conn.Release()
	t.conn = nil
	t.end(why)
	if t.timer != nil { // else it is being made
		t.timer.Stop()
	}
}

// finish ends the transaction, interrupting what runs in it.
func (t *tx) finish(why error) {
	t.end(why)
	t.turn <- struct{}{}
	t.close(why)
	<-t.turn
}

// over runs the transaction's last operation.
func (s *Session) over(ctx context.Context, msg []byte, name, outcome string, f func(context.Context, db.Conn) error) ([]byte, error) {
	if len(msg) != 8 {
		return nil, errMessage
	}
	token := abi.U64(msg)
	t, err := s.tx(token)
	if err != nil {
		return nil, err
	}
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, db.CtxError(ctx)
	}
	defer func() { <-t.turn }()
	s.mu.Lock()
	delete(s.txs, token)
	s.mu.Unlock()
	if t.err != nil {
		return nil, t.err
	}
	if cause := context.Cause(t.life); cause != nil {
		t.close(cause)
		return nil, cause
	}
	start := time.Now()
	err = f(ctx, t.conn)
	s.command(t, name, start, err)
	if err != nil {
		t.outcome, t.failure = "failed", err
	} else {
		t.outcome = outcome
	}
	t.close(errTxDone)
	if err != nil {
		return nil, err
	}
	return []byte{abi.ResultOK}, nil
}

// commit answers OpCommit.
func (s *Session) commit(ctx context.Context, msg []byte) ([]byte, error) {
	return s.over(ctx, msg, "COMMIT", "committed", func(ctx context.Context, c db.Conn) error { return c.Commit(ctx) })
}

// rollback answers OpRollback, also when the request has been cancelled.
func (s *Session) rollback(ctx context.Context, msg []byte) ([]byte, error) {
	return s.over(context.WithoutCancel(ctx), msg, "ROLLBACK", "rolled back", func(_ context.Context, c db.Conn) error { return c.Rollback() })
}

// savepoints are the names of actions.
var savepoints = map[uint8]string{abi.SavepointCreate: "SAVEPOINT", abi.SavepointRelease: "RELEASE SAVEPOINT", abi.SavepointRollback: "ROLLBACK TO SAVEPOINT"}

// savepoint answers OpSavepoint.
func (s *Session) savepoint(ctx context.Context, msg []byte) ([]byte, error) {
	m, err := abi.ReadSavepoint(string(msg))
	if err != nil || len(msg) != 13 {
		return nil, errMessage
	}
	t, err := s.tx(m.Tx)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	err = t.use(ctx, func(ctx context.Context, c db.Conn) error { return c.Savepoint(ctx, m.Action, m.N) })
	s.command(t, savepoints[m.Action], start, err)
	if err != nil {
		return nil, err
	}
	return []byte{abi.ResultOK}, nil
}
