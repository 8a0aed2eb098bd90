// Package service carries out the operations of guests: it plans and runs
// statements, holds transactions and fetches over HTTP. A Service belongs to
// an app; a Session to one request (or to one instance's setup), whose
// transactions and streams end with it.
package service
