package orm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
)

func TestComposites(t *testing.T) {
	kind := func(k abi.Kind, n int64) abi.Value { return abi.Value{Kind: k, Num: uint64(n)} }
	decimal := func(s string) abi.Value { return abi.Value{Kind: abi.KindDecimal, Str: s} }
	doc := func(s string) abi.Value { return abi.Value{Kind: abi.KindJSON, Str: s} }
	second := int64(time.Second / time.Microsecond)
	for _, c := range []struct {
		class, text string
		want        abi.Value
	}{
		{"ArrayField(IntegerField)", `{1,NULL,-3}`, abi.Array(abi.Int(1), abi.Null, abi.Int(-3))},
		{"ArrayField(IntegerField)", `{}`, abi.Array()},
		{"ArrayField(IntegerField)", `[0:1]={1,2}`, abi.Array(abi.Int(1), abi.Int(2))},
		{"ArrayField(CharField)", `{a b,"NULL","a,\"b\\",""}`, abi.Array(abi.Text("a b"), abi.Text("NULL"), abi.Text(`a,"b\`), abi.Text(""))},
		{"ArrayField(ArrayField(IntegerField))", `{{1,2},{3,NULL}}`, abi.Array(abi.Array(abi.Int(1), abi.Int(2)), abi.Array(abi.Int(3), abi.Null))},
		{"ArrayField(ArrayField(IntegerField))", `{NULL,NULL}`, abi.Array(abi.Null, abi.Null)},
		{"ArrayField(BooleanField)", `{t,f}`, abi.Array(abi.Bool(true), abi.Bool(false))},
		{"ArrayField(DecimalField)", `{1.50}`, abi.Array(decimal("1.50"))},
		{"ArrayField(BinaryField)", `{"\\x00ff"}`, abi.Array(abi.Bytes([]byte{0, 255}))},
		{"ArrayField(DurationField)", `{"-1 days +00:00:01.5","1 year 2 mons"}`, abi.Array(kind(abi.KindDuration, -86400*second+second*3/2), kind(abi.KindDuration, (365+60)*86400*second))},
		{"ArrayField(DateTimeField)", `{"1970-01-01 00:00:01+00"}`, abi.Array(abi.Micros(second))},
		{"ArrayField(UUIDField)", `{00000000-0000-0000-0000-000000000001}`, abi.Array(abi.Value{Kind: abi.KindUUID, Str: string(append(make([]byte, 15), 1))})},
		{"ArrayField(JSONField)", `{"{\"a\": 1}"}`, abi.Array(doc(`{"a": 1}`))},
		{"ArrayField(IntegerRangeField)", `{"[1,3)",empty}`, abi.Array(abi.Range(abi.Int(1), abi.Int(3), abi.RangeLower), abi.EmptyRange())},
		{"ArrayField(HStoreField)", `{"\"a\"=>\"b\""}`, abi.Array(doc(`{"a": "b"}`))},
		{"IntegerRangeField", `(,10]`, abi.Range(abi.Null, abi.Int(10), abi.RangeUpper)},
		{"DateRangeField", `[1970-01-02,)`, abi.Range(kind(abi.KindDate, 1), abi.Null, abi.RangeLower)},
		{"DateTimeRangeField", `["1970-01-01 00:00:00+00","1970-01-01 00:00:01+00")`, abi.Range(abi.Micros(0), abi.Micros(second), abi.RangeLower)},
		{"DecimalRangeField", `(1.5,2.50)`, abi.Range(decimal("1.5"), decimal("2.50"), 0)},
		{"HStoreField", `"a\"\\"=>"b=>,", "c"=>NULL`, doc(`{"a\"\\": "b=>,", "c": null}`)},
		{"HStoreField", ``, doc(`{}`)},
		// What can't be read stays the text that it is.
		{"ArrayField(IntegerField)", `{1,2`, abi.Text(`{1,2`)},
		{"ArrayField(IntegerField)", `{{{{{{{{{1}}}}}}}}}`, abi.Text(`{{{{{{{{{1}}}}}}}}}`)},
		{"IntegerRangeField", `[1,2`, abi.Text(`[1,2`)},
		{"HStoreField", `"a"=>b`, abi.Text(`"a"=>b`)},
	} {
		v := abi.Text(c.text)
		require.Equal(t, c.want, computed(c.class).typed(&v), "%s %s", c.class, c.text)
	}
	require.Equal(t, abi.Array(), computed("ArrayField(IntegerField)!").typed(&abi.Value{}))
	require.Equal(t, doc("[]"), computed("JSONField!").typed(&abi.Value{}))
	require.Equal(t, abi.Text(""), computed("TextField!").typed(&abi.Value{}))
	require.Equal(t, abi.Null, computed("ArrayField(IntegerField)").typed(&abi.Value{}))
}

func FuzzComposites(f *testing.F) {
	for _, s := range []string{`{1,"a\"",NULL,{2}}`, `[1,"2")`, `"a"=>"b", "c"=>NULL`} {
		f.Add(s)
	}
	classes := []string{"ArrayField(ArrayField(DurationField))", "DateTimeRangeField", "HStoreField", "ArrayField(DecimalRangeField)"}
	f.Fuzz(func(t *testing.T, s string) {
		for _, class := range classes {
			v := abi.Text(s)
			computed(class).typed(&v)
		}
	})
}
