package libsql

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"github.com/vinyl-edge/vinyl/host/hrana"
)

func do(t *testing.T, d db.DB, sql string, args ...abi.Value) dbtest.Result {
	t.Helper()
	mode := db.Write
	if strings.HasPrefix(sql, "SELECT") {
		mode = db.Read
	}
	r, err := dbtest.Do(t.Context(), d, mode, sql, args...)
	require.NoError(t, err, sql)
	return r
}

// A server closes streams that wait: outside of transactions nobody notices,
// inside it is an error of its own kind.
func TestStreamsExpire(t *testing.T) {
	d := opened(t, serve(t, func(c *hrana.Config) { c.IdleTimeout = time.Millisecond }))
	do(t, d, "CREATE TABLE t (id integer)")
	for range 5 {
		time.Sleep(5 * time.Millisecond)
		do(t, d, "INSERT INTO t VALUES (1)")
		do(t, d, "SELECT * FROM t")
	}
	require.Len(t, do(t, d, "SELECT * FROM t").Rows, 5, "each ran once")

	c, err := d.Acquire(t.Context(), db.Write)
	require.NoError(t, err)
	defer c.Release()
	for {
		if err = c.Begin(t.Context(), db.TxOptions{}); err == nil {
			break
		}
	}
	require.Eventually(t, func() bool {
		_, err = dbtest.On(t.Context(), c, true, "INSERT INTO t VALUES (2)")
		time.Sleep(5 * time.Millisecond)
		return err != nil
	}, 30*time.Second, time.Millisecond)
	require.Contains(t, dbtest.Code(t, abi.CodeTxDone, err).Message, "STREAM_EXPIRED")
	require.False(t, c.InTx())
	dbtest.Code(t, abi.CodeTxDone, c.Commit(t.Context()))
	_, err = dbtest.On(t.Context(), c, false, "SELECT 1")
	require.NoError(t, err)
	require.Len(t, do(t, d, "SELECT * FROM t").Rows, 5)
}

// The server's own limit of transactions is an error that says so.
func TestTransactionsEnd(t *testing.T) {
	for _, scheme := range []string{"http", "ws"} {
		d := opened(t, scheme+strings.TrimPrefix(serve(t, func(c *hrana.Config) { c.TxTimeout = time.Millisecond }), "http"))
		c, err := d.Acquire(t.Context(), db.Write)
		require.NoError(t, err)
		defer c.Release()
		require.NoError(t, c.Begin(t.Context(), db.TxOptions{}))
		time.Sleep(5 * time.Millisecond)
		_, err = dbtest.On(t.Context(), c, false, "SELECT 1")
		dbtest.Code(t, abi.CodeTimeout, err)
		require.False(t, c.InTx())
	}
}

func TestTokens(t *testing.T) {
	url := serve(t, func(c *hrana.Config) { c.Token = "secret" })
	for _, u := range []string{url, socketURL(url)} {
		require.Len(t, do(t, opened(t, u+"?authToken=secret"), "SELECT 1").Rows, 1)
		for _, token := range []string{"", "?authToken=wrong"} {
			cfg, err := ParseURL(u + token)
			require.NoError(t, err)
			_, err = Open(t.Context(), cfg)
			require.ErrorContains(t, err, "token")
			require.NotContains(t, err.Error(), "wrong\"")
		}
	}
	t.Setenv(TokenVariable, "secret")
	require.Len(t, do(t, opened(t, url), "SELECT 1").Rows, 1)
}

func TestDialect(t *testing.T) {
	require.Equal(t, "sqlite", opened(t, serve(t, nil)).Dialect())
	require.Equal(t, "sqlite-plain", opened(t, serve(t, func(c *hrana.Config) { c.Plain = true })).Dialect())
}

// Values of datetime columns come as they are stored.
func TestDateTimes(t *testing.T) {
	d := opened(t, serve(t, nil))
	do(t, d, "CREATE TABLE t (at datetime, on_ timestamp)")
	do(t, d, "INSERT INTO t VALUES (?, ?)", abi.Text("2024-02-29 12:00:00.500000"), abi.Text("2024-02-29"))
	require.Equal(t, [][]abi.Value{{abi.Text("2024-02-29 12:00:00.500000"), abi.Text("2024-02-29")}}, do(t, d, "SELECT at, on_ FROM t").Rows)
}

