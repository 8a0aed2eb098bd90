package figures

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// client is one kept-alive connection: the least that can ask, so that the
// load costs little beside the server.
type client struct {
	conn net.Conn
	r    *bufio.Reader
	req  []byte
}

func dial(addr, path string) (*client, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, r: bufio.NewReaderSize(conn, 2048), req: []byte("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")}, nil
}

func (c *client) send() error { _, err := c.conn.Write(c.req); return err }

// receive reads one response and returns its body, which must have a length.
func (c *client) receive() ([]byte, error) {
	status, err := c.r.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200")) {
		return nil, fmt.Errorf("answered %q", bytes.TrimSpace(status))
	}
	length := -1
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if len(line) <= 2 {
			break
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return nil, err
			}
		}
	}
	if length < 0 {
		return nil, fmt.Errorf("a response without Content-Length")
	}
	body := make([]byte, length)
	_, err = io.ReadFull(c.r, body)
	return body, err
}

// sample is one measured stretch of load.
type sample struct {
	requests int64
	time     time.Duration
	cpu      time.Duration // of the server
}

// load asks path over conns connections for so long.
func load(tb testing.TB, s *server, path, want string, conns int, d time.Duration) sample {
	tb.Helper()
	clients := make([]*client, conns)
	for i := range clients {
		c, err := dial(s.addr, path)
		require.NoError(tb, err)
		defer c.conn.Close()
		clients[i] = c
	}
	before, begin := s.usage(), time.Now()
	var n atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	for _, c := range clients {
		all.Go(func() {
			for time.Since(begin) < d {
				err := c.send()
				var body []byte
				if err == nil {
					body, err = c.receive()
				}
				if err == nil && string(body) != want {
					err = fmt.Errorf("answered %q", body)
				}
				if err != nil {
					failed.Store(&err)
					return
				}
				n.Add(1)
			}
		})
	}
	all.Wait()
	took := time.Since(begin)
	after := s.usage()
	if err := failed.Load(); err != nil {
		tb.Fatal(*err)
	}
	return sample{n.Load(), took, after.cpu - before.cpu}
}

func (s sample) perSecond() float64 { return float64(s.requests) / s.time.Seconds() }

func (s sample) cpuPerRequest() float64 {
	return float64(s.cpu.Nanoseconds()) / float64(max(s.requests, 1)) / 1e3
}
