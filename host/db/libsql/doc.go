// Package libsql is the driver for libSQL servers: Turso, sqld, and vinyl-edge
// db serve. It speaks to them by github.com/tursodatabase/libsql-client-go, over
// HTTP or a WebSocket.
//
// What such a server can't do is refused. A result is read whole, so it has a
// bound; a statement that is cancelled takes its transaction with it, since its
// stream ends; and the functions that embedded SQLite gets from this host are
// not there, which the dialect says: "sqlite-plain".
package libsql
