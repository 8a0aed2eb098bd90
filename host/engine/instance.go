package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/memory"
)

// Instance is one running guest.
type Instance struct {
	engine  *Engine
	resumes bool // vinyl_resume drives it: a blocking instance
	epoch   uint32
	ctx     context.Context
	cancel  context.CancelFunc
	log     *slog.Logger
	out     *output
	memory  memory.Meter
	kept    kept

	mod      api.Module
	mem      api.Memory
	ctrl     uint32 // address of the control block
	ringAddr uint32
	ringLen  uint32

	mu      sync.Mutex
	queue   []abi.Event
	taken   int
	fills   int // how often events were moved to the ring
	watched struct {
		fills int // when events were first seen to wait
		since time.Time
	}
	exchanges map[uint32]*Exchange
	lastID    uint32
	dead      bool
	err       error
	bell      chan struct{}
	only      *Exchange   // the last request of a blocking instance
	orphans   []*Exchange // ended by the host, their operations are not yet dropped

	// Only the instance's goroutine uses these.
	ops     map[uint32]*operation
	held    []Op // begun by the guest, not yet by the host
	heldAt  time.Time
	meter   meter
	timer   *time.Timer
	setup   Session
	refusal string // what the guest logged before it refused to start
	unread  time.Duration
	logs    logLimit

	stopping atomic.Bool
	why      atomic.Pointer[error] // that is why it stops, nil if its host closes it
	load     atomic.Int64
	closing  sync.WaitGroup // sessions on their way out
	ended    chan struct{}
}

type instanceKey struct{}

// instanceContext finds its instance without walking a chain of contexts.
type instanceContext struct {
	context.Context
	in *Instance
}

func (c *instanceContext) Value(key any) any {
	if key == (instanceKey{}) {
		return c.in
	}
	return c.Context.Value(key)
}

func instanceOf(ctx context.Context) *Instance {
	if c, ok := ctx.(*instanceContext); ok {
		return c.in
	}
	return ctx.Value(instanceKey{}).(*Instance)
}

var epochs atomic.Uint32

// Start instantiates the guest and runs its setup.
func (e *Engine) Start(ctx context.Context) (*Instance, error) {
	in := &Instance{
		engine: e, resumes: e.cfg.Blocking, epoch: epochs.Add(1), log: e.cfg.Log,
		exchanges: map[uint32]*Exchange{}, ops: map[uint32]*operation{},
		bell: make(chan struct{}, 1), ended: make(chan struct{}), unread: maxUnread,
	}
	in.ctx, in.cancel = context.WithCancel(context.WithoutCancel(ctx))
	in.out = &output{log: in.log.With("instance", in.epoch)}
	in.kept.limit = int64(e.cfg.HostMemory)
	in.meter = meter{budget: e.cfg.CPUBudget, mark: time.Now()}
	limit := e.cfg.StartTimeout
	setup, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the guest did not start within %s: its setup must not wait for long", limit))
	defer cancel()
	began := make(chan error, 1)
	go in.main(setup, began)
	if err := <-began; err != nil {
		return nil, err
	}
	return in, nil
}

// main is the instance's goroutine: nothing else runs guest code or touches
// its memory.
func (in *Instance) main(setup context.Context, began chan<- error) {
	guest := &instanceContext{in.ctx, in}
	stop := context.AfterFunc(setup, in.halt)
	err := in.begin(guest)
	if !stop() {
		err = context.Cause(setup) // who starts it has given up
	}
	if err != nil {
		in.die(err)
		began <- err
		return
	}
	began <- nil
	if in.resumes {
		in.die(in.resumeLoop(guest))
		return
	}
	_, err = in.mod.ExportedFunction(abi.ExportRun).Call(guest)
	in.die(classify(err, in.out))
}

// halt ends the instance as soon as its guest calls the host.
func (in *Instance) halt() {
	in.stopping.Store(true)
	in.cancel()
	in.ring()
}

