//go:build unix

package pgtest

import (
	"bytes"
	"errors"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vinyl-edge/vinyl/internal/need"
)

// Options say how a cluster of a test's own is made.
type Options struct {
	// TCP makes it listen on a port of 127.0.0.1 too.
	TCP bool
	// Settings are those of postgresql.conf: "ssl=on".
	Settings []string
	// HBA takes the place of pg_hba.conf.
	HBA string
	// Files are put into its folder of data.
	Files map[string][]byte
}

// Cluster is a server of a test's own, which the test may kill. It ends with
// the test, or with the test's process.
type Cluster struct {
	tb   testing.TB
	opts Options
	bin  string
	dir  string
	attr *syscall.SysProcAttr
	port int // 0 = none
	lock *os.File

	cmd *exec.Cmd // its watchman
	in  *os.File  // whose end the watchman waits for
}

// watchOwn runs a server until its standard input ends.
const watchOwn = `"$@" >>log 2>&1 &
pid=$!
cat >/dev/null
kill -QUIT $pid 2>/dev/null
wait $pid`

// Own makes and starts a cluster. What is committed there is written, if not
// to the disk: it outlives the server's death.
func Own(tb testing.TB, opts Options) *Cluster {
	tb.Helper()
	c := own(tb, opts)
	c.must(initdb(c.bin, c.dir, c.attr))
	c.prepare()
	c.Start()
	return c
}

func own(tb testing.TB, opts Options) *Cluster {
	tb.Helper()
	bin, err := binaries()
	if err != nil {
		need.Missing(tb, "postgres", "install postgresql: this test starts a server to kill it")
	}
	sweep()
	c := &Cluster{tb: tb, opts: opts, bin: bin}
	c.dir, err = os.MkdirTemp(place(), prefix)
	c.must(err)
	c.lock, err = locked(c.dir)
	c.must(err)
	c.attr, err = unprivileged(c.dir)
	c.must(err)
	tb.Cleanup(func() {
		c.Kill()
		_ = os.RemoveAll(c.dir)
		_ = c.lock.Close()
	})
	if opts.TCP {
		c.port = freePort(tb)
	}
	return c
}

// prepare writes the cluster's files.
func (c *Cluster) prepare() {
	c.tb.Helper()
	files := map[string][]byte{}
	for name, b := range c.opts.Files {
		files[name] = b
	}
	if c.opts.HBA != "" {
		files["pg_hba.conf"] = []byte(c.opts.HBA)
	}
	for name, b := range files {
		path := filepath.Join(c.dir, "data", name)
		c.must(os.WriteFile(path, b, 0o600))
		if cred := c.attr.Credential; cred != nil {
			c.must(os.Chown(path, int(cred.Uid), int(cred.Gid)))
		}
	}
}

func (c *Cluster) must(err error) {
	c.tb.Helper()
	if err != nil {
		c.tb.Fatalf("pgtest: %v", err)
	}
}

func freePort(tb testing.TB) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Start starts the server, which is not running, and waits until it takes
// connections.
func (c *Cluster) Start() {
	c.tb.Helper()
	var err error
	for range 5 { // what was killed may take a moment to be gone
		if err = c.start(); err == nil {
			return
		}
		c.Kill()
		time.Sleep(100 * time.Millisecond)
	}
	c.tb.Fatalf("pgtest: %v", err)
}

func (c *Cluster) start() error {
	args := []string{
		filepath.Join(c.bin, "postgres"), "-D", filepath.Join(c.dir, "data"), "-k", c.dir,
		"-c", "fsync=off", "-c", "max_connections=60", "-c", "shared_buffers=16MB", "-c", "timezone=UTC", "-c", "jit=off", "-c", "autovacuum=off",
	}
	if c.port > 0 {
		args = append(args, "-c", "listen_addresses=127.0.0.1", "-p", strconv.Itoa(c.port))
	} else {
		args = append(args, "-c", "listen_addresses=")
	}
	for _, s := range c.opts.Settings {
		args = append(args, "-c", s)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	c.cmd = exec.Command("/bin/sh", append([]string{"-c", watchOwn, "watch"}, args...)...)
	c.cmd.Dir, c.cmd.Stdin, c.cmd.SysProcAttr, c.in = c.dir, r, c.attr, w
	err = c.cmd.Start()
	_ = r.Close()
	if err != nil {
		c.cmd = nil
		return err
	}
	return ready(c.Socket(), c.dir)
}

// Socket is the URL of the server's socket.
func (c *Cluster) Socket() string {
	q := url.Values{"host": {c.dir}, "sslmode": {"disable"}}
	if c.port > 0 {
		q.Set("port", strconv.Itoa(c.port))
	}
	return (&url.URL{Scheme: "postgres", User: url.User("vinyl"), Path: "/postgres", RawQuery: q.Encode()}).String()
}

// Address is host and port of a server with Options.TCP.
func (c *Cluster) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)) }

