package service

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// onBoth runs a test on each database.
func onBoth(t *testing.T, f func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) { f(t, "file::memory:") })
	t.Run("postgresql", func(t *testing.T) { f(t, pgtest.URL(t)) })
}

// together collects operations and runs them.
type together struct {
	h    *harness
	ops  []Op
	mu   sync.Mutex
	got  map[int][]byte
	done chan int
}

func (h *harness) together() *together {
	return &together{h: h, got: map[int][]byte{}, done: make(chan int, 10_000)}
}

func (g *together) add(ctx context.Context, s *Session, kind abi.OpKind, msg []byte) int {
	n := len(g.ops)
	g.ops = append(g.ops, Op{Session: s, Ctx: ctx, Kind: kind, Msg: msg, Done: func(res []byte) {
		g.mu.Lock()
		_, twice := g.got[n]
		g.got[n] = res
		g.mu.Unlock()
		if twice {
			panic("an operation was answered twice")
		}
		g.done <- n
	}})
	return n
}

func (g *together) run(t *testing.T) {
	t.Helper()
	go g.h.svc.DoAll(g.ops)
	for i := range g.ops {
		select {
		case <-g.done:
		case <-time.After(30 * time.Second):
			t.Fatalf("%d of %d operations have ended", i, len(g.ops))
		}
	}
}

func (g *together) result(n int) (result, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return decode(g.got[n])
}

func (g *together) ok(t *testing.T, n int) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	require.NoError(t, abi.ReadBytes(g.got[n]).Begin())
}

func TestTogetherEachHasItsOwnEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		noLeaks(t)
		var statements atomic.Int64
		h := harnessOn(t, url, func(c *Config) { c.Batched = func(n int) { statements.Add(int64(n)) } })
		for i := range 10 {
			h.add(0, fmt.Sprint("question ", i))
		}
		for range 2 {
			statements.Store(0)
			other := h.svc.Session()
			g, ctx := h.together(), t.Context()
			var reads []int
			for i := range 10 {
				reads = append(reads, g.add(ctx, h.Session, abi.OpQuery, h.message(0, where(all("polls.Question"), "id", abi.Int(int64(i+1))))))
			}
			wrong := g.add(ctx, h.Session, abi.OpQuery, h.message(0, raw("SELECT nothing FROM polls_question")))
			nonsense := g.add(ctx, h.Session, abi.OpQuery, []byte("nonsense"))
			unplanned := g.add(ctx, h.Session, abi.OpQuery, h.message(0, where(all("polls.Question"), "wrong", abi.Int(1))))
			write := g.add(ctx, h.Session, abi.OpExec, h.message(0, insert("polls.Choice", "question", abi.Int(1), "votes", abi.Int(1))))
			taken := g.add(ctx, h.Session, abi.OpExec, h.message(0, insert("polls.Question", "text", abi.Text("question 1"))))
			none := g.add(ctx, h.Session, abi.OpQuery, h.message(0, where(all("polls.Question"), "id__in", abi.List())))
			lost := g.add(ctx, h.Session, abi.OpQuery, h.message(77, all("polls.Question")))
			begin := g.add(ctx, other, abi.OpBegin, abi.TxBegin{}.Append(nil))
			theirs := g.add(ctx, other, abi.OpQuery, h.message(0, all("polls.Question")))
			late, cancel := context.WithCancel(ctx)
			cancel()
			over := g.add(late, h.Session, abi.OpQuery, h.message(0, all("polls.Question")))
			g.run(t)
			for i, n := range reads {
				r, err := g.result(n)
				require.NoError(t, err)
				require.Equal(t, fmt.Sprint("question ", i), r.rows[0][1].Str)
			}
			for n, code := range map[int]abi.ErrorCode{
				wrong: abi.CodeDatabase, nonsense: abi.CodeBadMessage, unplanned: abi.CodeLookup, taken: abi.CodeIntegrity, lost: abi.CodeTxDone, over: abi.CodeCancelled,
			} {
				_, err := g.result(n)
				requireCode(t, code, err)
			}
			for n, rows := range map[int]int{write: -1, none: 0, theirs: 10} {
				r, err := g.result(n)
				require.NoError(t, err)
				if rows >= 0 {
					require.Len(t, r.rows, rows)
				}
			}
			g.ok(t, begin)
			other.Close()
			if !strings.HasPrefix(url, "postgres") { // there, those go alone that a busy machine makes slow
				require.GreaterOrEqual(t, statements.Load(), int64(10))
			}
		}
	})
}

func TestTogetherInTransaction(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		noLeaks(t)
		h := harnessOn(t, url)
		for i := range 2 {
			tx := h.begin(false)
			g, ctx := h.together(), t.Context()
			save := func(action uint8, n uint32) int {
				return g.add(ctx, h.Session, abi.OpSavepoint, abi.SavepointMsg{Tx: tx, Action: action, N: n}.Append(nil))
			}
			count := func() int { return g.add(ctx, h.Session, abi.OpQuery, h.message(tx, all("polls.Question"))) }
			put := func(text string) int {
				return g.add(ctx, h.Session, abi.OpExec, h.message(tx, insert("polls.Question", "text", abi.Text(fmt.Sprint(text, i)))))
			}
			put("a")
			first := count()
			put("b")
			second := count()
			made := save(abi.SavepointCreate, 1)
			put("c")
			taken := put("a")
			undone := save(abi.SavepointRollback, 1)
			third := count()
			outside := g.add(ctx, h.Session, abi.OpQuery, h.message(0, all("polls.Question")))
			end := g.add(ctx, h.Session, abi.OpCommit, abi.AppendU64(nil, tx))
			after := count()
			g.run(t)
			for n, rows := range map[int]int{first: 1, second: 2, third: 2} {
				r, err := g.result(n)
				require.NoError(t, err)
				require.Len(t, r.rows, 2*i+rows)
			}
			_, err := g.result(taken)
			requireCode(t, abi.CodeIntegrity, err)
			_, err = g.result(after)
			requireCode(t, abi.CodeTxDone, err)
			for _, n := range []int{made, undone, end} {
				g.ok(t, n)
			}
			r, err := g.result(outside)
			require.NoError(t, err)
			require.Contains(t, []int{2 * i, 2*i + 2}, len(r.rows), "before or after, never between")
			require.Equal(t, 2*i+2, h.count(0))
		}
	})
}

