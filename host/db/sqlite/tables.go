package sqlite

import (
	"context"

	"github.com/vinyl-edge/vinyl/host/db/internal/master"
	"github.com/vinyl-edge/vinyl/orm/migrate"
)

// Tables describes the tables that exist, in order of their names.
func (c *conn) Tables(ctx context.Context) ([]migrate.Table, error) {
	tables, err := master.Tables(func(sql string) ([][]string, error) { return c.strings(ctx, sql) })
	if err != nil {
		return nil, opError(err)
	}
	return tables, nil
}

// Extensions is none: what SQLite can do is compiled in.
func (c *conn) Extensions(context.Context) ([]string, error) { return nil, nil }
