package hrana

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

// openStreams is how many there are.
func (s *Server) openStreams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

func TestStreamsExpire(t *testing.T) {
	v := serve(t, func(c *Config) { c.IdleTimeout = 20 * time.Millisecond })
	v.must(nil, "CREATE TABLE t (id integer)")
	baton, _ := v.must(nil, "BEGIN IMMEDIATE", "INSERT INTO t VALUES (1)")
	require.Eventually(t, func() bool { return v.s.openStreams() == 0 }, 30*time.Second, 5*time.Millisecond)
	r := v.ask(baton, execute("COMMIT"))
	require.Equal(t, CodeStreamExpired, r.Code)
	_, rows := v.must(nil, "SELECT count(*) FROM t")
	require.Contains(t, rows, `"0"`)
}

func TestTransactionsEnd(t *testing.T) {
	v := serve(t, func(c *Config) { c.TxTimeout = 30 * time.Millisecond })
	r := v.ask(nil, execute("BEGIN IMMEDIATE")+","+execute(endless)+","+execute("SELECT 1"))
	require.Equal(t, CodeTxTimeout, r.Results[1].Error.Code)
	require.Equal(t, CodeStreamClosed, r.Results[2].Error.Code)
	require.Nil(t, r.Baton)
	v.must(nil, "CREATE TABLE t (id integer)") // nothing holds the lock
}

func TestRequestsEnd(t *testing.T) {
	v := serve(t, func(c *Config) { c.RequestTimeout = 50 * time.Millisecond })
	for _, q := range []string{execute(endless), `{"type":"sequence","sql":"` + endless + `"}`, `{"type":"batch","batch":{"steps":[{"stmt":{"sql":"` + endless + `"}},{"stmt":{"sql":"SELECT 1"}}]}}`} {
		r := v.ask(nil, q)
		require.Equal(t, CodeTimeout, r.Results[0].Error.Code, q)
	}
	_, text := v.raw("/v3/cursor", `{"batch":{"steps":[{"stmt":{"sql":"`+endless+`"}}]}}`)
	require.Contains(t, text, CodeTimeout)
	require.Zero(t, v.s.openStreams())
}

// busy tells whether a request has a stream.
func (s *Server) busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.streams {
		if len(st.turn) > 0 {
			return true
		}
	}
	return false
}

func TestClientsLeave(t *testing.T) {
	v := serve(t, nil)
	baton, _ := v.must(nil, "BEGIN")
	for _, b := range []*string{nil, baton} {
		ctx, cancel := context.WithCancel(t.Context())
		text, _ := json.Marshal(b)
		req, err := http.NewRequestWithContext(ctx, "POST", v.url+"/v2/pipeline", strings.NewReader(`{"baton":`+string(text)+`,"requests":[`+execute(endless)+`]}`))
		require.NoError(t, err)
		done := make(chan error)
		go func() {
			_, err := http.DefaultClient.Do(req)
			done <- err
		}()
		require.Eventually(t, v.s.busy, 30*time.Second, time.Millisecond)
		cancel()
		require.Error(t, <-done)
		require.Eventually(t, func() bool { return !v.s.busy() }, 30*time.Second, time.Millisecond)
	}
	require.Zero(t, v.s.openStreams())
}

func TestManyStreams(t *testing.T) {
	v := serve(t, func(c *Config) { c.MaxStreams = 8; c.IdleTimeout = time.Minute })
	var batons []*string
	refused := 0
	for range 200 {
		r := v.ask(nil, execute("SELECT 1"))
		if r.Code != "" {
			require.Equal(t, CodeTooManyStreams, r.Code)
			refused++
			continue
		}
		batons = append(batons, r.Baton)
	}
	require.Len(t, batons, 8)
	require.Equal(t, 192, refused)
	for _, b := range batons {
		v.ask(b, `{"type":"close"}`)
	}
	v.must(nil, "SELECT 1")
}

func TestLargeThings(t *testing.T) {
	v := serve(t, func(c *Config) { c.MaxBody = 10_000; c.MaxResult = 50_000 })
	status, text := v.raw("/v3/pipeline", strings.Repeat("x", 20_000))
	require.Equal(t, 413, status)
	require.Contains(t, text, CodeRequestTooLarge)
	r := v.ask(nil, execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")+","+execute("SELECT zeroblob(40000)")+","+execute("SELECT zeroblob(40000)")+","+execute("SELECT 1"))
	require.Equal(t, CodeTooLarge, r.Results[0].Error.Code)
	require.Equal(t, CodeTooLarge, r.Results[1].Error.Code, "in base64 it is larger")
	require.Nil(t, r.Results[3].Error)
	for _, body := range []string{"", "[]", "{", `{"requests":7}`, `{"baton":"x","requests":[]}`, `{"baton":"x.y.z","requests":[]}`, `{"requests":[{}],"baton":{}}`} {
		status, text := v.raw("/v2/pipeline", body)
		require.Equal(t, 400, status, body)
		require.Contains(t, text, `"code":`)
	}
	status, _ = v.raw("/v3/cursor", `{}`)
	require.Equal(t, 400, status)
}

func TestShutDown(t *testing.T) {
	v := serve(t, nil)
	baton, _ := v.must(nil, "CREATE TABLE t (id integer)", "BEGIN", "INSERT INTO t VALUES (1)")
	v.s.Close()
	require.Zero(t, v.s.openStreams())
	require.NotEmpty(t, v.ask(baton, execute("COMMIT")).Code)
	require.Equal(t, CodeShuttingDown, v.ask(nil, execute("SELECT 1")).Code)
}

func FuzzPipeline(f *testing.F) {
	v := serveFuzz(f)
	for _, s := range []string{
		`{"requests":[{"type":"execute","stmt":{"sql":"SELECT ?","args":[{"type":"integer","value":"1"}]}}]}`,
		`{"requests":[{"type":"batch","batch":{"steps":[{"condition":{"type":"not","cond":{"type":"ok","step":0}},"stmt":{"sql":"SELECT 1"}}]}}]}`,
		`{"requests":[{"type":"store_sql","sql_id":1,"sql":"x"},{"type":"describe","sql_id":1},{"type":"sequence","sql":"PRAGMA x;"},{"type":"close"}]}`,
		`{"baton":"a.b","requests":[]}`, `{"batch":{"steps":[{"stmt":{"sql":"SELECT x'00', 'a', 1.5, NULL"}}]}}`,
		`{"requests":[{"type":"execute","stmt":{"sql":"VALUES (:a)","named_args":[{"name":"a","value":{"type":"blob","base64":"AA=="}}]}}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, path := range []string{"/v2/pipeline", "/v3/pipeline", "/v3/cursor"} {
			w := httptest.NewRecorder()
			v.ServeHTTP(w, httptest.NewRequest("POST", "http://localhost"+path, strings.NewReader(string(body))))
			if w.Code != 200 {
				require.GreaterOrEqual(t, w.Code, 400)
				require.NotEqual(t, 500, w.Code, w.Body.String())
			}
			for line := range strings.SplitSeq(strings.TrimSpace(w.Body.String()), "\n") {
				require.True(t, json.Valid([]byte(line)), line)
			}
			v.mu.Lock()
			all := make([]*stream, 0, len(v.streams))
			for _, st := range v.streams {
				all = append(all, st)
			}
			v.mu.Unlock()
			for _, st := range all {
				st.turn <- struct{}{}
				st.close("")
				<-st.turn
			}
			require.Zero(t, v.openStreams())
		}
	})
}
