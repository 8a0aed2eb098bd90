// Package structs writes Go structs for models that are described as data: its
// test replays recorded operations of Django through such structs, which proves
// the typed layer of the ORM by the same facts as the rest.
package structs
