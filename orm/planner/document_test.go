package planner

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// TestDocumentsAreWrittenAsPythonDoes: what is stored and what is compared must
// be the same text.
func TestDocumentsAreWrittenAsPythonDoes(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":1,"b":[true,null , -2.5e+3]}`: `{"a": 1, "b": [true, null, -2.5e+3]}`,
		" [ ] ":                             `[]`,
		`{}`:                                `{}`,
		`"é\u00e9\/\n\"€😀\ud83d\ude00\u0041"`: `"\u00e9\u00e9/\n\"\u20ac\ud83d\ude00\ud83d\ude00A"`,
		"0": "0", "null": "null",
	} {
		got, ok := appendDocument(nil, in)
		require.True(t, ok, in)
		require.Equal(t, want, string(got))
	}
	for _, bad := range []string{``, `{`, `{"a"}`, `{"a":}`, `[1,]`, `[1 2]`, `nul`, `01`, `1.`, `"`, `"\x"`, `"\u12"`, `{} {}`, `{a: 1}`, `'a'`} {
		_, ok := appendDocument(nil, bad)
		require.False(t, ok, bad)
	}
}

func FuzzDocument(f *testing.F) {
	f.Add(`{"a": [1, "\u00e9", null]}`)
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := appendDocument(nil, s)
		if !ok {
			return
		}
		again, ok := appendDocument(nil, string(got))
		require.True(t, ok)
		require.Equal(t, string(got), string(again))
		var a, b any
		if json.Unmarshal([]byte(s), &a) == nil {
			require.NoError(t, json.Unmarshal(got, &b))
			require.Equal(t, a, b)
		}
	})
}

func TestKeysOfDocuments(t *testing.T) {
	for key, want := range map[string]string{
		"a": `$."a"`, "0": "$[0]", " -07 ": "$[-7]", "1_0": "$[10]", "1__0": `$."1__0"`, "_1": `$."_1"`, `a"b`: `$."a\"b"`, "é": `$."\u00e9"`, "": `$.""`, "+": `$."+"`,
	} {
		require.Equal(t, want, jsonPath([]string{key}), key)
	}
	reg := &schema.Registry{Models: []schema.Model{{App: "a", Name: "M", Table: "m", Fields: []schema.Field{
		{Name: "id", Attname: "id", Column: "id", Type: "AutoField", PK: true}, {Name: "doc", Attname: "doc", Column: "doc", Type: "JSONField", Null: true},
	}}}}
	p, err := New(reg, SQLite())
	require.NoError(t, err)
	plan := func(path string, v abi.Value) (string, []abi.Value) {
		q := &query.Query{Model: "a.M", Verb: query.VerbCount, Steps: []query.Step{cond(query.StepExclude, path, v)}}
		shape, params := query.Encode(q, nil)
		plan, err := p.Statement(string(shape), params)
		require.NoError(t, err)
		args, err := plan.Args(params, nil)
		require.NoError(t, err)
		return plan.SQL, args
	}
	const key = `(CASE WHEN JSON_TYPE("m"."doc", ?) IN ('null','false','true') THEN JSON_TYPE("m"."doc", ?) ELSE JSON_EXTRACT("m"."doc", ?) END)`
	path := abi.Text(`$."a"`)
	for _, c := range []struct {
		v     abi.Value
		where string
		bound string
	}{
		{abi.Text("x"), key + ` = JSON_EXTRACT(?, '$') AND "m"."doc" IS NOT NULL`, `"x"`},
		{abi.Bool(true), key + ` = ? AND "m"."doc" IS NOT NULL`, "true"},
		{abi.Null, key + ` = ?`, "null"},
		{abi.Value{Kind: abi.KindJSON, Str: " false"}, key + ` = ? AND "m"."doc" IS NOT NULL`, "false"},
		{abi.Value{Kind: abi.KindJSON, Str: `{"b":1}`}, key + ` = JSON_EXTRACT(?, '$') AND "m"."doc" IS NOT NULL`, `{"b": 1}`},
	} {
		sql, args := plan("doc__a", c.v)
		require.Equal(t, `SELECT COUNT(*) AS "__count" FROM "m" WHERE NOT (`+c.where+`)`, sql)
		require.Equal(t, []abi.Value{path, path, path, abi.Text(c.bound)}, args)
	}
	// Two documents of which one is a word have different plans.
	q := &query.Query{Model: "a.M", Verb: query.VerbCount, Steps: []query.Step{cond(query.StepFilter, "doc__a", abi.Value{Kind: abi.KindJSON, Str: "1"})}}
	shape, params := query.Encode(q, nil)
	one, err := p.Statement(string(shape), params)
	require.NoError(t, err)
	_, err = one.Args([]abi.Value{{Kind: abi.KindJSON, Str: "true"}}, nil)
	require.Error(t, err)
	_, err = one.Args([]abi.Value{{Kind: abi.KindJSON, Str: "{"}}, nil)
	require.ErrorContains(t, err, "not valid JSON")
}