// TestTogetherCancelled: one is cancelled, or the request ends.
func TestTogetherCancelled(t *testing.T) {
	endless := raw("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i > 0) SELECT count(*) FROM n")
	onBoth(t, func(t *testing.T, url string) {
		noLeaks(t)
		h := harnessOn(t, url)
		other := h.svc.Session()
		g := h.together()
		ctx, cancel := context.WithCancel(t.Context())
		var fine []int
		for i := range 5 {
			if i == 2 {
				g.add(ctx, h.Session, abi.OpQuery, h.message(0, endless))
			}
			fine = append(fine, g.add(t.Context(), h.Session, abi.OpQuery, h.message(0, raw(fmt.Sprint("SELECT ", i)))))
			g.add(t.Context(), other, abi.OpQuery, h.message(0, endless))
		}
		time.AfterFunc(50*time.Millisecond, cancel)
		time.AfterFunc(300*time.Millisecond, other.Close)
		g.run(t)
		for i, n := range fine {
			r, err := g.result(n)
			require.NoError(t, err)
			require.EqualValues(t, i, r.rows[0][0].Num)
		}
		for n := range g.ops {
			if g.ops[n].Session == other || g.ops[n].Ctx == ctx {
				_, err := g.result(n)
				requireCode(t, abi.CodeCancelled, err)
			}
		}
		closed := h.together()
		closed.add(t.Context(), other, abi.OpQuery, h.message(0, all("polls.Question")))
		closed.add(t.Context(), other, abi.OpQuery, h.message(0, all("polls.Question")))
		closed.run(t)
		_, err := closed.result(1)
		requireCode(t, abi.CodeCancelled, err)
	})
}

// TestTogetherInATransactionThatEnds: its time is over while statements run.
func TestTogetherInATransactionThatEnds(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		noLeaks(t)
		h := harnessOn(t, url, func(c *Config) { c.TxTimeout = 200 * time.Millisecond })
		tx := h.begin(false)
		g := h.together()
		put := g.add(t.Context(), h.Session, abi.OpExec, h.message(tx, insert("polls.Question", "text", abi.Text("a"))))
		for range 3 {
			g.add(t.Context(), h.Session, abi.OpQuery, h.message(tx, raw("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i > 0) SELECT count(*) FROM n")))
		}
		g.run(t)
		_, err := g.result(put)
		require.NoError(t, err)
		for n := 1; n < 4; n++ {
			_, err := g.result(n)
			require.Contains(t, requireCode(t, abi.CodeTimeout, err).Message, "200ms")
		}
		require.Zero(t, h.count(0))
	})
}

// TestTogetherOfMany: thousands of operations, small and large, with some
// nonsense among them.
func TestTogetherOfMany(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		noLeaks(t)
		h := harnessOn(t, url, func(c *Config) { c.MaxResult = 1 << 20 })
		h.add(0, "a")
		g := h.together()
		for i := range 3000 {
			switch i % 5 {
			case 0:
				g.add(t.Context(), h.Session, abi.OpKind(i%40), []byte("nonsense"))
			case 1:
				g.add(t.Context(), h.Session, abi.OpQuery, h.message(0, where(all("polls.Question"), "text", abi.Text(strings.Repeat("x", i*10)))))
			default:
				g.add(t.Context(), h.Session, abi.OpQuery, h.message(0, all("polls.Question")))
			}
		}
		g.run(t)
		for n := range g.ops {
			r, err := g.result(n)
			switch n % 5 {
			case 0:
				require.Error(t, err)
			case 1:
				require.NoError(t, err)
				require.Empty(t, r.rows)
			default:
				require.NoError(t, err)
				require.Len(t, r.rows, 1)
			}
		}
	})
}

func TestBatchOff(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		h := harnessOn(t, url, func(c *Config) {
			c.NoBatch = true
			c.Batched = func(int) { t.Error("a batch") }
		})
		h.add(0, "a")
		g := h.together()
		msg := abi.AppendU32(nil, 3)
		for range 3 {
			g.add(t.Context(), h.Session, abi.OpQuery, h.message(0, all("polls.Question")))
			item := append([]byte{byte(abi.OpQuery)}, h.message(0, all("polls.Question"))...)
			msg = append(abi.AppendU32(msg, uint32(len(item))), item...)
		}
		batch := g.add(t.Context(), h.Session, abi.OpBatch, msg)
		g.run(t)
		for n := range 3 {
			r, err := g.result(n)
			require.NoError(t, err)
			require.Len(t, r.rows, 1)
		}
		g.ok(t, batch)
	})
}
