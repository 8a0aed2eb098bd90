package service

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"github.com/vinyl-edge/vinyl/host/db/open"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

func granted(t *testing.T, texts ...string) func(*Config) {
	t.Helper()
	gs, err := ParseGrants(texts, []string{"archive"})
	require.NoError(t, err)
	return func(c *Config) { c.Grants = gs }
}

func TestParseGrant(t *testing.T) {
	for text, want := range map[string]Grant{
		"*=r":                            {Database: "default"},
		"polls.*=rw":                     {Database: "default", App: "polls", Write: true},
		"auth.User=r":                    {Database: "default", App: "auth", Model: "User"},
		"archive: shop.Book(old=ones)=r": {Database: "archive", App: "shop", Model: "Book", Table: "old=ones"},
		"default:sql=rw":                 {Database: "default", SQL: true, Write: true},
	} {
		got, err := ParseGrant(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for text, want := range map[string]string{
		"polls.*":         "names no rights",
		"polls.*=w":       "unknown rights",
		"sql=r":           "sql=rw is all there is",
		"polls=r":         "names no model",
		"*.Question=r":    "names no model",
		"polls.Q*=r":      "names no model",
		"polls.Q(t=r":     "no table in its parentheses",
		"polls.(t)=r":     "names no model",
		"=r":              "names no model",
		"a b:polls.*=r":   "is no alias",
		"other:polls.*=r": "--db other=URL",
	} {
		_, err := ParseGrants([]string{text}, nil)
		require.ErrorContains(t, err, want, text)
	}
}

// onFile is a harness on a database whose tables are there.
func onFile(t *testing.T, change ...func(*Config)) *harness {
	t.Helper()
	url := "file:" + t.TempDir() + "/x.db"
	harnessOn(t, url).add(0, "there")
	return harnessOn(t, url, change...)
}

// refused proves that a statement is forbidden in each way that it can come.
func (h *harness) refused(q *query.Query, grant string) {
	h.tb.Helper()
	for _, kind := range []abi.OpKind{abi.OpQuery, abi.OpExec, abi.OpStream} {
		_, err := h.try(context.Background(), kind, 0, q)
		e := requireCode(h.tb, abi.CodeForbidden, err)
		require.Contains(h.tb, e.Message, "--grant \""+grant+"\"")
	}
	res := h.Do(context.Background(), abi.OpBatch, batchOf(h.message(0, q)))
	require.Equal(h.tb, []byte{abi.ResultError, byte(abi.CodeForbidden)}, res[5:7])
	explain := append(abi.AppendString([]byte{0}, ""), h.message(0, q)...)
	requireCode(h.tb, abi.CodeForbidden, abi.ReadBytes(h.Do(context.Background(), abi.OpExplain, explain)).Begin())
	h.svc.DoAll([]Op{{Session: h.Session, Ctx: context.Background(), Kind: abi.OpExec, Msg: h.message(0, q), Done: func(res []byte) {
		requireCode(h.tb, abi.CodeForbidden, abi.ReadBytes(res).Begin())
	}}, {Session: h.Session, Ctx: context.Background(), Kind: abi.OpQuery, Msg: h.message(0, q), Done: func(res []byte) {
		requireCode(h.tb, abi.CodeForbidden, abi.ReadBytes(res).Begin())
	}}})
}

func change(verb query.Verb) *query.Query {
	q := &query.Query{Model: "polls.Question", Verb: verb}
	if verb == query.VerbUpdate {
		q.Set = []query.Assign{{Field: "text", Expr: val(abi.Text("x"))}}
	}
	return q
}

func TestReadingIsNotWriting(t *testing.T) {
	h := onFile(t, granted(t, "polls.*=r"))
	require.Equal(t, 1, h.count(0))
	h.refused(insert("polls.Question", "text", abi.Text("x")), "polls.Question=rw")
	h.refused(change(query.VerbUpdate), "polls.Question=rw")
	h.refused(change(query.VerbDelete), "polls.Question=rw")
	h.refused(raw("SELECT 1"), "sql=rw")
	lock := all("polls.Question")
	lock.Steps = []query.Step{{Kind: query.StepForUpdate}}
	h.refused(lock, "polls.Question=rw")
	require.Equal(t, 1, h.count(0))
}

// TestEveryWayToAModel: what is not granted is not reached through what is.
func TestEveryWayToAModel(t *testing.T) {
	h := onFile(t, granted(t, "polls.Question=rw"))
	require.Equal(t, 1, h.count(0))
	h.exec(0, change(query.VerbUpdate))
	choices := all("polls.Choice")
	choices.Steps = []query.Step{{Kind: query.StepValues, Names: []string{"votes"}}}
	step := func(s query.Step) *query.Query {
		q := all("polls.Question")
		q.Steps = []query.Step{s}
		return q
	}
	in := &query.Cond{Children: []query.Expr{&query.Lookup{Path: "id__in", Value: &query.Sub{Query: choices}}}}
	gone := change(query.VerbDelete)
	gone.Steps = []query.Step{{Kind: query.StepFilter, Cond: in}}
	set := change(query.VerbUpdate)
	set.Set[0].Expr = &query.Sub{Query: choices}
	ids := step(query.Step{Kind: query.StepValues, Names: []string{"id"}})
	ids.Steps = append(ids.Steps, query.Step{Kind: query.StepUnion, Others: []*query.Query{choices}})
	counted := &query.Query{Model: "polls.Question", Verb: query.VerbAggregate, Aggregates: []query.Named{{Name: "n", Expr: &query.Func{Name: "Count", Args: []query.Expr{&query.Ref{Name: "choice"}}}}}}
	added := insert("polls.Question", "text", abi.Text(""))
	added.Rows[0][0] = &query.Sub{Query: choices}
	for name, q := range map[string]*query.Query{
		"itself": all("polls.Choice"), "filter": where(all("polls.Question"), "choice__votes", abi.Int(1)),
		"order": step(query.Step{Kind: query.StepOrderBy, Names: []string{"choice__votes"}}), "values": step(query.Step{Kind: query.StepValues, Names: []string{"choice__votes"}}),
		"subquery": step(query.Step{Kind: query.StepFilter, Cond: in}), "delete": gone, "update": set, "union": ids, "aggregate": counted, "insert": added,
	} {
		t.Run(name, func(t *testing.T) {
			(&harness{tb: t, db: h.db, svc: h.svc, Session: h.Session, reg: h.reg}).refused(q, "polls.Choice=r")
		})
	}
}

// TestLyingModels: a guest describes its models itself.
func TestLyingModels(t *testing.T) {
	h := onFile(t, granted(t, "polls.Question=rw"))
	for _, table := range []string{"polls_choice", "POLLS_QUESTION", "sqlite_master"} {
		lie := models()
		lie.Build, lie.Models = table, lie.Models[:1]
		lie.Models[0].Table, lie.Models[0].Unmanaged = table, true
		h.describe(lie)
		h.refused(all("polls.Question"), "polls.Question("+table+")=r")
	}
}

// TestGrantsForNoModel: mistaken names are in the log when the app has described
// its models, and a replica's description says no more.
func TestGrantsForNoModel(t *testing.T) {
	var log bytes.Buffer
	change := granted(t, "polls.*=rw", "polls.question=r", "*=r", "sql=rw", "polls.Qestion=r", "pols.*=r", "polls.Choice(old_choices)=r", "shop.Book=r", "archive:logs.*=r")
	h := newHarness(t, change, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	h.describe(models())
	for _, want := range []string{
		`the grant \"polls.Qestion\" is for no model of the app: did you mean \"polls.Question\"?`,
		`the grant \"pols.*\" is for no model of the app: did you mean \"polls.*\"?`,
		`the grant \"polls.Choice(old_choices)\" is for no model of the app: did you mean \"polls.Choice\"?`,
		`the grant \"shop.Book\" is for no model of the app, which has polls.Question, polls.Choice`,
	} {
		require.Equal(t, 1, strings.Count(log.String(), want), want)
	}
	require.Equal(t, 4, strings.Count(log.String(), "level=WARN"), log.String())

	gs, err := ParseGrants([]string{"archive:logs.Lnie=r"}, []string{"archive"})
	require.NoError(t, err)
	logs := &schema.Registry{Database: "archive", Models: []schema.Model{{App: "logs", Name: "Line", Table: "log_lines"}}}
	require.Equal(t, []string{`the grant "archive:logs.Lnie" is for no model of the app: did you mean "archive:logs.Line(log_lines)"?`}, gs.astray(logs))
	logs.Database = "archive:replica"
	require.Empty(t, gs.astray(logs))
}

func (h *harness) describe(reg *schema.Registry) {
	h.tb.Helper()
	r := abi.ReadBytes(h.Do(context.Background(), abi.OpDescribe, reg.Append(nil)))
	require.NoError(h.tb, r.Begin())
	res, err := abi.ReadDescribeResult(r)
	require.NoError(h.tb, err)
	h.reg = res.Registry
}

func TestTablesAreCreatedWhereGranted(t *testing.T) {
	d, err := open.Open(t.Context(), "file:"+t.TempDir()+"/x.db")
	require.NoError(t, err)
	defer d.Close()
	describe := func(grants ...string) error {
		cfg := Config{DB: d, CreateTables: true}
		granted(t, grants...)(&cfg)
		s := New(cfg)
		defer s.Close()
		session := s.Session()
		defer session.Close()
		return abi.ReadBytes(session.Do(t.Context(), abi.OpDescribe, models().Append(nil))).Begin()
	}
	tables := func() (n int64) {
		res, err := dbtest.Do(t.Context(), d, db.Read, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name LIKE 'polls%'")
		require.NoError(t, err)
		return int64(res.Rows[0][0].Num)
	}
	e := requireCode(t, abi.CodeForbidden, describe("polls.*=r"))
	require.Contains(t, e.Message, `may read polls.Question in database "default", but not create`)
	require.Contains(t, e.Message, `CREATE TABLE "polls_question"`)
	require.NoError(t, describe("sql=rw"))
	require.Zero(t, tables())
	require.NoError(t, describe("polls.Question=rw"))
	require.EqualValues(t, 1, tables())
	require.NoError(t, describe("polls.*=rw"))
	require.EqualValues(t, 2, tables())
	require.NoError(t, describe("polls.*=r"))
}

func TestNothingGranted(t *testing.T) {
	h := onFile(t, granted(t, "archive:polls.*=rw"))
	h.refused(all("polls.Question"), "polls.Question=r")
	err := abi.ReadBytes(h.Do(context.Background(), abi.OpBegin, abi.TxBegin{}.Append(nil))).Begin()
	require.Contains(t, requireCode(t, abi.CodeForbidden, err).Message, `granted nothing in database "default"`)
}

func TestSQLIsGrantedApart(t *testing.T) {
	h := onFile(t, granted(t, "sql=rw"))
	require.Len(t, h.query(0, raw("SELECT * FROM polls_question")).rows, 1)
	h.refused(all("polls.Question"), "polls.Question=r")
}

// TestLocksOnPostgres: who may only read does not hold up who writes.
func TestLocksOnPostgres(t *testing.T) {
	h := onPostgres(t)
	p := New(Config{DB: h.db, Grants: Grants{{Database: Default, App: "polls", Model: "Question"}, {Database: Default, App: "polls", Model: "Choice", Write: true}}})
	defer p.Close()
	g := &harness{tb: t, db: h.db, svc: p, Session: p.Session()}
	defer g.Close()
	g.describe(models())
	lock := where(all("polls.Choice"), "question__text", abi.Text("x"))
	g.query(0, lock)
	lock.Steps = append(lock.Steps, query.Step{Kind: query.StepForUpdate})
	g.refused(lock, "polls.Question=rw")
}

// TestGrantsHoldForReplicas: a grant for a database is one for its copies, and
// what it does not grant is denied there, too.
func TestGrantsHoldForReplicas(t *testing.T) {
	replica := "file:" + t.TempDir() + "/replica.db"
	r := harnessOn(t, replica)
	r.add(0, "a")
	r.add(0, "b")
	h := onFile(t, granted(t, "polls.Question=r"), func(c *Config) {
		d, err := open.OpenReplicas(t.Context(), c.DB, []string{replica}, c.Log)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, d.Close()) })
		c.Replicas = map[string]db.DB{Default: d}
	})
	rows := map[string]int{"": 2, "default:replica": 2, "default:primary": 1}
	for alias, want := range rows {
		reg := models()
		reg.Database = alias
		h.describe(reg)
		require.Equal(t, want, h.count(0), alias)
		h.refused(all("polls.Choice"), "polls.Choice=r")
		h.refused(where(all("polls.Question"), "choice__votes", abi.Int(1)), "polls.Choice=r")
		h.refused(insert("polls.Question", "text", abi.Text("c")), "polls.Question=rw")
		h.refused(raw("SELECT 1"), "sql=rw")
		out := h.Do(context.Background(), abi.OpBegin, abi.TxBegin{Registry: h.reg, ReadOnly: true}.Append(nil))
		require.NoError(t, abi.ReadBytes(out).Begin(), "%s: who may read may begin", alias)
	}
	// A grant for another database is none for this one's replica.
	h = onFile(t, granted(t, "archive:polls.*=rw"), func(c *Config) {
		d, err := open.OpenReplicas(t.Context(), c.DB, []string{replica}, c.Log)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, d.Close()) })
		c.Replicas = map[string]db.DB{Default: d}
	})
	for alias := range rows {
		reg := models()
		reg.Database = alias
		h.describe(reg)
		h.refused(all("polls.Question"), "polls.Question=r")
	}
	_, err := ParseGrant("default:replica:polls.*=r")
	require.ErrorContains(t, err, "holds for its replicas, too")
}
