package reactor

import (
	"context"
	"io"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

type operation struct {
	req    *request
	handle uint32
	bell   chan struct{}
	rung   bool   // the host has rung, and nobody has looked
	ready  uint32 // bytes that can be read at once
	more   bool   // and others follow
	gone   bool   // its request has ended
}

var freeOperations []*operation

// register makes the operation known before the host can answer it.
func (r *request) register() (*operation, error) {
	mu.Lock()
	defer mu.Unlock()
	if r.ended {
		return nil, abi.ErrGone
	}
	var o *operation
	if n := len(freeOperations); n > 0 {
		o = freeOperations[n-1]
		freeOperations = freeOperations[:n-1]
	} else {
		o = &operation{bell: make(chan struct{}, 1)}
	}
	for lastHandle++; lastHandle == 0 || operations[lastHandle] != nil; lastHandle++ {
	}
	o.req, o.handle = r, lastHandle
	operations[o.handle] = o
	r.ops++
	return o, nil
}

// release forgets an operation that the host has closed, or is told to close.
func (o *operation) release(tellHost bool) {
	if tellHost {
		hostOpClose(o.handle)
	}
	mu.Lock()
	defer mu.Unlock()
	if operations[o.handle] == o {
		delete(operations, o.handle)
		o.req.ops--
	}
	select {
	case <-o.bell:
	default:
	}
	bell := o.bell
	*o = operation{bell: bell}
	freeOperations = append(freeOperations, o)
}

// wait parks until the host rings. When ctx ends first the host is asked to
// cancel, and its answer is awaited: it tells whether a commit took place.
func (o *operation) wait(ctx context.Context) error {
	r := o.req
	if !waitAlone(r) || !o.answered() {
		handOff(r)
		o.park(ctx)
		setCurrent(r.id)
	}
	if o.gone {
		return abi.ErrGone
	}
	return nil
}

// answered tells whether the host has rung since the last time.
func (o *operation) answered() bool {
	mu.Lock()
	defer mu.Unlock()
	rung := o.rung || o.gone
	o.rung = false
	return rung
}

func (o *operation) park(ctx context.Context) {
	done := ctx.Done()
	if o.req.ctx.hasDone(done) {
		done = nil // the bell rings for that too, and is quicker to wait for alone
	}
	for told := false; !o.answered(); {
		if !told && ctx.Err() != nil {
			hostOpCancel(o.handle)
			told, done = true, nil
		}
		if done == nil {
			<-o.bell
			continue
		}
		select {
		case <-o.bell:
		case <-done:
		}
	}
}

// WantsRoute tells whether the host wants to know which view answers.
func (r *request) WantsRoute() bool { return abi.U32(ctrl[abi.CtrlFlags:])&abi.FlagRoutes != 0 }

// Route tells the host which view answers the request.
func (r *request) Route(pattern, view string) {
	if o, err := r.register(); err == nil {
		var out [64]byte
		o.start(context.Background(), abi.OpRoute, abi.AppendString(abi.AppendString(nil, pattern), view), out[:])
		o.release(false)
	}
}

// Do implements abi.Port.
func (r *request) Do(ctx context.Context, kind abi.OpKind, msg []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o, err := r.register()
	if err != nil {
		return nil, err
	}
	out := getScratch()
	defer putScratch(out)
	s := o.start(ctx, kind, msg, out)
	switch {
	case s >= 0:
		o.release(false)
		if err := lapsed(ctx, out[:s]); err != nil {
			return nil, err
		}
		return append([]byte(nil), out[:s]...), nil
	case s == abi.More:
		res, err := o.readAll(ctx, append(make([]byte, 0, 4*len(out)), out...))
		o.release(true)
		return res, err
	case s != abi.Pending:
		o.release(false)
		return nil, s
	}
	if err := o.wait(ctx); err != nil {
		o.release(false)
		return nil, err
	}
	res, more := make([]byte, o.ready), o.more
	if n := o.read(res); n < 0 {
		o.release(true)
		return nil, n
	}
	if more {
		res, err = o.readAll(ctx, res)
	}
	o.release(more)
	if err == nil {
		err = lapsed(ctx, res)
	}
	if err != nil {
		return nil, err
	}
	return res, nil
}

// lapsed returns ctx's error if that is why res is a cancellation. A blocking
// host may have let the deadline pass before the timer could run here.
func lapsed(ctx context.Context, res []byte) error {
	if len(res) < 2 || res[0] != abi.ResultError || abi.ErrorCode(res[1]) != abi.CodeCancelled {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if d, ok := ctx.Deadline(); ok && !time.Now().Before(d) {
		return context.DeadlineExceeded
	}
	return nil
}

func (o *operation) start(ctx context.Context, kind abi.OpKind, msg, out []byte) abi.Status {
	in, inLen := ptr(msg)
	p, n := ptr(out)
	var timeout uint32
	if d, ok := ctx.Deadline(); ok && !d.Equal(o.req.ctx.deadline) { // the host keeps the request's own
		timeout = uint32(min(max(time.Until(d)/time.Millisecond, 0)+1, 1<<31))
	}
	return abi.Status(hostOpStart(o.req.id, o.handle, uint32(kind), in, inLen, p, n, timeout))
}

func (o *operation) read(b []byte) abi.Status {
	p, n := ptr(b)
	return abi.Status(hostOpRead(o.handle, p, n))
}

func (o *operation) readAll(ctx context.Context, res []byte) ([]byte, error) {
	for {
		if len(res) == cap(res) {
			res = append(res, 0)[:len(res)]
		}
		n, err := o.readWaiting(ctx, res[len(res):cap(res)])
		if err == io.EOF {
			return res, nil
		}
		if err != nil {
			return nil, err
		}
		res = res[:len(res)+n]
	}
}

func (o *operation) readWaiting(ctx context.Context, b []byte) (int, error) {
	for {
		switch s := o.read(b); {
		case s > 0:
			return int(s), nil
		case s == 0:
			return 0, io.EOF
		case s != abi.Pending:
			return 0, s
		}
		if err := o.wait(ctx); err != nil {
			return 0, err
		}
	}
}

// Open implements abi.Port.
func (r *request) Open(ctx context.Context, kind abi.OpKind, msg []byte) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o, err := r.register()
	if err != nil {
		return nil, err
	}
	s := &stream{ctx: ctx, op: o}
	switch n := o.start(ctx, kind, msg, nil); n {
	case 0:
		o.release(false)
		s.op = nil
	case abi.More:
	case abi.Pending:
		s.pending = true
	default:
		o.release(false)
		return nil, n
	}
	return s, nil
}

// stream is a result that is read piece by piece.
type stream struct {
	ctx     context.Context
	op      *operation // nil once the host has delivered everything
	pending bool       // the operation has not been answered yet
	closed  bool
}

func (s *stream) Read(p []byte) (int, error) {
	if s.closed {
		return 0, io.ErrClosedPipe
	}
	if s.op == nil {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	if s.pending {
		if err := s.op.wait(s.ctx); err != nil {
			return 0, err
		}
		s.pending = false
	}
	n, err := s.op.readWaiting(s.ctx, p)
	if err == io.EOF {
		s.op.release(false)
		s.op = nil
	}
	return n, err
}

// Close ends the operation, whatever it still does.
func (s *stream) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	if s.op != nil {
		s.op.release(true)
		s.op = nil
	}
	return nil
}
