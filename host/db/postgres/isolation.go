package postgres

import (
	"errors"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// isolationSetting is the server's setting of the level that transactions have
// which ask for none.
const isolationSetting = "default_transaction_isolation"

// isolation reads the level in the setting's own words.
func isolation(s string) (abi.Isolation, error) {
	for l := abi.IsolationReadUncommitted; l <= abi.IsolationSerializable; l++ {
		if strings.EqualFold(s, l.String()) {
			return l, nil
		}
	}
	return 0, errors.New(isolationSetting + " is read committed, repeatable read or serializable (with %20 for the space)")
}

// begin is the statement that starts a transaction.
func (d *DB) begin(opts db.TxOptions) string {
	level := opts.Isolation
	switch usual := d.cfg.isolation; {
	case level != abi.IsolationDefault:
	case opts.ReadOnly: // one state of the data costs nothing, and never fails
		level = max(usual, abi.IsolationRepeatableRead)
	case d.cfg.Pooler: // whose sessions don't have the setting
		level = usual
	}
	sql := "BEGIN"
	if level != abi.IsolationDefault {
		sql += " ISOLATION LEVEL " + strings.ToUpper(level.String())
	}
	if opts.ReadOnly {
		sql += " READ ONLY"
	}
	if opts.Deferrable {
		sql += " DEFERRABLE"
	}
	return sql
}
