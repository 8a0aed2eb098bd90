package host

import (
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// connected returns the host's end of a connection and the client's.
func connected(t *testing.T, all *conns) (server, client net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	client, err = net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	server, err = listener{l, all}.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = server.Close(), client.Close() })
	return server, client
}

func TestDeadlinesOfConnections(t *testing.T) {
	all := newConns(time.Minute)
	server, client := connected(t, all)
	reads := func() error { _, err := server.Read(make([]byte, 1)); return err }
	now := time.Now()

	require.NoError(t, server.SetReadDeadline(time.Unix(1, 0)))
	require.ErrorIs(t, reads(), os.ErrDeadlineExceeded, "at once")
	require.NoError(t, server.SetReadDeadline(time.Time{}))
	_, err := client.Write([]byte("abc"))
	require.NoError(t, err)
	require.NoError(t, reads(), "forgiven")

	require.NoError(t, server.SetReadDeadline(now.Add(time.Second)))
	all.sweep(now.Add(999 * time.Millisecond))
	require.NoError(t, reads(), "not yet")
	all.sweep(now.Add(time.Second))
	require.ErrorIs(t, reads(), os.ErrDeadlineExceeded)
	require.NoError(t, server.SetReadDeadline(now.Add(2*time.Second)))
	require.NoError(t, reads(), "moved on")

	waits := make(chan error)
	go func() { waits <- reads() }()
	all.sweep(now.Add(3 * time.Second))
	require.ErrorIs(t, <-waits, os.ErrDeadlineExceeded, "one that goes on")
}

func TestStalledWrites(t *testing.T) {
	all := newConns(time.Minute)
	server, _ := connected(t, all)
	broke := make(chan error)
	go func() {
		for {
			if _, err := server.Write(make([]byte, 1<<20)); err != nil {
				broke <- err
				return
			}
		}
	}()
	began := time.Now()
	for i := 1; ; i++ {
		select {
		case err := <-broke:
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			require.Greater(t, i, 12, "too early")
			return
		case <-time.After(20 * time.Millisecond):
			all.sweep(began.Add(time.Duration(i) * 5 * time.Second))
		}
	}
}
