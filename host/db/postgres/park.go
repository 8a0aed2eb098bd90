package postgres

import (
	"context"

	"github.com/vinyl-edge/vinyl/host/db"
)

// parked are the rows of a cursor that had to leave the wire to another
// statement. Only statements that were not marked Stream end up here.
type parked struct {
	buf  []byte
	rows [][2]int // from, to
	err  error
}

// park reads the rest of the rows.
func (cu *cursor) park(ctx context.Context) {
	end := cu.c.watch(ctx, cu.c.interrupt)
	defer cu.c.unwatch(end)
	p := &parked{}
	for ready := false; !ready; {
		start := len(p.buf)
		if cu.stream {
			p.err = cu.ask(ctx, db.Limits{Rows: 1})
		}
		if p.err == nil {
			p.buf, ready, p.err = cu.receive(p.buf, db.Limits{Rows: 1})
		}
		if p.err != nil {
			p.err = cu.ended(ctx, p.err)
			break
		}
		if len(p.buf) > start {
			p.rows = append(p.rows, [2]int{start + db.RowsHeader, len(p.buf)})
		}
	}
	if p.err == nil && cu.failure != nil {
		p.err = cu.ended(ctx, cu.failure)
	}
	cu.rest, cu.c.live = p, nil
}

// unpark appends a frame of parked rows.
func (cu *cursor) unpark(b []byte, lim db.Limits) ([]byte, bool, error) {
	p, start, n := cu.rest, len(b), 0
	b = db.BeginRows(b)
	for n < len(p.rows) {
		b = append(b, p.buf[p.rows[n][0]:p.rows[n][1]]...)
		if n++; n >= lim.Rows || len(b)-start >= lim.Bytes {
			break
		}
	}
	p.rows = p.rows[n:]
	b = db.EndRows(b, start, n)
	switch {
	case len(p.rows) > 0:
		return b, false, nil
	case p.err != nil && n > 0:
		return b, false, nil
	case p.err != nil:
		cu.finish()
		return b, true, p.err
	}
	return cu.end(b), true, nil
}
