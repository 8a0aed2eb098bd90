package hrana

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// talk opens a WebSocket.
func (v *served) talk(protocols ...string) *websocket.Conn {
	v.Helper()
	c, _, err := websocket.Dial(v.Context(), "ws"+strings.TrimPrefix(v.url, "http"), &websocket.DialOptions{Subprotocols: protocols})
	require.NoError(v, err)
	v.Cleanup(func() { _ = c.CloseNow() })
	return c
}

// say sends messages and returns as many answers, by their requests.
func say(t *testing.T, c *websocket.Conn, messages ...string) map[int]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got := map[int]string{}
	for _, m := range messages {
		require.NoError(t, c.Write(ctx, websocket.MessageText, []byte(m)))
	}
	for range messages {
		_, b, err := c.Read(ctx)
		require.NoError(t, err)
		var m struct {
			RequestID *int `json:"request_id"`
		}
		require.NoError(t, json.Unmarshal(b, &m), string(b))
		if m.RequestID == nil {
			got[-1] = string(b)
			continue
		}
		got[*m.RequestID] = string(b)
	}
	return got
}

func TestSocket(t *testing.T) {
	v := serve(t, func(c *Config) { c.Token = "secret" })
	c := v.talk("hrana3", "hrana2")
	require.Equal(t, "hrana2", c.Subprotocol())
	require.Contains(t, say(t, c, `{"type":"hello","jwt":"secret"}`)[-1], "hello_ok")
	got := say(
		t, c, `{"type":"request","request_id":1,"request":{"type":"open_stream","stream_id":1}}`,
		`{"type":"request","request_id":2,"request":{"type":"execute","stream_id":1,"stmt":{"sql":"CREATE TABLE t (id integer)"}}}`,
		`{"type":"request","request_id":3,"request":{"type":"store_sql","sql_id":5,"sql":"INSERT INTO t VALUES (?)"}}`,
		`{"type":"request","request_id":4,"request":{"type":"batch","stream_id":1,"batch":{"steps":[{"stmt":{"sql":"BEGIN"}},{"stmt":{"sql_id":5,"args":[{"type":"integer","value":"1"}]}}]}}}`,
		`{"type":"request","request_id":5,"request":{"type":"open_stream","stream_id":2}}`,
		`{"type":"request","request_id":6,"request":{"type":"execute","stream_id":2,"stmt":{"sql":"SELECT 6"}}}`,
		`{"type":"request","request_id":7,"request":{"type":"execute","stream_id":3,"stmt":{"sql":"SELECT 7"}}}`,
		`{"type":"request","request_id":8,"request":{"type":"open_stream","stream_id":2}}`,
		`{"type":"request","request_id":9,"request":{"type":"close_sql","sql_id":5}}`,
		`{"type":"request","request_id":10,"request":{"type":"sequence","stream_id":1,"sql_id":5}}`,
		`{"type":"request","request_id":11,"request":{"type":"close_stream","stream_id":2}}`,
		`{"type":"request","request_id":12,"request":{"type":"describe","stream_id":1,"sql":"SELECT ?"}}`,
	)
	for id, want := range map[int]string{
		1: "response_ok", 2: "response_ok", 3: "response_ok", 4: `"step_errors":[null,null]`, 5: "response_ok", 6: `"value":"6"`, 7: CodeStreamNotFound,
		8: CodeStreamExists, 9: "response_ok", 10: CodeSQLNotFound, 11: "close_stream", 12: `"params":[{"name":null}]`,
	} {
		require.Contains(t, got[id], want, id)
	}
	require.NoError(t, c.CloseNow())
	require.Eventually(t, func() bool { return v.s.openStreams() == 0 }, 30*time.Second, time.Millisecond)
	status, text := v.raw("/v2/pipeline", `{"requests":[`+execute("SELECT count(*) FROM t")+`]}`, "Authorization", "Bearer secret")
	require.Equal(t, 200, status)
	require.Contains(t, text, `"value":"0"`, "what the client left open is undone")
}

func TestSocketsRefuse(t *testing.T) {
	v := serve(t, func(c *Config) { c.Token = "secret" })
	for _, first := range []string{
		`{"type":"hello","jwt":"wrong"}`, `{"type":"hello"}`, `{"type":"request","request_id":1,"request":{"type":"open_stream","stream_id":1}}`, `{`, `{"type":"dance"}`,
	} {
		c := v.talk("hrana2")
		require.NoError(t, c.Write(t.Context(), websocket.MessageText, []byte(first)))
		var err error
		for err == nil {
			var b []byte
			if _, b, err = c.Read(t.Context()); err == nil {
				require.Contains(t, string(b), "hello_error", first)
			}
		}
		require.Equal(t, websocket.StatusPolicyViolation, websocket.CloseStatus(err), first)
	}
}

// A client that leaves in the midst of a query does not keep its stream.
func TestSocketsLeave(t *testing.T) {
	v := serve(t, nil)
	c := v.talk("hrana2")
	say(t, c, `{"type":"hello"}`, `{"type":"request","request_id":1,"request":{"type":"open_stream","stream_id":1}}`)
	for range 3 * maxQueued {
		if c.Write(t.Context(), websocket.MessageText, []byte(`{"type":"request","request_id":2,"request":{"type":"execute","stream_id":1,"stmt":{"sql":"SELECT 1"}}}`)) != nil {
			break
		}
	}
	require.NoError(t, c.Write(t.Context(), websocket.MessageText, []byte(`{"type":"request","request_id":2,"request":{"type":"execute","stream_id":1,"stmt":{"sql":"`+endless+`"}}}`)))
	require.NoError(t, c.CloseNow())
	require.Eventually(t, func() bool { return v.s.openStreams() == 0 }, 30*time.Second, time.Millisecond)
}
