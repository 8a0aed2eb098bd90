package service

import (
	"context"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db/open"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
	"github.com/vinyl-edge/vinyl/orm/query"
)

func onPostgres(t *testing.T, change ...func(*Config)) *harness {
	t.Helper()
	return harnessOn(t, pgtest.URL(t), change...)
}

// fillPostgres adds n questions.
func (h *harness) fillPostgres(n int) {
	h.tb.Helper()
	h.exec(0, raw("INSERT INTO polls_question (text) SELECT 'question ' || i FROM generate_series(1, ?) i", abi.Int(int64(n))))
}

func TestPostgresQueries(t *testing.T) {
	h := onPostgres(t)
	r := h.add(0, "What's up?")
	require.EqualValues(t, 1, r.affected)
	require.EqualValues(t, 1, r.last)
	r = h.query(0, where(all("polls.Question"), "text__icontains", abi.Text("WHAT")))
	require.Equal(t, [][]abi.Value{{abi.Int(1), abi.Text("What's up?")}}, r.rows)
	r = h.query(0, where(where(all("polls.Question"), "id__in", abi.List(abi.Int(1), abi.Int(1<<40))), "text__regex", abi.Text("^What.s")))
	require.Len(t, r.rows, 1)
	h.exec(0, insert("polls.Choice", "question", abi.Int(1), "votes", abi.Int(7)))
	r = h.query(0, where(all("polls.Choice"), "question__text__startswith", abi.Text("What")))
	require.Len(t, r.rows, 1)

	// A grouped expression with a parameter is the selected one.
	q := all("polls.Choice")
	q.Steps = []query.Step{
		{Kind: query.StepAnnotate, Named: []query.Named{{Name: "more", Expr: &query.Combined{Op: "+", L: &query.Ref{Name: "votes"}, R: val(abi.Int(3))}}}},
		{Kind: query.StepValues, Names: []string{"question"}},
		{Kind: query.StepAnnotate, Named: []query.Named{{Name: "n", Expr: &query.Func{Name: "Count", Args: []query.Expr{&query.Ref{Name: "id"}}}}}},
		{Kind: query.StepOrderBy, Exprs: []query.Expr{&query.Ordered{Expr: &query.Ref{Name: "more"}}}},
	}
	require.Equal(t, [][]abi.Value{{abi.Int(1), abi.Int(1)}}, h.query(0, q).rows)

	_, err := h.try(t.Context(), abi.OpExec, 0, insert("polls.Question", "text", abi.Text("What's up?")))
	require.Equal(t, "unique", requireCode(t, abi.CodeIntegrity, err).Detail[0])
	_, err = h.try(t.Context(), abi.OpExec, 0, insert("polls.Choice", "question", abi.Int(99), "votes", abi.Int(0)))
	require.Equal(t, "foreign_key", requireCode(t, abi.CodeIntegrity, err).Detail[0])
	require.Equal(t, [][]abi.Value{{abi.Int(1), abi.Text("?")}}, h.query(0, raw(`SELECT id, '?' FROM polls_question WHERE text = ?`, abi.Text("What's up?"))).rows)
	require.Equal(t, [][]abi.Value{{abi.Int(1)}}, h.query(0, raw(`SELECT '{"a": 1}'::jsonb ?? ?`, abi.Text("a"))).rows, "the operator is doubled")
}

