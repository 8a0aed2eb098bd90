package db

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
)

// fixed is a cursor, and a connection, of one frame.
type fixed struct {
	Conn
	frame []byte
}

func (f *fixed) Query(context.Context, Statement) (Cursor, error) { return fixedCursor{f.frame}, nil }

type fixedCursor struct{ frame []byte }

func (fixedCursor) Columns() int    { return 3 }
func (fixedCursor) Names() []string { return nil }
func (fixedCursor) Close()          {}
func (c fixedCursor) Fill(_ context.Context, b []byte, _ Limits) ([]byte, bool, error) {
	return append(b, c.frame...), true, nil
}

func TestClocks(t *testing.T) {
	noon := time.Date(2024, 2, 29, 12, 0, 0, 500_000_000, time.UTC).UnixMicro()
	row := func(b []byte, moment abi.Value, last abi.Value) []byte {
		for _, v := range []abi.Value{abi.Text("2024-02-29 12:00:00.5"), moment, last} {
			b = AppendCell(b, &v)
		}
		return b
	}
	frame := func(b []byte, a, c abi.Value) []byte {
		start := len(b)
		return AppendEnd(EndRows(row(row(BeginRows(b), a, abi.Int(noon)), c, abi.Null), start, 2), 0, 0)
	}
	add := func(wall int64) int64 { return wall + 1 }
	c := &fixed{frame: frame(nil, abi.Text("2024-02-29 12:00:00.5"), abi.Int(noon))}
	got, err := All(context.Background(), c, Statement{Clocks: []func(int64) int64{nil, add}}, []byte("head"), 0)
	require.NoError(t, err)
	require.Equal(t, frame([]byte("head\x03\x00"), abi.Int(noon+1), abi.Int(noon+1)), got, "a text and a number are the same reading")
	got, err = All(context.Background(), c, Statement{}, nil, 0)
	require.NoError(t, err)
	require.Equal(t, append([]byte{3, 0}, c.frame...), got)

	c.frame = frame(nil, abi.Null, abi.Text("never"))
	got, err = All(context.Background(), c, Statement{Clocks: []func(int64) int64{nil, add}}, nil, 0)
	require.NoError(t, err)
	require.Equal(t, append([]byte{3, 0}, c.frame...), got, "what is no reading stays")
}

func TestCells(t *testing.T) {
	for _, c := range []struct{ v, want abi.Value }{
		{abi.Bool(true), abi.Int(1)},
		{abi.Value{Kind: abi.KindDate, Num: 2}, abi.Int(172_800_000_000)},
		{abi.Value{Kind: abi.KindDuration, Num: 7}, abi.Int(7)},
		{abi.Value{Kind: abi.KindDecimal, Str: "1.50"}, abi.Text("1.50")},
		{abi.Value{Kind: abi.KindUUID, Str: "0123456789abcdef"}, abi.Bytes([]byte("0123456789abcdef"))},
		{abi.List(), abi.Null},
	} {
		require.Equal(t, AppendCell(nil, &c.want), AppendCell(nil, &c.v), "%v", c.v)
	}
}
