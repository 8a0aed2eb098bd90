package service

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

func (h *harness) stream(ctx context.Context, tx uint64, q *query.Query) io.ReadCloser {
	return h.Open(ctx, abi.OpStream, h.message(tx, q))
}

func TestStreamEqualsQuery(t *testing.T) {
	noLeaks(t)
	h := newHarness(t)
	h.fill(3000)
	for _, tx := range []uint64{0, h.begin(true)} {
		rc := h.stream(t.Context(), tx, all("polls.Question"))
		b, err := io.ReadAll(rc)
		require.NoError(t, err)
		require.NoError(t, rc.Close())
		got, err := decode(b)
		require.NoError(t, err)
		require.Equal(t, h.query(0, all("polls.Question")), got)
	}
	b, err := io.ReadAll(h.stream(t.Context(), 0, where(all("polls.Question"), "id__in", abi.List())))
	require.NoError(t, err)
	got, err := decode(b)
	require.NoError(t, err)
	require.Empty(t, got.rows)
}

func TestStreamErrors(t *testing.T) {
	h := newHarness(t)
	h.fill(1000)
	read := func(q *query.Query) error {
		b, err := io.ReadAll(h.stream(t.Context(), 0, q))
		require.NoError(t, err)
		_, err = decode(b)
		return err
	}
	requireCode(t, abi.CodeLookup, read(where(all("polls.Question"), "nope", abi.Int(1))))
	requireCode(t, abi.CodeNotSupported, read(insert("polls.Question", "text", abi.Text("x"))))
	e := requireCode(t, abi.CodeDatabase, read(raw("SELECT abs(CASE WHEN id = 900 THEN -9223372036854775808 ELSE id END) FROM polls_question")))
	require.Contains(t, e.Message, "overflow", "it failed half-way")
}

func TestFirstRowComesFirst(t *testing.T) {
	h := newHarness(t)
	// The rows after the first take for ever.
	rc := h.stream(t.Context(), 0, raw("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n WHERE i = 1 OR i < 0"))
	defer rc.Close()
	buf := make([]byte, 4096)
	n, err := io.ReadAtLeast(rc, buf, 20)
	require.NoError(t, err)
	r := abi.ReadBytes(buf[:n])
	require.NoError(t, r.Begin())
	r.U32()
	_ = r.String()
	require.EqualValues(t, 1, r.U16())
	require.EqualValues(t, abi.FrameRows, r.U8())
	require.EqualValues(t, 1, r.U32())
}

func TestAbandonedStreamFreesItsConnection(t *testing.T) {
	noLeaks(t)
	h := harnessOn(t, "file::memory:?holds=2")
	h.fill(100000)
	for range 10 {
		rc := h.stream(t.Context(), 0, all("polls.Question"))
		_, err := io.ReadFull(rc, make([]byte, 100))
		require.NoError(t, err)
		require.NoError(t, rc.Close())
	}
	s := h.svc.Session() // a session that ends with a stream open
	rc := s.Open(t.Context(), abi.OpStream, h.message(0, all("polls.Question")))
	_, err := io.ReadFull(rc, make([]byte, 100))
	require.NoError(t, err)
	s.Close()
	b, err := io.ReadAll(rc)
	require.NoError(t, err)
	require.NotEmpty(t, b)

	ctx, cancel := context.WithCancel(t.Context())
	rc = h.stream(ctx, 0, all("polls.Question"))
	_, err = io.ReadFull(rc, make([]byte, 100))
	require.NoError(t, err)
	cancel()
	rest, err := io.ReadAll(rc)
	require.NoError(t, err)
	require.Less(t, len(rest), 400000, "the rest must not be produced")
	var tokens []uint64 // all connections of streams are free
	for range 2 {
		tokens = append(tokens, h.begin(true))
	}
	for _, tx := range tokens {
		require.NoError(t, h.end(abi.OpRollback, tx))
	}
}

func TestCancelledStreamEndsWithAnErrorFrame(t *testing.T) {
	h := newHarness(t)
	h.fill(100000)
	ctx, cancel := context.WithCancel(t.Context())
	rc := h.stream(ctx, 0, all("polls.Question"))
	var head [1]byte
	_, err := io.ReadFull(rc, head[:])
	require.NoError(t, err)
	cancel()
	b, err := io.ReadAll(rc)
	require.NoError(t, err)
	_, err = decode(append(head[:], b...))
	requireCode(t, abi.CodeCancelled, err)
}

func TestWritesWhileStreaming(t *testing.T) {
	h := newHarness(t)
	h.fill(2000)
	for _, inTx := range []bool{false, true} {
		tx := uint64(0)
		if inTx {
			tx = h.begin(false)
		}
		rc := h.stream(t.Context(), tx, all("polls.Question"))
		_, err := io.ReadFull(rc, make([]byte, 64))
		require.NoError(t, err)
		for i := range 20 {
			h.add(tx, fmt.Sprintf("new %d %d", tx, i))
		}
		_, err = io.Copy(io.Discard, rc)
		require.NoError(t, err)
		if tx != 0 {
			require.NoError(t, h.end(abi.OpCommit, tx))
		}
	}
	require.Equal(t, 2040, h.count(0))
}

func TestCommitEndsItsStreams(t *testing.T) {
	h := newHarness(t)
	h.fill(100000)
	tx := h.begin(false)
	h.add(tx, "x")
	rc := h.stream(t.Context(), tx, all("polls.Question"))
	first := make([]byte, 64)
	_, err := io.ReadFull(rc, first)
	require.NoError(t, err)
	require.NoError(t, h.end(abi.OpCommit, tx))
	b, err := io.ReadAll(rc)
	require.NoError(t, err)
	_, err = decode(append(first, b...))
	requireCode(t, abi.CodeTxDone, err)
	require.Len(t, h.query(0, where(all("polls.Question"), "text", abi.Text("x"))).rows, 1)
}

func TestMillionRowsInFlatMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("a million rows")
	}
	h := newHarness(t)
	sql := "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 1000000) SELECT i, i*2, 'row number ' || i, 1.5 FROM n"
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	rc := h.stream(t.Context(), 0, raw(sql))
	defer rc.Close()
	buf, total := make([]byte, 64<<10), 0
	var peak uint64
	for i := 0; ; i++ {
		n, err := rc.Read(buf)
		total += n
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		if i%256 == 0 {
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapInuse)
		}
	}
	require.Greater(t, total, 40<<20)
	require.Less(t, int64(peak)-int64(before.HeapInuse), int64(8<<20), "memory must not grow with the rows")
	require.Less(t, now.TotalAlloc-before.TotalAlloc, uint64(64<<20), "buffers must be used again")
}

func TestSlowReaderHoldsTheStreamBack(t *testing.T) {
	h := newHarness(t)
	rc := h.stream(t.Context(), 0, raw("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	time.Sleep(100 * time.Millisecond)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20))
	require.NoError(t, rc.Close())
}
