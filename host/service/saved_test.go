package service

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// TestStatementsSaved: a query may say how many others it makes needless. They
// are counted when it has worked, however it came and however large it is.
func TestStatementsSaved(t *testing.T) {
	var saved atomic.Int64
	h := newHarness(t, func(c *Config) { c.Saved = func(n int) { saved.Add(int64(n)) } })
	counted := func(n int, f func()) {
		t.Helper()
		saved.Store(0)
		f()
		require.EqualValues(t, n, saved.Load())
	}
	h.fill(3)
	some := where(all("polls.Question"), "id__in", abi.List(abi.Int(1), abi.Int(2)))
	msg := query.AppendSaved(h.message(0, some), 7)
	counted(7, func() {
		res, err := decode(h.Do(t.Context(), abi.OpQuery, msg))
		require.NoError(t, err)
		require.Len(t, res.rows, 2)
	})
	counted(0, func() { require.Len(t, h.query(0, some).rows, 2) })
	tx := h.begin(true)
	counted(2, func() {
		_, err := decode(h.Do(t.Context(), abi.OpQuery, query.AppendSaved(h.message(tx, some), 2)))
		require.NoError(t, err)
	})
	batch := abi.AppendU32(nil, 2)
	for range 2 {
		batch = append(append(abi.AppendU32(batch, uint32(len(msg)+1)), byte(abi.OpQuery)), msg...)
	}
	counted(14, func() { require.NoError(t, abi.ReadBytes(h.Do(t.Context(), abi.OpBatch, batch)).Begin()) })
	ops := make([]Op, 2)
	done := make(chan []byte, len(ops))
	for i := range ops {
		ops[i] = Op{Session: h.Session, Ctx: t.Context(), Kind: abi.OpQuery, Msg: msg, Done: func(res []byte) { done <- res }}
	}
	counted(14, func() {
		h.svc.DoAll(ops)
		for range ops {
			require.NoError(t, abi.ReadBytes(<-done).Begin())
		}
	})
	var keys []abi.Value
	for i := range 4000 { // its parameters are read when it has a connection
		keys = append(keys, abi.Int(int64(i)))
	}
	many := where(all("polls.Question"), "id__in", abi.List(keys...))
	require.Greater(t, len(h.message(0, many)), bindLater)
	counted(3999, func() {
		res, err := decode(h.Do(t.Context(), abi.OpQuery, query.AppendSaved(h.message(0, many), 3999)))
		require.NoError(t, err)
		require.Len(t, res.rows, 3)
	})
	counted(0, func() {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := decode(h.Do(ctx, abi.OpQuery, msg))
		requireCode(t, abi.CodeCancelled, err)
		for _, tail := range [][]byte{{0}, {1, 0, 0}, {1, 0, 0, 0, 0}} {
			_, err := decode(h.Do(t.Context(), abi.OpQuery, append(h.message(0, some), tail...)))
			requireCode(t, abi.CodeBadMessage, err)
		}
	})
}
