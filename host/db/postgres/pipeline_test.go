package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// flock is items under test, with what has become of them.
type flock struct {
	items []*db.Item
	done  chan int // in the order in which they ended
	out   [][]byte
	errs  []error
}

func newFlock(sqls ...string) *flock {
	f := &flock{done: make(chan int, len(sqls)), out: make([][]byte, len(sqls)), errs: make([]error, len(sqls))}
	for i, sql := range sqls {
		f.items = append(f.items, &db.Item{
			Ctx: context.Background(), Statement: db.Statement{SQL: sql, Write: strings.HasPrefix(sql, "INSERT")},
			Done: func(out []byte, err error) { f.out[i], f.errs[i] = out, err; f.done <- i },
		})
	}
	return f
}

// order waits for every item.
func (f *flock) order(t *testing.T) (order []int) {
	t.Helper()
	for range f.items {
		select {
		case i := <-f.done:
			order = append(order, i)
		case <-time.After(30 * time.Second):
			t.Fatalf("of %d items only %v have ended", len(f.items), order)
		}
	}
	return order
}

func (f *flock) value(t *testing.T, i int) abi.Value {
	t.Helper()
	require.NoError(t, f.errs[i])
	r, err := dbtest.Decode(f.out[i])
	require.NoError(t, err)
	require.Len(t, r.Rows, 1)
	return r.Rows[0][0]
}

func TestPipelineKeepsItemsApart(t *testing.T) {
	d := opened(t, "")
	c := acquire(t, d, db.Read)
	for range 2 { // prepared and not
		f := newFlock("SELECT 1", "SELECT 1/0", "SELECT 2", "SELECT nothing", "SELECT 3", "SET x = 1", "SELECT 4")
		var sent atomic.Int64
		f.items[0].Sent = func(n int) { sent.Store(int64(n)) }
		c.Pipeline(t.Context(), f.items)
		f.order(t)
		for i, want := range map[int]int64{0: 1, 2: 2, 4: 3, 6: 4} {
			require.Equal(t, abi.Int(want), f.value(t, i))
		}
		require.Contains(t, dbtest.Code(t, abi.CodeDatabase, f.errs[1]).Message, "division by zero")
		require.Contains(t, dbtest.Code(t, abi.CodeDatabase, f.errs[3]).Message, "nothing")
		dbtest.Code(t, abi.CodeForbidden, f.errs[5])
		require.EqualValues(t, 5, sent.Load(), "those that the server could prepare")
	}
	f := newFlock(make([]string, 300)...)
	for i, it := range f.items {
		it.SQL, it.Args = "SELECT $1::int, $2::text", []abi.Value{abi.Int(int64(i)), abi.Text(strings.Repeat("x", i*10))}
	}
	c.Pipeline(t.Context(), f.items)
	for i, n := range f.order(t) {
		require.Equal(t, i, n, "in their order")
		require.Equal(t, abi.Int(int64(i)), f.value(t, i))
	}
}

func TestPipelineBoundsEachResult(t *testing.T) {
	d := opened(t, "")
	f := newFlock("SELECT 1", "SELECT repeat('x', 1000) FROM generate_series(1, 100000)", "SELECT 2")
	for _, it := range f.items {
		it.Left = &atomic.Int64{}
		it.Left.Store(10_000)
	}
	c := acquire(t, d, db.Read)
	c.Pipeline(t.Context(), f.items)
	f.order(t)
	require.Equal(t, abi.Int(1), f.value(t, 0))
	require.Contains(t, dbtest.Code(t, abi.CodeNotSupported, f.errs[1]).Message, "slice the query")
	require.Equal(t, abi.Int(2), f.value(t, 2))
	_, err := dbtest.On(t.Context(), c, false, "SELECT 1")
	require.NoError(t, err)
}

// TestPipelineCancelsOne: the one that is cancelled runs, waits, or is already
// answered; the others get their results.
func TestPipelineCancelsOne(t *testing.T) {
	d := opened(t, "")
	for victim := range 3 {
		sqls := []string{"SELECT 1", slow, "SELECT 3", "SELECT 4"}
		if victim != 1 {
			sqls[1] = "SELECT pg_sleep(0.2)"
		}
		f := newFlock(sqls...)
		ctx, cancel := context.WithCancel(t.Context())
		f.items[victim].Ctx = ctx
		time.AfterFunc(50*time.Millisecond, cancel)
		c := acquire(t, d, db.Read)
		c.Pipeline(t.Context(), f.items)
		f.order(t)
		for i := range f.items {
			if i == victim && i > 0 {
				dbtest.Code(t, abi.CodeCancelled, f.errs[i])
			} else {
				require.NoError(t, f.errs[i], "%d of those with %d cancelled", i, victim)
			}
		}
		_, err := dbtest.On(t.Context(), c, false, "SELECT 1")
		require.NoError(t, err, "the connection goes on")
		c.Release()
	}
}

