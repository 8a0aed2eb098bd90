package safehtml_test

import (
	"testing"

	original "github.com/a-h/templ/safehtml"
	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/templ/lean/templ/safehtml"
)

func same(t *testing.T, property, value string) {
	t.Helper()
	p, v := original.SanitizeCSS(property, value)
	gotP, gotV := safehtml.SanitizeCSS(property, value)
	require.Equal(t, p, gotP, "property %q", property)
	require.Equal(t, v, gotV, "value %q of %q", value, property)
	require.Equal(t, original.SanitizeCSSValue(property, value), safehtml.SanitizeCSSValue(property, value))
	require.Equal(t, original.SanitizeStyleValue(value), safehtml.SanitizeStyleValue(value))
}

var properties = []string{"color", "background-image", "font-family", "display", "BackGround", "", "a b", "x1", "é"}

var values = []string{
	"", "red", "1px solid", "a/b", "a//b", "a/*b*/", "*", "/", "*/", "a,b", "a;b", "url(x)", "\n", "é", "a\x00b<\"\\\u2028\u009f\xff",
	"block", "inline-block", "in line", `"A", serif`, `"A`, `"`, "serif", "s", "Times New", "-x", "1x", "serif,,mono",
	`url(a.png)`, `url("a.png")`, `url('a.png'), url("b.png")`, `url("a.png)`, `url(")`, `url(<)`, `url()`, "x", `url(a,b)`,
	`url(http://h/p)`, `url(javascript:alert)`, `url(HTTPS://h:80/p?q#f)`, `url(mailto:x)`, `url(data:x)`, `url(:x)`, `url(1a:b)`, `url(a.b:c)`,
	`url(//h:1:2/)`, `url(http://h:1:2/)`, `url(http://h:x/)`, `url(http://[::1]:8/)`, `url(http://[::1/)`, `url(http://[::1%25en0]/)`,
	`url(http://[::1%25%80]/)`, `url(http://[1.2.3.4]/)`, `url(http://a[::1]/)`, `url(http://u:p@h/)`, `url(http://u p@h/)`, `url(http://u@p@h/)`,
	`url(http://%41/)`, `url(http://%c3/)`, `url(http://%25/)`, `url(/a%zz)`, `url(/a%2)`, `url(a#%zz)`, `url(a#%41)`, `url(///x%)`, `url(///x)`, `url(a?%zz)`,
	`url(*)`, `url(a:b)`, `url(a/b:c)`, `url(ab~:c)`, "url(a\x7f)", "url(#a\x01)", `url(http://h^/)`, `url(//h|/)`, `url(http:///x)`, `url(http:x%zz)`, `url(http://h?a)`,
}

func TestSameAsTempl(t *testing.T) {
	for _, p := range properties {
		for _, v := range values {
			same(t, p, v)
		}
	}
	for c := range 256 {
		same(t, string([]byte{byte(c)}), "x")
		for _, around := range [][2]string{{"", ""}, {"url(http://a", "/)"}, {"url(http://a", "@b/)"}, {"url(http://[::1%25", "]/)"}, {"url(a", ")"}} {
			v := around[0] + string([]byte{byte(c)}) + around[1]
			for _, p := range properties[:4] {
				same(t, p, v)
			}
		}
	}
}

func FuzzSameAsTempl(f *testing.F) {
	for _, p := range properties {
		for _, v := range values {
			f.Add(p, v)
		}
	}
	f.Fuzz(same)
}

func FuzzURL(f *testing.F) {
	for _, v := range values {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, url string) { same(t, "background-image", "url("+url+")") })
}
