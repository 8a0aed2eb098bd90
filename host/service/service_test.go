package service

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

func TestDescribe(t *testing.T) {
	h := newHarness(t)
	describe := func(reg *schema.Registry) (abi.DescribeResult, error) {
		r := abi.ReadBytes(h.Do(t.Context(), abi.OpDescribe, reg.Append(nil)))
		if err := r.Begin(); err != nil {
			return abi.DescribeResult{}, err
		}
		return abi.ReadDescribeResult(r)
	}
	same, err := describe(models())
	require.NoError(t, err)
	require.Equal(t, h.reg, same.Registry)
	require.Equal(t, "sqlite", same.Dialect)
	require.Empty(t, same.Notes)

	other := models()
	other.Build = "2"
	other.Models = append(other.Models, schema.Model{App: "polls", Name: "Tag", Table: "polls_tag", Fields: []schema.Field{
		{Name: "name", Attname: "name", Column: "name", Type: "SlugField", MaxLength: 50, PK: true},
	}})
	next, err := describe(other)
	require.NoError(t, err)
	require.NotEqual(t, h.reg, next.Registry)
	require.Equal(t, []string{"created table polls_tag"}, next.Notes)
	h.add(0, "the old build still answers")

	other.Build = "3"
	other.Models[0].Fields[1].MaxLength = 100
	_, err = describe(other)
	e := requireCode(t, abi.CodeSchema, err)
	require.Equal(t, []string{"table polls_question, column text: type is varchar(200), the model says varchar(100)"}, e.Detail)

	_, err = h.try(t.Context(), abi.OpQuery, 0, all("polls.Question"))
	require.NoError(t, err)
	h.reg = 99
	_, err = h.try(t.Context(), abi.OpQuery, 0, all("polls.Question"))
	requireCode(t, abi.CodeRegistry, err)
}

func TestDescribeWithoutCreation(t *testing.T) {
	h := newHarness(t)
	svc := New(Config{DB: h.db})
	s := svc.Session()
	defer s.Close()
	require.NoError(t, abi.ReadBytes(s.Do(t.Context(), abi.OpDescribe, models().Append(nil))).Begin())
	more := models()
	more.Models[1].Table, more.Build = "other", "2"
	e := requireCode(t, abi.CodeSchema, abi.ReadBytes(s.Do(t.Context(), abi.OpDescribe, more.Append(nil))).Begin())
	require.Contains(t, strings.Join(e.Detail, "\n"), `CREATE TABLE "other"`)
}

func TestQueryAndExec(t *testing.T) {
	h := newHarness(t)
	r := h.add(0, "What's up?")
	require.EqualValues(t, 1, r.affected)
	require.EqualValues(t, 1, r.last)
	require.Equal(t, [][]abi.Value{{abi.Int(1)}}, r.rows)
	r = h.query(0, where(all("polls.Question"), "text__icontains", abi.Text("WHAT")))
	require.Equal(t, [][]abi.Value{{abi.Int(1), abi.Text("What's up?")}}, r.rows)
	l, err := query.ReadLayout(r.layout)
	require.NoError(t, err)
	require.Equal(t, "polls.Question", l.Groups[0].Model)

	require.NotZero(t, r.plan)
	params := query.AppendParams(abi.StatementHead{Registry: h.reg, Plan: r.plan}.Append(nil), []abi.Value{abi.Text("UP")})
	again, err := decode(h.Do(t.Context(), abi.OpQuery, params))
	require.NoError(t, err)
	require.Equal(t, r.rows, again.rows)
	require.Equal(t, r.plan, again.plan)
	require.Empty(t, again.layout)
	unknown := query.AppendParams(abi.StatementHead{Registry: h.reg, Plan: r.plan + 1000}.Append(nil), nil)
	_, err = decode(h.Do(t.Context(), abi.OpQuery, unknown))
	requireCode(t, abi.CodeUnknownPlan, err)

	none := h.query(0, where(all("polls.Question"), "id__in", abi.List()))
	require.Empty(t, none.rows)
	require.Equal(t, 2, none.columns)
}

func TestMessageIsNotKept(t *testing.T) {
	h := newHarness(t)
	h.add(0, "a")
	msg := h.message(0, where(all("polls.Question"), "text", abi.Text("a")))
	own := bytes.Clone(msg)
	_, err := decode(h.Do(t.Context(), abi.OpQuery, msg))
	require.NoError(t, err)
	for i := range msg {
		msg[i] = 0xff
	}
	r, err := decode(h.Do(t.Context(), abi.OpQuery, own))
	require.NoError(t, err)
	require.Len(t, r.rows, 1)
}

