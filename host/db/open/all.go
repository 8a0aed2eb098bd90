package open

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/vinyl-edge/vinyl/host/db"
)

// All opens databases by alias, all or none.
func All(ctx context.Context, urls map[string]string) (map[string]db.DB, error) {
	dbs := make(map[string]db.DB, len(urls))
	for _, alias := range slices.Sorted(maps.Keys(urls)) {
		err := CheckAlias(alias)
		if err == nil {
			dbs[alias], err = Open(ctx, urls[alias])
		}
		if err != nil {
			delete(dbs, alias)
			_ = CloseAll(dbs)
			return nil, fmt.Errorf("database %s: %w", strconv.Quote(alias), err)
		}
	}
	return dbs, nil
}

// CloseAll closes databases and returns the first error.
func CloseAll(dbs map[string]db.DB) (err error) {
	for _, d := range dbs {
		if e := d.Close(); err == nil {
			err = e
		}
	}
	return err
}

// CheckAlias refuses what cannot be the alias of a further database.
func CheckAlias(alias string) error {
	ok := alias != "" && len(alias) <= 63
	for _, c := range []byte(alias) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-')
	}
	switch {
	case !ok:
		return fmt.Errorf("%q is no alias of a database: take letters, digits, - and _", alias)
	case alias == "default":
		return fmt.Errorf("%q is the alias of the first database: take another one", alias)
	}
	return nil
}
