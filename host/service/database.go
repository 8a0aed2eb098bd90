package service

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// Default is the alias of Config.DB.
const Default = "default"

// database finds a database by its alias; empty is the default one.
func (c *Config) database(alias string) (db.DB, error) {
	whole := alias
	alias, route := splitRoute(alias)
	if route != "" && route != routePrimary && route != routeReplica || strings.HasSuffix(whole, ":") {
		return nil, fail(abi.CodeNoDatabase, "vinyl: "+strconv.Quote(whole)+" is no database: behind an alias goes :primary or :replica, or nothing", whole)
	}
	if alias == "" || alias == Default {
		if c.DB == nil {
			return nil, errNoDB
		}
		return c.DB, nil
	}
	if d := c.Databases[alias]; d != nil {
		return d, nil
	}
	known := slices.Sorted(maps.Keys(c.Databases))
	if c.DB != nil {
		known = append([]string{Default}, known...)
	}
	there := "there is none"
	if len(known) > 0 {
		there = "there is " + strings.Join(known, ", ")
	}
	return nil, fail(abi.CodeNoDatabase, "vinyl: no database is called "+strconv.Quote(alias)+", "+there+": serve the app with --db "+alias+"=URL", append([]string{alias}, known...)...)
}

// bare tells whether the app has no database at all.
func (c *Config) bare() bool { return c.DB == nil && len(c.Databases) == 0 }

// named is what an alias is called in messages.
func named(alias string) string {
	if alias == "" {
		return Default
	}
	return alias
}

// accepts refuses a statement in a transaction of another database, or one that
// writes where data are only read: the database would refuse it too, but some
// end the transaction with it.
func (t *tx) accepts(st *prepared) error {
	reg := st.reg
	switch {
	case t.db == reg.db && t.reads && st.Write:
		return fail(abi.CodeReadOnly, "vinyl: this statement changes data, and its transaction only reads them: leave orm.ReadOnly() out of its Atomic, or write outside of it", "transaction")
	case t.db == reg.db:
		return nil
	}
	return fail(abi.CodeNotSupported, "vinyl: the statement is for database "+strconv.Quote(named(reg.database))+", but its transaction is in "+strconv.Quote(named(t.database))+
		": begin one there, with orm.Atomic(ctx, f, orm.Using("+strconv.Quote(named(reg.database))+"))")
}

// txFor finds the transaction of a statement.
func (s *Session) txFor(st *prepared) (*tx, error) {
	t, err := s.tx(st.tx)
	if err != nil {
		return nil, err
	}
	return t, t.accepts(st)
}

// databaseOf is the database of a registry, 0 for the default one.
func (s *Service) databaseOf(handle uint32) (db.DB, string, error) {
	if handle == 0 {
		d, err := s.cfg.database("")
		return d, "", err
	}
	reg, err := s.registries.get(handle)
	if err != nil {
		return nil, "", err
	}
	return reg.db, reg.database, nil
}

// inDatabase says which of several databases an error is about.
func inDatabase(err error, alias string) error {
	if alias == "" {
		return err
	}
	e := *db.AsOpError(err)
	e.Message = "database " + strconv.Quote(alias) + ": " + e.Message
	return &e
}
