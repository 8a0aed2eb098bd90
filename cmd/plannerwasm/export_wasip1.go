package main

import (
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/planner/wire"
)

var (
	planners wire.Planners
	buffer   []byte
	answer   []byte
)

// keepBuffer is how much memory stays reserved after a large message.
const keepBuffer = 64 << 10

//go:wasmexport planner_version
func version() int32 { return wire.Version }

//go:wasmexport planner_buffer
func reserve(size int32) uint32 {
	if size < 0 {
		size = 0
	}
	if n := max(int(size), 1); n > cap(buffer) || cap(buffer) > keepBuffer && n <= keepBuffer {
		buffer = make([]byte, n)
	}
	buffer = buffer[:cap(buffer)]
	return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(buffer))))
}

// message is what the host wrote. Its memory is used again: what is kept of a
// message is copied.
func message(n int32) string {
	n = min(max(n, 0), int32(len(buffer)))
	return unsafe.String(unsafe.SliceData(buffer), n)
}

//go:wasmexport planner_open
func open(n int32) int32 {
	// A registry keeps the strings of its message.
	answer = planners.Open(string([]byte(message(n))))
	return int32(len(answer))
}

//go:wasmexport planner_plan
func plan(registry uint32, n int32) int32 {
	answer = planners.Plan(registry, message(n))
	return int32(len(answer))
}

//go:wasmexport planner_args
func args(registry, handle uint32, n int32) int32 {
	answer = planners.Args(registry, handle, message(n))
	return int32(len(answer))
}

//go:wasmexport planner_close
func closeRegistry(registry uint32) { planners.Close(registry) }

//go:wasmexport planner_answer
func answerAt() uint32 {
	return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(answer))))
}
