// Package conformance holds what Vinyl promises to the tests: the sentences of
// its idea, run on every host, and the rules that its source obeys.
package conformance
