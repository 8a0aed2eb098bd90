//go:build unix

package pgtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOwnOutlivesItsDeath(t *testing.T) {
	c := Own(t, Options{})
	c.Exec("CREATE TABLE t (x integer); INSERT INTO t VALUES (7)")
	before := c.Exec("SELECT pg_backend_pid()")
	require.NotEmpty(t, before)
	c.Kill()
	_, err := query(c.Socket(), "SELECT 1")
	require.Error(t, err)
	c.Start()
	require.Equal(t, [][]string{{"7"}}, c.Exec("SELECT x FROM t"))
	c.Stop()
	c.Start()
	require.Equal(t, [][]string{{"7"}}, c.Exec("SELECT x FROM t"))
}

func TestStandby(t *testing.T) {
	if testing.Short() {
		t.Skip("two servers")
	}
	c := Own(t, Options{})
	s := c.Standby()
	c.Exec("CREATE TABLE t (x integer)")
	c.Caught(s)
	require.Equal(t, [][]string{{"t"}}, s.Exec("SELECT pg_is_in_recovery() FROM (SELECT count(*) FROM t) n"))
	c.Kill()
	s.Exec("SELECT pg_promote()")
	require.Eventually(t, func() bool { return s.Exec("SELECT pg_is_in_recovery()")[0][0] == "f" }, 30*time.Second, 10*time.Millisecond)
}
