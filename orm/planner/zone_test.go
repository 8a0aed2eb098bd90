package planner

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The moments are those of Python's zoneinfo with fold=0.
func TestInstant(t *testing.T) {
	for _, c := range []struct{ zone, wall, want string }{
		{"UTC", "2015-06-15 12:00:00", "2015-06-15T12:00:00Z"},
		{"Australia/Melbourne", "2015-01-01 00:00:00", "2014-12-31T13:00:00Z"},
		{"Australia/Melbourne", "2015-06-01 00:00:00", "2015-05-31T14:00:00Z"},
		{"America/Chicago", "2026-03-08 01:59:59", "2026-03-08T07:59:59Z"},
		{"America/Chicago", "2026-03-08 02:30:00", "2026-03-08T08:30:00Z"}, // skipped: as by the time before
		{"America/Chicago", "2026-03-08 03:00:00", "2026-03-08T08:00:00Z"},
		{"America/Chicago", "2026-11-01 00:59:59", "2026-11-01T05:59:59Z"},
		{"America/Chicago", "2026-11-01 01:00:00", "2026-11-01T06:00:00Z"}, // twice: the first
		{"America/Chicago", "2026-11-01 01:59:59", "2026-11-01T06:59:59Z"},
		{"America/Chicago", "2026-11-01 02:00:00", "2026-11-01T08:00:00Z"},
		{"Asia/Kathmandu", "1985-12-31 23:59:59", "1985-12-31T18:29:59Z"},
		{"Asia/Kathmandu", "1986-01-01 00:10:00", "1985-12-31T18:40:00Z"},
		{"Asia/Kathmandu", "1986-01-01 00:15:00", "1985-12-31T18:30:00Z"},
	} {
		zone, err := Location(c.zone)
		require.NoError(t, err)
		wall, err := time.Parse(time.DateTime, c.wall)
		require.NoError(t, err)
		got := time.UnixMicro(Instant(wall.UnixMicro(), zone)).UTC().Format(time.RFC3339)
		require.Equal(t, c.want, got, "%s in %s", c.wall, c.zone)
	}
}

func TestLocation(t *testing.T) {
	zone, err := Location("UTC-05:30")
	require.NoError(t, err)
	require.Equal(t, int64(5*3600+30*60)*1e6, Instant(0, zone))
	for _, name := range []string{"", "Local", "Mars/Olympus", "UTC+25:00", "UTC+1:00", "../../etc/passwd"} {
		_, err := Location(name)
		require.ErrorContains(t, err, "is not known here", name)
	}
}
