package sqltext

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func tokens(sql string) string {
	var out []string
	for l := New(sql); ; {
		t := l.Next()
		if t.Kind == End {
			return strings.Join(out, " ")
		}
		s := [...]string{Word: "", Name: "name:", Coded: "coded:", Param: "$", Mark: ""}[t.Kind] + t.Text
		out = append(out, s)
	}
}

func TestNext(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT a_1,$1 FROM \"T\"\"x\"": "select a_1 , $1 from name:T\"x",
		"'it''s' x e'\\' y' z":          "x z",
		"-- c ?\na /* b /* c */ d */ e": "a e",
		"$$ a $$ $t$ b $$ $t$ $12x":     "$12x",
		"U&\"a\\0041\" u&'x' u & v":     "coded:U&\"a\\0041\" coded:u&'x' u & v",
		"'open":                         "", "\"open": "name:open", "/* open": "", "$a$ open": "", "e'open\\": "", "x -- end": "x",
		"a?b ?? ? 1.5": "a ? b ? ? ? 1 . 5",
		"é = ß":        "é = ß",
	} {
		require.Equal(t, want, tokens(sql), sql)
	}
}

func FuzzNext(f *testing.F) {
	for _, s := range []string{"SELECT $1", "/*/**/", "$a$ $a$", "e'\\'", `U&"`, "'''", "--"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, at := New(s), 0
		for {
			tok := l.Next()
			require.GreaterOrEqual(t, tok.Start, at)
			if tok.Kind == End {
				require.Equal(t, len(s), tok.End)
				return
			}
			require.Greater(t, tok.End, tok.Start)
			at = tok.End
		}
	})
}
