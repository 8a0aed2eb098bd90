package engine

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// responseBuffer is how much of a response waits for a slow client before the
// guest has to.
const responseBuffer = 64 << 10

// Exchange is one request on its way through a guest. The front fills the
// exported fields, passes it to Instance.Serve, and takes the response.
type Exchange struct {
	Head  []byte    // encoded abi.RequestHead
	Body  io.Reader // nil: none
	Label string    // method and path, for errors and logs
	ID    string    // request id for logs
	// Accept, if not nil, looks at a response head before it is taken; size is
	// that of the body, -1 if it is streamed. What it refuses the guest hears of.
	Accept func(head []byte, size int64) error
	// NewSession, if not nil, makes its session in place of Config.NewSession.
	NewSession func() Session
	// Over, if not nil, is called when the guest is through with the request.
	Over func(*Instance)

	in      *Instance
	id      uint32
	session Session
	body    body
	cpu     charge
	ops     int          // not yet closed; the instance's goroutine
	waiting atomic.Int32 // operations answered "pending" and not yet done

	done        atomic.Bool // request_done, or the instance is dead
	ended       atomic.Bool // its session is on its way out
	cancelled   atomic.Bool
	cancelledAt atomic.Int64 // in ns since 1970
	answered    atomic.Int64 // when the response was complete

	mu       sync.Mutex
	state    responseState
	kept     int // bytes of the body that count for the instance
	head     []byte
	buf      []byte
	gone     bool   // the front takes nothing more
	blocked  bool   // the guest was told to wait until buf has room
	running  func() // cancels the blocking operation that runs now
	err      error  // the instance died
	news     chan struct{}
	room     chan struct{}
	finished chan struct{} // made by the first who waits for it
}

type responseState uint8

const (
	nothingSent responseState = iota
	headSent
	complete
)

// NewExchange returns an exchange for a request.
func NewExchange(head []byte, body io.Reader, label, id string) *Exchange {
	x := &Exchange{
		Head: head, Body: body, Label: label, ID: id,
		news: make(chan struct{}, 1),
	}
	x.body.r = body
	return x
}

// Events of a response.
var (
	// ErrNoResponse is a request that the guest ended without answering.
	ErrNoResponse = errors.New("the guest ended the request without a response")
	// ErrIncomplete is a response that the guest began and did not end.
	ErrIncomplete = errors.New("the guest ended the request in the middle of its response")
)

// News is signalled after every change; Take tells what changed.
func (x *Exchange) News() <-chan struct{} { return x.news }

// Finished is closed when the guest is through with the request, its work
// after the response included.
func (x *Exchange) Finished() <-chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.finished == nil {
		x.finished = make(chan struct{})
		if x.done.Load() {
			close(x.finished)
		}
	}
	return x.finished
}

// Take returns what has arrived since the last call: the encoded head (once)
// and bytes of the body, exchanged for the front's spare buffer. end reports
// that nothing follows; err that the response will not be completed.
func (x *Exchange) Take(spare []byte) (head, body []byte, end bool, err error) {
	x.mu.Lock()
	head, x.head = x.head, nil
	body, x.buf = x.buf, spare[:0]
	end = x.state == complete
	switch {
	case end:
	case x.err != nil:
		err = x.err
	case !x.done.Load():
	case x.state == nothingSent:
		err = ErrNoResponse
	default:
		err = ErrIncomplete
	}
	blocked := x.blocked
	x.blocked = false
	x.mu.Unlock()
	if blocked {
		x.wakeWriter()
	}
	return head, body, end, err
}

func (x *Exchange) wakeWriter() {
	if x.room != nil {
		select {
		case x.room <- struct{}{}:
		default:
		}
		return
	}
	x.in.post(abi.Event{Kind: abi.EventWritable, ID: x.id})
}

// Leave tells that the front takes nothing more of the response. It has to be
// called for every exchange.
func (x *Exchange) Leave() {
	x.mu.Lock()
	if x.gone = true; x.kept > 0 {
		x.in.kept.give(x.kept)
		x.kept = 0
	}
	blocked := x.blocked
	x.blocked = false
	x.mu.Unlock()
	if blocked {
		x.wakeWriter()
	}
	x.body.leave()
}

// Cancel cancels the request's context in the guest.
func (x *Exchange) Cancel(reason abi.CancelReason) {
	if x.done.Load() || x.cancelled.Swap(true) {
		return
	}
	x.cancelledAt.Store(time.Now().UnixNano())
	x.in.post(abi.Event{Kind: abi.EventCancel, ID: x.id, A: uint32(reason)})
	x.mu.Lock()
	running := x.running
	x.mu.Unlock()
	if running != nil {
		running()
	}
}

// Wake signals News although nothing has changed.
func (x *Exchange) Wake() { x.signal() }

func (x *Exchange) signal() {
	select {
	case x.news <- struct{}{}:
	default:
	}
}

// begin takes the head of a response, and the body too if end is set.
func (x *Exchange) begin(head, b []byte, end bool) abi.Status {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.state != nothingSent {
		return abi.ErrState
	}
	if x.gone {
		return abi.ErrGone
	}
	if x.Accept != nil {
		size := int64(-1)
		if end {
			size = int64(len(b))
		}
		if x.Accept(head, size) != nil {
			return abi.ErrMessage
		}
	}
	if len(b) > responseBuffer {
		if !x.in.kept.take(len(b)) {
			return abi.ErrTooLarge
		}
		x.kept = len(b)
	}
	x.state = headSent
	if end {
		x.state = complete
		x.answered.Store(time.Now().UnixNano())
	}
	joined := make([]byte, len(head)+len(b))
	n := copy(joined, head)
	copy(joined[n:], b)
	x.head, x.buf = joined[:n:n], joined[n:]
	x.signal()
	return 0
}

// write takes as much of b as there is room for. A blocking instance waits for
// room, a suspending one gets Pending.
func (x *Exchange) write(b []byte) abi.Status {
	for {
		x.mu.Lock()
		if x.state != headSent {
			x.mu.Unlock()
			return abi.ErrState
		}
		if x.gone {
			x.mu.Unlock()
			return abi.ErrGone
		}
		if n := min(len(b), responseBuffer-len(x.buf)); n > 0 || len(b) == 0 {
			x.buf = append(x.buf, b[:n]...)
			x.mu.Unlock()
			x.signal()
			return abi.Status(n)
		}
		waits := x.blocked
		x.blocked = true
		x.mu.Unlock()
		if waits {
			return abi.ErrState
		}
		if x.room == nil {
			return abi.Pending
		}
		from := time.Now()
		select {
		case <-x.room:
		case <-x.in.ctx.Done():
			return abi.ErrGone
		}
		x.in.waited(from)
	}
}

func (x *Exchange) end() abi.Status {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.state != headSent {
		return abi.ErrState
	}
	x.state = complete
	x.answered.Store(time.Now().UnixNano())
	x.signal()
	return 0
}

// finish marks the request as over: the guest said so, or died of err.
func (x *Exchange) finish(err error) {
	x.mu.Lock()
	if x.done.Swap(true) {
		x.mu.Unlock()
		return
	}
	x.err = err
	finished := x.finished
	x.mu.Unlock()
	x.body.leave()
	if n := x.waiting.Swap(0); n > 0 {
		x.in.engine.cfg.Observer.Waiting(-1)
	}
	x.signal()
	if finished != nil {
		close(finished)
	}
	if x.Over != nil {
		x.Over(x.in)
	}
}
