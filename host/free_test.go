package host

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host/engine"
)

// TestWhoGivesUpWaiting leaves the others' order alone.
func TestWhoGivesUpWaiting(t *testing.T) {
	var f free
	x := func() *engine.Exchange { return engine.NewExchange(nil, nil, "", "") }
	first, second, third := f.send(x()), f.send(x()), f.send(x())
	require.True(t, f.leave(second))
	require.False(t, f.leave(second), "it is gone")
	require.Equal(t, []*waiter{first, third}, f.waiting)
}
