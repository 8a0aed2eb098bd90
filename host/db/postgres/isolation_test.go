package postgres

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
)

// TestIsolation asks the server what transactions are, with settings of the
// database's URL and without.
func TestIsolation(t *testing.T) {
	dbs := map[string]*DB{}
	for _, tt := range []struct {
		params string
		opts   db.TxOptions
		want   string
	}{
		{"", db.TxOptions{}, "read committed, off, off"},
		{"", db.TxOptions{ReadOnly: true}, "repeatable read, on, off"},
		{"", db.TxOptions{Isolation: abi.IsolationReadUncommitted}, "read uncommitted, off, off"},
		{"", db.TxOptions{Isolation: abi.IsolationRepeatableRead}, "repeatable read, off, off"},
		{"", db.TxOptions{Isolation: abi.IsolationSerializable}, "serializable, off, off"},
		{"", db.TxOptions{ReadOnly: true, Isolation: abi.IsolationReadCommitted}, "read committed, on, off"},
		{"", db.TxOptions{ReadOnly: true, Isolation: abi.IsolationSerializable, Deferrable: true}, "serializable, on, on"},
		{"&default_transaction_isolation=Serializable", db.TxOptions{}, "serializable, off, off"},
		{"&default_transaction_isolation=serializable", db.TxOptions{ReadOnly: true}, "serializable, on, off"},
		{"&default_transaction_isolation=serializable", db.TxOptions{Isolation: abi.IsolationReadCommitted}, "read committed, off, off"},
		{"&default_transaction_isolation=read%20committed", db.TxOptions{ReadOnly: true}, "repeatable read, on, off"},
	} {
		d := dbs[tt.params]
		if d == nil {
			d = opened(t, tt.params)
			dbs[tt.params] = d
		}
		mode := db.Write
		if tt.opts.ReadOnly {
			mode = db.Hold
		}
		c, err := d.Acquire(t.Context(), mode)
		require.NoError(t, err)
		for range 2 { // nothing of it stays with the connection
			require.NoError(t, c.Begin(t.Context(), tt.opts))
			r, err := dbtest.On(t.Context(), c, false, "SELECT concat_ws(', ', current_setting('transaction_isolation'), current_setting('transaction_read_only'), current_setting('transaction_deferrable'))")
			require.NoError(t, err)
			require.Equal(t, tt.want, r.Rows[0][0].Str, "%s %+v", tt.params, tt.opts)
			require.NoError(t, c.Commit(t.Context()))
		}
		c.Release()
	}
	_, err := ParseURL("postgres://localhost/app?default_transaction_isolation=chaos")
	require.ErrorContains(t, err, "repeatable read or serializable")
}
