// Package pgtest gives tests a PostgreSQL database of their own.
//
// It is a schema in the database that VINYL_TEST_POSTGRES names, or in a
// cluster that the first test of a package starts from the machine's binaries.
// The cluster ends with the test's process, however that ends. Without
// binaries the tests skip themselves, see package need.
package pgtest
