// Package httpcache has the pieces of caching by HTTP's rules: Cache-Control
// and Vary of responses, and the keys under which responses can be stored.
package httpcache
