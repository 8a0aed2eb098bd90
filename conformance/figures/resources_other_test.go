//go:build !linux

package figures

import (
	"runtime"
	"time"
)

// resources are those of a process. CPU time is measured on Linux only.
type resources struct {
	cpu    time.Duration
	memory int64 // the Go runtime's, bytes
}

func usage() resources {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return resources{memory: int64(m.Sys)}
}
