// Command loopwasm is package loop in wasm.
package main

import (
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/planner/internal/loop"
)

var (
	work   loop.Loop
	buffer []byte
)

//go:wasmexport buffer
func reserve(size int32) uint32 {
	buffer = make([]byte, size)
	return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(buffer))))
}

func status(err error) int32 {
	if err != nil {
		println(err.Error())
		return 1
	}
	return 0
}

//go:wasmexport open
func open() int32 { return status(work.Open(string(buffer))) }

//go:wasmexport load
func load() int32 { return status(work.Load(string(buffer))) }

//go:wasmexport fresh
func fresh(n int32) int32 {
	for range n {
		if err := work.Fresh(); err != nil {
			return status(err)
		}
	}
	return 0
}

//go:wasmexport known
func known(n int32) int32 {
	for range n {
		if err := work.Known(); err != nil {
			return status(err)
		}
	}
	return 0
}

func main() {}
