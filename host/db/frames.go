package db

import (
	"context"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// Limits close a frame of rows.
type Limits struct {
	Rows  int
	Bytes int
	// Wait closes a frame that has rows and is this old, 0 = never: for streams,
	// whose reader should not wait for rows that are slow to find.
	Wait time.Duration
}

// DefaultLimits suit whole results: large enough to amortise a frame, small
// enough for the guest to decode in slabs.
var DefaultLimits = Limits{Rows: 256, Bytes: 48 << 10}

// RowsHeader is the length of a FrameRows header in bytes.
const RowsHeader = 9

// BeginRows appends the header of a FrameRows, whose numbers EndRows sets.
func BeginRows(b []byte) []byte {
	return append(b, abi.FrameRows, 0, 0, 0, 0, 0, 0, 0, 0)
}

// EndRows completes the frame that begins at start; a frame without rows is
// taken away.
func EndRows(b []byte, start, rows int) []byte {
	if rows == 0 {
		return b[:start]
	}
	abi.PutU32(b[start+1:], uint32(rows))
	abi.PutU32(b[start+5:], uint32(len(b)-start-RowsHeader))
	return b
}

// AppendCell appends a value that no database has seen, in a form that guests
// read from all of them: moments and spans of time are microseconds.
func AppendCell(b []byte, v *abi.Value) []byte {
	n := v.Num
	switch v.Kind {
	case abi.KindInt, abi.KindFloat:
		return abi.AppendU64(append(b, byte(v.Kind)), v.Num)
	case abi.KindBytes, abi.KindUUID:
		return append(abi.AppendU32(append(b, byte(abi.KindBytes)), uint32(len(v.Str))), v.Str...)
	case abi.KindText, abi.KindDecimal, abi.KindJSON:
		return append(abi.AppendU32(append(b, byte(abi.KindText)), uint32(len(v.Str))), v.Str...)
	case abi.KindDate:
		n = uint64(v.Int64() * int64(24*time.Hour/time.Microsecond))
	case abi.KindBool, abi.KindTime, abi.KindNaive, abi.KindClock, abi.KindDuration:
	default:
		return append(b, byte(abi.KindNull))
	}
	return abi.AppendU64(append(b, byte(abi.KindInt)), n)
}

// ReadCell reads what AppendCell and the drivers append.
func ReadCell(r *abi.Reader) abi.Value {
	v := abi.Value{Kind: abi.Kind(r.U8())}
	switch v.Kind {
	case abi.KindNull:
	case abi.KindInt, abi.KindFloat:
		v.Num = r.U64()
	case abi.KindText, abi.KindBytes:
		n := int(r.U32())
		if n > r.Len() {
			r.Fail()
			return abi.Value{}
		}
		b := make([]byte, n)
		for i := range b {
			b[i] = r.U8()
		}
		v.Str = string(b)
	default:
		r.Fail()
	}
	return v
}

// AppendEnd appends a FrameEnd.
func AppendEnd(b []byte, affected, last int64) []byte {
	return abi.AppendU64(abi.AppendU64(append(b, abi.FrameEnd), uint64(affected)), uint64(last))
}

// AppendFailure appends a FrameError.
func AppendFailure(b []byte, e *abi.OpError) []byte {
	return e.Append(append(b, abi.FrameError))
}

// AppendColumns appends what goes before the frames of a statement's result.
func AppendColumns(b []byte, st Statement, cur Cursor) []byte {
	if st.Layout != nil {
		b = abi.AppendBytes(b, st.Layout(cur.Names()))
	}
	return abi.AppendU16(b, uint16(cur.Columns()))
}

// All appends the columns and every frame of a statement's result. max bounds
// the bytes appended, 0 = no bound.
func All(ctx context.Context, c Conn, st Statement, b []byte, max int) ([]byte, error) {
	cur, err := Query(ctx, c, st)
	if err != nil {
		return b, err
	}
	defer cur.Close()
	start := len(b)
	b = AppendColumns(b, st, cur)
	for {
		var done bool
		if b, done, err = cur.Fill(ctx, b, DefaultLimits); err != nil || done {
			return b, err
		}
		if max > 0 && len(b)-start > max {
			return b, TooLarge()
		}
	}
}