func TestPipelineOfNobody(t *testing.T) {
	d := opened(t, "")
	f := newFlock(slow, slow, "SELECT 1", slow)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for _, it := range f.items {
		it.Ctx = ctx
	}
	c := acquire(t, d, db.Read)
	c.Pipeline(t.Context(), f.items)
	f.order(t)
	for i := range f.items {
		dbtest.Code(t, abi.CodeTimeout, f.errs[i])
	}
	require.False(t, c.broken)
	require.Equal(t, [][]abi.Value{{abi.Int(0)}}, read(t, d, "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND state = 'active'", abi.Int(int64(c.pg.PID()))))
}

func TestPipelineLosesItsConnection(t *testing.T) {
	d := opened(t, "")
	write(t, d, "CREATE TABLE t (id integer)")
	f := newFlock("SELECT 1", slow, "SELECT 3", "SELECT 4")
	c := acquire(t, d, db.Read)
	go func() {
		<-f.done
		f.done <- 0
		_, _ = dbtest.Do(context.Background(), d, db.Write, "SELECT pg_terminate_backend($1)", abi.Int(int64(c.pg.PID())))
	}()
	c.Pipeline(t.Context(), f.items)
	require.Equal(t, abi.Int(1), f.value(t, 0))
	for i := 1; i < 4; i++ {
		requireLost(t, abi.CodeDatabase, f.errs[i])
	}
	c.Release()

	// In a transaction nothing stays, and nothing is tried again.
	c = begin(t, d)
	f = newFlock("INSERT INTO t VALUES (1)", slow, "INSERT INTO t VALUES (2)")
	time.AfterFunc(50*time.Millisecond, func() {
		_, _ = dbtest.Do(context.Background(), d, db.Read, "SELECT pg_terminate_backend($1)", abi.Int(int64(c.pg.PID())))
	})
	c.Pipeline(t.Context(), f.items)
	f.order(t)
	require.NoError(t, f.errs[0])
	requireLost(t, abi.CodeDatabase, f.errs[1])
	requireLost(t, abi.CodeDatabase, f.errs[2])
	require.False(t, c.InTx())
	c.Release()
	require.Empty(t, read(t, d, "SELECT * FROM t"))
}

func TestPipelineInTransaction(t *testing.T) {
	d := opened(t, "")
	write(t, d, "CREATE TABLE t (id integer PRIMARY KEY)")
	for range 2 {
		c := begin(t, d)
		require.NoError(t, c.Savepoint(t.Context(), abi.SavepointCreate, 1))
		f := newFlock("SELECT count(*) FROM t", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)", "SELECT count(*) FROM t", "INSERT INTO t VALUES (1)", "SELECT 5")
		c.Pipeline(t.Context(), f.items)
		f.order(t)
		require.Equal(t, abi.Int(0), f.value(t, 0))
		require.NoError(t, f.errs[2])
		require.Equal(t, abi.Int(2), f.value(t, 3), "in order")
		dbtest.Code(t, abi.CodeIntegrity, f.errs[4])
		require.Contains(t, dbtest.Code(t, abi.CodeDatabase, f.errs[5]).Message, "savepoint")
		require.True(t, c.InTx())
		require.NoError(t, c.Savepoint(t.Context(), abi.SavepointRollback, 1))
		f = newFlock("SELECT count(*) FROM t", "INSERT INTO t VALUES (3)")
		c.Pipeline(t.Context(), f.items)
		f.order(t)
		require.Equal(t, abi.Int(0), f.value(t, 0))
		require.NoError(t, c.Rollback())
		c.Release()
	}

	// Who leaves doesn't take the transaction from the others.
	c := begin(t, d)
	f := newFlock("INSERT INTO t VALUES (1)", "SELECT pg_sleep(0.2)", "INSERT INTO t VALUES (2)")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	f.items[1].Ctx = ctx
	c.Pipeline(t.Context(), f.items)
	f.order(t)
	dbtest.Code(t, abi.CodeTimeout, f.errs[1])
	require.NoError(t, f.errs[2])
	require.NoError(t, c.Commit(t.Context()))
	require.Len(t, read(t, d, "SELECT * FROM t"), 2)

	// The end of all is.
	c = begin(t, d)
	f = newFlock("INSERT INTO t VALUES (5)", slow, "INSERT INTO t VALUES (6)")
	all, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c.Pipeline(all, f.items)
	f.order(t)
	dbtest.Code(t, abi.CodeTimeout, f.errs[1])
	require.Error(t, f.errs[2])
	require.NoError(t, c.Rollback())
}

