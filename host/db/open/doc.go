// Package open opens a database by its URL.
package open
