package hrana

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host/db/sqlite"
)

// served is a server of an empty file.
type served struct {
	*testing.T
	s   *Server
	url string
}

func serve(t *testing.T, change func(*Config)) *served {
	t.Helper()
	d, err := sqlite.Open(context.Background(), sqlite.Config{Path: filepath.Join(t.TempDir(), "app.db"), BusyTimeout: 200 * time.Millisecond})
	require.NoError(t, err)
	cfg := Config{DB: d, IdleTimeout: time.Minute}
	if change != nil {
		change(&cfg)
	}
	s := New(cfg)
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Close()
		web.Close()
		require.NoError(t, d.Close())
	})
	return &served{t, s, web.URL}
}

type reply struct {
	Baton   *string
	Results []struct {
		Type     string
		Response struct {
			Type         string
			IsAutocommit bool `json:"is_autocommit"`
			Result       json.RawMessage
		}
		Error *Error
	}
	Message, Code string // of an error
}

// raw posts a body and returns the status and the text of the answer.
func (v *served) raw(path, body string, header ...string) (int, string) {
	v.Helper()
	req, err := http.NewRequest("POST", v.url+path, strings.NewReader(body))
	require.NoError(v, err)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(v, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(v, err)
	return res.StatusCode, string(text)
}

// ask posts requests, JSON without the brackets.
func (v *served) ask(baton *string, requests string) reply {
	v.Helper()
	b, _ := json.Marshal(baton)
	_, text := v.raw("/v3/pipeline", `{"baton":`+string(b)+`,"requests":[`+requests+`]}`)
	var r reply
	require.NoError(v, json.Unmarshal([]byte(text), &r), text)
	return r
}

func execute(sql string) string {
	b, _ := json.Marshal(sql)
	return `{"type":"execute","stmt":{"sql":` + string(b) + `}}`
}

// must executes statements that succeed, and returns the last one's rows.
func (v *served) must(baton *string, sql ...string) (*string, string) {
	v.Helper()
	var list []string
	for _, s := range sql {
		list = append(list, execute(s))
	}
	r := v.ask(baton, strings.Join(list, ","))
	require.Len(v, r.Results, len(sql), r.Message)
	for i, res := range r.Results {
		require.Nil(v, res.Error, sql[i])
	}
	var last struct{ Rows json.RawMessage }
	require.NoError(v, json.Unmarshal(r.Results[len(sql)-1].Response.Result, &last))
	return r.Baton, string(last.Rows)
}

func TestExecute(t *testing.T) {
	v := serve(t, nil)
	v.must(nil, "CREATE TABLE t (id integer PRIMARY KEY, s text UNIQUE, f real, b blob)")
	status, text := v.raw("/v2/pipeline", `{"requests":[{"type":"execute","stmt":{"sql":"INSERT INTO t (s, f, b) VALUES (?, :f, $b)",
		"args":[{"type":"text","value":"a\"\\\né😀"}],"named_args":[{"name":"f","value":{"type":"float","value":1.5}},{"name":"$b","value":{"type":"blob","base64":"AP8"}}]}},{"type":"close"}]}`)
	require.Equal(t, 200, status)
	require.JSONEq(t, `{"baton":null,"base_url":null,"results":[{"type":"ok","response":{"type":"execute","result":{"cols":[],"rows":[],"affected_row_count":1,"last_insert_rowid":"1",
		"replication_index":null,"rows_read":0,"rows_written":1}}},{"type":"ok","response":{"type":"close"}}]}`, text)
	_, rows := v.must(nil, "SELECT id, s, f, b, NULL FROM t")
	require.JSONEq(t, `[[{"type":"integer","value":"1"},{"type":"text","value":"a\"\\\né😀"},{"type":"float","value":1.5},{"type":"blob","base64":"AP8"},{"type":"null"}]]`, rows)

	r := v.ask(nil, strings.Join([]string{
		execute("INSERT INTO t (id) VALUES (1)"), execute("INSERT INTO t (s) SELECT s FROM t"), execute("SELEC 1"), execute("SELECT 1; SELECT 2"), execute(" -- nothing"), execute("ATTACH ':memory:' AS x"), execute("SELECT 9e999"),
		`{"type":"execute","stmt":{"sql":"SELECT ?","args":[{"type":"integer","value":"x"}]}}`, `{"type":"execute"}`, `{"type":"dance"}`,
		`{"type":"execute","stmt":{"sql":"SELECT id, s FROM t","want_rows":false}}`,
	}, ","))
	var codes []string
	for _, res := range r.Results[:10] {
		require.NotNil(t, res.Error)
		codes = append(codes, res.Error.Code)
	}
	require.Equal(t, []string{
		"SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_ERROR", "SQL_MANY_STATEMENTS", "SQL_NO_STATEMENT", "SQLITE_AUTH", "VALUE_INVALID",
		"ARGS_INVALID", "PROTOCOL_ERROR", "PROTOCOL_ERROR",
	}, codes)
	require.JSONEq(t, `{"cols":[{"name":"id","decltype":"INTEGER"},{"name":"s","decltype":"TEXT"}],"rows":[],"affected_row_count":0,"last_insert_rowid":"0","replication_index":null,"rows_read":1,"rows_written":0}`,
		strings.ReplaceAll(strings.ReplaceAll(string(r.Results[10].Response.Result), `"integer"`, `"INTEGER"`), `"text"`, `"TEXT"`))
}

func TestTransactions(t *testing.T) {
	v := serve(t, nil)
	v.must(nil, "CREATE TABLE t (id integer)")
	baton, _ := v.must(nil, "BEGIN IMMEDIATE", "INSERT INTO t VALUES (1)")
	require.NotNil(t, baton)
	r := v.ask(baton, `{"type":"get_autocommit"}`)
	require.False(t, r.Results[0].Response.IsAutocommit)
	_, rows := v.must(nil, "SELECT count(*) FROM t")
	require.Contains(t, rows, `"0"`)
	require.Equal(t, CodeBatonReused, v.ask(baton, execute("COMMIT")).Code, "a baton is good for one request")
	busy := v.ask(nil, execute("INSERT INTO t VALUES (2)"))
	require.Equal(t, "SQLITE_BUSY", busy.Results[0].Error.Code, "the lock was waited for")
	next, _ := v.must(r.Baton, "SAVEPOINT a", "INSERT INTO t VALUES (3)", "ROLLBACK TO a", "RELEASE a", "COMMIT")
	closed := v.ask(next, `{"type":"close"},`+execute("SELECT 1"))
	require.Nil(t, closed.Baton)
	require.Equal(t, CodeStreamClosed, closed.Results[1].Error.Code)
	_, rows = v.must(nil, "SELECT id FROM t")
	require.JSONEq(t, `[[{"type":"integer","value":"1"}]]`, rows)

	// What a stream leaves open is undone when it closes.
	v.ask(nil, execute("BEGIN")+","+execute("DELETE FROM t")+`,{"type":"close"}`)
	_, rows = v.must(nil, "SELECT count(*) FROM t")
	require.Contains(t, rows, `"1"`)
}

func TestBatch(t *testing.T) {
	v := serve(t, nil)
	r := v.ask(nil, `{"type":"batch","batch":{"steps":[
		{"stmt":{"sql":"CREATE TABLE t (id integer UNIQUE)"}},
		{"condition":{"type":"ok","step":0},"stmt":{"sql":"BEGIN"}},
		{"condition":{"type":"not","cond":{"type":"is_autocommit"}},"stmt":{"sql":"INSERT INTO t VALUES (1)"}},
		{"condition":{"type":"and","conds":[{"type":"ok","step":1},{"type":"ok","step":2}]},"stmt":{"sql":"INSERT INTO t VALUES (1)"}},
		{"condition":{"type":"ok","step":3},"stmt":{"sql":"COMMIT"}},
		{"condition":{"type":"or","conds":[{"type":"error","step":3},{"type":"ok","step":4}]},"stmt":{"sql":"ROLLBACK"}},
		{"stmt":{"sql":"SELECT count(*) FROM t"}}]}}`)
	var got struct {
		StepResults []*struct{ Rows json.RawMessage } `json:"step_results"`
		StepErrors  []*Error                          `json:"step_errors"`
	}
	require.NoError(t, json.Unmarshal(r.Results[0].Response.Result, &got))
	require.Len(t, got.StepResults, 7)
	for i, ok := range []bool{true, true, true, false, false, true, true} {
		require.Equal(t, ok, got.StepResults[i] != nil, i)
		require.Equal(t, i == 3, got.StepErrors[i] != nil, i)
	}
	require.Contains(t, string(got.StepResults[6].Rows), `"0"`)
	for _, condition := range []string{`{"type":"ok","step":5}`, `{"type":"maybe"}`, strings.Repeat(`{"type":"not","cond":`, 100) + `{"type":"is_autocommit"}` + strings.Repeat("}", 100)} {
		r := v.ask(nil, `{"type":"batch","batch":{"steps":[{"condition":`+condition+`,"stmt":{"sql":"SELECT 1"}}]}}`)
		require.Equal(t, CodeProtocol, r.Results[0].Error.Code, condition)
	}
}

func TestOtherRequests(t *testing.T) {
	v := serve(t, nil)
	r := v.ask(nil, `{"type":"sequence","sql":"CREATE TABLE t (id integer); INSERT INTO t VALUES (1); -- more\nINSERT INTO t VALUES (2);"},
		{"type":"describe","sql":"SELECT id AS x FROM t WHERE id > ? AND id < :top"},
		{"type":"store_sql","sql_id":7,"sql":"SELECT 7"},{"type":"execute","stmt":{"sql_id":7}},{"type":"close_sql","sql_id":7},{"type":"execute","stmt":{"sql_id":7}},
		{"type":"sequence","sql":"INSERT INTO t VALUES (3); SELEC; INSERT INTO t VALUES (4)"},{"type":"describe","sql":"DELETE FROM t"}`)
	require.Nil(t, r.Results[0].Error)
	require.JSONEq(t, `{"params":[{"name":null},{"name":":top"}],"cols":[{"name":"x","decltype":"INTEGER"}],"is_explain":false,"is_readonly":true}`,
		strings.ReplaceAll(string(r.Results[1].Response.Result), `"integer"`, `"INTEGER"`))
	require.Contains(t, string(r.Results[3].Response.Result), `"value":"7"`)
	require.Equal(t, CodeSQLNotFound, r.Results[5].Error.Code)
	require.Equal(t, "SQLITE_ERROR", r.Results[6].Error.Code)
	require.Contains(t, string(r.Results[7].Response.Result), `"is_readonly":false`)
	_, rows := v.must(nil, "SELECT sum(id) FROM t")
	require.Contains(t, rows, `"6"`)
}

func TestCursor(t *testing.T) {
	v := serve(t, nil)
	status, text := v.raw("/v3/cursor", `{"batch":{"steps":[{"stmt":{"sql":"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i, 'a text of some length' FROM n"}},{"stmt":{"sql":"SELEC"}},{"condition":{"type":"ok","step":1},"stmt":{"sql":"SELECT 1"}}]}}`)
	require.Equal(t, 200, status)
	kinds := map[string]int{}
	lines := bufio.NewScanner(strings.NewReader(text))
	require.True(t, lines.Scan())
	var head reply
	require.NoError(t, json.Unmarshal(lines.Bytes(), &head))
	for lines.Scan() {
		var e struct{ Type string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &e), lines.Text())
		kinds[e.Type]++
	}
	require.Equal(t, map[string]int{"step_begin": 1, "row": 5000, "step_end": 1, "step_error": 1}, kinds)
	v.must(head.Baton, "SELECT 1")
}

