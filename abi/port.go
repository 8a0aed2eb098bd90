package abi

import (
	"context"
	"errors"
	"io"
)

// Port is how guest code reaches its host on behalf of one request. The guest
// runtime implements it over the imports, the in-process host by direct calls.
type Port interface {
	// Do runs an operation to its end and returns its whole result, which
	// begins with ResultOK or ResultError. When ctx is done the operation is
	// cancelled and ctx's error returned.
	Do(ctx context.Context, kind OpKind, msg []byte) ([]byte, error)
	// Open starts an operation whose result is read piece by piece. Closing
	// it early cancels the operation.
	Open(ctx context.Context, kind OpKind, msg []byte) (io.ReadCloser, error)
}

// Yielder is a Port whose request's other tasks can be given a turn.
type Yielder interface {
	// Yield lets the tasks run that can. It returns false if there are no others.
	Yield() bool
}

// ErrNoPort is returned for a context that does not come from a request.
var ErrNoPort = errors.New("vinyl: this context does not come from a request: pass the ctx of the view (req.Context()) on")

type portKey struct{}

// WithPort returns a context that carries p.
func WithPort(ctx context.Context, p Port) context.Context {
	return context.WithValue(ctx, portKey{}, p)
}

// IsPortKey tells whether a context's Value is asked for its port, for
// contexts that carry one without a wrapper.
func IsPortKey(key any) bool { return key == portKey{} }

// PortFrom returns the port that ctx carries.
func PortFrom(ctx context.Context) (Port, error) {
	if p, ok := ctx.Value(portKey{}).(Port); ok {
		return p, nil
	}
	return nil, ErrNoPort
}
