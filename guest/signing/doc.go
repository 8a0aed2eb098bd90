// Package signing signs values with Django's algorithms, so that tokens and
// cookies can be read by either.
package signing
