package sqlshell

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
	"github.com/vinyl-edge/vinyl/host/db/sqlite"
	"github.com/vinyl-edge/vinyl/host/hrana"
)

// newFile is a SQLite database with nothing in it.
func newFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	return "file:" + filepath.ToSlash(path)
}

// newServer serves such a database to clients of libSQL.
func newServer(t *testing.T) string {
	t.Helper()
	cfg, err := sqlite.ParseURL(newFile(t))
	require.NoError(t, err)
	d, err := sqlite.Open(t.Context(), cfg)
	require.NoError(t, err)
	s := hrana.New(hrana.Config{DB: d, Plain: true})
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
		s.Close()
		_ = d.Close()
	})
	return web.URL
}

// piped runs a script as from a pipe.
func piped(t *testing.T, e Engine, script string) (string, error) {
	t.Helper()
	var out, errs bytes.Buffer
	err := (&Shell{Engine: e, In: strings.NewReader(script), Out: &out, Err: &errs, Width: 20}).Run(t.Context())
	require.Empty(t, errs.String(), "nobody types")
	return out.String(), err
}

func TestShell(t *testing.T) {
	for name, url := range map[string]func(*testing.T) string{
		"sqlite": newFile, "libsql": newServer, "postgresql": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			e, err := Open(t.Context(), url(t))
			require.NoError(t, err)
			defer e.Close()
			script := "-- a comment; with more\nCREATE TABLE note (id integer PRIMARY KEY, text text,\n  score real);\n" +
				"INSERT INTO note VALUES (1, 'It''s; NULL', 1.5), (22, NULL, 2), (3, 'NULL', NULL);\n" +
				"SELECT id, text FROM note ORDER BY id; SELECT 'a\nb' AS lines, 'abcdefghijklmnopqrstuvwxyz' AS long WHERE 1=1;\nSELECT 1 AS none WHERE 1=0"
			out, err := piped(t, e, script)
			require.NoError(t, err)
			require.Contains(t, out, " id | text\n----+------------\n  1 | It's; NULL\n  3 | 'NULL'\n 22 | NULL\n(3 rows)\n")
			require.Contains(t, out, " a\\nb  | abcdefghijklmnopqrs…\n(1 row)\n")
			require.Contains(t, out, " none\n------\n(0 rows)\n", "the last ; may be left out")

			out, err = piped(t, e, "BEGIN;\nDELETE FROM note;\nROLLBACK;\nSELECT count(*) AS n FROM note;\n.quit\nSELECT 5;")
			require.NoError(t, err)
			require.Contains(t, out, " n\n---\n 3\n(1 row)\n")
			require.NotContains(t, out, "5")
			out, err = piped(t, e, "BEGIN;\nUPDATE note SET text = 'x' WHERE id = 3;\nCOMMIT;\nSELECT text FROM note WHERE id = 3;")
			require.NoError(t, err)
			require.Contains(t, out, " x\n")

			// The first error is the end, and what was done before stays done.
			out, err = piped(t, e, "SELECT 7 AS seven;\nSELECT x FROM nowhere;\nSELECT 8 AS eight;")
			require.ErrorContains(t, err, "nowhere")
			require.Contains(t, out, "seven")
			require.NotContains(t, out, "eight")

			out, err = piped(t, e, ".tables\n.schema note\n.help\n")
			require.NoError(t, err)
			require.Contains(t, out, "note")
			require.Contains(t, out, "score")
			require.Contains(t, out, ".quit")
			_, err = piped(t, e, ".nonsense\n")
			require.ErrorContains(t, err, ".help lists them")

			lines, err := e.Explain(t.Context(), "SELECT * FROM note WHERE id = 1;", false)
			require.NoError(t, err)
			require.NotEmpty(t, lines)
			_, err = e.Explain(t.Context(), "SELECT 1; DELETE FROM note", false)
			require.ErrorIs(t, err, errOne)
			lines, err = e.Explain(t.Context(), "DELETE FROM note", name == "postgresql")
			require.NoError(t, err)
			require.NotEmpty(t, lines)
			out, err = piped(t, e, "SELECT count(*) AS n FROM note")
			require.NoError(t, err)
			require.Contains(t, out, " 3\n", "what is explained is not done")

			_, err = piped(t, e, "BEGIN;\nDELETE FROM note;\n")
			require.Equal(t, ErrOpen, err)
		})
	}
}

