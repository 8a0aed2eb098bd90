package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"
	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

// TestFetchRelated brings relations of records that are here already.
func TestFetchRelated(t *testing.T) {
	_, ctx := newShop(t)
	author := create(t, ctx, Authors, &Author{Name: "Ursula"})
	tag := create(t, ctx, Tags, &Tag{Name: "new"})
	book := create(t, ctx, Books, &Book{Title: "Always", Author: orm.ToKey[Author](author.ID)})
	require.NoError(t, book.Tags.Add(ctx, tag))
	require.NoError(t, orm.FetchRelated[Book](ctx, nil, "author"))
	books := []*Book{book}
	require.NoError(t, orm.FetchRelated(ctx, books, "author", orm.With("tags", Tags.OrderBy("name"))))
	require.Equal(t, "Ursula", book.Author.Get().Name)
	tags, err := book.Tags.Rows()
	require.NoError(t, err)
	require.Equal(t, "new", tags[0].Name)
	require.ErrorContains(t, orm.FetchRelated(ctx, books, "auhtor"), "author")
	require.Error(t, orm.FetchRelated(ctx, books, 3))
}