func (in *Instance) begin(guest *instanceContext) error {
	mod, err := in.engine.runtime.InstantiateModule(
		memory.WithReserved(guest, &in.memory), in.engine.compiled, in.engine.moduleConfig(in.out))
	if err != nil {
		return fmt.Errorf("the guest can't be instantiated: %w", err)
	}
	in.mod, in.mem = mod, mod.Memory()
	if _, err := mod.ExportedFunction("_initialize").Call(guest); err != nil {
		return fmt.Errorf("the guest failed while it was initialised: %w", classify(err, in.out))
	}
	res, err := mod.ExportedFunction(abi.ExportABI).Call(guest)
	if err != nil {
		return classify(err, in.out)
	}
	if v := uint32(res[0]); !abi.Accepts(v) {
		return fmt.Errorf("the guest speaks version %d.%d of the ABI, this host %d.%d: %s", v>>16, v&0xffff, abi.Major, abi.Minor, versionRemedy(v))
	}
	in.setup = in.engine.cfg.NewSession("")
	res, err = mod.ExportedFunction(abi.ExportSetup).Call(guest)
	in.setup.Close()
	in.setup = nil
	if err != nil {
		return fmt.Errorf("the guest failed in its setup: %w", classify(err, in.out))
	}
	if uint32(res[0]) != 0 {
		if in.refusal == "" {
			in.refusal = "no reason was logged"
		}
		return errors.New(in.refusal)
	}
	if in.ctrl == 0 {
		return &ContractError{"vinyl_setup did not register a control block"}
	}
	in.meter.settled = true
	return nil
}

func versionRemedy(v uint32) string {
	if v>>16 > abi.Major || v>>16 == abi.Major && v&0xffff > abi.Minor {
		return "update the host, or build the app with an older Vinyl"
	}
	return "build the app again with this version of Vinyl"
}

// resumeLoop drives a blocking instance: one request after the other.
func (in *Instance) resumeLoop(guest *instanceContext) error {
	resume := in.mod.ExportedFunction(abi.ExportResume)
	for {
		waited, fills := in.pending(), in.fills
		if _, err := resume.Call(guest); err != nil {
			return classify(err, in.out)
		}
		switch {
		case in.stopping.Load():
			return ErrClosed
		case waited && in.fills == fills:
			return &ContractError{"vinyl_resume returned although events waited"}
		}
		if x := in.serving(); x != nil && !x.done.Load() {
			if in.pending() {
				continue
			}
			return ErrStuck
		}
		from := time.Now()
		for !in.pending() {
			<-in.bell
			if in.stopping.Load() {
				return ErrClosed
			}
		}
		in.waited(from)
	}
}

// serving is the request of a blocking instance, until the next one comes.
func (in *Instance) serving() *Exchange {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.only
}

// pending tells whether events wait for the guest.
func (in *Instance) pending() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.queue) > in.taken
}

// Serve hands x to the guest and returns at once.
func (in *Instance) Serve(x *Exchange) error {
	in.mu.Lock()
	if in.dead || in.stopping.Load() {
		err := in.err
		in.mu.Unlock()
		if err == nil {
			err = ErrClosed
		}
		return err
	}
	for in.lastID++; in.lastID == 0 || in.exchanges[in.lastID] != nil; in.lastID++ {
	}
	x.in, x.id = in, in.lastID
	if in.resumes {
		x.room = make(chan struct{}, 1)
		in.only = x
	}
	in.exchanges[x.id] = x
	in.queue = append(in.queue, abi.Event{Kind: abi.EventRequest, ID: x.id, A: uint32(len(x.Head))})
	in.mu.Unlock()
	in.load.Add(1)
	in.ring()
	return nil
}

