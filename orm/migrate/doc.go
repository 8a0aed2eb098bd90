// Package migrate turns a registry's models into tables and compares them with
// the tables that exist. Types, constraints and names of indexes are those of
// Django's schema editor, so that either can use a database of the other.
package migrate
