// Package host runs a Vinyl app: a compiled guest behind net/http.
//
// A Host compiles the module, starts instances of it, and gives each request
// to one. In the Async variant instances suspend: thousands of views wait in
// one instance while their operations run. In the Blocking variant an instance
// serves one request at a time and never suspends; the same bytes give the
// same answers.
//
// # What can go wrong
//
// A guest that fails (spins, exits, traps, runs out of memory) takes only its
// instance with it: the requests that the instance had are answered 503, their
// transactions are rolled back, and a new instance takes over. A panic of a view
// is that request's 500.
//
// A view that has not begun its response after Config.RequestTimeout is
// cancelled; it has a moment for a page of its own before the host answers 503.
// Work after the response is cancelled after Config.AfterTimeout. A view that
// goes on all the same loses its operations in the Async variant, its instance
// in the other.
//
// A client that leaves ends its request's context. One that does not send, or
// does not read, for Config.IdleTimeout is dropped.
//
// # Metrics
//
// Host.MetricsHandler serves Go's and the process's own, and these:
//
//	vinyl_requests_total{method,code}            code 0 is a client that left
//	vinyl_request_duration_seconds{method}
//	vinyl_requests_in_flight
//	vinyl_suspensions_total                      0 in the Blocking variant
//	vinyl_suspended_requests
//	vinyl_instances
//	vinyl_instance_restarts_total
//	vinyl_guest_memory_bytes
//	vinyl_db_queries_total{kind,result}
//	vinyl_db_query_duration_seconds{kind}
//	vinyl_db_batches_total                       round trips with several statements
//	vinyl_db_batched_statements_total            statements in them
//	vinyl_db_statements_saved_total              to-one fetches that shared an IN query, less the queries
package host