func TestRefused(t *testing.T) {
	d := opened(t, serve(t, nil))
	for sql, code := range map[string]abi.ErrorCode{
		"SELECT 1; DELETE FROM t": abi.CodeDatabase, "SELECT 1 /* ; */ ; ": 0, "SELECT ';', \";\", [;], `;`": abi.CodeDatabase, "PRAGMA user_version": abi.CodeForbidden, "vacuum": abi.CodeForbidden,
		"/* x */ ATTACH 'x' AS y": abi.CodeForbidden, "INSERT OR ROLLBACK INTO t VALUES (1)": abi.CodeForbidden, "SELECT $a": abi.CodeValue, "SELECT ?2": abi.CodeValue, "SELECT ?1, ?": abi.CodeValue,
		"SELECT 'x": abi.CodeDatabase, "WITH a AS (SELECT 1) DELETE FROM t": abi.CodeReadOnly, "REPLACE INTO t VALUES (1)": abi.CodeReadOnly, "WITH a AS (SELECT 1) SELECT replace('a', 'b', 'c') FROM a": 0,
		"SELECT $x$; DELETE FROM t; --$x$": abi.CodeDatabase, "SELECT nosuch(1)": abi.CodeNotSupported, "SELECT e'\\'; DELETE FROM t --'": abi.CodeDatabase, "SELECT 1 -- ;": 0, "EXPLAIN DELETE FROM t": abi.CodeReadOnly,
	} {
		_, err := dbtest.Do(t.Context(), d, db.Read, sql)
		if code == 0 {
			require.NoError(t, err, sql)
			continue
		}
		var e *abi.OpError
		require.ErrorAs(t, err, &e, sql)
		if sql != "SELECT $x$; DELETE FROM t; --$x$" {
			require.Equal(t, code, e.Code, "%s: %v", sql, err)
		}
	}
	_, err := dbtest.Do(t.Context(), d, db.Read, "SELECT ?", abi.Text("\xff"))
	dbtest.Code(t, abi.CodeValue, err)
}

// proxied is a server between the driver and a real one, which f may change.
func proxied(t *testing.T, to string, f func(w http.ResponseWriter, body string, pass func() []byte)) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f(w, string(body), func() []byte {
			res, err := http.Post(to+r.URL.Path, "application/json", strings.NewReader(string(body)))
			if err != nil {
				return nil
			}
			defer res.Body.Close()
			text, _ := io.ReadAll(res.Body)
			return text
		})
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// A change whose answer is lost may have been made: it is not made again.
func TestUnknownOutcome(t *testing.T) {
	var cut atomic.Bool
	var inserts atomic.Int32
	d := opened(t, proxied(t, serve(t, nil), func(w http.ResponseWriter, body string, pass func() []byte) {
		text := pass()
		if strings.Contains(body, "INSERT") {
			inserts.Add(1)
		}
		if cut.Load() && (strings.Contains(body, "INSERT") || strings.Contains(body, "COMMIT")) {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(text)
	}))
	do(t, d, "CREATE TABLE t (id integer)")
	cut.Store(true)
	_, err := dbtest.Do(t.Context(), d, db.Write, "INSERT INTO t VALUES (1)")
	dbtest.Code(t, abi.CodeUnknown, err)
	require.EqualValues(t, 1, inserts.Load())
	require.Len(t, do(t, d, "SELECT * FROM t").Rows, 1)

	c, err := d.Acquire(t.Context(), db.Write)
	require.NoError(t, err)
	defer c.Release()
	cut.Store(false)
	require.NoError(t, c.Begin(t.Context(), db.TxOptions{}))
	_, err = dbtest.On(t.Context(), c, true, "INSERT INTO t VALUES (2)")
	require.NoError(t, err)
	cut.Store(true)
	dbtest.Code(t, abi.CodeUnknown, c.Commit(t.Context()))
	require.False(t, c.InTx())
	cut.Store(false)
	require.Len(t, do(t, d, "SELECT * FROM t").Rows, 2, "it was committed")
}

// Whatever a server answers, the host goes on.
func TestHostileServers(t *testing.T) {
	rows := strings.Repeat(`[{"type":"integer","value":"1"}],`, 1000)
	good := func(result string) string {
		return `{"baton":"b","results":[{"type":"ok","response":{"type":"execute","result":` + result + `}}]}`
	}
	for i, answer := range []string{
		"", "null", "[]", "{", "<html>", `{"results":null}`, `{"results":[{"type":"ok"}]}`, `{"results":[{"type":"ok","response":{"type":"batch","result":{}}}]}`, good("null"), good(`{"cols":7}`),
		good(`{"cols":[{"name":"a"}],"rows":[[]]}`), good(`{"cols":[{"name":"a"}],"rows":[[{"type":"integer","value":"x"}]]}`), good(`{"cols":[{"name":"a"}],"rows":[[{"type":"dance"}]]}`),
		good(`{"cols":[{"name":"a"}],"rows":[[{"type":"blob","base64":"!"}]]}`), good(`{"cols":[{"name":"a"}],"rows":[[{"type":"text"}]]}`), good(`{"cols":[{"name":"a"}],"rows":[` + rows + `[{"type":"null"}]]}`),
		`{"results":[{"type":"error","error":{"message":"UNIQUE constraint failed: ","code":null}}]}`, `{"results":[{"type":"error","error":{}}]}`,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }))
		cfg, err := ParseURL(s.URL)
		require.NoError(t, err)
		cfg.MaxResult = 20_000
		_, err = Open(t.Context(), cfg)
		require.Error(t, err, "%d %s", i, answer[:min(len(answer), 80)])
		var e *abi.OpError
		require.ErrorAs(t, err, &e)
		s.Close()
	}
	elsewhere := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1/", http.StatusTemporaryRedirect))
	defer elsewhere.Close()
	cfg, err := ParseURL(elsewhere.URL)
	require.NoError(t, err)
	_, err = Open(t.Context(), cfg)
	require.ErrorContains(t, err, "sends elsewhere")
}

