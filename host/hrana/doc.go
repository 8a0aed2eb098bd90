// Package hrana serves a SQLite file to clients of libSQL: the protocol Hrana
// over HTTP, versions 2 and 3, and over WebSockets, versions 1 and 2, in JSON.
//
// A stream is a connection to the file, with its transaction. Over HTTP it lives
// from request to request by a baton, which is good for one request; a stream
// that waits for too long is closed, and what it had not committed is undone.
// Over a WebSocket it lives until the client closes it or leaves.
package hrana
