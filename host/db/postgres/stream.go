package postgres

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vinyl-edge/vinyl/host/db"
)

// portal is the name, empty outside of a transaction.
func (cu *cursor) portal() string {
	if cu.number == 0 {
		return ""
	}
	return "p" + strconv.FormatUint(cu.number, 10)
}

// exchange waits until the portal exists.
func (cu *cursor) exchange() error {
	cu.c.out.SendSync(&pgproto3.Sync{})
	if err := cu.c.flush(); err != nil {
		return err
	}
	if _, _, err := cu.receive(nil, db.Limits{}); err != nil {
		return err
	}
	return cu.failure
}

// ask lets the portal send some rows: not many more than fill a frame, in its
// bytes or in its time.
func (cu *cursor) ask(ctx context.Context, lim db.Limits) error {
	c := cu.c
	n := max(lim.Rows, 1)
	if cu.width > 0 && lim.Bytes > 0 {
		n = min(n, max(lim.Bytes/cu.width, 1))
	}
	if cu.pace > 0 && lim.Wait > 0 {
		n = min(n, max(int(lim.Wait/cu.pace), 1))
	}
	if cu.number > 0 {
		if err := c.ready(ctx); err != nil {
			return err
		}
	}
	c.out.SendExecute(&pgproto3.Execute{Portal: cu.portal(), MaxRows: uint32(n)})
	if cu.number > 0 {
		c.out.SendSync(&pgproto3.Sync{})
	} else {
		c.out.Send(&pgproto3.Flush{})
	}
	return c.flush()
}

// sync ends what a stream outside of a transaction has left open.
func (cu *cursor) sync() error {
	if !cu.stream || cu.number > 0 {
		return nil
	}
	cu.c.out.SendSync(&pgproto3.Sync{})
	return cu.c.flush()
}
