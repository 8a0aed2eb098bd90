package engine

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// operation is one op_start that did not end inside the import.
type operation struct {
	in     *Instance
	x      *Exchange
	handle uint32
	cancel context.CancelFunc
	closed atomic.Bool

	mu     sync.Mutex
	cost   int           // what it has of the instance's kept bytes
	res    []byte        // ready and not yet read
	end    bool          // nothing follows res
	lost   abi.Status    // and that is a failure: why the result is not whole; 0 if it is
	done   bool          // EventDone was posted (or the operation is blocking)
	whole  bool          // EventDone announced all of res: reading it closes the operation
	wants  bool          // op_read was answered Pending
	source io.ReadCloser // of a stream
	taken  *sync.Cond    // res was read
}

const streamChunk = 64 << 10

func streams(kind abi.OpKind) bool { return kind == abi.OpStream || kind == abi.OpFetch }

// session returns the operations of x, or of the instance while it is set up.
func (in *Instance) session(x *Exchange) Session {
	if x == nil {
		return in.setup
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.session == nil {
		if x.NewSession != nil {
			x.session = x.NewSession()
		} else {
			x.session = in.engine.cfg.NewSession(x.ID)
		}
		if x.ended.Load() { // and the view goes on all the same
			x.session.Close()
		}
	}
	return x.session
}

// operationContext ends with the instance, by cancellation, or after timeout
// milliseconds (0: never).
func (in *Instance) operationContext(timeout uint32) (context.Context, context.CancelFunc) {
	if timeout == 0 {
		return context.WithCancel(in.ctx)
	}
	return context.WithTimeout(in.ctx, time.Duration(timeout)*time.Millisecond)
}

// startNow does an operation inside the import: in setup and in blocking
// instances. The result goes to out; what does not fit waits for op_read.
func (in *Instance) startNow(ctx context.Context, o *operation, kind abi.OpKind, msg, out []byte) abi.Status {
	o.runs(kind != abi.OpCommit && kind != abi.OpRollback)
	s := in.session(o.x)
	o.done = true
	defer in.waited(time.Now())
	if streams(kind) {
		o.source = s.Open(ctx, kind, msg)
		for n := 0; n < len(out); {
			k, err := o.source.Read(out[n:])
			n += k
			if err != nil {
				o.close()
			}
			if err == io.EOF {
				return abi.Status(n)
			}
			if err != nil {
				return lost(err)
			}
		}
	} else {
		res := s.Do(ctx, kind, msg)
		n := copy(out, res)
		if n == len(res) {
			o.close()
			return abi.Status(n)
		}
		if !in.kept.take(len(res)) {
			o.close()
			if n = copy(out, tooMuch); n < len(tooMuch) {
				return abi.ErrTooLarge
			}
			return abi.Status(n)
		}
		o.cost += len(res)
		o.res, o.end = res[n:], true
	}
	in.addOp(o)
	return abi.More
}

// runs makes o the operation that is cancelled with the request of a blocking
// instance. stops tells whether it has to end if the request is cancelled already.
func (o *operation) runs(stops bool) {
	x := o.x
	if x == nil {
		return
	}
	x.mu.Lock()
	x.running = o.cancel
	x.mu.Unlock()
	if stops && x.cancelled.Load() {
		o.cancel()
	}
}

// startLater begins an operation that the guest does not wait for in the import.
func (in *Instance) startLater(ctx context.Context, o *operation, kind abi.OpKind, msg []byte) abi.Status {
	x := o.x
	o.taken = sync.NewCond(&o.mu)
	s := in.session(x)
	in.addOp(o)
	in.engine.cfg.Observer.Suspended()
	if x.waiting.Add(1) == 1 {
		in.engine.cfg.Observer.Waiting(1)
	}
	if streams(kind) {
		in.send() // it may be of the same transaction
		go o.pump(ctx, s, kind, msg)
	} else {
		in.hold(Op{Session: s, Ctx: ctx, Kind: kind, Msg: msg, Done: func(res []byte) { o.over(res, len(msg)) }})
	}
	return abi.Pending
}

// over takes the result of an operation that is answered whole.
func (o *operation) over(res []byte, message int) {
	o.cancel()
	in := o.in
	in.kept.give(message)
	o.mu.Lock()
	if o.closed.Load() {
		res = nil
	} else if !in.kept.take(len(res)) {
		res = tooMuch
	} else {
		o.cost += len(res)
	}
	o.res, o.end, o.whole = res, true, true
	o.mu.Unlock()
	o.answer(len(res), false)
}

func (in *Instance) addOp(o *operation) {
	in.ops[o.handle] = o
	if o.x != nil {
		o.x.ops++
	}
}

func (in *Instance) dropOp(o *operation) {
	delete(in.ops, o.handle)
	if o.x != nil {
		o.x.ops--
	}
	o.close()
}

// dropOps forgets the operations of a request.
func (in *Instance) dropOps(x *Exchange) {
	if x.ops == 0 {
		return
	}
	for _, o := range in.ops {
		if o.x == x {
			in.dropOp(o)
		}
	}
}

// answer posts the one EventDone of an operation.
func (o *operation) answer(n int, more bool) {
	o.mu.Lock()
	o.done = true
	o.mu.Unlock()
	if o.x.waiting.Add(-1) == 0 {
		o.x.in.engine.cfg.Observer.Waiting(-1)
	}
	if o.closed.Load() {
		return
	}
	e := abi.Event{Kind: abi.EventDone, ID: o.handle, A: uint32(n)}
	if more {
		e.Flags = abi.EventMore
	}
	o.x.in.post(e)
}

// pump reads a stream one chunk ahead of the guest.
func (o *operation) pump(ctx context.Context, s Session, kind abi.OpKind, msg []byte) {
	src := s.Open(ctx, kind, msg)
	defer o.in.kept.give(len(msg))
	defer src.Close()
	bufs := [2][]byte{make([]byte, streamChunk), make([]byte, streamChunk)}
	for i := 0; ; i++ {
		n, err := src.Read(bufs[i%2])
		if n == 0 && err == nil {
			continue
		}
		o.mu.Lock()
		for len(o.res) > 0 && !o.closed.Load() {
			o.taken.Wait()
		}
		if o.closed.Load() {
			o.mu.Unlock()
			if i == 0 {
				o.answer(0, false)
			}
			return
		}
		o.res, o.end, o.lost = bufs[i%2][:n], err != nil, lost(err)
		wants := o.wants
		o.wants = false
		o.mu.Unlock()
		switch {
		case i == 0:
			o.answer(n, true)
		case wants:
			o.x.in.post(abi.Event{Kind: abi.EventReadable, ID: o.handle})
		}
		if err != nil {
			return
		}
	}
}

// lost is what op_read answers once a stream has failed.
func lost(err error) abi.Status {
	var e *abi.OpError
	switch {
	case err == nil, err == io.EOF:
		return 0
	case errors.As(err, &e) && e.Code == abi.CodeTimeout:
		return abi.ErrTimeout
	case errors.As(err, &e) && e.Code == abi.CodeNetwork && len(e.Detail) > 0 && e.Detail[0] == abi.FetchLarge:
		return abi.ErrTooLarge
	}
	return abi.ErrGone
}

// read answers op_read. over reports that the operation is closed by it.
func (o *operation) read(p []byte) (s abi.Status, over bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.done {
		return abi.ErrState, false
	}
	if len(o.res) > 0 {
		n := copy(p, o.res)
		o.res = o.res[n:]
		if len(o.res) == 0 && o.taken != nil {
			o.taken.Signal()
		}
		return abi.Status(n), o.whole && len(o.res) == 0
	}
	if o.lost != 0 {
		return o.lost, false
	}
	if o.end {
		return 0, true
	}
	if o.source != nil {
		for {
			n, err := o.source.Read(p)
			if n > 0 {
				return abi.Status(n), false
			}
			if err == io.EOF {
				return 0, true
			}
			if err != nil {
				o.lost = lost(err)
				return o.lost, false
			}
		}
	}
	if o.wants {
		return abi.ErrState, false
	}
	o.wants = true
	return abi.Pending, false
}

// close cancels the operation and makes its goroutine leave.
func (o *operation) close() {
	if o.closed.Swap(true) {
		return
	}
	o.cancel()
	if o.source != nil {
		_ = o.source.Close()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.res = nil
	o.in.kept.give(o.cost)
	o.cost = 0
	if o.taken != nil {
		o.taken.Broadcast()
	}
}
