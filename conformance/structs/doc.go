// Package structs writes Go structs for models that are described as data, and
// has the replayer send recorded operations of Django through them, which proves
// the typed layer of the ORM by the same facts as the rest. The command
// conformance/cmd/structs does so for the whole corpus, the tests for a part.
package structs
