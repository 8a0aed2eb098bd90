package orm

import (
	"context"
	"sync/atomic"

	"github.com/vinyl-edge/vinyl/abi"
)

// ready is set by the first setup: querysets made before it are package-level
// vars, shared by all requests, and never keep records.
var ready atomic.Bool

// extension takes part in the guest's setup once a model is registered.
type extension struct{}

// Setup describes the models to the host and returns what lets a request's
// context reach them.
func (extension) Setup(ctx context.Context, app string) (func(context.Context) context.Context, error) {
	if err := resolve(); err != nil {
		return nil, err
	}
	ready.Store(true)
	port, err := abi.PortFrom(ctx)
	if err != nil {
		return nil, err
	}
	h := &hub{reg: describe(app)}
	for _, alias := range append([]string{Default}, described...) {
		if _, err := h.conn(ctx, port, alias); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) context.Context { return context.WithValue(ctx, connKey{}, h) }, nil
}
