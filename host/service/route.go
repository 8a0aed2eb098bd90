package service

import (
	"strings"

	"github.com/vinyl-edge/vinyl/host/db"
)

// Where a database has replicas, statements that read outside of transactions
// go to them, until the request has written: then what it wrote is at the
// primary only, for a while. An app may also say where it wants to read, behind
// the alias: Using("default:primary"), Using("archive:replica").
const (
	routePrimary = "primary"
	routeReplica = "replica"
)

// splitRoute cuts the route off an alias.
func splitRoute(alias string) (base, route string) {
	base, route, _ = strings.Cut(alias, ":")
	return base, route
}

// replicasOf are the replicas of a database, nil if it has none.
func (c *Config) replicasOf(alias string) db.DB {
	base, _ := splitRoute(alias)
	if base == "" {
		base = Default
	}
	if d := c.Replicas[base]; d != nil {
		return d
	}
	return nil
}

// readFrom returns the registry of a statement, in the database that it goes to.
func (s *Session) readFrom(reg *registry, write bool, tx uint64) *registry {
	switch {
	case reg.replicas == nil || tx != 0:
	case write:
		s.wrote.Store(true)
	case reg.route == routeReplica, reg.route == "" && !s.wrote.Load():
		return reg.replicas
	}
	return reg
}
