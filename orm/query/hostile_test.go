package query

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
)

func TestLayoutRefusesIndexesBeyondColumns(t *testing.T) {
	group := func(parent, first uint64) string {
		b := abi.AppendUvarint([]byte{1}, 0) // one group, empty model
		b = abi.AppendUvarint(b, parent)
		b = abi.AppendBool(abi.AppendString(b, ""), false)
		b = abi.AppendUvarint(b, first)
		return string(append(b, 0, 0, 0, 0, 0)) // no fields, names, types; extra 0; not flat
	}
	l, err := ReadLayout(group(0, 3))
	require.NoError(t, err)
	require.Equal(t, 3, l.Groups[0].First)
	for _, bad := range []string{group(1, 0), group(1<<63, 0), group(1<<64-1, 0), group(0, 1<<63), group(0, 1<<16)} {
		_, err := ReadLayout(bad)
		require.ErrorIs(t, err, abi.ErrMessage, "%x", bad)
	}
}

// TestHostileShapesDoNotOverAllocate bounds what a reader keeps and allocates
// per byte of message: the largest nodes are steps and queries.
func TestHostileShapesDoNotOverAllocate(t *testing.T) {
	const size = 1 << 16
	count := string(abi.AppendUvarint(nil, size))
	half := string(abi.AppendUvarint(nil, size/2))
	zeros := strings.Repeat("\x00", size)
	for name, shape := range map[string]string{
		"steps":       "\x01\x00\x01\x00" + half + strings.Repeat("\x05\x00", size/2),
		"expressions": "\x01\x00\x01\x00\x01\x04\x04" + count + zeros,
		"conditions":  "\x01\x00\x01\x00\x01\x01\x01" + strings.Repeat("\x05\x00\x00\x7f", size/4),
		"params":      "\x01\x00\x08\x40\x00" + half + strings.Repeat("\x01\x00", size/2),
		"queries":     "\x01\x00\x01\x00\x01\x10\x20" + string(abi.AppendUvarint(nil, size/4)) + strings.Repeat("\x00\x01\x00\x00", size/4),
		"rows":        "\x01\x00\x05\x02\x00" + count + zeros,
		"lists":       "\x01\x00\x08\x40\x00\x01\x01\x0e" + count + zeros,
		"nested":      "\x01\x00\x08\x40\x00\x01\x01" + strings.Repeat("\x0e\x7f", size/2),
		"forged":      "\x01\x00\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff\x7f" + zeros,
	} {
		var before, after, kept runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		q, err := Decode(shape)
		runtime.ReadMemStats(&after)
		runtime.GC()
		runtime.ReadMemStats(&kept)
		runtime.KeepAlive(q)
		total, live := int(after.TotalAlloc-before.TotalAlloc), int(kept.HeapAlloc)-int(before.HeapAlloc)
		t.Logf("%s: err %v, %d times its size in total, %d kept", name, err, total/len(shape), live/len(shape))
		require.LessOrEqual(t, total, 400*len(shape)+8192, name)
		require.LessOrEqual(t, live, 200*len(shape)+64<<10, name)
	}
}
