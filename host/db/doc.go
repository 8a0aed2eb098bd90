// Package db is what the host needs of a database, whatever its make: pools of
// connections, statements whose rows arrive in the wire form of abi.Result,
// transactions, and the tables that exist. Drivers live in sub-packages;
// package open maps a URL to one.
package db
