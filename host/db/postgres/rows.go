package postgres

import (
	"encoding/binary"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vinyl-edge/vinyl/host/db"
)

// receive appends rows until they fill a frame or the server is ready for
// another statement.
func (cu *cursor) receive(b []byte, lim db.Limits) (out []byte, ready bool, err error) {
	start, rows := len(b), 0
	b = db.BeginRows(b)
	var began time.Time
	if lim.Wait > 0 {
		began = time.Now()
	}
	for {
		msg, err := cu.c.receive()
		if err != nil {
			return b[:start], false, err
		}
		switch msg := msg.(type) {
		case *pgproto3.DataRow:
			if cu.skip || cu.other {
				continue
			}
			if b, err = appendRow(b, cu.st.cells, msg.Values); err != nil {
				cu.c.lose()
				return b[:start], false, err
			}
			rows++
			cu.begun = true
			if cu.q.Write {
				cu.last = firstInt(cu.st.cells, msg.Values)
			}
			if !cu.stream && (rows >= lim.Rows || len(b)-start >= lim.Bytes || lim.Wait > 0 && time.Since(began) > lim.Wait) {
				return db.EndRows(b, start, rows), false, nil
			}
		case *pgproto3.PortalSuspended:
			if cu.number == 0 { // no Sync was sent
				return db.EndRows(b, start, rows), false, nil
			}
		case *pgproto3.RowDescription:
			cu.described(msg)
		case *pgproto3.CommandComplete:
			if cu.skip {
				cu.skip = false
				continue
			}
			cu.tag = string(msg.CommandTag)
			err = cu.sync()
		case *pgproto3.EmptyQueryResponse:
			cu.tag = "empty"
			err = cu.sync()
		case *pgproto3.ErrorResponse:
			cu.failure = pgconn.ErrorResponseToPgError(msg)
			err = cu.sync()
		case *pgproto3.ReadyForQuery:
			if cu.c.live == cu {
				cu.c.live = nil
			}
			if cu.other && cu.failure == nil {
				cu.failure = cu.changed()
			}
			return db.EndRows(b, start, rows), true, nil
		}
		if err != nil {
			return b[:start], false, err
		}
	}
}

// end appends the end of the result.
func (cu *cursor) end(b []byte) []byte {
	cu.finish()
	var affected, last int64
	if cu.q.Write {
		tag := pgconn.NewCommandTag(cu.tag)
		affected = tag.RowsAffected()
		if tag.Insert() {
			last = cu.last
		}
	}
	return db.AppendEnd(b, affected, last)
}

// firstInt is the integer that a row begins with: an insert returns the key.
func firstInt(cells []cell, values [][]byte) int64 {
	if len(cells) > 0 && len(values) > 0 && len(values[0]) == sizes[cells[0]] {
		switch v := values[0]; cells[0] {
		case cellInt2:
			return int64(int16(binary.BigEndian.Uint16(v)))
		case cellInt4:
			return int64(int32(binary.BigEndian.Uint32(v)))
		case cellInt8:
			return int64(binary.BigEndian.Uint64(v))
		}
	}
	return 0
}
