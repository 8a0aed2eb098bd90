package orm

import (
	"math"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
)

// cellsOf are cells as a host sends them.
func cellsOf(vals ...abi.Value) string {
	var b []byte
	for _, v := range vals {
		b = append(b, byte(v.Kind))
		switch v.Kind {
		case abi.KindInt, abi.KindFloat:
			b = abi.AppendU64(b, v.Num)
		case abi.KindText, abi.KindBytes:
			b = append(abi.AppendU32(b, uint32(len(v.Str))), v.Str...)
		}
	}
	return string(b)
}

type programRow struct {
	Text  string
	Int   int64
	Float float64
	Bool  bool
	Small int32
	Maybe Null[string]
	Any   int64 `orm:"name=int"` // of the same column as Int
}

func programScan(t *testing.T) scan[programRow] {
	m, err := shapeOf[programRow]()
	require.NoError(t, err)
	read, err := scanStruct[programRow](m)(&rowHead{
		names: []string{"int", "text", "unused", "float", "bool", "small", "maybe"}, fields: make([]*field, 8),
	})
	require.NoError(t, err)
	return read
}

// TestProgram reads rows of which each has cells of the usual kinds, of others,
// or none.
func TestProgram(t *testing.T) {
	read := programScan(t)
	beyond := abi.Text("ordered by")
	cells := cellsOf(abi.Int(-7), abi.Text("héllo"), abi.Int(1), abi.Float(1.5), abi.Int(1), abi.Int(3), abi.Text("yes"), beyond) +
		cellsOf(abi.Text("8.000"), abi.Int(9), abi.Text("x"), abi.Int(2), abi.Float(0), abi.Text("-4"), abi.Null, beyond) +
		cellsOf(abi.Null, abi.Null, abi.Null, abi.Null, abi.Null, abi.Null, abi.Null, abi.Null) +
		cellsOf(abi.Int(math.MinInt64), abi.Text(""), abi.Null, abi.Float(math.Inf(1)), abi.Int(0), abi.Int(math.MinInt32), abi.Text(""), beyond)
	want := []programRow{
		{Text: "héllo", Int: -7, Any: -7, Float: 1.5, Bool: true, Small: 3, Maybe: Null[string]{V: "yes", Valid: true}},
		{Text: "9", Int: 8, Any: 8, Float: 2, Small: -4},
		{},
		{Int: math.MinInt64, Any: math.MinInt64, Float: math.Inf(1), Small: math.MinInt32, Maybe: Null[string]{Valid: true}},
	}
	rows, err := read(nil, 4, cells)
	require.NoError(t, err)
	require.Equal(t, want, rows)
	rows, err = read(rows, 4, cells)
	require.NoError(t, err)
	require.Equal(t, append(want, want...), rows, "a second frame")

	_, err = read(nil, 1, cellsOf(abi.Int(1), abi.Text("a"), abi.Null, abi.Float(1), abi.Int(1), abi.Int(1<<40), abi.Null, beyond))
	require.ErrorContains(t, err, "does not fit")
}

// TestProgramCut reads frames that end too early or hold kinds that no host
// sends: an error each, wherever that is.
func TestProgramCut(t *testing.T) {
	read := programScan(t)
	cells := cellsOf(abi.Int(-7), abi.Text("hello"), abi.Int(1), abi.Float(1.5), abi.Int(1), abi.Int(3), abi.Text("yes"), abi.Text("x"))
	for n := range len(cells) {
		_, err := read(nil, 1, cells[:n])
		require.ErrorIs(t, err, abi.ErrMessage, n)
	}
	b := []byte(cells)
	abi.PutU32(b[10:], math.MaxUint32) // the length of the text
	_, err := read(nil, 1, string(b))
	require.ErrorIs(t, err, abi.ErrMessage)
	b = []byte(cells)
	b[0] = math.MaxUint8
	_, err = read(nil, 1, string(b))
	require.Error(t, err)
}

// TestProgramOfWords holds the reader to what storeCell makes of every kind of
// cell for every kind of field.
func TestProgramOfWords(t *testing.T) {
	cells := []abi.Value{abi.Null, abi.Int(0), abi.Int(1), abi.Int(-300), abi.Float(2), abi.Float(0.5), abi.Text(""), abi.Text("12"), abi.Text("2024-02-29 12:34:56"), abi.Bytes([]byte("ab"))}
	for k := kString; k < kForeign; k++ {
		f := &field{model: &modelInfo{goType: "T"}, goName: "F", kind: k, places: -1}
		for _, v := range cells {
			var slow, fast [8]uint64
			r := reader{cells: cellsOf(v)}
			err := r.read(program{instruct(k, 0, 56, f)}, 1, unsafe.Pointer(&fast), 0)
			fits := v.IsNull() || storeCell(k, unsafe.Pointer(&slow), &v, f)
			require.Equal(t, fits, err == nil, "kind %d, cell %v", k, v)
			if fits && k != kString && k != kBytes && k != kDecimal && k != kJSON && k != kTime {
				slow[7] = fast[7] // Null's flag
				require.Equal(t, slow, fast, "kind %d, cell %v", k, v)
			}
			require.Equal(t, fits && !v.IsNull(), fast[7]&1 == 1)
		}
	}
}
