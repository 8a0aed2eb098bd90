// Package postgres tests models whose fields only PostgreSQL has. They are apart
// from the others, which are described to SQLite too.
package postgres
