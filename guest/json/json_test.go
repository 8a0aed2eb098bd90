package json_test

import (
	stdjson "encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/guest/json"
)

func TestAppendAgainstStandardLibrary(t *testing.T) {
	for _, v := range []any{
		nil, true, -5, int64(7), 1.5, 1e21, "a\"\\\n<b>&\u2028 é \x01",
		[]string{"x"},
		[]any{1, "2", nil},
		map[string]any{"b": 1, "a": []any{}},
		time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC),
	} {
		got, err := json.Append(nil, v)
		require.NoError(t, err)
		want, err := stdjson.Marshal(v)
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(got))
	}
	_, err := json.Append(nil, struct{}{})
	require.ErrorContains(t, err, "AppendJSON")
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "{", "[1,]", `{"a":}`, `{"a" 1}`, "01", "1.", "-", "nul", `"`, `"\x"`, `"\u12"`, "\"\x01\"", "1 2", "\"\xff\"", strings.Repeat("[", 1000)} {
		_, err := json.Parse([]byte(s))
		require.True(t, errors.Is(err, json.ErrSyntax), s)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,"x\u00e9\ud83d\ude00",null,true]}`, `"\ud800"`, `[`, `-0`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := json.Parse(b)
		if err != nil {
			return
		}
		require.True(t, stdjson.Valid(b), "the standard library refuses it")
		out, err := v.AppendJSON(nil)
		require.NoError(t, err)
		require.True(t, stdjson.Valid(out))
	})
}
