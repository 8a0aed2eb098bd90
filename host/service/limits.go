package service

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// Limits bound what one request may ask of its databases; 0 is no limit. They
// hold for the work after its response too.
type Limits struct {
	Operations   int   // statements, and transactions and savepoints begun
	Rows         int64 // read, in all
	Bytes        int64 // of results, in all
	Transactions int   // open at a time, 64 by default
	// StatementTime bounds each statement, with its wait for a connection. Of a
	// stream it bounds each of its frames: readers may take their time.
	StatementTime time.Duration
}

// limit is a limit in the words of who sets it and of who has reached it.
type limit struct {
	name, setting, more, remedy string
}

// The limits by the names that details of errors have.
var (
	limitOperations   = limit{"operations", "max-operations", "has run more than %n operations of the database", "fetch what belongs together at once (SelectRelated, PrefetchRelated, BulkCreate)"}
	limitRows         = limit{"rows", "max-rows", "has read more than %n rows", "read fewer (Slice), or let the database count and sum"}
	limitBytes        = limit{"bytes", "max-db-bytes", "has read more than %n bytes of the database", "read fewer rows (Slice) or columns (Only, Values)"}
	limitTransactions = limit{"transactions", "max-transactions", "has %n transactions open, and may have no more", "end some first"}
	limitStatement    = limit{"statement_time", "statement-timeout", "waited longer than %n for a statement", "make it cheaper"}
)

// reached is the error of a limit.
func (l limit) reached(code abi.ErrorCode, n string) *abi.OpError {
	return fail(code, "vinyl: this request "+strings.Replace(l.more, "%n", n, 1)+", which is this host's limit: "+l.remedy+", or raise --"+l.setting+" ("+l.setting+" in vinyl.toml)", l.name, n, l.setting)
}

// spent is what a request has used of its limits.
type spent struct {
	operations  atomic.Int64
	rows, bytes atomic.Int64
}

// admit counts an operation and begins its time.
func (s *Session) admit(ctx context.Context, kind abi.OpKind, msg []byte) (context.Context, context.CancelFunc, error) {
	l, n := &s.svc.cfg.Limits, int64(1)
	timed := l.StatementTime > 0
	switch kind {
	case abi.OpQuery, abi.OpExec, abi.OpExplain:
	case abi.OpBatch:
		if len(msg) >= 4 {
			n = max(int64(abi.U32(msg)), 1)
		}
	case abi.OpStream, abi.OpBegin, abi.OpSavepoint:
		timed = false
	default: // what ends something is always possible
		return ctx, func() {}, nil
	}
	if m := int64(l.Operations); m > 0 && s.spent.operations.Add(n) > m {
		return ctx, func() {}, limitOperations.reached(abi.CodeLimit, strconv.FormatInt(m, 10))
	}
	if err := s.overdrawn(); err != nil {
		return ctx, func() {}, err
	}
	if !timed {
		return ctx, func() {}, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, l.StatementTime*time.Duration(min(n, 1<<20)), errSlow)
	return ctx, cancel, nil
}

// errSlow is why a statement's ctx ended.
var errSlow = errors.New("vinyl: the statement took too long")

// late makes the error of a statement whose time was over one that says so.
func (s *Session) late(ctx context.Context, err error) error {
	if err == nil || !errors.Is(context.Cause(ctx), errSlow) {
		return err
	}
	switch e := db.AsOpError(err); {
	case e.Code == abi.CodeTimeout && len(e.Detail) == 0, e.Code == abi.CodeCancelled:
		return limitStatement.reached(abi.CodeTimeout, s.svc.cfg.Limits.StatementTime.String())
	case e.Code == abi.CodeTimeout && e.Detail[0] == db.BusyQueue:
		slow := limitStatement.reached(abi.CodeTimeout, s.svc.cfg.Limits.StatementTime.String())
		slow.Message += ": it got no connection in that time"
		return slow
	}
	return err
}

// timed runs a step of a stream in a statement's time.
func (s *Session) timed(use func(context.Context, func(context.Context, db.Conn) error) error) func(context.Context, func(context.Context, db.Conn) error) error {
	d := s.svc.cfg.Limits.StatementTime
	if d <= 0 {
		return use
	}
	return func(ctx context.Context, f func(context.Context, db.Conn) error) error {
		ctx, cancel := context.WithTimeoutCause(ctx, d, errSlow)
		defer cancel()
		return s.late(ctx, use(ctx, f))
	}
}

// charge counts what a result has. It is an error if that is too much, except
// of what may have changed data: then the next operation fails.
func (s *Session) charge(kind abi.OpKind, out []byte) error {
	l := &s.svc.cfg.Limits
	if l.Bytes <= 0 && l.Rows <= 0 {
		return nil
	}
	s.spent.bytes.Add(int64(len(out)))
	switch kind {
	case abi.OpQuery, abi.OpExplain:
		s.spent.rows.Add(rowsOf(out))
		return s.overdrawn()
	case abi.OpExec:
		s.spent.rows.Add(rowsOf(out))
	case abi.OpBatch:
		for rest := out[1:]; len(rest) >= 4; {
			size := min(int(abi.U32(rest)), len(rest)-4)
			s.spent.rows.Add(rowsOf(rest[4 : 4+size]))
			rest = rest[4+size:]
		}
	}
	return nil
}

// chargeFrames counts a piece of a stream: frames from b[from:] on.
func (s *Session) chargeFrames(b []byte, from int) error {
	if l := &s.svc.cfg.Limits; l.Bytes <= 0 && l.Rows <= 0 {
		return nil
	}
	s.spent.bytes.Add(int64(len(b)))
	s.spent.rows.Add(rowsIn(b[from:]))
	return s.overdrawn()
}

// overdrawn is the error of a request that has read too much.
func (s *Session) overdrawn() error {
	l := &s.svc.cfg.Limits
	switch {
	case l.Bytes > 0 && s.spent.bytes.Load() > l.Bytes:
		return limitBytes.reached(abi.CodeLimit, strconv.FormatInt(l.Bytes, 10))
	case l.Rows > 0 && s.spent.rows.Load() > l.Rows:
		return limitRows.reached(abi.CodeLimit, strconv.FormatInt(l.Rows, 10))
	}
	return nil
}

// rowsOf counts the rows of a statement's result.
func rowsOf(out []byte) int64 {
	r := abi.ReadBytes(out)
	if r.U8() != abi.ResultOK {
		return 0
	}
	r.U32()
	_ = r.String()
	r.U16()
	if r.Err() != nil {
		return 0
	}
	return rowsIn(out[len(out)-r.Len():])
}

// rowsIn counts those of frames.
func rowsIn(b []byte) (n int64) {
	for len(b) >= db.RowsHeader && b[0] == abi.FrameRows {
		n += int64(abi.U32(b[1:]))
		size := int(abi.U32(b[5:]))
		if size > len(b)-db.RowsHeader {
			break
		}
		b = b[db.RowsHeader+size:]
	}
	return n
}

// large makes the error of a result that is larger than all the bytes of the
// request that of this limit.
func (s *Session) large(err error) error {
	if n := s.svc.cfg.Limits.Bytes; n > 0 && err != nil && int64(s.svc.cfg.MaxResult) == n {
		if e := db.AsOpError(err); e.Code == abi.CodeNotSupported && e.Message == tooLarge {
			return limitBytes.reached(abi.CodeLimit, strconv.FormatInt(n, 10))
		}
	}
	return err
}

// tooLarge is what db.All says.
const tooLarge = "vinyl db: the result is larger than the host allows at once: slice the query or use Stream"
