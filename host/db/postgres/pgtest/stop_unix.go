//go:build unix

package pgtest

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// stop ends the server of dir. Only one that answers on the socket in dir is
// what the file with its number says: a number alone may be another's by now.
func stop(dir string) {
	answers := func() bool {
		c, err := net.DialTimeout("unix", filepath.Join(dir, ".s.PGSQL.5432"), time.Second)
		if err != nil {
			return false
		}
		_ = c.Close()
		return true
	}
	if !answers() {
		return
	}
	b, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		return
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	pid, err := strconv.Atoi(string(line))
	if err != nil || pid <= 1 {
		return
	}
	_ = syscall.Kill(pid, syscall.SIGQUIT)
	for range 50 {
		if !answers() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}
