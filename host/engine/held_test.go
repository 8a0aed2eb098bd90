package engine

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
)

// groups is a host's Together, which notes how many operations came at a time.
type groups struct {
	mu    sync.Mutex
	sizes []int
}

func (g *groups) together(ops []Op) {
	g.mu.Lock()
	g.sizes = append(g.sizes, len(ops))
	g.mu.Unlock()
	for _, op := range ops {
		go func() { op.Done(op.Session.Do(op.Ctx, op.Kind, op.Msg)) }()
	}
}

func (g *groups) seen() []int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.sizes)
}

func TestOperationsAreHeldUntilTheGuestIsIdle(t *testing.T) {
	g := &groups{}
	b := start(t, Config{Together: g.together})
	require.Equal(t, "\x00a", b.get(t, "/op?a"))
	require.Empty(t, g.seen(), "one alone goes by itself")
	require.Eventually(t, func() bool { // on a busy machine what was begun may have waited for too long
		require.Equal(t, "\x00a\x00a", b.get(t, "/twice?a"))
		return slices.Contains(g.seen(), 2)
	}, 30*time.Second, time.Millisecond)
	require.Equal(t, "context deadline exceeded", b.get(t, "/timeout?10ms"))
	require.Equal(t, "100", b.get(t, "/rows?100"))
	require.Equal(t, "leaked", b.get(t, "/leak"), "what a request leaves behind is cancelled")
	require.Eventually(t, func() bool { return b.services.running.Load() == 0 && b.kept.n.Load() == 0 }, 30*time.Second, time.Millisecond)

	before := g.seen()
	blocking := start(t, Config{Together: g.together, Blocking: true})
	require.Equal(t, "\x00a\x00a", blocking.get(t, "/twice?a"))
	require.Equal(t, before, g.seen(), "nothing is ever held there")
}

// starter counts what begins.
type starter struct {
	holder
	begun atomic.Int64
}

func (s *starter) Do(ctx context.Context, kind abi.OpKind, msg []byte) []byte {
	s.begun.Add(1)
	return s.holder.Do(ctx, kind, msg)
}

// TestGuestsThatAreNeverIdle begin many operations: the host starts them before
// it is asked to wait, and forgets what is left with the instance.
func TestGuestsThatAreNeverIdle(t *testing.T) {
	for name, c := range map[string]struct {
		n    int32
		then []byte
		all  bool
	}{
		"many":   {600, idle, true},
		"spins":  {3, forever(), true},
		"exits":  {3, []byte{0}, false},
		"closes": {3, idle, true},
	} {
		t.Run(name, func(t *testing.T) {
			g, s := &groups{}, &starter{}
			code := slices.Concat(untilEvent, times(c.n, startOp(abi.OpQuery, 100)), sayDone, c.then)
			b := startHostile(t, hostile{run: code, resume: code, data: logDone.Append(nil)}, Config{Together: g.together, CPUBudget: 100 * time.Millisecond})
			b.engine.cfg.NewSession = func(string) Session { return s }
			b.send(t, "/", nil)
			require.Eventually(t, func() bool { return strings.Contains(b.log.String(), "done") }, 30*time.Second, time.Millisecond)
			if c.all {
				require.Eventually(t, func() bool { return s.begun.Load() == int64(c.n) }, 30*time.Second, time.Millisecond)
			}
			for _, n := range g.seen() {
				require.LessOrEqual(t, n, maxHeld)
			}
			b.Close()
			require.Eventually(t, func() bool { return b.kept.n.Load() == 0 }, 30*time.Second, time.Millisecond)
		})
	}
}
