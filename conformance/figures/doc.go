// Package figures measures what the README claims. It holds benchmarks only:
//
//	go test ./conformance/figures -run '^$' -bench . -benchtime 5x
//
// Servers run as processes of their own, so that their CPU time and memory are
// theirs; what is compared takes turns within one run.
package figures