// Dial connects to the server's socket.
func (c *Cluster) Dial() (net.Conn, error) {
	return net.Dial("unix", filepath.Join(c.dir, ".s.PGSQL."+strconv.Itoa(c.socketPort())))
}

func (c *Cluster) socketPort() int {
	if c.port > 0 {
		return c.port
	}
	return 5432
}

// Path is that of a file in the folder of data.
func (c *Cluster) Path(name string) string { return filepath.Join(c.dir, "data", name) }

// Log is what the server has said.
func (c *Cluster) Log() string {
	b, _ := os.ReadFile(filepath.Join(c.dir, "log"))
	return string(b)
}

// Exec runs SQL on a connection of its own, over the socket.
func (c *Cluster) Exec(sql string) [][]string {
	c.tb.Helper()
	return Exec(c.tb, c.Socket(), sql)
}

// Kill ends the server with all of its processes as kill -9 does: nothing can
// be written any more.
func (c *Cluster) Kill() {
	if c.cmd == nil {
		return
	}
	if pid := c.postmaster(); pid > 1 {
		_ = syscall.Kill(pid, syscall.SIGSTOP) // it makes no more of them
		out, _ := exec.Command("pgrep", "-P", strconv.Itoa(pid)).Output()
		_ = syscall.Kill(pid, syscall.SIGKILL)
		for f := range strings.FieldsSeq(string(out)) {
			if child, err := strconv.Atoi(f); err == nil && child > 1 {
				_ = syscall.Kill(child, syscall.SIGKILL)
			}
		}
	}
	c.wait()
}

// Stop ends the server in order: its sessions are cut off.
func (c *Cluster) Stop() {
	if c.cmd == nil {
		return
	}
	if pid := c.postmaster(); pid > 1 {
		_ = syscall.Kill(pid, syscall.SIGINT)
		for range 500 {
			if _, err := os.Stat(c.Path("postmaster.pid")); errors.Is(err, os.ErrNotExist) {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	c.wait()
}

func (c *Cluster) wait() {
	_ = c.in.Close()
	_ = c.cmd.Wait()
	c.cmd = nil
}

// postmaster is the number of the server's first process, which this cluster's
// watchman has started.
func (c *Cluster) postmaster() int {
	b, err := os.ReadFile(c.Path("postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	pid, _ := strconv.Atoi(string(line))
	out, _ := exec.Command("pgrep", "-P", strconv.Itoa(c.cmd.Process.Pid)).Output()
	for f := range strings.FieldsSeq(string(out)) {
		if f == strconv.Itoa(pid) {
			return pid
		}
	}
	return 0
}

// Standby makes and starts a server that follows c.
func (c *Cluster) Standby() *Cluster {
	c.tb.Helper()
	s := own(c.tb, Options{TCP: c.opts.TCP})
	cmd := exec.Command(filepath.Join(c.bin, "pg_basebackup"), "-D", filepath.Join(s.dir, "data"), "-h", c.dir, "-p", strconv.Itoa(c.socketPort()),
		"-U", "vinyl", "-R", "-X", "stream", "-c", "fast", "--no-sync")
	cmd.Dir, cmd.SysProcAttr = s.dir, s.attr
	if out, err := cmd.CombinedOutput(); err != nil {
		c.tb.Fatalf("pgtest: pg_basebackup: %v: %s", err, out)
	}
	s.Start()
	return s
}

// Caught waits until s, a standby, has all that c had committed before.
func (c *Cluster) Caught(s *Cluster) {
	c.tb.Helper()
	at := c.Exec("SELECT pg_current_wal_flush_lsn()")[0][0]
	deadline := time.Now().Add(time.Minute)
	for s.Exec("SELECT pg_last_wal_replay_lsn() >= '" + at + "'")[0][0] != "t" {
		if time.Now().After(deadline) {
			c.tb.Fatal("pgtest: the standby doesn't follow")
		}
		time.Sleep(5 * time.Millisecond)
	}
}
