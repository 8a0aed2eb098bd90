// Package engine runs guests on wazero: it compiles a module once, starts
// instances of it, hands them requests as Exchanges, and answers the imports
// of the contract (package abi).
//
// A suspending instance lives in one goroutine inside vinyl_run: operations
// run in goroutines of their own and the guest sleeps in poll_oneoff when all
// its requests wait. A blocking instance serves one request at a time through
// vinyl_resume and does every operation inside the import.
package engine
