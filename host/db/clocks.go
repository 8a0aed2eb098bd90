package db

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// Query starts a statement on c, whose Clocks it heeds: no driver's cursor does.
func Query(ctx context.Context, c Conn, st Statement) (Cursor, error) {
	cur, err := c.Query(ctx, st)
	if err != nil || st.Clocks == nil {
		return cur, err
	}
	return &clocked{cur, st}, nil
}

// clocked is a cursor with columns that are readings of clocks.
type clocked struct {
	Cursor
	st Statement
}

// Fill appends one frame.
func (cu *clocked) Fill(ctx context.Context, b []byte, lim Limits) ([]byte, bool, error) {
	start := len(b)
	b, done, err := cu.Cursor.Fill(ctx, b, lim)
	if err == nil {
		b = cu.st.Moments(b, start, cu.Columns())
	}
	return b, done, err
}

// Moments heeds the Clocks of the statement in the frame of rows that begins at
// start, if one does: a driver that runs statements without Query calls it.
func (st *Statement) Moments(b []byte, start, columns int) []byte {
	if st.Clocks == nil || len(b) < start+RowsHeader || b[start] != abi.FrameRows {
		return b
	}
	rows := int(binary.LittleEndian.Uint32(b[start+1:]))
	cells := start + RowsHeader
	end := cells + int(binary.LittleEndian.Uint32(b[start+5:]))
	old := append([]byte(nil), b[cells:]...)
	rest := old[end-cells:]
	b = b[:cells]
	for range rows {
		for col := range columns {
			n := cellSize(old)
			cell := old[:n]
			old = old[n:]
			if col < len(st.Clocks) && st.Clocks[col] != nil {
				if wall, ok := reading(cell); ok {
					b = abi.AppendU64(append(b, byte(abi.KindInt)), uint64(st.Clocks[col](wall)))
					continue
				}
			}
			b = append(b, cell...)
		}
	}
	return append(EndRows(b, start, rows), rest...)
}

// cellSize is the length of the first cell in b, which a driver wrote.
func cellSize(b []byte) int {
	switch abi.Kind(b[0]) {
	case abi.KindInt, abi.KindFloat:
		return 9
	case abi.KindText, abi.KindBytes:
		return 5 + int(binary.LittleEndian.Uint32(b[1:]))
	}
	return 1
}

// reading is a cell's date and time of day in microseconds, as if its clock
// showed UTC.
func reading(cell []byte) (int64, bool) {
	switch abi.Kind(cell[0]) {
	case abi.KindInt:
		return int64(binary.LittleEndian.Uint64(cell[1:])), true
	case abi.KindText:
		t, err := time.Parse("2006-01-02 15:04:05.999999", string(cell[5:]))
		return t.UnixMicro(), err == nil
	}
	return 0, false
}
