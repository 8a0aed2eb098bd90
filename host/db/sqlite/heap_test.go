package sqlite

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
)

// SQLite takes these settings only before it is used, and says so.
func TestConfigured(t *testing.T) { require.Zero(t, configured) }

// A statement that fails undoes what it changed, also where that is more than
// is kept in memory for it, and leaves the rest of its transaction.
func TestStatementUndone(t *testing.T) {
	d := file(t)
	rows(t, d, 5000)
	write(t, d, "CREATE UNIQUE INDEX u ON b (a)")
	c, err := d.Acquire(t.Context(), db.Write)
	require.NoError(t, err)
	defer c.Release()
	require.NoError(t, c.Begin(t.Context(), db.TxOptions{}))
	_, err = dbtest.On(context.Background(), c, true, "UPDATE b SET n = 1 WHERE id = 1")
	require.NoError(t, err)
	for range 2 {
		_, err = dbtest.On(context.Background(), c, true, "UPDATE b SET n = 2, a = CASE WHEN id = 4999 THEN -7 ELSE -a END")
		dbtest.Code(t, abi.CodeIntegrity, err)
	}
	require.NoError(t, c.Commit(t.Context()))
	r, err := dbtest.Do(t.Context(), d, db.Read, "SELECT count(*), sum(n), min(a), count(DISTINCT a) FROM b")
	require.NoError(t, err)
	require.Equal(t, []abi.Value{abi.Int(5000), abi.Int(1), abi.Int(7), abi.Int(5000)}, r.Rows[0])
}
