// Package postgres is the driver for PostgreSQL 12 and later.
//
// It speaks the extended protocol through pgconn, prepares every statement
// once on a connection, and copies values from the wire into cells without
// making Go values of them. Queries that only read run on connections whose
// transactions are read-only. Where a ctx ends, the statement is cancelled at
// the server and its connection is used again.
//
// Several statements can be under way on a connection: a statement marked
// Stream inside of a transaction is a portal of its own, which the server keeps
// while others run.
package postgres
