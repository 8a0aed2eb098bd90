//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const prefix = "vinyl-pgtest-"

// kept are what must live as long as this process: the lock of the cluster's
// folder and the pipe whose end the cluster's watchman waits for.
var kept []*os.File

// watch runs a server until its standard input ends, which it does with the
// process of the tests, and then removes the cluster.
const watch = `"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
	-c max_connections=200 -c shared_buffers=64MB -c timezone=UTC -c jit=off -c autovacuum=off >"$2/log" 2>&1 &
pid=$!
cat >/dev/null
kill -QUIT $pid
wait $pid
rm -rf "$2"`

// start makes and runs a cluster.
func start() (dsn string, err error) {
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	sweep()
	dir, err := os.MkdirTemp(place(), prefix)
	if err != nil {
		return "", err
	}
	lock, err := locked(dir)
	if err != nil {
		return "", err
	}
	attr, err := unprivileged(dir)
	if err != nil {
		return "", err
	}
	if err := initdb(bin, dir, attr); err != nil {
		_ = os.RemoveAll(dir)
		return "", err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	cmd := exec.Command("/bin/sh", "-c", watch, "watch", bin, dir)
	cmd.Dir, cmd.Stdin, cmd.SysProcAttr = dir, r, attr
	if err := cmd.Start(); err != nil {
		return "", err
	}
	_ = r.Close()
	kept = append(kept, lock, w)
	dsn = (&url.URL{Scheme: "postgres", User: url.User("vinyl"), Path: "/postgres", RawQuery: url.Values{"host": {dir}, "sslmode": {"disable"}}.Encode()}).String()
	return dsn, ready(dsn, dir)
}

// binaries finds the folder of the newest server.
func binaries() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(dirs, func(a, b string) int { return version(b) - version(a) })
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			dirs = append(dirs, filepath.Dir(p))
		}
	}
	for _, d := range dirs {
		if executable(filepath.Join(d, "postgres")) && executable(filepath.Join(d, "initdb")) {
			return d, nil
		}
	}
	return "", errNoBinaries
}

func version(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return n
}

func executable(name string) bool {
	st, err := os.Stat(name)
	return err == nil && st.Mode()&0o111 != 0
}

// place is a folder with a short name: that of a socket is limited.
func place() string {
	if d := os.TempDir(); len(d) < 60 {
		return d
	}
	return "/tmp"
}

// locked marks dir as that of a living process.
func locked(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// unprivileged makes another user the owner of dir if this one is root, whom
// PostgreSQL refuses. Its processes are in a group of their own: a terminal's
// interrupt is not for them.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if err := os.Chmod(dir, 0o755); err != nil || os.Getuid() != 0 {
		return attr, err
	}
	uid, gid := 65534, 65534
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ = strconv.Atoi(u.Uid)
			gid, _ = strconv.Atoi(u.Gid)
			break
		}
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(dir, uid, gid)
}

func initdb(bin, dir string, attr *syscall.SysProcAttr) (err error) {
	for _, locale := range []string{"C.UTF-8", "C"} { // not every system has the first
		cmd := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "vinyl", "-A", "trust", "-E", "UTF8", "--locale", locale, "--no-sync")
		cmd.Dir, cmd.SysProcAttr = dir, attr
		out, e := cmd.CombinedOutput()
		if e == nil {
			return nil
		}
		err = errors.Join(err, fmt.Errorf("initdb: %w: %s", e, out))
	}
	return err
}

// ready waits until the server takes connections.
func ready(dsn, dir string) error {
	deadline := time.Now().Add(time.Minute)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		c, err := pgconn.Connect(ctx, dsn)
		if err == nil {
			err = c.Close(ctx)
		}
		cancel()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			return fmt.Errorf("the server does not start: %w: %s", err, log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// sweep removes clusters whose process and watchman were killed.
func sweep() {
	dirs, _ := filepath.Glob(filepath.Join(place(), prefix+"*"))
	for _, dir := range dirs {
		if st, err := os.Stat(dir); err != nil || time.Since(st.ModTime()) < time.Minute {
			continue // it may be about to be locked
		}
		lock, err := locked(dir)
		if err != nil {
			continue
		}
		stop(dir)
		_ = os.RemoveAll(dir)
		_ = lock.Close()
	}
}
