package service

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/open"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

func models() *schema.Registry {
	id := schema.Field{Name: "id", Attname: "id", Column: "id", Type: "BigAutoField", PK: true, Auto: true, Unique: true}
	return &schema.Registry{App: "polls", Build: "1", Models: []schema.Model{
		{App: "polls", Name: "Question", Table: "polls_question", Fields: []schema.Field{
			id,
			{Name: "text", Attname: "text", Column: "text", Type: "CharField", MaxLength: 200, Unique: true},
		}},
		{App: "polls", Name: "Choice", Table: "polls_choice", Fields: []schema.Field{
			id,
			{Name: "question", Attname: "question_id", Column: "question_id", Type: "ForeignKey", Index: true, Rel: &schema.Relation{
				Kind: schema.ForeignKey, To: "polls.Question", RelatedName: "choices", QueryName: "choice",
			}},
			{Name: "votes", Attname: "votes", Column: "votes", Type: "PositiveIntegerField"},
		}},
	}}
}

// harness is a service with one session.
type harness struct {
	tb  testing.TB
	db  db.DB
	svc *Service
	*Session
	reg uint32
}

func newHarness(tb testing.TB, change ...func(*Config)) *harness {
	tb.Helper()
	return harnessOn(tb, "file::memory:", change...)
}

func harnessOn(tb testing.TB, url string, change ...func(*Config)) *harness {
	tb.Helper()
	d, err := open.Open(context.Background(), url)
	require.NoError(tb, err)
	cfg := Config{DB: d, App: "polls", CreateTables: true, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	for _, f := range change {
		f(&cfg)
	}
	h := &harness{tb: tb, db: d, svc: New(cfg)}
	h.Session = h.svc.Session()
	tb.Cleanup(func() {
		h.Close()
		h.svc.Close()
		require.NoError(tb, d.Close())
	})
	r := abi.ReadBytes(h.Do(context.Background(), abi.OpDescribe, models().Append(nil)))
	require.NoError(tb, r.Begin())
	res, err := abi.ReadDescribeResult(r)
	require.NoError(tb, err)
	h.reg = res.Registry
	return h
}

func val(v abi.Value) *query.Param { return &query.Param{Value: v} }

func insert(model string, nameValues ...any) *query.Query {
	q := &query.Query{Model: model, Verb: query.VerbInsert, Returning: true, Rows: [][]query.Expr{nil}}
	for i := 0; i < len(nameValues); i += 2 {
		q.Set = append(q.Set, query.Assign{Field: nameValues[i].(string)})
		q.Rows[0] = append(q.Rows[0], val(nameValues[i+1].(abi.Value)))
	}
	return q
}

func where(q *query.Query, path string, v abi.Value) *query.Query {
	q.Steps = append(q.Steps, query.Step{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{&query.Lookup{Path: path, Value: val(v)}}}})
	return q
}

func all(model string) *query.Query { return &query.Query{Model: model, Verb: query.VerbSelect} }

func raw(sql string, args ...abi.Value) *query.Query {
	q := &query.Query{Model: "polls.Question", Verb: query.VerbRaw, Raw: sql}
	for _, a := range args {
		q.RawArgs = append(q.RawArgs, val(a))
	}
	return q
}

// message makes a statement's message.
func (h *harness) message(tx uint64, q *query.Query) []byte {
	shape, params := query.Encode(q, nil)
	return query.AppendStatement(abi.StatementHead{Registry: h.reg, Tx: tx}.Append(nil), shape, params)
}

// result is a decoded result.
type result struct {
	plan           uint32
	layout         string
	columns        int
	rows           [][]abi.Value
	affected, last int64
}

func decode(b []byte) (res result, err error) {
	r := abi.ReadBytes(b)
	if err := r.Begin(); err != nil {
		return res, err
	}
	res.plan, res.layout, res.columns = r.U32(), r.String(), int(r.U16())
	for r.Err() == nil {
		switch r.U8() {
		case abi.FrameEnd:
			res.affected, res.last = r.I64(), r.I64()
			if r.Len() > 0 {
				r.Fail()
			}
			return res, r.Err()
		case abi.FrameRows:
			n := r.U32()
			r.U32()
			for range n {
				row := make([]abi.Value, res.columns)
				for i := range row {
					row[i] = cell(r)
				}
				res.rows = append(res.rows, row)
			}
		case abi.FrameError:
			return res, r.OpError()
		}
	}
	return res, r.Err()
}

func cell(r *abi.Reader) abi.Value {
	v := abi.Value{Kind: abi.Kind(r.U8())}
	switch v.Kind {
	case abi.KindInt, abi.KindFloat:
		v.Num = r.U64()
	case abi.KindText, abi.KindBytes:
		var b strings.Builder
		for range r.U32() {
			b.WriteByte(r.U8())
		}
		v.Str = b.String()
	}
	return v
}

func (h *harness) try(ctx context.Context, kind abi.OpKind, tx uint64, q *query.Query) (result, error) {
	return decode(h.Do(ctx, kind, h.message(tx, q)))
}

func (h *harness) exec(tx uint64, q *query.Query) result {
	h.tb.Helper()
	r, err := h.try(context.Background(), abi.OpExec, tx, q)
	require.NoError(h.tb, err)
	return r
}

func (h *harness) query(tx uint64, q *query.Query) result {
	h.tb.Helper()
	r, err := h.try(context.Background(), abi.OpQuery, tx, q)
	require.NoError(h.tb, err)
	return r
}

func (h *harness) count(tx uint64) int {
	h.tb.Helper()
	return len(h.query(tx, all("polls.Question")).rows)
}

func (h *harness) add(tx uint64, text string) result {
	h.tb.Helper()
	return h.exec(tx, insert("polls.Question", "text", abi.Text(text)))
}

func (h *harness) begin(readOnly bool) uint64 {
	h.tb.Helper()
	return beginOn(h.tb, h.Session, readOnly)
}

func beginOn(tb testing.TB, s *Session, readOnly bool) uint64 {
	tb.Helper()
	r := abi.ReadBytes(s.Do(context.Background(), abi.OpBegin, abi.TxBegin{ReadOnly: readOnly}.Append(nil)))
	require.NoError(tb, r.Begin())
	token := r.U64()
	require.NotZero(tb, token)
	return token
}

// end commits or rolls back.
func (h *harness) end(kind abi.OpKind, tx uint64) error {
	return abi.ReadBytes(h.Do(context.Background(), kind, abi.AppendU64(nil, tx))).Begin()
}

func (h *harness) save(tx uint64, action uint8, n uint32) error {
	return abi.ReadBytes(h.Do(context.Background(), abi.OpSavepoint, abi.SavepointMsg{Tx: tx, Action: action, N: n}.Append(nil))).Begin()
}

// fill adds n questions.
func (h *harness) fill(n int) {
	h.tb.Helper()
	h.exec(0, raw("INSERT INTO polls_question (text) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < ?) SELECT 'question ' || i FROM n", abi.Int(int64(n))))
}

func requireCode(tb testing.TB, code abi.ErrorCode, err error) *abi.OpError {
	tb.Helper()
	var e *abi.OpError
	require.ErrorAs(tb, err, &e)
	require.Equal(tb, code, e.Code, "%v", err)
	return e
}

// noLeaks fails the test when goroutines that begin in it outlive it. It is
// called before the harness is made.
func noLeaks(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		deadline := time.Now().Add(3 * time.Second)
		for runtime.NumGoroutine() > before {
			if time.Now().After(deadline) {
				buf := make([]byte, 1<<20)
				t.Fatalf("goroutines leaked:\n%s", buf[:runtime.Stack(buf, true)])
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
}
