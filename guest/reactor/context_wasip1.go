package reactor

import (
	"context"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// requestContext is a request's context. It carries the port and knows the
// deadline; the host keeps it, so no timer runs here. What a view needs that
// waits for the request's end is made when the first one does: most don't.
type requestContext struct {
	request  *request
	deadline time.Time

	// mu guards these.
	inner  context.Context
	cancel context.CancelCauseFunc // of inner
	cause  error                   // why it has ended
}

// Deadline implements context.Context.
func (c *requestContext) Deadline() (time.Time, bool) { return c.deadline, !c.deadline.IsZero() }

// Done implements context.Context.
func (c *requestContext) Done() <-chan struct{} { return c.whole().Done() }

// Err implements context.Context.
func (c *requestContext) Err() error {
	mu.Lock()
	goesOn := c.cause == nil
	mu.Unlock()
	if goesOn {
		return nil
	}
	return c.whole().Err()
}

// Value implements context.Context.
func (c *requestContext) Value(key any) any {
	if abi.IsPortKey(key) {
		return abi.Port(c.request)
	}
	if _, ok := key.(*int); ok { // package context asks for itself
		return c.whole().Value(key)
	}
	return nil
}

// hasDone tells whether done is closed when this context ends, and only then.
func (c *requestContext) hasDone(done <-chan struct{}) bool {
	mu.Lock()
	defer mu.Unlock()
	return c.inner != nil && c.inner.Done() == done
}

// whole is a context of package context, ended if this one has.
func (c *requestContext) whole() context.Context {
	mu.Lock()
	defer mu.Unlock()
	if c.inner == nil {
		c.inner, c.cancel = context.WithCancelCause(context.Background())
		if c.cause != nil {
			c.cancel(c.cause)
		}
	}
	return c.inner
}

// end ends the context; the first cause counts. mu is held.
func (c *requestContext) end(cause error) {
	if c.cause != nil {
		return
	}
	if c.cause = cause; c.cancel != nil {
		c.cancel(cause)
	}
}
