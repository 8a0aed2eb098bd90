// Package tracing makes OpenTelemetry's spans of requests and of what they ask
// of the host. Without a provider there are none, and nothing is done for them.
package tracing
