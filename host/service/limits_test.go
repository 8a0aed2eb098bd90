package service

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// limited is a harness with limits, and a session for a request of its own.
func limited(t *testing.T, l Limits) *harness {
	t.Helper()
	h := newHarness(t)
	h.fill(100)
	h.svc.cfg.Limits = l
	h.Session.Close()
	h.Session = h.svc.Session()
	return h
}

const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n"

func TestLimits(t *testing.T) {
	reached := func(t *testing.T, detail []string, err error) {
		t.Helper()
		e := requireCode(t, abi.CodeLimit, err)
		require.Equal(t, detail, e.Detail)
		require.Contains(t, e.Message, "--"+detail[2])
		require.Equal(t, 500, e.HTTPStatus())
	}
	rows := all("polls.Question")
	t.Run("operations", func(t *testing.T) {
		h := limited(t, Limits{Operations: 3, Transactions: 64})
		tx := h.begin(false)
		h.add(tx, "a")
		h.count(tx)
		_, err := h.try(t.Context(), abi.OpQuery, tx, rows)
		reached(t, []string{"operations", "3", "max-operations"}, err)
		require.NoError(t, h.end(abi.OpCommit, tx), "what ends something is always possible")
		b := limited(t, Limits{Operations: 3})
		m := b.message(0, rows)
		item := append(abi.AppendU32(nil, uint32(len(m)+1)), append([]byte{byte(abi.OpQuery)}, m...)...)
		batch := abi.AppendU32(nil, 4)
		for range 4 {
			batch = append(batch, item...)
		}
		reached(t, []string{"operations", "3", "max-operations"}, abi.ReadBytes(b.Do(t.Context(), abi.OpBatch, batch)).Begin())
	})
	t.Run("rows", func(t *testing.T) {
		h := limited(t, Limits{Rows: 150})
		require.Equal(t, 100, h.count(0))
		_, err := h.try(t.Context(), abi.OpQuery, 0, rows)
		reached(t, []string{"rows", "150", "max-rows"}, err)
		_, err = h.try(t.Context(), abi.OpExec, 0, insert("polls.Question", "text", abi.Text("b")))
		reached(t, []string{"rows", "150", "max-rows"}, err)
		other := *h
		other.Session = h.svc.Session()
		defer other.Close()
		require.Equal(t, 100, other.count(0), "another request has its own")
		b, err := io.ReadAll(other.stream(t.Context(), 0, rows))
		require.NoError(t, err)
		_, err = decode(b)
		reached(t, []string{"rows", "150", "max-rows"}, err)
	})
	t.Run("bytes", func(t *testing.T) {
		h := limited(t, Limits{Bytes: 5000})
		require.Equal(t, 100, h.count(0))
		_, err := h.try(t.Context(), abi.OpQuery, 0, rows)
		reached(t, []string{"bytes", "5000", "max-db-bytes"}, err)
		whole := newHarness(t, func(c *Config) { c.Limits.Bytes = 50_000 })
		whole.fill(100_000)
		_, err = whole.try(t.Context(), abi.OpQuery, 0, rows)
		reached(t, []string{"bytes", "50000", "max-db-bytes"}, err)
	})
	t.Run("transactions", func(t *testing.T) {
		h := limited(t, Limits{Transactions: 2})
		a := h.begin(true)
		h.begin(true)
		err := abi.ReadBytes(h.Do(t.Context(), abi.OpBegin, abi.TxBegin{ReadOnly: true}.Append(nil))).Begin()
		reached(t, []string{"transactions", "2", "max-transactions"}, err)
		require.NoError(t, h.end(abi.OpCommit, a))
		h.begin(true)
	})
	t.Run("statement", func(t *testing.T) {
		noLeaks(t)
		h := limited(t, Limits{StatementTime: 50 * time.Millisecond, Transactions: 64})
		slow := func(err error) *abi.OpError {
			t.Helper()
			e := requireCode(t, abi.CodeTimeout, err)
			require.Equal(t, []string{"statement_time", "50ms", "statement-timeout"}, e.Detail)
			require.Equal(t, 503, e.HTTPStatus())
			return e
		}
		for _, tx := range []uint64{0, h.begin(true)} {
			_, err := h.try(t.Context(), abi.OpQuery, tx, raw(endless))
			slow(err)
		}
		b, err := io.ReadAll(h.stream(t.Context(), 0, raw(endless)))
		require.NoError(t, err)
		_, err = decode(b)
		slow(err)
		h.begin(false)
		_, err = h.try(t.Context(), abi.OpExec, 0, insert("polls.Question", "text", abi.Text("b")))
		require.Contains(t, slow(err).Message, "no connection")
	})
}

// TestRowsAreCounted compares the count with what a decoder finds.
func TestRowsAreCounted(t *testing.T) {
	h := newHarness(t)
	h.fill(1000)
	out := h.Do(t.Context(), abi.OpQuery, h.message(0, all("polls.Question")))
	require.EqualValues(t, 1000, rowsOf(out))
	require.EqualValues(t, 0, rowsOf(failed(errTxDone)))
	for i := range out[:200] {
		_ = rowsOf(out[:i]) // whatever is cut off
	}
	require.EqualValues(t, 0, rowsIn(db.AppendEnd(nil, 1, 2)))
}
