// Package fuel rewrites a wasm module so that it cannot run for long without
// calling its host: every loop, and every function that calls others, counts
// down a hidden global and calls vinyl.tick below zero.
//
// The call is where the host measures CPU time, stops a guest that spins, and
// lets its own garbage collector proceed: compiled wasm can't be interrupted.
package fuel
