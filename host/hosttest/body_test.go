package hosttest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/hosttest"
)

// What follows a body that the view did not read is the next request only if
// the body is off the connection.
func TestBodyThatNobodyReads(t *testing.T) {
	h := hosttest.New(t, view{serve: func(_ context.Context, head *abi.RequestHead, _ io.Reader, w abi.ResponseWriter) {
		_ = text(w, 200, head.Path)
	}}, hosttest.Options{})
	server := httptest.NewServer(h.Handler())
	t.Cleanup(server.Close)
	const next = "GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for name, c := range map[string]struct {
		head, body string
		reused     bool
	}{
		"none":               {"Content-Length: 0", "", true},
		"small":              {"Content-Length: 4", "body", true},
		"large and late":     {"Content-Length: 70000", "", false},
		"chunked":            {"Transfer-Encoding: chunked", "4\r\nbody\r\n0\r\n\r\n", false},
		"chunked and late":   {"Transfer-Encoding: chunked", "", false},
		"chunked, and broke": {"Transfer-Encoding: chunked", "4\r\nbo", false},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
			_, err = fmt.Fprintf(conn, "POST /first HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n%s", c.head, c.body)
			require.NoError(t, err)
			r := bufio.NewReader(conn)
			require.Equal(t, "/first", read(t, r))
			_, _ = io.WriteString(conn, next)
			if c.reused {
				require.Equal(t, "/next", read(t, r))
				return
			}
			rest, err := io.ReadAll(r)
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
			require.Empty(t, string(rest), "the connection is closed behind the response")
		})
	}
}

func read(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	res, err := http.ReadResponse(r, nil)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(body)
}
