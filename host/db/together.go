package db

import (
	"context"
	"sync/atomic"

	"github.com/vinyl-edge/vinyl/abi"
)

// Item is one statement of several that go to the database together. Each has
// its own result, its own error and its own ctx.
type Item struct {
	Ctx context.Context
	Statement
	Out []byte // the result is appended to it
	// Left is how many bytes the result may have; neighbours may share it.
	Left *atomic.Int64
	// Of is who asks: what one asks goes together.
	Of any
	// Sent, of the first of several that are sent at once, hears how many they are.
	Sent func(n int)
	// Done is called once, as soon as the result is known or Ctx has ended. It
	// must not wait.
	Done func(out []byte, err error)

	over atomic.Bool
	stop func() bool
}

// End delivers the result, unless there has been one.
func (it *Item) End(out []byte, err error) {
	if it.over.Swap(true) {
		return
	}
	it.Done(out, err)
}

// Over tells whether nobody waits for the result any more.
func (it *Item) Over() bool { return it.over.Load() }

// Watch ends the item when its ctx does, and then calls gone. Unwatch has to
// follow.
func (it *Item) Watch(gone func()) {
	if it.Ctx.Done() == nil {
		return
	}
	it.stop = context.AfterFunc(it.Ctx, func() {
		it.End(nil, CtxError(it.Ctx))
		if gone != nil {
			gone()
		}
	})
}

// Unwatch ends what Watch began. A call of gone may still be under way.
func (it *Item) Unwatch() {
	if it.stop != nil {
		it.stop()
		it.stop = nil
	}
}

// Room is how many bytes the result may have, 0 = no bound.
func (it *Item) Room() int {
	if it.Left == nil {
		return 0
	}
	return int(max(it.Left.Load(), 1))
}

// Run runs the item alone on c, for as long as ctx and its own go on.
func (it *Item) Run(ctx context.Context, c Conn) {
	if it.Over() {
		return
	}
	own := it.Ctx
	if ctx.Done() != nil {
		both, cancel := context.WithCancel(own)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		own = both
	}
	out, err := All(own, c, it.Statement, it.Out, it.Room())
	it.Spend(len(out) - len(it.Out))
	it.End(out, err)
}

// Spend takes n bytes from what is left.
func (it *Item) Spend(n int) {
	if it.Left != nil {
		it.Left.Add(-int64(n))
	}
}

// Pipeline is a connection that sends statements before the one ahead of them
// is answered.
type Pipeline interface {
	// Pipeline runs items in their order and returns when the connection is free
	// again. ctx bounds all of them. An error of one leaves the others alone, but
	// for what it does to a transaction that they are in. Outside of a transaction
	// items only read, and one may run twice.
	Pipeline(ctx context.Context, items []*Item)
}

// Together runs items on c, in their order, without giving c to others in between.
func Together(ctx context.Context, c Conn, items []*Item) {
	if len(items) > 1 {
		if p, ok := c.(Pipeline); ok {
			p.Pipeline(ctx, items)
			return
		}
	}
	if len(items) == 0 {
		return
	}
	if items[0].Sent != nil && len(items) > 1 {
		items[0].Sent(len(items))
	}
	for _, it := range items[1:] {
		it.Watch(nil) // one must not wait for those ahead of it to hear that its time is over
	}
	for i, it := range items {
		if i > 0 {
			it.Unwatch()
		}
		it.Run(ctx, c)
	}
}

// Reader is a database that runs reading statements of several callers on the
// same connections.
type Reader interface {
	DB
	// Read runs a statement that only reads, outside of transactions.
	Read(ctx context.Context, st Statement, out []byte, max int) ([]byte, error)
	// ReadAll runs such statements. It may return before they have ended.
	ReadAll(items []*Item)
}

// TooLarge is the error of a result above a bound.
func TooLarge() *abi.OpError {
	return &abi.OpError{
		Code:    abi.CodeNotSupported,
		Message: "vinyl db: the result is larger than the host allows at once: slice the query or use Stream",
	}
}