func TestPipelineAfterTablesChange(t *testing.T) {
	d := opened(t, "&readers=1")
	write(t, d, "CREATE TABLE t (id integer)")
	write(t, d, "INSERT INTO t VALUES (7)")
	for _, change := range []string{"", "ALTER TABLE t ALTER id TYPE bigint", "ALTER TABLE t ADD more integer"} {
		if change != "" {
			write(t, d, change)
		}
		f := newFlock("SELECT 1", "SELECT * FROM t", "SELECT 3")
		c := acquire(t, d, db.Read)
		c.Pipeline(t.Context(), f.items)
		f.order(t)
		require.Equal(t, abi.Int(1), f.value(t, 0))
		require.Equal(t, abi.Int(3), f.value(t, 2))
		if err := f.errs[1]; err != nil { // the number of columns is another
			require.Contains(t, err.Error(), "run it again")
		} else {
			require.Equal(t, abi.Int(7), f.value(t, 1))
		}
		c.Release()
	}
}

func TestSharedReads(t *testing.T) {
	d := opened(t, "&readers=2")
	const sql = "SELECT $1::int"
	ask := func(ctx context.Context, n int) (abi.Value, error) {
		b, err := d.Read(ctx, db.Statement{SQL: sql, Args: []abi.Value{abi.Int(int64(n))}}, nil, 1<<20)
		if err != nil {
			return abi.Value{}, err
		}
		r, err := dbtest.Decode(b)
		if err != nil {
			return abi.Value{}, err
		}
		return r.Rows[0][0], nil
	}
	_, err := ask(t.Context(), 0) // now it is known to be short
	require.NoError(t, err)
	d.paces.of(sql).debt.Store(0)
	hold := []*conn{acquire(t, d, db.Read), acquire(t, d, db.Read)}

	const callers = 100
	gone, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	errs := make([]error, callers)
	for i := range callers {
		all.Go(func() {
			ctx := t.Context()
			if i%10 == 0 {
				ctx = gone
			}
			v, err := ask(ctx, i)
			if err == nil && v.Int64() != int64(i) {
				err = fmt.Errorf("%d got %v", i, v)
			}
			errs[i] = err
		})
	}
	queued := func() int {
		d.shared.mu.Lock()
		defer d.shared.mu.Unlock()
		return len(d.shared.queue)
	}
	require.Eventually(t, func() bool { return queued() == callers }, 30*time.Second, time.Millisecond)
	cancel()
	require.Eventually(t, func() bool {
		n := 0
		d.shared.mu.Lock()
		defer d.shared.mu.Unlock()
		for _, it := range d.shared.queue {
			if it.Over() {
				n++
			}
		}
		return n == callers/10
	}, 30*time.Second, time.Millisecond, "those who leave do so at once")
	hold[0].Release()
	all.Wait()
	for i, err := range errs {
		if i%10 == 0 {
			dbtest.Code(t, abi.CodeCancelled, err)
		} else {
			require.NoError(t, err)
		}
	}
	require.Eventually(t, func() bool { return d.shared.active.Load() == 0 && d.pools.Read.Free() == 1 }, 30*time.Second, time.Millisecond)
	hold[1].Release()
}

