package service

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

func TestSQLCanBeDenied(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.DenySQL = true })
	h.add(0, "by the models")
	named := &query.Func{Name: "Func", Args: []query.Expr{val(abi.Text("/etc/passwd"))}, Options: []abi.Header{{Name: "function", Value: "readfile"}, {Name: "output_field", Value: "TextField"}}}
	note := all("polls.Question")
	note.Steps = append(note.Steps, query.Step{Kind: query.StepAnnotate, Named: []query.Named{{Name: "x", Expr: named}}})
	for name, q := range map[string]*query.Query{"SQL": raw("DELETE FROM polls_question"), "a function": note} {
		for _, kind := range []abi.OpKind{abi.OpQuery, abi.OpExec} {
			_, err := h.try(context.Background(), kind, 0, q)
			requireCode(t, abi.CodeForbidden, err)
		}
		res := h.Do(context.Background(), abi.OpBatch, batchOf(h.message(0, q)))
		require.Equal(t, []byte{abi.ResultError, byte(abi.CodeForbidden)}, res[5:7], name)
	}
	require.Equal(t, 1, h.count(0))
}

// batchOf makes a batch of statements.
func batchOf(statements ...[]byte) []byte {
	msg := abi.AppendU32(nil, uint32(len(statements)))
	for _, st := range statements {
		msg = abi.AppendU32(msg, uint32(len(st)+1))
		msg = append(append(msg, byte(abi.OpExec)), st...)
	}
	return msg
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestStatementsThatWaitAreSmall: values take a hundred times their bytes, and
// any number of statements may wait for the one connection that writes.
func TestStatementsThatWaitAreSmall(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.TxTimeout = time.Minute }) // however slow the machine is
	tx := h.begin(false)
	list := val(abi.Value{Kind: abi.KindList, List: slices.Repeat([]abi.Value{abi.Int(1)}, 30_000)})
	msg := h.message(0, &query.Query{Model: "polls.Question", Verb: query.VerbDelete, Steps: []query.Step{
		{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{&query.Lookup{Path: "id__in", Value: list}}}},
	}})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	before := heap()
	ended := make(chan error, 100)
	for range cap(ended) {
		go func() {
			_, err := decode(h.Do(ctx, abi.OpExec, bytes.Clone(msg)))
			ended <- err
		}()
	}
	time.Sleep(time.Second)
	require.Eventually(t, func() bool { return heap()-before < 60<<20 }, 30*time.Second, 100*time.Millisecond, "a busy machine takes a while to plan them all")
	require.Empty(t, ended)
	cancel()
	for range cap(ended) {
		requireCode(t, abi.CodeCancelled, <-ended)
	}
	require.NoError(t, h.end(abi.OpRollback, tx))
}

func TestLargeStatementsAreRun(t *testing.T) {
	h := newHarness(t)
	long := strings.Repeat("x", 2*bindLater)
	h.add(0, long)
	tx := h.begin(false)
	h.add(tx, long+"y")
	require.NoError(t, h.end(abi.OpCommit, tx))
	require.Len(t, h.query(0, where(all("polls.Question"), "text", abi.Text(long))).rows, 1)
	for kind, q := range map[abi.OpKind]*query.Query{
		abi.OpQuery: where(all("polls.Question"), "id", abi.Text(long)),
		abi.OpExec:  insert("polls.Question", "id", abi.Text(long), "text", abi.Text("")),
	} {
		_, err := h.try(context.Background(), kind, 0, q)
		requireCode(t, abi.CodeValue, err)
		_, err = decode(h.Do(context.Background(), kind, append(h.message(0, q), 1)))
		requireCode(t, abi.CodeBadMessage, err)
	}
}

// TestABatchsResultIsBounded: an item of six bytes has an error of a hundred.
func TestABatchsResultIsBounded(t *testing.T) {
	const max = 1 << 20
	h := newHarness(t, func(c *Config) { c.MaxResult = max })
	msg := abi.AppendU32(nil, 200_000)
	for range 200_000 {
		msg = append(msg, 1, 0, 0, 0, byte(abi.OpQuery))
	}
	res := h.Do(context.Background(), abi.OpBatch, msg)
	require.Less(t, len(res), max+200_000*32)
	require.Less(t, max, len(res))
}

func TestDescriptionsAreBounded(t *testing.T) {
	h := newHarness(t)
	big := models()
	big.Build = strings.Repeat("b", maxDescribe)
	requireCode(t, abi.CodeNotSupported, abi.ReadBytes(h.Do(context.Background(), abi.OpDescribe, big.Append(nil))).Begin())
}

// TestTransactionsAreForgotten: a request that lives for hours may begin many.
func TestTransactionsAreForgotten(t *testing.T) {
	h := newHarness(t)
	begin := func(ms uint32) error {
		return abi.ReadBytes(h.Do(context.Background(), abi.OpBegin, abi.TxBegin{ReadOnly: true, Timeout: ms}.Append(nil))).Begin()
	}
	for range 5 * h.svc.cfg.Limits.Transactions {
		require.NoError(t, begin(1))
		time.Sleep(2 * time.Millisecond)
	}
	require.LessOrEqual(t, len(h.txs), h.svc.cfg.Limits.Transactions)
	for range h.svc.cfg.Limits.Transactions {
		_ = begin(0)
	}
	e := requireCode(t, abi.CodeLimit, begin(0))
	require.Equal(t, []string{"transactions", "64", "max-transactions"}, e.Detail)
}
