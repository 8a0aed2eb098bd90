// Package route resolves paths to views and reverses names to paths by
// Django's rules. It knows nothing of views: package guest gives it theirs.
package route