func TestPostgresTransactions(t *testing.T) {
	noLeaks(t)
	h := onPostgres(t)
	h.fillPostgres(1000)
	tx := h.begin(false)
	rc := h.stream(t.Context(), tx, all("polls.Question"))
	_, err := io.ReadFull(rc, make([]byte, 100))
	require.NoError(t, err)
	h.add(tx, "while a stream is open")
	require.NoError(t, h.save(tx, abi.SavepointCreate, 1))
	_, err = h.try(t.Context(), abi.OpExec, tx, insert("polls.Question", "text", abi.Text("question 1")))
	requireCode(t, abi.CodeIntegrity, err)
	_, err = h.try(t.Context(), abi.OpQuery, tx, all("polls.Question"))
	require.Contains(t, requireCode(t, abi.CodeDatabase, err).Message, "savepoint")
	require.NoError(t, h.save(tx, abi.SavepointRollback, 1))
	rest, err := io.ReadAll(rc)
	require.NoError(t, err)
	require.NotEmpty(t, rest)
	require.NoError(t, rc.Close())
	require.Equal(t, 1001, h.count(tx))
	require.Equal(t, 1000, h.count(0))
	require.NoError(t, h.end(abi.OpCommit, tx))
	require.Equal(t, 1001, h.count(0))

	tx = h.begin(true)
	require.Equal(t, 1001, h.count(tx))
	_, err = h.try(t.Context(), abi.OpExec, tx, insert("polls.Question", "text", abi.Text("x")))
	requireCode(t, abi.CodeReadOnly, err)
	require.NoError(t, h.end(abi.OpRollback, tx))
}

func TestPostgresStreams(t *testing.T) {
	noLeaks(t)
	h := onPostgres(t)
	h.fillPostgres(100_000)
	for range 10 {
		rc := h.stream(t.Context(), 0, all("polls.Question"))
		_, err := io.ReadFull(rc, make([]byte, 100))
		require.NoError(t, err)
		require.NoError(t, rc.Close())
	}
	// The rows after the first take for ever.
	ctx, cancel := context.WithCancel(t.Context())
	rc := h.stream(ctx, 0, raw("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i > 0) SELECT i FROM n WHERE i = 1 OR i < 0"))
	b := make([]byte, 4096)
	n, err := io.ReadAtLeast(rc, b, 20)
	require.NoError(t, err)
	require.True(t, slices.Contains(b[:n], abi.FrameRows))
	cancel()
	_, err = io.ReadAll(rc)
	require.NoError(t, err)
	require.NoError(t, rc.Close())

	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = h.try(short, abi.OpExec, 0, raw("INSERT INTO polls_question (text) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT 'q' || i FROM n"))
	requireCode(t, abi.CodeTimeout, err)
	require.Equal(t, 100_000, h.count(0))
}

// TestPostgresHostsStartTogether describes the same new models from several
// services at once: each table is created once.
func TestPostgresHostsStartTogether(t *testing.T) {
	url := pgtest.URL(t)
	const hosts = 4
	results := make(chan []string, hosts)
	for range hosts {
		go func() {
			d, err := open.Open(context.Background(), url)
			if err != nil {
				results <- []string{err.Error()}
				return
			}
			defer d.Close()
			svc := New(Config{DB: d, App: "polls", CreateTables: true})
			defer svc.Close()
			s := svc.Session()
			defer s.Close()
			r := abi.ReadBytes(s.Do(context.Background(), abi.OpDescribe, models().Append(nil)))
			if err := r.Begin(); err != nil {
				results <- []string{err.Error()}
				return
			}
			res, _ := abi.ReadDescribeResult(r)
			results <- res.Notes
		}()
	}
	var notes []string
	for range hosts {
		notes = append(notes, <-results...)
	}
	require.ElementsMatch(t, []string{"created table polls_question", "created table polls_choice"}, notes)
}

// TestPostgresSessionsOfRequests: what a request's own SQL does to a session is
// not there for the next.
func TestPostgresSessionsOfRequests(t *testing.T) {
	h := harnessOn(t, pgtest.URL(t)+"&readers=1&writers=1")
	h.exec(0, raw("CREATE FUNCTION remember() RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_lock(78); RETURN set_config('my.secret', 'x', false); END $$"))
	for _, kind := range []abi.OpKind{abi.OpQuery, abi.OpExec} {
		r, err := h.try(t.Context(), kind, 0, raw("SELECT remember()"))
		require.NoError(t, err)
		require.Equal(t, [][]abi.Value{{abi.Text("x")}}, r.rows)
		r, err = h.try(t.Context(), kind, 0, raw("SELECT current_setting('my.secret', true) IN (SELECT 'x'), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 78)"))
		require.NoError(t, err)
		require.Equal(t, [][]abi.Value{{abi.Int(0), abi.Int(0)}}, r.rows)
	}
}
