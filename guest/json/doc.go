// Package json reads and writes JSON without reflection: encoding/json would
// add 250 KB to a guest.
//
// Parse gives a Value to look into; Append writes Go's basic types, slices and
// maps of them, Object, and what has a method AppendJSON.
package json
