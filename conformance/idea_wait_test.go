package conformance_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/conformance/idea"
	"github.com/vinyl-edge/vinyl/host"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/open"
)

// lock takes the database's write lock by a connection of its own, as another
// process would. Writes of views wait until it is given back.
func lock(t *testing.T, s *site) (unlock func()) {
	ctx := context.Background()
	d, err := open.Open(ctx, s.db)
	require.NoError(t, err)
	c, err := d.Acquire(ctx, db.Write)
	require.NoError(t, err)
	require.NoError(t, c.Begin(ctx, db.TxOptions{}))
	held := true
	unlock = func() {
		if held {
			held = false
			c.Release()
			require.NoError(t, d.Close())
		}
	}
	t.Cleanup(unlock)
	return unlock
}

// later sends a request whose answer is not expected yet.
func (s *site) later(line string) <-chan *answer {
	got := make(chan *answer, 1)
	go func() {
		defer close(got)
		if a, err := s.send(line); err == nil {
			got <- a
		}
	}()
	return got
}

func pending(t *testing.T, got <-chan *answer) {
	t.Helper()
	select {
	case a := <-got:
		require.Fail(t, "answered while the database was locked", "%+v", a)
	default:
	}
}

func answered(t *testing.T, on *site, got <-chan *answer) *answer {
	t.Helper()
	a := <-got
	require.NotNil(t, a, "%s: no answer", on.variant)
	require.Equal(t, 200, a.status, "%s: %s", on.variant, a.body)
	return a
}

// waitingDelaysNobody: one view waits for SQLite's write lock, which the test
// holds, and views that come later are answered first. Under async all of that
// is in one instance.
func waitingDelaysNobody(t *testing.T) {
	for _, v := range threeHosts {
		instances := 1
		if v == host.Blocking {
			instances = 2 // each serves one view at a time
		}
		on := serve(t, v, "conformance/idea", idea.App(), filepath.Join(t.TempDir(), "idea.db"), instances)
		on.ask(t, "POST /renew/")
		suspensions := on.suspensions()
		unlock := lock(t, on)
		first := on.later("POST /wait/")
		switch v {
		case host.Async:
			eventually(t, "the view is suspended", func() bool { return on.suspensions() > suspensions })
		case host.Blocking:
			eventually(t, "the view is called", func() bool { return on.inFlight() == 1 })
		}
		others := []string{"GET /quiet/", "GET /fetch/", "GET /plain/prefetched/", "GET /stream/first/"}
		for _, line := range others {
			require.Equal(t, 200, on.ask(t, line).status, "%s: %s", v, line)
			pending(t, first)
		}
		unlock()
		require.Equal(t, "1 written", answered(t, on, first).body)
		require.Equal(t, "Abacus 11\nCompass 3\nBicycle 2\n", on.ask(t, "GET /fetch/").body, v)
		switch v {
		case native:
			report(t, on, "%d views were answered while one waited", len(others))
		case host.Async:
			require.Equal(t, 1, on.instances())
			report(t, on, "%d views were answered while one waited in the same instance, %s", len(others), plural(on.suspensions()-suspensions, "suspension", "suspensions"))
		case host.Blocking:
			require.Zero(t, on.suspensions())
			report(t, on, "%d views were answered by the second instance while one waited in the first, 0 suspensions", len(others))
		}
	}
}

// operationsOverlap: a view has three reads and three writes under way. While
// the test holds the write lock the writes can't end. Under async all six are
// suspended then, and the reads have ended; under blocking they come one after
// the other. The answer is the same.
func operationsOverlap(t *testing.T) {
	var first *answer
	for _, v := range threeHosts {
		on := serve(t, v, "conformance/idea", idea.App(), filepath.Join(t.TempDir(), "idea.db"), 1)
		on.ask(t, "POST /renew/")
		suspensions, operations := on.suspensions(), on.operations()
		unlock := lock(t, on)
		got := on.later("POST /together/")
		switch v {
		case native:
			eventually(t, "the reads end", func() bool { return on.operations()-operations == 3 })
		case host.Async:
			eventually(t, "six operations are suspended, and the reads end", func() bool {
				return on.suspensions()-suspensions == 6 && on.operations()-operations == 3
			})
		case host.Blocking:
			eventually(t, "the view is called", func() bool { return on.inFlight() == 1 })
		}
		pending(t, got)
		unlock()
		a := answered(t, on, got)
		require.Equal(t, "1\n2\n3\nAbacus 100\nBicycle 101\nCompass 102\nDynamo 0\n", a.body, v)
		if first == nil {
			first = a
		}
		require.Equal(t, first.bytes, a.bytes, v)
		switch v {
		case native:
			report(t, on, "3 operations ended while 3 of the same view waited")
		case host.Async:
			report(t, on, "6 operations of one view were suspended at once: 3 ended while 3 waited")
		case host.Blocking:
			require.Zero(t, on.suspensions())
			report(t, on, "one after the other, 0 suspensions, the same answer")
		}
	}
}
