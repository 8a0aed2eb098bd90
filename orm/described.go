package orm

import (
	"context"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Described is what the host knows of the models of a view's ctx, for tools that
// meet models as data: [NewModels] makes records of it.
func Described(ctx context.Context) (*schema.Registry, error) {
	h, _ := ctx.Value(connKey{}).(*hub)
	if h == nil {
		return nil, ErrNoDatabase
	}
	return h.reg, nil
}
