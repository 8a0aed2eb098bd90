//go:build unix

package memory

import (
	"context"
	"sync/atomic"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// Meter counts the bytes of one instance's memory. It can be read while the
// instance runs.
type Meter struct{ bytes atomic.Int64 }

// Bytes returns the size of the memory as the guest sees it.
func (m *Meter) Bytes() int64 { return m.bytes.Load() }

// WithReserved returns a context in which instances are created with reserved
// memory, measured by m.
func WithReserved(ctx context.Context, m *Meter) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(func(size, limit uint64) experimental.LinearMemory {
		b, err := unix.Mmap(-1, 0, int(max(limit, 1)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
		if err != nil {
			// wazero has no way to report an error here; the grown slice of
			// the fallback is bounded by the same limit.
			return &heap{meter: m, limit: limit, b: make([]byte, 0, size)}
		}
		return &reserved{meter: m, b: b}
	}))
}

type reserved struct {
	meter *Meter
	b     []byte
}

// Reallocate implements experimental.LinearMemory.
func (r *reserved) Reallocate(size uint64) []byte {
	if size > uint64(len(r.b)) {
		return nil
	}
	r.meter.bytes.Store(int64(size))
	return r.b[:size:size]
}

// Free implements experimental.LinearMemory.
func (r *reserved) Free() {
	r.meter.bytes.Store(0)
	if r.b != nil {
		_ = unix.Munmap(r.b)
		r.b = nil
	}
}

type heap struct {
	meter *Meter
	limit uint64
	b     []byte
}

func (h *heap) Reallocate(size uint64) []byte {
	if size > h.limit {
		return nil
	}
	if size > uint64(cap(h.b)) {
		b := make([]byte, size)
		copy(b, h.b)
		h.b = b
	}
	h.b = h.b[:size]
	h.meter.bytes.Store(int64(size))
	return h.b
}

func (h *heap) Free() { h.meter.bytes.Store(0); h.b = nil }
