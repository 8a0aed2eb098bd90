// Package repath is a small regular expression engine for URL patterns. Its
// syntax is the part of Python's re that Django routes use, named groups,
// lazy quantifiers, lookahead and back references included; Go's regexp is
// both too large for a guest and unable to say what a pattern would generate.
package repath
