// Package planner turns a query.Query - the chain of steps that a guest sends
// unresolved - into SQL. It resolves lookups, joins and types against a
// schema.Registry and keeps the plans, so that a repeated query costs a map
// lookup on its shape.
//
// The split and the names are Django's: Query is the tree of joins,
// annotations and conditions (namesToPath, setupJoins, trimJoins,
// splitExclude, joinPromoter); compiler makes text of it; expressions and
// lookups are nodes; Dialect is the database's features and operations.
//
// The package depends on nothing of the host, is deterministic, and bounds
// its work: a hostile tree is refused, it never panics. cmd/plannerwasm
// compiles it to a wasm module for hosts that are not written in Go; wire is what
// such hosts say and hear.
package planner
