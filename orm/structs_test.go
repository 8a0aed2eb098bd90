package orm

import (
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
)

type kept struct {
	Model[kept]
	Code int64 `orm:"primary_key"`
	Doc  JSON
	At   time.Time
	File Null[string]     `orm:"type=FileField"`
	Of   ForeignKey[kept] `orm:"on_delete=cascade,null"`
}

// only has no model but T until the test ends.
func only[T any, P Record[T]](t *testing.T) {
	m, r := models, registry
	t.Cleanup(func() { models, registry = m, r })
	models, registry = (&[1]*modelInfo{{}})[:0], map[any]*modelInfo{}
	Register[T, P]()
	require.NoError(t, resolveModels())
}

// TestStructsOfData: a record as a struct, and back.
func TestStructsOfData(t *testing.T) {
	only[kept](t)
	reg := describe("app")
	reg.Naive = true
	all, err := NewModels(reg)
	require.NoError(t, err)
	set, err := all.Set("orm.kept")
	require.NoError(t, err)

	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	d := set.New()
	require.NoError(t, d.Set("code", abi.Int(7)))
	require.NoError(t, d.Set("doc", abi.Text(`say "hi"`)))
	require.NoError(t, d.Set("at", abi.Value{Kind: abi.KindNaive, Num: uint64(at.UnixMicro())}))
	obj, err := Struct[kept](d)
	require.NoError(t, err)
	require.Equal(t, JSON(`"say \"hi\""`), obj.Doc, "a text is one in JSON, too")
	require.True(t, obj.At.Equal(at))
	v, _, err := infoOf[kept]().byName["file"].cell(unsafe.Pointer(obj))
	require.NoError(t, err)
	require.Equal(t, abi.Text(""), v, "no file is saved as an empty name")
	require.Zero(t, (&inserting{}).writing(infoOf[kept]().byName["file"]).code, "and inserted so")

	values := func(d *Dynamic) map[string]abi.Value {
		out := map[string]abi.Value{}
		d.Fields(func(name string, v abi.Value) { out[name] = v })
		return out
	}
	require.Equal(t, abi.KindNaive, values(all.Dynamic(obj))["at"].Kind)
	require.Equal(t, at.UnixMicro(), values(all.Dynamic(obj))["at"].Int64())
	list, err := all.Values([]any{obj.At, nil, int64(3)})
	require.NoError(t, err)
	require.Equal(t, at.UnixMicro(), list[0].Int64())
	require.Equal(t, []abi.Value{abi.Null, abi.Int(3)}, list[1:])

	obj.Code = 0
	require.True(t, values(all.Dynamic(obj))["code"].IsNull(), "a new record has no key")
	obj.stored = true
	require.Equal(t, abi.Int(0), values(all.Dynamic(obj))["code"], "one of the database has that one")
}
