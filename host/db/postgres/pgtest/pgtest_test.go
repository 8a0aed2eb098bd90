//go:build unix

package pgtest

import (
	"bufio"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSchemasAreApart(t *testing.T) {
	a, b := URL(t), URL(t)
	Exec(t, a, "CREATE TABLE t (x integer); INSERT INTO t VALUES (7)")
	require.Equal(t, [][]string{{"7"}}, Exec(t, a, "SELECT x FROM t"))
	require.Equal(t, [][]string{{""}}, Exec(t, b, "SELECT to_regclass('t')"))
}

func TestSchemasAreDropped(t *testing.T) {
	var u string
	t.Run("", func(t *testing.T) { u = URL(t) })
	require.Equal(t, [][]string{{"0"}}, Exec(t, Server(t), "SELECT count(*) FROM pg_namespace WHERE nspname = '"+schemaOf(t, u)+"'"))
}

func schemaOf(t *testing.T, dsn string) string {
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	return u.Query().Get("search_path")
}

// TestChild is the process of the tests below: it starts a cluster, says
// where, and waits to be killed.
func TestChild(t *testing.T) {
	if os.Getenv("PGTEST_CHILD") == "" {
		return
	}
	dsn, err := start()
	require.NoError(t, err)
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	_, _ = os.Stdout.WriteString("cluster " + u.Query().Get("host") + "\n")
	if os.Getenv("PGTEST_CHILD") == "wait" {
		time.Sleep(time.Minute)
	}
}

func child(t *testing.T, how string) (*exec.Cmd, string) {
	if _, err := binaries(); err != nil {
		Server(t) // skips, or fails where it must
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), "PGTEST_CHILD="+how)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	for s := bufio.NewScanner(out); s.Scan(); {
		if dir, ok := strings.CutPrefix(s.Text(), "cluster "); ok {
			require.DirExists(t, dir)
			return cmd, dir
		}
	}
	require.Fail(t, "the child started no cluster")
	return nil, ""
}

func TestClusterEndsWithItsProcess(t *testing.T) {
	for _, how := range []string{"exit", "wait"} {
		cmd, dir := child(t, how)
		if how == "wait" {
			require.NoError(t, cmd.Process.Kill())
		}
		_ = cmd.Wait()
		require.Eventually(t, func() bool { _, err := os.Stat(dir); return os.IsNotExist(err) }, 30*time.Second, 20*time.Millisecond)
	}
}

// TestSweep is about a cluster whose watchman was killed, too.
func TestSweep(t *testing.T) {
	cmd, dir := child(t, "wait")
	watchman, err := exec.Command("pgrep", "-P", strconv.Itoa(cmd.Process.Pid)).Output()
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(watchman)))
	require.NoError(t, err, "the process has no other child")
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	old := time.Now().Add(-time.Hour)
	sweep()
	require.DirExists(t, dir, "a young one may be about to be locked")
	require.NoError(t, os.Chtimes(dir, old, old))
	sweep()
	require.NoDirExists(t, dir)
	require.Eventually(t, func() bool {
		return exec.Command("pgrep", "-f", filepath.Base(dir)).Run() != nil
	}, 30*time.Second, 20*time.Millisecond)
}
