// Package abi is the contract between a Vinyl guest and its host: names and
// numbers of imports, exports, events and operations, and the codecs of their
// messages. README.md in this folder specifies it byte by byte.
package abi
