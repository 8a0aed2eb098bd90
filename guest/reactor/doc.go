// Package reactor runs an app inside a wasm guest. It speaks the contract of
// package abi: requests arrive as events in a ring, each is served by a pooled
// goroutine, and a view that waits for its host parks only its own goroutine.
//
// An app's generated main calls Serve from an init function; the host then
// calls the exports.
package reactor
