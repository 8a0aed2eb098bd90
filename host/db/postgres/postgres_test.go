package postgres

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// opened is an empty database; params are added to its URL.
func opened(tb testing.TB, params string) *DB {
	tb.Helper()
	cfg, err := ParseURL(pgtest.URL(tb) + params)
	require.NoError(tb, err)
	d, err := Open(context.Background(), cfg)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, d.Close()) })
	return d
}

func TestDriver(t *testing.T) {
	dbtest.Suite{
		Open:        func(tb testing.TB) db.DB { return opened(tb, "") },
		Placeholder: func(n int) string { return "$" + strconv.Itoa(n) },
		Blob:        "bytea", FailedTx: true, Levels: true,
	}.Run(t)
}
