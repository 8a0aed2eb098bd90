//go:build !wasip1

package reactor

import "github.com/vinyl-edge/vinyl/abi"

// Serve panics: outside of wasm an in-process host runs the app.
func Serve(abi.App) {
	panic("reactor: this package runs in a wasm guest: build with GOOS=wasip1 GOARCH=wasm, or drive the app with an in-process host")
}
