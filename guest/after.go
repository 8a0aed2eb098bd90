package guest

import (
	"context"

	"github.com/vinyl-edge/vinyl/abi"
)

// After has f run when the response has been sent, in order of registration.
// Its ctx doesn't end with the client's connection but when
// Settings.AfterTimeout has passed. Errors and panics are logged.
func (r *Request) After(f func(ctx context.Context) error) { r.after = append(r.after, f) }

func (r *Request) runAfter() {
	if len(r.after) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), r.app.settings.AfterTimeout)
	defer cancel()
	for i := 0; i < len(r.after); i++ { // f may register more
		if err := callAfter(ctx, r.after[i]); err != nil {
			LogRecord(ctx, LevelError, "work after the response failed", []abi.Header{
				{Name: "error", Value: err.Error()}, {Name: "path", Value: r.Path},
			})
		}
	}
}

func callAfter(ctx context.Context, f func(context.Context) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{v, stack()}
		}
	}()
	if err := ctx.Err(); err != nil {
		return err
	}
	return f(ctx)
}