func (in *Instance) exchange(id uint32) *Exchange {
	if id == 0 {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.exchanges[id]
}

// Drain announces that no request follows.
func (in *Instance) Drain() { in.post(abi.Event{Kind: abi.EventDrain}) }

// CancelAll cancels every request.
func (in *Instance) CancelAll(reason abi.CancelReason) {
	in.cancelWhere(reason, func(*Exchange) bool { return true })
}

// EndAfter ends what goes on for longer than limit after the response, or after
// the request was cancelled: first by cancelling it. A view that still goes on
// when grace has passed too loses its operations; a blocking instance, which
// serves nobody else, is ended.
func (in *Instance) EndAfter(limit, grace time.Duration) {
	now := time.Now()
	since := func(x *Exchange) time.Duration {
		at := x.answered.Load()
		if at == 0 {
			at = x.cancelledAt.Load()
		}
		if at == 0 {
			return 0
		}
		return now.Sub(time.Unix(0, at))
	}
	in.cancelWhere(abi.CancelDeadline, func(x *Exchange) bool { return since(x) > limit })
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.dead {
		return
	}
	for id, x := range in.exchanges {
		if since(x) < limit+grace || x.ended.Load() {
			continue
		}
		in.log.Warn("a view goes on long after its end", "request", x.ID, "view", x.Label)
		if in.resumes {
			in.endFor(ErrOverdue)
			return
		}
		// The guest may never end it: nothing of it stays.
		delete(in.exchanges, id)
		in.orphans = append(in.orphans, x)
		in.over(x, ErrOverdue)
	}
	if !in.resumes && in.ignores(now) {
		in.endFor(ErrUnread)
	}
}

func (in *Instance) endFor(why error) {
	in.why.Store(&why)
	in.halt()
}

// maxUnread is how long a guest may leave events unread. The CPU budget ends one
// that is busy with something else long before.
const maxUnread = 10 * time.Second

// ignores tells whether events have been waiting for longer than that. mu is held.
func (in *Instance) ignores(now time.Time) bool {
	w := &in.watched
	if len(in.queue) == in.taken || w.fills != in.fills || w.since.IsZero() {
		w.fills, w.since = in.fills, now
		return false
	}
	return now.Sub(w.since) > in.unread
}

func (in *Instance) cancelWhere(reason abi.CancelReason, f func(*Exchange) bool) {
	in.mu.Lock()
	var found []*Exchange
	for _, x := range in.exchanges {
		if f(x) {
			found = append(found, x)
		}
	}
	in.mu.Unlock()
	for _, x := range found {
		x.Cancel(reason)
	}
}

// Load is the number of requests that the guest is not yet through with.
func (in *Instance) Load() int { return int(in.load.Load()) }

// Used tells whether the guest has been given a request.
func (in *Instance) Used() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.lastID != 0
}

// Memory is the size of the guest's memory in bytes.
func (in *Instance) Memory() int64 { return in.memory.Bytes() }

// Ended is closed when the instance is dead; Err tells why.
func (in *Instance) Ended() <-chan struct{} { return in.ended }

// Err is why the instance ended.
func (in *Instance) Err() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.err
}

// Close ends the instance and what it serves, and waits until that is done.
func (in *Instance) Close() {
	in.halt()
	<-in.ended
}

// die ends every request with err and gives everything back.
func (in *Instance) die(err error) {
	in.cancel()
	if why := in.why.Load(); why != nil && errors.Is(err, ErrClosed) {
		err = *why
	}
	in.mu.Lock()
	in.dead, in.err = true, err
	left := make([]*Exchange, 0, len(in.exchanges))
	for _, x := range in.exchanges {
		left = append(left, x)
	}
	clear(in.exchanges)
	in.mu.Unlock()
	for _, o := range in.ops {
		o.close()
	}
	for _, op := range in.held { // they are closed, so that nobody reads this
		op.Done(nil)
	}
	in.held = nil
	for _, x := range left {
		in.over(x, err)
	}
	in.closing.Wait()
	if in.mod != nil {
		_ = in.mod.Close(context.Background())
	}
	close(in.ended)
}

// over ends a request: its session goes before its exchange is finished, so
// that nobody sees an answer to a transaction that is still open.
func (in *Instance) over(x *Exchange, err error) {
	if x.ended.Swap(true) {
		return
	}
	in.load.Add(-1)
	x.mu.Lock()
	s := x.session
	x.mu.Unlock()
	if s == nil {
		x.finish(err)
		return
	}
	if in.resumes && err == nil {
		s.Close()
		x.finish(nil)
		return
	}
	in.closing.Add(1)
	go func() {
		defer in.closing.Done()
		s.Close()
		x.finish(err)
	}()
}
