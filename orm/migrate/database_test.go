package migrate_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/open"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
	"github.com/vinyl-edge/vinyl/orm/migrate"
)

// TestTablesFitTheirModels creates tables and finds nothing to do about them,
// until somebody changes them.
func TestTablesFitTheirModels(t *testing.T) {
	for dialect, url := range map[string]func(testing.TB) string{
		"sqlite":     func(testing.TB) string { return "file::memory:" },
		"postgresql": func(tb testing.TB) string { return pgtest.URL(tb) },
	} {
		t.Run(dialect, func(t *testing.T) {
			d, err := open.Open(t.Context(), url(t))
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, d.Close()) })
			c, err := d.Acquire(t.Context(), db.Write)
			require.NoError(t, err)
			defer c.Release()
			run := func(sql string) {
				_, err := db.All(t.Context(), c, db.Statement{SQL: sql, Write: true}, nil, 0)
				require.NoError(t, err, sql)
			}
			plan := func() ([]migrate.Statement, error) {
				tables, err := c.Tables(t.Context())
				require.NoError(t, err)
				return migrate.Plan(shop(), dialect, tables, nil)
			}
			sts, err := plan()
			require.NoError(t, err)
			require.NotEmpty(t, sts)
			for _, s := range sts {
				run(s.SQL)
			}
			sts, err = plan()
			require.NoError(t, err)
			require.Empty(t, sts)

			run("DROP INDEX shop_everything_dt_3729e7dc")
			sts, err = plan()
			require.NoError(t, err)
			require.Len(t, sts, 1)
			require.Contains(t, sts[0].SQL, "shop_everything_dt_3729e7dc")

			// The error has what adds a column that is missing.
			for _, column := range []string{"nb", "b", "e", "da"} {
				run("ALTER TABLE shop_everything DROP COLUMN " + column)
				_, err = plan()
				require.ErrorContains(t, err, "table shop_everything, column "+column+": missing")
				_, add, ok := strings.Cut(err.(*abi.OpError).Detail[0], "): ")
				require.Equal(t, column != "da", ok, "%s: no day is right for rows that are there", column)
				if !ok {
					add = "ALTER TABLE shop_everything ADD COLUMN da date NOT NULL DEFAULT '2020-02-02'"
				}
				run(add)
				sts, err = plan()
				require.NoError(t, err)
				for _, s := range sts { // indexes went with the column
					require.Contains(t, s.SQL, "CREATE INDEX")
					run(s.SQL)
				}
			}

			run("ALTER TABLE shop_author ADD COLUMN surprise text")
			run("ALTER TABLE shop_serial RENAME TO shop_parallel")
			_, err = plan()
			var e *abi.OpError
			require.ErrorAs(t, err, &e)
			require.Contains(t, e.Detail, "table shop_author, column surprise: shop.Author has no field for it")
		})
	}
}
