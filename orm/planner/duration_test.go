package planner

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseDuration(t *testing.T) {
	const s = 1_000_000
	for text, want := range map[string]int64{
		"5": 5 * s, "03:04": 184 * s, "-00:00:01.5": -1_500_000, "1 00:00:00": 86400 * s, "-1 00:00:03.000007": -86400*s + 3*s + 7,
		"2 days, 00:00:01": 2*86400*s + s, "1 day, 0:01:00": 86400*s + 60*s, "-1 days +00:00:03": -86400*s + 3*s, "-1 days -00:00:03": -86400*s - 3*s,
	} {
		got, ok := parseDuration(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, bad := range []string{"", "x", "1 ", "1 x", "1:2:3:4", "1.5:00", "--1", "+1 00:00:01"} {
		_, ok := parseDuration(bad)
		require.False(t, ok, bad)
	}
}
