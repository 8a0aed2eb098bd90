package orm

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

type spanned struct {
	Model[spanned]
	Span Range[int32]
}

// TestRangeWithoutBounds sends ranges as the database would give them back: what
// is no bound belongs to none.
func TestRangeWithoutBounds(t *testing.T) {
	only[spanned](t)
	for _, c := range []struct {
		give Range[int32]
		want abi.Value
	}{
		{Range[int32]{}, abi.Range(abi.Null, abi.Null, 0)},
		{Range[int32]{UpperIn: true}, abi.Range(abi.Null, abi.Null, 0)},
		{Range[int32]{Upper: Some[int32](10), UpperIn: true}, abi.Range(abi.Null, abi.Int(10), abi.RangeUpper)},
		{Range[int32]{Lower: Some[int32](1)}, abi.Range(abi.Int(1), abi.Null, abi.RangeLower)},
		{Between[int32](1, 3), abi.Range(abi.Int(1), abi.Int(3), abi.RangeLower)},
	} {
		got, err := c.give.ormValue()
		require.NoError(t, err)
		require.Equal(t, c.want, got)
		got, _, err = infoOf[spanned]().byName["span"].cell(unsafe.Pointer(&spanned{Span: c.give}))
		require.NoError(t, err)
		require.Equal(t, c.want, got, "as a field")
	}
}

// TestBareTimes takes the zone from times, also from those inside of others.
func TestBareTimes(t *testing.T) {
	naive := abi.Value{Kind: abi.KindNaive, Num: 5}
	given := abi.Array(abi.Range(abi.Micros(5), abi.Null, abi.RangeLower), abi.Int(1))
	got := (&Models{reg: &schema.Registry{Naive: true}}).bare(given)
	require.Equal(t, abi.Array(abi.Range(naive, abi.Null, abi.RangeLower), abi.Int(1)), got)
	require.Equal(t, abi.KindTime, given.List[0].List[0].Kind, "what was given stays")
	require.Equal(t, given, (&Models{reg: &schema.Registry{}}).bare(given))
}
