package orm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
)

// TestValuesOfBothDatabases reads a value in the form of each database.
func TestValuesOfBothDatabases(t *testing.T) {
	moment := time.Date(2024, 2, 29, 12, 34, 56, 789000, time.UTC)
	uuid, err := ParseUUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
	require.NoError(t, err)
	for _, c := range []struct {
		class            string
		sqlite, postgres abi.Value
		want             any
	}{
		{"BooleanField", abi.Int(1), abi.Int(1), true},
		{"IntegerField", abi.Int(7), abi.Text("7"), int64(7)},
		{"IntegerField", abi.Float(7), abi.Text("7.000000"), int64(7)},
		{"BigIntegerField", abi.Int(-1 << 60), abi.Int(-1 << 60), int64(-1 << 60)},
		{"FloatField", abi.Float(2.5), abi.Text("2.5000000000000000"), 2.5},
		{"DecimalField", abi.Text("1.50"), abi.Text("1.50"), Decimal("1.50")},
		{"DateTimeField", abi.Text("2024-02-29 12:34:56.000789"), abi.Int(moment.UnixMicro()), moment},
		{"DateField", abi.Text("2024-02-29"), abi.Int(moment.Truncate(24 * time.Hour).UnixMicro()), DateOf(moment)},
		{"TimeField", abi.Text("00:00:01.5"), abi.Int(1_500_000), Clock(1500 * time.Millisecond)},
		{"DurationField", abi.Int(-1), abi.Int(-1), -time.Microsecond},
		{"UUIDField", abi.Text("6ba7b8109dad11d180b400c04fd430c8"), abi.Bytes(uuid[:]), uuid},
		{"JSONField", abi.Text(`{"a": 1}`), abi.Text(`{"a": 1}`), JSON(`{"a": 1}`)},
		{"GenericIPAddressField", abi.Text("10.0.0.1"), abi.Text("10.0.0.1"), "10.0.0.1"},
		{"BinaryField", abi.Bytes([]byte{0}), abi.Bytes([]byte{0}), []byte{0}},
	} {
		for _, v := range []abi.Value{c.sqlite, c.postgres} {
			require.Equal(t, c.want, goValue(&v, computed(c.class)), "%s %v", c.class, v)
		}
	}
	for _, half := range []abi.Value{abi.Text("-7.5"), abi.Float(-7.5)} {
		require.Equal(t, int64(-7), goValue(&half, computed("IntegerField")), "an integer was asked for")
		require.Equal(t, plain(&half), goValue(&half, &field{name: "n", kind: kInt64}), "nothing of a column is cut off")
	}
}
