package engine

import (
	"context"

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

// hold keeps an operation until send. What is begun before the guest is
// suspended can go to the database together.
func (in *Instance) hold(op Op) {
	in.held = append(in.held, op)
	if len(in.held) >= maxHeld || in.engine.cfg.Together == nil {
		in.send()
	}
}

// send begins what has been held. It is called where the guest has nothing to
// run, and, lest one that computes delays what it has asked, once a tick.
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
