package host

import (
	"context"
	"io"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/service"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Models are those of the app, nil if it has none: for tools that work on its
// database.
func (h *Host) Models() *schema.Registry { return h.service.Models() }

// Port makes operations on the app's databases outside of requests, until end is
// called: what is not committed then is rolled back.
func (h *Host) Port() (port abi.Port, end func()) {
	s := h.service.Session()
	return sessionPort{s}, s.Close
}

type sessionPort struct{ session *service.Session }

// Do runs an operation.
func (p sessionPort) Do(ctx context.Context, kind abi.OpKind, msg []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return p.session.Do(ctx, kind, msg), nil
}

// Open starts an operation.
func (p sessionPort) Open(ctx context.Context, kind abi.OpKind, msg []byte) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return p.session.Open(ctx, kind, msg), nil
}
