package orm

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
)

// Models that are data may extend each other, which only the planner knows: a
// record of another model is left to it. Behind a Go type it stays a mistake.
func TestDynamicRecordsInConditions(t *testing.T) {
	m, err := NewModels(library())
	require.NoError(t, err)
	books, err := m.Set("library.Book")
	require.NoError(t, err)
	other := books.New()
	require.NoError(t, other.Set("id", abi.Int(7)))
	require.NoError(t, books.Filter("author", other).q.err)

	author := books.q.info.byName["author"]
	require.NoError(t, author.takes(other))
	static := &field{model: &modelInfo{goType: "Review"}, goName: "Book", rel: &relation{target: &modelInfo{goType: "Book"}}}
	require.Error(t, static.takes(other))
}

// What a lookup compares a record with depends on the field that the relation
// points to.
func TestMatch(t *testing.T) {
	reg := library()
	m, err := NewModels(reg)
	require.NoError(t, err)
	books, err := m.Set("library.Book")
	require.NoError(t, err)
	rel := books.q.info.byName["author"].rel
	authors, err := m.Set(rel.target.label)
	require.NoError(t, err)
	a := authors.New()
	require.NoError(t, a.Set(rel.target.pk.name, abi.Int(7)))
	require.NoError(t, a.Set(rel.toField.name, abi.Text("ann")))
	for _, path := range []string{"author", "author__exact", "author__in"} {
		v, err := books.Match(path, a)
		require.NoError(t, err)
		require.Equal(t, abi.Text("ann"), v)
	}
	b := books.New()
	require.NoError(t, b.Set("id", abi.Int(3)))
	_, err = books.Match("author", b)
	require.ErrorContains(t, err, "it leads to")
	v, err := books.Match("pk", b)
	require.NoError(t, err)
	require.Equal(t, abi.Int(3), v)
	v, err = books.Match("nowhere", b)
	require.NoError(t, err, "the planner says so")
	require.Equal(t, abi.Int(3), v)
}
