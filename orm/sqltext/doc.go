// Package sqltext splits SQL that users write into tokens, as far as one must
// know where texts and comments are.
package sqltext
