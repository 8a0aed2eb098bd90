// Package sqlite is the embedded database: SQLite in pure Go through its
// direct API. A database has one writing connection and many reading ones in
// WAL mode, so that readers never wait for the writer.
//
// An in-memory database (file::memory:) is a private file in the temporary
// folder that is deleted by Close: SQLite's own shared memory mode locks
// readers and writers against each other, which tests would notice and
// production would not.
package sqlite
