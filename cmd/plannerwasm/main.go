// Command plannerwasm is the planner for hosts that are not written in Go: a
// WebAssembly module that they load beside the guests.
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags="-s -w" -o planner.wasm ./cmd/plannerwasm
//
// The module is a WASI preview 1 reactor: call _initialize first. A message is
// written to the memory that planner_buffer(size) returns, then
//
//	planner_version() -> version of the messages
//	planner_open(len) -> length of the answer
//	planner_plan(registry, len) -> length of the answer
//	planner_args(registry, plan, len) -> length of the answer
//	planner_close(registry)
//
// and the answer, valid until the next call, is at planner_answer(). Package
// orm/planner/wire has the messages. A call may grow the memory.
package main

import "os"

func main() {
	os.Stderr.WriteString("plannerwasm is compiled to wasm:\n  GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags=\"-s -w\" -o planner.wasm ./cmd/plannerwasm\n")
	os.Exit(2)
}
