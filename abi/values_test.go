package abi

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestValuesAreBounded: values take fifty times their bytes in memory.
func TestValuesAreBounded(t *testing.T) {
	list := func(n int) []byte {
		return append(AppendUvarint([]byte{byte(KindList)}, uint64(n)), make([]byte, n)...)
	}
	r := ReadBytes(list(MaxValues - 1))
	require.Len(t, r.Value().List, MaxValues-1)
	require.NoError(t, r.Err())

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r = ReadBytes(list(20 << 20))
	r.Value()
	require.Error(t, r.Err())
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(200<<20))

	r = ReadBytes(bytes.Repeat([]byte{byte(KindNull)}, MaxValues+1))
	for range MaxValues {
		r.Value()
	}
	require.NoError(t, r.Err())
	r.Value()
	require.Error(t, r.Err(), "one after the other they count too")
}