func TestExplain(t *testing.T) {
	e, err := Open(t.Context(), newFile(t))
	require.NoError(t, err)
	defer e.Close()
	_, err = piped(t, e, "CREATE TABLE a (id integer PRIMARY KEY, n integer); CREATE INDEX by_n ON a (n);")
	require.NoError(t, err)
	lines, err := e.Explain(t.Context(), "SELECT * FROM a WHERE n = ? AND id IN (SELECT id FROM a WHERE n > ?)", false)
	require.NoError(t, err)
	require.Contains(t, strings.Join(lines, "\n"), "USING")
	require.Contains(t, strings.Join(lines, "\n"), "\n   └─ ", "the plan of the subquery is below it")
	_, err = e.Explain(t.Context(), "SELECT 1", true)
	require.ErrorIs(t, err, errAnalyze)

	p, err := Open(t.Context(), pgtest.URL(t))
	require.NoError(t, err)
	defer p.Close()
	lines, err = p.Explain(t.Context(), "SELECT * FROM pg_class WHERE oid = $1 AND relname <> $2;", false)
	require.NoError(t, err)
	require.Contains(t, strings.Join(lines, "\n"), "$1")
	_, err = p.Explain(t.Context(), "SELECT $1::integer; DELETE FROM note", false)
	require.ErrorIs(t, err, errOne)
	_, err = p.Explain(t.Context(), "SELECT $1::integer", true)
	require.ErrorContains(t, err, "need values")
	_, err = p.Explain(t.Context(), "ANALYZE CREATE TABLE made AS SELECT 1", false)
	require.ErrorContains(t, err, "syntax error", "what the SQL says can't make it run")
	lines, err = p.Explain(t.Context(), "SELECT 1", true)
	require.NoError(t, err)
	require.Contains(t, strings.Join(lines, "\n"), "Execution Time")
	require.False(t, p.InTx())
}

// A statement that a person stops is not the end of the session.
func TestInterrupt(t *testing.T) {
	for name, c := range map[string]struct {
		url  func(*testing.T) string
		long string
	}{
		"sqlite":     {newFile, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;"},
		"postgresql": {func(t *testing.T) string { return pgtest.URL(t) }, "SELECT pg_sleep(600);"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := Open(t.Context(), c.url(t))
			require.NoError(t, err)
			defer e.Close()
			interrupts := make(chan os.Signal, 1)
			var out, errs bytes.Buffer
			s := &Shell{Engine: &announced{e, interrupts}, In: strings.NewReader(c.long + "\nSELECT 'on' AS goes;\n"), Out: &out, Err: &errs, Interactive: true, Interrupts: interrupts, Prompt: "db"}
			require.NoError(t, s.Run(t.Context()))
			require.Contains(t, errs.String(), "error: ")
			require.Contains(t, errs.String(), "db> ")
			require.Contains(t, out.String(), " goes\n------\n on\n")
		})
	}
}

// announced is interrupted in its first statement.
type announced struct {
	Engine
	interrupts chan os.Signal
}

func (a *announced) Run(ctx context.Context, text string, out Sink) error {
	if a.interrupts != nil {
		a.interrupts <- os.Interrupt
		a.interrupts = nil
	}
	return a.Engine.Run(ctx, text, out)
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	w := &table{w: &b, width: 5}
	require.NoError(t, w.Columns([]string{"n", "text"}))
	for range together + 1 {
		require.NoError(t, w.Row([]Cell{{Text: "1", Right: true}, {Text: "\x1b[31mred"}}))
	}
	require.NoError(t, w.End(""))
	require.Equal(t, together+1+3, strings.Count(b.String(), "\n"))
	require.NotContains(t, b.String(), "\x1b", "no command for the terminal")
	require.Contains(t, b.String(), "(201 rows)")
	require.Equal(t, "ab…", plain("abcd", 3))
	require.Equal(t, "abc", plain("abc", 3))
	require.Equal(t, `\xff`, plain("\xff", 0))
	require.Equal(t, "x'00ff'", blob("\x00\xff"))
	require.Equal(t, []string{"2.0", "1e+21", "-0.5"}, []string{ftoa(2), ftoa(1e21), ftoa(-0.5)})
}

func TestExisting(t *testing.T) {
	_, err := Existing("file::memory:")
	require.ErrorIs(t, err, ErrMemory)
	_, err = Existing("file:" + filepath.Join(t.TempDir(), "none.db"))
	require.ErrorContains(t, err, "vinyl-edge serve makes it")
}
