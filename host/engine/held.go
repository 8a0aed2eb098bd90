package engine

import (
	"context"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// Op is an operation that was held until its guest had nothing else to do.
type Op struct {
	Session Session
	Ctx     context.Context
	Kind    abi.OpKind
	Msg     []byte
	Done    func(res []byte) // has to be called once
}

// maxHeld is how many operations are held: what a guest can begin without ever
// becoming idle.
const maxHeld = 256

// maxHold is how long a guest that goes on computing keeps what it has begun
// from the host. One that is idle doesn't wait at all.
const maxHold = 10 * time.Millisecond

// hold keeps an operation until send. What is begun before the guest is
// suspended can go to the database together.
func (in *Instance) hold(op Op) {
	if len(in.held) == 0 {
		in.heldAt = time.Now()
	}
	in.held = append(in.held, op)
	if len(in.held) >= maxHeld || in.engine.cfg.Together == nil {
		in.send()
	}
}

// sendLate begins what has been held for long. Every tick calls it.
func (in *Instance) sendLate() {
	if len(in.held) > 0 && time.Since(in.heldAt) > maxHold {
		in.send()
	}
}

// send begins what has been held. It is called where the guest has nothing to
// run.
func (in *Instance) send() {
	switch ops := in.held; len(ops) {
	case 0:
		return
	case 1:
		op := ops[0]
		go func() { op.Done(op.Session.Do(op.Ctx, op.Kind, op.Msg)) }()
		ops[0] = Op{}
		in.held = ops[:0]
	default:
		go in.engine.cfg.Together(ops)
		in.held = nil
	}
}