func TestProbes(t *testing.T) {
	v := serve(t, func(c *Config) { c.Token = "secret" })
	for path, want := range map[string]int{"/v2": 200, "/v3": 200, "/health": 200, "/": 200, "/v3-protobuf": 404, "/v1/execute": 404} {
		res, err := http.Get(v.url + path)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, want, res.StatusCode, path)
	}
	body := `{"requests":[` + execute("SELECT 1") + `]}`
	for header, want := range map[string]int{"": 401, "Bearer": 401, "Bearer wrong": 401, "Basic secret": 401, "Bearer secret": 200, "bearer secret": 200} {
		status, text := v.raw("/v2/pipeline", body, "Authorization", header)
		require.Equal(t, want, status, header)
		require.NotContains(t, text, "wrong\"")
	}
	status, _ := v.raw("/v3/cursor", `{"batch":{"steps":[]}}`)
	require.Equal(t, 401, status)
}

// Pages of other sites reach servers on this machine through its browser.
func TestForeignPages(t *testing.T) {
	v := serve(t, nil)
	body := `{"requests":[` + execute("SELECT 1") + `]}`
	status, _ := v.raw("/v2/pipeline", body, "Content-Type", "text/plain", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	require.Equal(t, 403, status)
	req := httptest.NewRequest("POST", "http://evil.example/v2/pipeline", strings.NewReader(body))
	w := httptest.NewRecorder()
	v.s.ServeHTTP(w, req)
	require.Equal(t, 403, w.Code, "a name that somebody has made point here")
}
