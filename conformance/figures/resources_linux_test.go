package figures

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"time"
)

// resources are those of a process.
type resources struct {
	cpu    time.Duration
	memory int64 // resident, bytes
}

func usage() (u resources) {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err == nil {
		u.cpu = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	b, _ := os.ReadFile("/proc/self/statm")
	if f := bytes.Fields(b); len(f) > 1 {
		var pages int64
		_, _ = fmt.Sscan(string(f[1]), &pages)
		u.memory = pages * int64(os.Getpagesize())
	}
	return u
}
