package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"
	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

// TestOwnerIsThere has what a relation selects point to the relation's owner,
// which nothing needs to fetch: Django's known related objects.
func TestOwnerIsThere(t *testing.T) {
	s, ctx := newShop(t)
	d := stock(t, ctx)
	for name, of := range map[string]*orm.QuerySet[Book]{
		"a queryset": d.ann.Books.Filter("stock__gt", 0), "both": d.press.Books.Query().And(d.ann.Books.Query()), "either": Books.None().Or(d.ann.Books.Query()),
	} {
		books, err := of.Fetch(ctx)
		require.NoError(t, err, name)
		require.NotEmpty(t, books, name)
		s.costs(t, 0, func() {
			ann, err := books[0].Author.Fetch(ctx)
			require.NoError(t, err, name)
			require.Same(t, d.ann, ann, name)
		})
	}
	books, err := d.ann.Books.Query().Or(d.bob.Books.Query()).OrderBy("title").Fetch(ctx)
	require.NoError(t, err)
	require.Len(t, books, 3)
	require.Same(t, d.ann, books[0].Author.Get())
	require.Same(t, d.bob, books[2].Author.Get())

	all, err := d.ann.Books.Fetch(ctx)
	require.NoError(t, err)
	require.Same(t, d.ann, all[0].Author.Get(), "those that the relation keeps")
}

// TestOwnerOfCopy copies records and relations, which lead to no record then:
// the copy may have become another one.
func TestOwnerOfCopy(t *testing.T) {
	s, ctx := newShop(t)
	d := stock(t, ctx)
	twin := *d.ann
	alone := d.ann.Books
	for name, of := range map[string]*orm.QuerySet[Book]{"of a copy": twin.Books.Query(), "copied alone": alone.Query()} {
		books, err := of.Fetch(ctx)
		require.NoError(t, err, name)
		require.Len(t, books, 2, name)
		s.costs(t, 1, func() {
			got, err := books[0].Author.Fetch(ctx)
			require.NoError(t, err, name)
			require.Equal(t, "Ann", got.Name, name)
		})
	}
}