func TestErrorsOfStatements(t *testing.T) {
	h := newHarness(t)
	h.add(0, "a")
	try := func(q *query.Query) error {
		_, err := h.try(t.Context(), abi.OpExec, 0, q)
		return err
	}
	e := requireCode(t, abi.CodeIntegrity, try(insert("polls.Question", "text", abi.Text("a"))))
	require.Equal(t, []string{"unique", "text", "text"}, e.Detail)
	e = requireCode(t, abi.CodeIntegrity, try(insert("polls.Choice", "question", abi.Int(99), "votes", abi.Int(0))))
	require.Equal(t, []string{"foreign_key"}, e.Detail)
	e = requireCode(t, abi.CodeIntegrity, try(insert("polls.Choice", "question", abi.Int(1), "votes", abi.Null)))
	require.Equal(t, []string{"not_null", "votes", "votes"}, e.Detail)
	e = requireCode(t, abi.CodeIntegrity, try(raw("INSERT INTO polls_choice (question_id, votes) VALUES (1, -1)")))
	require.Equal(t, "check", e.Detail[0])
	requireCode(t, abi.CodeLookup, try(where(all("polls.Question"), "nope", abi.Int(1))))
	requireCode(t, abi.CodeDatabase, try(raw("SELEC 1")))
	for _, sql := range []string{"COMMIT", "ATTACH 'x' AS y", "PRAGMA foreign_keys=OFF", "SAVEPOINT a"} {
		requireCode(t, abi.CodeForbidden, try(raw(sql)))
	}
	require.Error(t, try(raw("SELECT 1; DROP TABLE polls_choice")))
	require.Equal(t, 1, h.count(0))
}

func TestBatch(t *testing.T) {
	h := newHarness(t)
	tx := h.begin(true)
	items := []struct {
		kind abi.OpKind
		msg  []byte
	}{
		{abi.OpQuery, h.message(0, all("polls.Question"))},
		{abi.OpExec, h.message(0, insert("polls.Question", "text", abi.Text("a")))},
		{abi.OpExec, h.message(0, insert("polls.Question", "text", abi.Text("a")))},
		{abi.OpQuery, h.message(0, all("polls.Question"))},
		{abi.OpQuery, h.message(tx, all("polls.Question"))},
		{abi.OpQuery, h.message(7, all("polls.Question"))},
		{abi.OpQuery, []byte("rubbish")},
		{abi.OpCommit, abi.AppendU64(nil, tx)},
		{abi.OpQuery, h.message(0, where(all("polls.Question"), "id__in", abi.List()))},
	}
	require.Empty(t, h.query(tx, all("polls.Question")).rows) // fixes the transaction's snapshot
	msg := abi.AppendU32(nil, uint32(len(items)))
	for _, it := range items {
		msg = append(abi.AppendU32(msg, uint32(len(it.msg)+1)), byte(it.kind))
		msg = append(msg, it.msg...)
	}
	r := abi.ReadBytes(h.Do(t.Context(), abi.OpBatch, msg))
	require.NoError(t, r.Begin())
	rest := r.Rest()
	var rows []int
	var codes []abi.ErrorCode
	for range items {
		n := abi.NewReader(rest).U32()
		res, err := decode([]byte(rest[4 : 4+n]))
		rest = rest[4+n:]
		rows = append(rows, len(res.rows))
		code := abi.ErrorCode(0)
		if err != nil {
			code = err.(*abi.OpError).Code
		}
		codes = append(codes, code)
	}
	require.Empty(t, rest)
	require.Equal(t, []int{0, 1, 0, 1, 0, 0, 0, 0, 0}, rows)
	require.Equal(t, []abi.ErrorCode{0, 0, abi.CodeIntegrity, 0, 0, abi.CodeTxDone, abi.CodeBadMessage, abi.CodeBadMessage, 0}, codes)
	for i := range msg {
		require.NotPanics(t, func() { h.Do(t.Context(), abi.OpBatch, msg[:i]) })
	}
}

func TestObserve(t *testing.T) {
	var kinds []abi.OpKind
	var failures int
	h := newHarness(t, func(c *Config) {
		c.Observe = func(k abi.OpKind, d time.Duration, err error) {
			kinds = append(kinds, k)
			if err != nil {
				failures++
			}
		}
	})
	h.add(0, "a")
	_, _ = h.try(t.Context(), abi.OpQuery, 0, all("polls.Nothing"))
	require.Equal(t, []abi.OpKind{abi.OpDescribe, abi.OpExec, abi.OpQuery}, kinds)
	require.Equal(t, 1, failures)
}

func TestClosedAndUnknown(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.MaxResult = 1000 })
	requireCode(t, abi.CodeNotSupported, abi.ReadBytes(h.Do(t.Context(), 77, nil)).Begin())
	h.fill(1000)
	_, err := h.try(t.Context(), abi.OpQuery, 0, all("polls.Question"))
	requireCode(t, abi.CodeNotSupported, err)
	h.Close()
	_, err = h.try(t.Context(), abi.OpQuery, 0, all("polls.Question"))
	requireCode(t, abi.CodeCancelled, err)
	h.svc.Close()
	h.Session = h.svc.Session()
	_, err = h.try(t.Context(), abi.OpQuery, 0, all("polls.Question"))
	requireCode(t, abi.CodeCancelled, err)

	bare := New(Config{}).Session()
	for _, k := range []abi.OpKind{abi.OpDescribe, abi.OpQuery, abi.OpBegin} {
		requireCode(t, abi.CodeNotSupported, abi.ReadBytes(bare.Do(t.Context(), k, nil)).Begin())
	}
}

func TestCancelledQuery(t *testing.T) {
	noLeaks(t)
	h := newHarness(t)
	slow := raw("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n")
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := h.try(ctx, abi.OpQuery, 0, slow)
		cancel()
		requireCode(t, abi.CodeTimeout, err)
		require.Equal(t, 0, h.count(0), "the connection must be usable again")
	}
	go func() { time.Sleep(20 * time.Millisecond); h.Close() }()
	_, err := h.try(t.Context(), abi.OpQuery, 0, slow)
	requireCode(t, abi.CodeCancelled, err)
}
