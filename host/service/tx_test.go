package service

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
)

func TestTransaction(t *testing.T) {
	noLeaks(t)
	h := newHarness(t)
	tx := h.begin(false)
	h.add(tx, "a")
	require.Equal(t, 1, h.count(tx))
	require.Equal(t, 0, h.count(0), "others see nothing before the commit")
	require.NoError(t, h.end(abi.OpCommit, tx))
	require.Equal(t, 1, h.count(0))
	requireCode(t, abi.CodeTxDone, h.end(abi.OpCommit, tx))
	_, err := h.try(t.Context(), abi.OpQuery, tx, all("polls.Question"))
	requireCode(t, abi.CodeTxDone, err)

	tx = h.begin(false)
	h.add(tx, "b")
	require.NoError(t, h.end(abi.OpRollback, tx))
	require.Equal(t, 1, h.count(0))
}

func TestSavepoints(t *testing.T) {
	h := newHarness(t)
	tx := h.begin(false)
	h.add(tx, "a")
	require.NoError(t, h.save(tx, abi.SavepointCreate, 1))
	h.add(tx, "b")
	require.NoError(t, h.save(tx, abi.SavepointCreate, 2))
	h.add(tx, "c")
	require.NoError(t, h.save(tx, abi.SavepointRelease, 2))
	require.Equal(t, 3, h.count(tx))
	require.NoError(t, h.save(tx, abi.SavepointRollback, 1))
	require.Equal(t, 1, h.count(tx))
	require.Error(t, h.save(tx, abi.SavepointRelease, 9))
	require.NoError(t, h.save(tx, abi.SavepointRelease, 1))
	require.NoError(t, h.end(abi.OpCommit, tx))
	require.Equal(t, 1, h.count(0))
}

func TestTokensBelongToTheirSession(t *testing.T) {
	h := newHarness(t)
	tx := h.begin(false)
	h.add(tx, "a")
	other := *h
	other.Session = h.svc.Session()
	defer other.Close()
	_, err := other.try(t.Context(), abi.OpQuery, tx, all("polls.Question"))
	requireCode(t, abi.CodeTxDone, err)
	requireCode(t, abi.CodeTxDone, other.end(abi.OpCommit, tx))
	requireCode(t, abi.CodeTxDone, other.end(abi.OpRollback, tx))
	requireCode(t, abi.CodeTxDone, other.save(tx, abi.SavepointCreate, 1))
	require.Equal(t, 1, h.count(tx))

	h.Close() // rolls back
	require.Equal(t, 0, other.count(0))
	next := beginOn(t, other.Session, false) // and the writer is free
	other.add(next, "b")
	require.NoError(t, other.end(abi.OpCommit, next))
}

func TestTransactionDeadline(t *testing.T) {
	noLeaks(t)
	h := newHarness(t, func(c *Config) { c.TxTimeout = 50 * time.Millisecond })
	tx := h.begin(false)
	h.add(tx, "a")
	time.Sleep(100 * time.Millisecond)
	_, err := h.try(t.Context(), abi.OpExec, tx, insert("polls.Question", "text", abi.Text("b")))
	requireCode(t, abi.CodeTimeout, err)
	requireCode(t, abi.CodeTimeout, h.end(abi.OpCommit, tx))
	h.add(0, "c")
	require.Equal(t, 1, h.count(0))

	tx = h.begin(false) // it also interrupts what runs
	start := time.Now()
	_, err = h.try(t.Context(), abi.OpQuery, tx, raw("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n"))
	requireCode(t, abi.CodeTimeout, err)
	require.Less(t, time.Since(start), 2*time.Second)
	requireCode(t, abi.CodeTimeout, h.end(abi.OpRollback, tx))
}

func TestCancelledWriteLeavesNothing(t *testing.T) {
	noLeaks(t)
	h := newHarness(t)
	slow := raw("INSERT INTO polls_question (text) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT 'q' || i FROM n")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := h.try(ctx, abi.OpExec, 0, slow)
	requireCode(t, abi.CodeTimeout, err)
	require.Equal(t, 0, h.count(0))

	tx := h.begin(false)
	h.add(tx, "before")
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = h.try(ctx, abi.OpExec, tx, slow)
	requireCode(t, abi.CodeTimeout, err)
	// SQLite has rolled back the whole transaction: going on in it must fail.
	_, err = h.try(t.Context(), abi.OpExec, tx, insert("polls.Question", "text", abi.Text("after")))
	requireCode(t, abi.CodeTxDone, err)
	requireCode(t, abi.CodeTxDone, h.end(abi.OpCommit, tx))
	require.Equal(t, 0, h.count(0))
	h.add(0, "again")
}

func TestCommitOfACancelledRequest(t *testing.T) {
	h := newHarness(t)
	tx := h.begin(false)
	h.add(tx, "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := abi.ReadBytes(h.Do(ctx, abi.OpCommit, abi.AppendU64(nil, tx))).Begin()
	requireCode(t, abi.CodeCancelled, err)
	h.Close()
	h.Session = h.svc.Session()
	require.Equal(t, 0, h.count(0))
}

func TestReadOnlyTransaction(t *testing.T) {
	h := newHarness(t)
	tx := h.begin(true)
	require.Equal(t, 0, h.count(tx))
	h.add(0, "a") // the writer is free
	require.Equal(t, 0, h.count(tx), "the snapshot stays")
	_, err := h.try(t.Context(), abi.OpExec, tx, insert("polls.Question", "text", abi.Text("b")))
	requireCode(t, abi.CodeReadOnly, err)
	require.NoError(t, h.end(abi.OpCommit, tx))
	require.Equal(t, 1, h.count(0))
}

func TestWriterQueueHeedsContext(t *testing.T) {
	noLeaks(t)
	h := newHarness(t)
	tx := h.begin(false)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := h.try(ctx, abi.OpExec, 0, insert("polls.Question", "text", abi.Text("b")))
	requireCode(t, abi.CodeTimeout, err)
	require.NoError(t, h.end(abi.OpRollback, tx))
	h.add(0, "b")
}

func TestFailedStatementKeepsTheTransaction(t *testing.T) {
	h := newHarness(t)
	tx := h.begin(false)
	h.add(tx, "a")
	_, err := h.try(t.Context(), abi.OpExec, tx, insert("polls.Question", "text", abi.Text("a")))
	requireCode(t, abi.CodeIntegrity, err)
	h.add(tx, "b")
	require.NoError(t, h.end(abi.OpCommit, tx))
	require.Equal(t, 2, h.count(0))
}

func TestDeferredForeignKeyFailsTheCommit(t *testing.T) {
	h := newHarness(t)
	tx := h.begin(false)
	h.exec(tx, insert("polls.Choice", "question", abi.Int(5), "votes", abi.Int(0)))
	e := requireCode(t, abi.CodeIntegrity, h.end(abi.OpCommit, tx))
	require.Equal(t, []string{"foreign_key"}, e.Detail)
	require.Empty(t, h.query(0, all("polls.Choice")).rows)
	tx = h.begin(false)
	h.exec(tx, insert("polls.Choice", "question", abi.Int(5), "votes", abi.Int(0)))
	h.exec(tx, insert("polls.Question", "id", abi.Int(5), "text", abi.Text("late")))
	require.NoError(t, h.end(abi.OpCommit, tx))
}
