// Package replay runs operations recorded from Django's test suite through
// the ORM and compares outcomes, numbers of statements and changes of rows.
//
// It is an app: the same code runs natively, and in a wasm guest on the async
// and the blocking host. A module of the corpus is posted to it; it answers one
// line of JSON for each operation. The command conformance/cmd/replay drives it.
package replay
