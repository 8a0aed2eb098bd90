package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLimitsOfARequest(t *testing.T) {
	dir := appWith(t, "max-rows = 5\nmax-db-bytes = \"1MiB\"\nstatement-timeout = \"2s\"\nmax-operations = 7")
	c, _, err := parse(t, map[string]string{"VINYL_MAX_OPERATIONS": "8"}, "serve", dir, "--max-transactions", "3")
	require.NoError(t, err)
	hc := c.Serve.hostConfig(&app{name: "x", dir: dir}, databases{})
	require.Equal(t, 8, hc.MaxOperations)
	require.Equal(t, 3, hc.MaxTransactions)
	require.Equal(t, 2*time.Second, hc.StatementTimeout)
	require.Equal(t, [2]int64{5, 1 << 20}, [2]int64{hc.MaxRows, hc.MaxDBBytes})
}

func TestReplicas(t *testing.T) {
	dir := appWith(t, `db-replica = ["postgres://a,b/app", "archive=postgres://c/app?x=y"]`)
	for _, args := range [][]string{{dir}, {t.TempDir(), "--db-replica", "postgres://a,b/app", "--db-replica", "archive=postgres://c/app?x=y"}} {
		c, _, err := parse(t, nil, append([]string{"serve"}, args...)...)
		require.NoError(t, err)
		hc := c.Serve.hostConfig(&app{name: "x", dir: dir}, databases{})
		require.Equal(t, map[string][]string{"default": {"postgres://a,b/app"}, "archive": {"postgres://c/app?x=y"}}, hc.Replicas)
	}
	_, _, err := parse(t, nil, "serve", dir, "--db-replica", "archive=")
	require.ErrorContains(t, err, "has no URL")
}