func TestSlowReadsShareNothing(t *testing.T) {
	d := opened(t, "&readers=2")
	p := d.paces.of("SELECT 1")
	require.False(t, p.short(), "not known")
	p.took(time.Millisecond)
	require.True(t, p.short())
	p.took(time.Hour)
	require.False(t, p.short())
	require.False(t, p.apart(), "once is not always")
	for range slowRow - 1 {
		p.took(time.Hour)
	}
	require.True(t, p.apart())
	p.took(0)
	require.False(t, p.apart())
	for range slowDebt * slowRow {
		p.took(0)
	}
	require.True(t, p.short())
	var u usual
	for range 1000 {
		u.note(10 * time.Millisecond)
	}
	require.False(t, u.exceeds(30*time.Millisecond), "as slow as all the others")
	require.True(t, u.exceeds(100*time.Millisecond))
	for range 1000 {
		u.note(100 * time.Microsecond)
	}
	require.True(t, u.exceeds(slowAfter))
	require.True(t, d.paces.of("SELECT set_config('a.b', 'c', false)").apart(), "it changes the session")

	f := newFlock("SELECT set_config('a.b', 'c', false)", "SELECT pg_backend_pid()", "SELECT pg_backend_pid()")
	d.ReadAll(f.items)
	f.order(t)
	require.Equal(t, f.value(t, 1), f.value(t, 2), "on one connection")
	require.Equal(t, [][]abi.Value{{{}}}, read(t, d, "SELECT nullif(current_setting('a.b', true), '')"), "nobody else's")
}

func TestSharedReadsEndWithTheDatabase(t *testing.T) {
	d := opened(t, "&readers=1")
	d.paces.of("SELECT 1").took(0)
	c := acquire(t, d, db.Read)
	f := newFlock("SELECT 1", "SELECT 1")
	d.enqueue(f.items...)
	closed := make(chan error)
	go func() { closed <- d.Close() }()
	f.order(t)
	require.ErrorIs(t, f.errs[0], db.ErrClosed)
	c.Release()
	require.NoError(t, <-closed)
	f = newFlock("SELECT 1")
	d.ReadAll(f.items)
	f.order(t)
	require.ErrorIs(t, f.errs[0], db.ErrClosed)
}

func TestSharedReadsWaitOnlySoLong(t *testing.T) {
	d := opened(t, "&readers=1&queue_timeout=50")
	d.paces.of("SELECT 1").took(0)
	c := acquire(t, d, db.Read)
	f := newFlock("SELECT 1", "SELECT 1")
	d.enqueue(f.items...)
	f.order(t)
	require.Equal(t, []string{db.BusyQueue}, dbtest.Code(t, abi.CodeBusy, f.errs[0]).Detail)
	c.Release()
	f = newFlock("SELECT 1")
	d.ReadAll(f.items)
	f.order(t)
	require.NoError(t, f.errs[0])
}

func TestSharedReadsWithoutAServer(t *testing.T) {
	cfg, err := ParseURL(pgtest.URL(t))
	require.NoError(t, err)
	var down atomic.Bool
	dial := cfg.Server.DialFunc
	cfg.Server.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if down.Load() {
			return nil, errors.New("no route")
		}
		return dial(ctx, network, addr)
	}
	d, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	d.paces.of("SELECT 1").took(0)
	c := acquire(t, d, db.Read) // the only one there is
	down.Store(true)
	f := newFlock("SELECT 1", "SELECT 1")
	d.enqueue(f.items...)
	f.order(t)
	requireLost(t, abi.CodeDatabase, f.errs[0])
	requireLost(t, abi.CodeDatabase, f.errs[1])
	c.Release()
}

// TestPipelineHeedsClocks: a column that is a reading of a clock is a moment, in
// a batch as alone, however many frames the rows have.
func TestPipelineHeedsClocks(t *testing.T) {
	d := opened(t, "")
	const sql = "SELECT i, timestamp '2024-02-29 12:00:00' FROM generate_series(1, 600) i"
	noon := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC).UnixMicro()
	inTx, alone := begin(t, d), acquire(t, d, db.Read)
	defer inTx.Release()
	for how, run := range map[string]func([]*db.Item){
		"in a transaction": func(items []*db.Item) { inTx.Pipeline(t.Context(), items) },
		"of one":           func(items []*db.Item) { alone.Pipeline(t.Context(), items) },
		"of all":           d.ReadAll,
	} {
		f := newFlock(sql, sql)
		for _, it := range f.items {
			it.Clocks = []func(int64) int64{nil, func(wall int64) int64 { return wall - 7 }}
		}
		run(f.items)
		f.order(t)
		for i := range f.items {
			require.NoError(t, f.errs[i])
			r, err := dbtest.Decode(f.out[i])
			require.NoError(t, err)
			require.Len(t, r.Rows, 600)
			for n, row := range r.Rows {
				require.Equal(t, []abi.Value{abi.Int(int64(n + 1)), abi.Int(noon - 7)}, row, how)
			}
		}
	}
}
