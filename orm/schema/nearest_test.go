package schema

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNearest(t *testing.T) {
	fields := []string{"title", "author", "published", ""}
	for name, want := range map[string]string{
		"titel": "title", "auther": "author", "publshd": "published", "title": "title", "zzzzzz": "", "": "", strings.Repeat("t", longest+1): "",
	} {
		require.Equal(t, want, Nearest(name, fields, Near(name)), name)
	}
	require.Empty(t, Nearest("titel", fields, 1))
	require.Equal(t, "ab", Nearest("a", []string{"ab", "ac"}, 1), "the first of equals")
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}} {
		require.Equal(t, c.want, distance(c.a, c.b))
		require.Equal(t, c.want, distance(c.b, c.a))
	}
}