func TestParseURL(t *testing.T) {
	cfg, err := ParseURL("libsql://db.example.com/x/?authToken=abc&readers=3&busy_timeout=20")
	require.NoError(t, err)
	require.Equal(t, Config{URL: "https://db.example.com/x", Token: "abc", Readers: 3, BusyTimeout: 20 * time.Millisecond}, cfg)
	cfg, err = ParseURL("libsql://localhost:8080?tls=0")
	require.NoError(t, err)
	require.Equal(t, "http://localhost:8080", cfg.URL)
	for _, s := range []string{"libsql://", "libsql://x?tls=0", "http://x?tls=1", "http://u:p@x", "http://x#y", "file:x", "http://x?readers=0", "http://x?a=b", "http://x?authToken=", "http://x?%zz", "http://[x"} {
		_, err := ParseURL(s)
		require.Error(t, err, s)
	}
}

func FuzzReadResult(f *testing.F) {
	f.Add([]byte(`{"cols":[{"name":"a"}],"rows":[[{"type":"integer","value":"1"}]],"affected_row_count":1,"last_insert_rowid":"7"}`))
	f.Add([]byte(`{"cols":[{"name":null}],"rows":[[{"type":"blob","base64":"AA"}],[{"type":"null"}],[{"type":"float","value":1e5}]]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := readResult(text)
		if err != nil {
			return
		}
		cu := &cursor{res: r}
		for range len(r.ends) + 1 {
			b, done, err := cu.Fill(context.Background(), nil, db.Limits{Rows: 1, Bytes: 1 << 20})
			require.NoError(t, err)
			require.NotEmpty(t, b)
			if done {
				return
			}
		}
	})
}

func FuzzInspect(f *testing.F) {
	for _, s := range []string{"SELECT 1", "INSERT INTO t VALUES (?)", "'", "/*", "--", "[", "?1", "WITH x AS (SELECT 1) DELETE FROM t RETURNING 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		facts, err := inspect(sql)
		if err == nil && facts.returning {
			require.True(t, facts.writes)
		}
	})
}

func Example() {
	cfg, err := ParseURL("libsql://shop.turso.io?authToken=secret&readers=4")
	fmt.Println(cfg.URL, cfg.Readers, err)
	text, _ := json.Marshal(Name("libsql://shop.turso.io?authToken=secret"))
	fmt.Println(string(text))
	// Output:
	// https://shop.turso.io 4 <nil>
	// "libsql://shop.turso.io"
}
