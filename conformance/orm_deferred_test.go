package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

// TestDeferredButKnown: what was not fetched is known all the same where
// something else says it.
func TestDeferredButKnown(t *testing.T) {
	s, ctx := newShop(t)
	a := create(t, ctx, Authors, &Author{Name: "Ann"})
	create(t, ctx, Books, &Book{Title: "A", Author: orm.To(a)})
	s.costs(t, 1, func() {
		books, err := a.Books.Query().Only("id").Fetch(ctx)
		require.NoError(t, err)
		require.True(t, books[0].Deferred("title"))
		require.False(t, books[0].Deferred("author"), "the relation that found it says")
		require.Equal(t, a.ID, books[0].Author.ID())
	})
	all, err := Books.Only("id").Fetch(ctx)
	require.NoError(t, err)
	require.True(t, all[0].Deferred("author"))

	create(t, ctx, Cafes, &Cafe{Place: Place{Name: "Orchid"}, Seats: 3})
	cafe, err := Cafes.Only("seats").Get(ctx)
	require.NoError(t, err)
	require.True(t, cafe.Deferred("id"))
	cafe.Seats = 4
	require.NoError(t, cafe.Save(ctx))
	require.False(t, cafe.Deferred("id"), "the link to the place says")
	require.True(t, cafe.Deferred("name"))
	require.Equal(t, cafe.PlacePtr.Key(), orm.IntKey(cafe.Place.ID))
}
