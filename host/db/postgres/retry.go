package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// stale tells whether the statement may fail only since it was prepared before
// a table changed, or since somebody between here and the server forgot it.
func (cu *cursor) stale(err error) bool {
	var pg *pgconn.PgError
	if cu.fresh || cu.st == nil || !errors.As(err, &pg) {
		return false
	}
	switch pg.Code {
	case "26000", "22P02", "22007": // unknown statement; text of another type than the server chose
		return true
	case "08P01": // another number of columns
		return cu.c.db.cfg.Pooler
	case "0A000":
		return pg.Routine == "RevalidateCachedQuery"
	}
	return strings.HasPrefix(pg.Code, "42")
}

// again prepares and starts the statement anew.
func (cu *cursor) again() error {
	columns := cu.Columns()
	cu.c.drop(cu.st)
	cu.failure, cu.tag, cu.other = nil, "", false
	if err := cu.start(); err != nil {
		return err
	}
	if cu.Columns() != columns {
		return &abi.OpError{Code: abi.CodeDatabase, Message: "database: a table changed while the statement was prepared: run it again"}
	}
	return nil
}

// ended is the error of a statement that has ended before its time.
func (cu *cursor) ended(ctx context.Context, err error) error {
	c := cu.c
	var pg *pgconn.PgError
	refused := errors.As(err, &pg)
	switch {
	case c.broken && cu.q.Write && !c.tx && (!refused || cu.tag != ""):
		return &abi.OpError{
			Code:    abi.CodeUnknown,
			Message: "database: the connection to the server was lost before it answered: look at the data before you do it again (" + err.Error() + ")",
			Detail:  []string{db.LostConnection},
		}
	case cu.stale(err):
		if !cu.st.once {
			c.drop(cu.st)
		}
		if pg.Code == "0A000" || pg.Code == "26000" {
			return &abi.OpError{
				Code:    abi.CodeBusy,
				Message: "database: a table changed under the transaction: run it again",
				Detail:  []string{db.BusySerialization},
			}
		}
	}
	return c.ended(ctx, err)
}
