// Package query is the language between guest and planner: a query as the
// chain of steps that built it, with names unresolved. The planner resolves
// lookups, joins and types; guests only build and send trees.
//
// A tree is sent as its shape and its parameters. All queries of one shape
// have one plan, which a planner keeps by the shape.
package query
