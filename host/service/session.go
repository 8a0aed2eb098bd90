package service

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/internal/tracing"
)

// Session is all operations of one request. Its methods may be called
// concurrently.
type Session struct {
	svc     *Service
	trace   *tracing.Request // nil: nobody wants spans
	request string           // its id, if known
	view    atomic.Pointer[view]
	spent   spent
	wrote   atomic.Bool // or may have

	mu     sync.Mutex
	ctx    context.Context // of everything that runs; nil before the first operation
	cancel context.CancelFunc
	txs    map[uint64]*tx
	closed bool
	wg     sync.WaitGroup // operations and streams
}

// begin admits an operation.
func (s *Session) begin() (context.Context, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	if s.ctx == nil {
		if !s.svc.enter(s) {
			return nil, errClosed
		}
		s.ctx, s.cancel = context.WithCancel(context.Background())
	}
	s.wg.Add(1)
	return s.ctx, nil
}

// joined returns a context that ends with either.
func joined(ctx, other context.Context) (context.Context, context.CancelFunc) {
	if ctx.Done() == nil {
		return other, func() {}
	}
	both, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(other, func() { cancel(context.Cause(other)) })
	return both, func() { stop(); cancel(nil) }
}

// Do runs an operation to its end and returns its result, which begins with
// abi.ResultOK or abi.ResultError. It does not keep msg.
func (s *Session) Do(ctx context.Context, kind abi.OpKind, msg []byte) []byte {
	life, err := s.begin()
	if err != nil {
		return failed(err)
	}
	defer s.wg.Done()
	ctx, cancel := joined(ctx, life)
	defer cancel()
	start := time.Now()
	out, err := s.limited(ctx, kind, msg)
	if kind != abi.OpRoute { // which asks for nothing
		s.svc.observe(kind, start, err)
	}
	if err != nil {
		return failed(err)
	}
	return out
}

// limited does it within the request's limits.
func (s *Session) limited(ctx context.Context, kind abi.OpKind, msg []byte) ([]byte, error) {
	ctx, end, err := s.admit(ctx, kind, msg)
	if err != nil {
		s.refused(kind, time.Now(), err)
		return nil, err
	}
	defer end()
	out, err := s.do(ctx, kind, msg)
	if err == nil {
		err = s.charge(kind, out)
	}
	if err = s.large(s.late(ctx, err)); err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Session) do(ctx context.Context, kind abi.OpKind, msg []byte) (out []byte, err error) {
	defer s.svc.contain(kind, &err)
	switch kind {
	case abi.OpDescribe:
		return s.describe(ctx, msg)
	case abi.OpQuery, abi.OpExec:
		return s.statement(ctx, kind, abi.ReadBytes(msg))
	case abi.OpBatch:
		return s.batch(ctx, msg)
	case abi.OpStream:
		return s.statement(ctx, kind, abi.ReadBytes(msg))
	case abi.OpBegin:
		return s.beginTx(ctx, msg)
	case abi.OpCommit:
		return s.commit(ctx, msg)
	case abi.OpRollback:
		return s.rollback(ctx, msg)
	case abi.OpSavepoint:
		return s.savepoint(ctx, msg)
	case abi.OpExplain:
		return s.explain(ctx, msg)
	case abi.OpFetch:
		return s.fetchAll(ctx, msg)
	case abi.OpRoute:
		return s.named(msg)
	}
	return nil, fail(abi.CodeNotSupported, fmt.Sprintf("vinyl: this host does not know operation %d: update the host", kind))
}

// contain makes a panic the failure of one operation.
func (s *Service) contain(kind abi.OpKind, err *error) {
	if p := recover(); p != nil {
		s.cfg.Log.Error("operation panicked", "app", s.cfg.App, "op", kind.String(), "panic", p, "stack", string(debug.Stack()))
		*err = fail(abi.CodeInternal, "vinyl: the host failed in this operation; its log says why")
	}
}

func (s *Service) observe(kind abi.OpKind, start time.Time, err error) {
	if s.cfg.Observe != nil {
		s.cfg.Observe(kind, time.Since(start), err)
	}
}

// Open starts an operation whose result is read piece by piece. Reading ends
// with io.EOF; Close cancels what still runs and does not wait for it.
func (s *Session) Open(ctx context.Context, kind abi.OpKind, msg []byte) io.ReadCloser {
	life, err := s.begin()
	if err != nil {
		return io.NopCloser(bytes.NewReader(failed(err)))
	}
	msg = bytes.Clone(msg)
	ctx, cancel := joined(ctx, life)
	ctx, stop := context.WithCancel(ctx)
	p := newPipe(stop)
	go func() {
		defer s.wg.Done()
		defer cancel()
		defer stop()
		start := time.Now()
		err := s.produce(ctx, kind, msg, p)
		s.svc.observe(kind, start, err)
		p.end(err)
	}()
	return p
}

// produce writes an operation's result to p. An error that it returns has not
// been written.
func (s *Session) produce(ctx context.Context, kind abi.OpKind, msg []byte, p *pipe) (err error) {
	defer s.svc.contain(kind, &err)
	switch kind {
	case abi.OpStream:
		if _, _, err := s.admit(ctx, kind, msg); err != nil {
			return err
		}
		return s.stream(ctx, abi.ReadBytes(msg), p)
	case abi.OpFetch:
		return s.fetchTo(ctx, msg, p)
	}
	out, err := s.limited(ctx, kind, msg)
	if err != nil {
		return err
	}
	return p.write(ctx, out)
}

// Close cancels what runs, rolls open transactions back and waits until all
// connections have been given back.
func (s *Session) Close() {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	txs := s.txs
	s.txs = nil
	cancel := s.cancel
	s.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	s.wg.Wait()
	if !first {
		return
	}
	for _, t := range txs {
		t.finish(errTxDone)
	}
	if cancel != nil {
		s.svc.leave(s)
	}
}
