//go:build unix

package pgtest

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vinyl-edge/vinyl/internal/need"
)

// Bouncer starts PgBouncer in transaction mode before c, with size connections
// to it, and returns its URL. It ends with the test.
func Bouncer(tb testing.TB, c *Cluster, size int) string {
	tb.Helper()
	bin, err := exec.LookPath("pgbouncer")
	if err != nil {
		if bin = "/usr/sbin/pgbouncer"; !executable(bin) {
			need.Extra(tb, "pgbouncer", "install pgbouncer")
		}
	}
	dir, err := os.MkdirTemp(place(), prefix)
	c.must(err)
	lock, err := locked(dir)
	c.must(err)
	attr, err := unprivileged(dir)
	c.must(err)
	tb.Cleanup(func() { _ = os.RemoveAll(dir); _ = lock.Close() })
	users := filepath.Join(dir, "users")
	c.must(os.WriteFile(users, []byte("\"vinyl\" \"\"\n"), 0o644))
	ini := filepath.Join(dir, "ini")
	c.must(os.WriteFile(ini, []byte(fmt.Sprintf("[databases]\n* = host=%s port=%d\n[pgbouncer]\nlisten_addr=\nlisten_port=6432\nunix_socket_dir=%s\nauth_type=trust\nauth_file=%s\npool_mode=transaction\ndefault_pool_size=%d\nmax_client_conn=100\n",
		c.dir, c.socketPort(), dir, users, size)), 0o644))
	r, w, err := os.Pipe()
	c.must(err)
	cmd := exec.Command("/bin/sh", "-c", strings.Replace(watchOwn, "-QUIT", "-TERM", 1), "watch", bin, "-q", ini)
	cmd.Dir, cmd.Stdin, cmd.SysProcAttr = dir, r, attr
	c.must(cmd.Start())
	_ = r.Close()
	tb.Cleanup(func() { _ = w.Close(); _ = cmd.Wait() })
	dsn := (&url.URL{Scheme: "postgres", User: url.User("vinyl"), Path: "/postgres", RawQuery: url.Values{"host": {dir}, "port": {"6432"}, "sslmode": {"disable"}}.Encode()}).String()
	c.must(ready(dsn, dir))
	return dsn
}
