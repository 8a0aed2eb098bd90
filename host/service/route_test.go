package service

import (
	"io"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/open"
)

// replicated has a database without questions, whose replica has two.
func replicated(t *testing.T) *harness {
	t.Helper()
	url := "file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "replica.db"))
	r := harnessOn(t, url)
	r.add(0, "a")
	r.add(0, "b")
	return newHarness(t, func(c *Config) {
		d, err := open.OpenReplicas(t.Context(), c.DB, []string{url}, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, d.Close()) })
		c.Replicas = map[string]db.DB{Default: d}
	})
}

func TestReplicas(t *testing.T) {
	h := replicated(t)
	again := func() { h.Session.Close(); h.Session = h.svc.Session() }
	streamed := func() int {
		b, err := io.ReadAll(h.stream(t.Context(), 0, all("polls.Question")))
		require.NoError(t, err)
		r, err := decode(b)
		require.NoError(t, err)
		return len(r.rows)
	}
	together := func() (n int) {
		done := make(chan []byte, 2)
		op := Op{Session: h.Session, Ctx: t.Context(), Kind: abi.OpQuery, Msg: h.message(0, all("polls.Question")), Done: func(b []byte) { done <- b }}
		h.svc.DoAll([]Op{op, op})
		for range 2 {
			r, err := decode(<-done)
			require.NoError(t, err)
			n = len(r.rows)
		}
		return n
	}
	require.Equal(t, 2, h.count(0), "reading goes to the replica")
	require.Equal(t, 2, streamed())
	require.Equal(t, 2, together())
	tx := h.begin(true)
	require.Zero(t, h.count(tx), "in a transaction it goes to the primary")
	require.NoError(t, h.end(abi.OpCommit, tx))
	require.Equal(t, 2, h.count(0), "one that only read changes nothing")
	h.add(0, "c")
	require.Equal(t, 1, h.count(0), "what was written is read")
	require.Equal(t, 1, streamed())
	require.Equal(t, 1, together())
	again()
	require.Equal(t, 2, h.count(0), "another request")
	tx = h.begin(false)
	require.Equal(t, 1, h.count(0))
	require.NoError(t, h.end(abi.OpRollback, tx))
	require.Equal(t, 1, h.count(0))
	again()

	of := func(alias string) uint32 {
		m := *models()
		m.Database = alias
		r := abi.ReadBytes(h.Do(t.Context(), abi.OpDescribe, m.Append(nil)))
		require.NoError(t, r.Begin(), alias)
		res, err := abi.ReadDescribeResult(r)
		require.NoError(t, err)
		return res.Registry
	}
	h.reg = of("default:primary")
	require.Equal(t, 1, h.count(0))
	h.reg = of("default:replica")
	h.add(0, "d")
	require.Equal(t, 2, h.count(0), "though it has written")
	tx = h.begin(false)
	require.Equal(t, 2, h.count(tx), "transactions are the primary's")
	require.NoError(t, h.end(abi.OpRollback, tx))
	m := *models()
	for _, alias := range []string{"default:other", "default:", "nowhere:primary"} {
		m.Database = alias
		requireCode(t, abi.CodeNoDatabase, abi.ReadBytes(h.Do(t.Context(), abi.OpDescribe, m.Append(nil))).Begin())
	}
}
