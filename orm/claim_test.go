package orm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/query"
)

var bookLayout = query.Layout{Groups: []query.Group{{Model: "shop.Book", Parent: -1, Fields: []string{"id"}}}}

// Only the key of a record is sent: one of another model would silently mean
// somebody else.
func TestRecordsOfAnotherModel(t *testing.T) {
	f, ctx := setup(t)
	author, book, tag := &Author{}, &Book{}, &Tag{}
	author.ID, book.ID, tag.ID = 1, 2, 3
	for want, qs := range map[string]*orm.QuerySet[Book]{
		`Book "author": it leads to Author, not to Book`:             Books.Filter("author", book),
		`Book "author__exact": it leads to Author, not to Tag`:       Books.Exclude("author__exact", tag),
		`Book "author__in": it leads to Author, not to Tag`:          Books.Filter("author__in", []*Tag{tag}),
		`Book "author__mentor": it leads to Author, not to Tag`:      Books.Filter("stock", 1, "author__mentor", tag),
		`Book "tags": it leads to Tag, not to Author`:                Books.Filter(orm.Q("stock", 1).Or(orm.Q("tags", author).Not())),
		`Book "author_id": it leads to Author, not to Book`:          Books.Filter(orm.Q(orm.Q("author_id", book))),
		`Book "author__pk": it leads to Author, not to Book`:         Books.Filter("author__pk", book),
		`Book "reviews__book": it leads to Book, not to Tag`:         Books.Filter("reviews__book", tag),
		`Book "pk": it leads to Book, not to Tag`:                    Books.Filter("pk", tag),
		`Book "tags__books__author": it leads to Author, not to Tag`: Books.Filter("tags__books__author", tag),
	} {
		_, err := qs.Fetch(ctx)
		require.ErrorContains(t, err, want)
	}
	_, err := Books.Get(ctx, "author", book)
	require.ErrorContains(t, err, "it leads to Author, not to Book")
	_, err = Books.Update(ctx, "stock", 1, "author", book)
	require.ErrorContains(t, err, "Book.Author: it points to Author, not to Book")
	require.Empty(t, f.sent)

	// A wrong record would end up behind Get, which says that it is an Author.
	f.answer(rows(1, &bookLayout))
	_, _, err = Books.GetOrCreate(ctx, "title", "new", orm.Defaults("author", book))
	require.ErrorContains(t, err, "Book.Author: it points to Author, not to Book")
}

func TestRecordsOfTheRightModel(t *testing.T) {
	f, ctx := setup(t)
	author, book, tag := &Author{}, &Book{}, &Tag{}
	author.ID, book.ID, tag.ID = 1, 2, 3
	for _, qs := range []*orm.QuerySet[Book]{
		Books.Filter("author", author), Books.Filter("author__in", []*Author{author}), Books.Filter("author__in", []*Author{}),
		Books.Filter("author__in", []any{author, 7}), Books.Filter("author_id", author), Books.Filter("author__id", author), Books.Filter("author__mentor", author),
		Books.Filter("tags", tag), Books.Filter("tags__books", book), Books.Filter("pk", book), Books.Filter("author__gt", book),
		Books.Filter("author", book.Author), Books.Filter("author", 7), Books.Annotate("n", orm.Count("tags")).Filter("n", book),
	} {
		f.answer(rows(1, &bookLayout))
		_, err := qs.Fetch(ctx)
		require.NoError(t, err, qs.String())
	}
	f.answer(done(1, 0))
	_, err := Books.Update(ctx, "author", author)
	require.NoError(t, err)
}

func TestMistakesAreNamed(t *testing.T) {
	f, ctx := setup(t)
	_, err := Books.Slice(0, 1).Update(ctx, "stock", 1)
	require.ErrorContains(t, err, "Update: a slice cannot be updated")
	_, err = Books.Earliest(ctx)
	require.ErrorContains(t, err, `Earliest(ctx, "published")`)
	_, err = Books.Latest(ctx)
	require.ErrorContains(t, err, `Latest(ctx, "published")`)
	_, err = orm.As[struct{ Title chan int }](Books).Fetch(ctx)
	require.ErrorContains(t, err, "model struct{...}, field Title")
	f.answer(rows(1, &tagLayout, [][]any{{1, "a"}}))
	tag, err := Tags.Get(ctx, "id", 1)
	require.NoError(t, err)
	_, err = tag.Books.Create(ctx, nil)
	require.ErrorContains(t, err, "Tag.Books: the Book is nil")
	_, err = Books.Create(ctx, nil)
	require.ErrorContains(t, err, "Create: the Book is nil")
	_, err = Books.Create(ctx, &Book{Author: orm.To(&Author{})})
	require.ErrorIs(t, err, orm.ErrNotSaved)
	require.ErrorContains(t, err, "Book.Author: the Author that it points to has not been saved")
	require.Len(t, f.sent, 1, "the tag")
	f.answer(failure(abi.CodeLookup, "shop.Book", "author__nmae", "nmae", "no such field", "id", "name"))
	_, err = Books.Filter("author__nmae", "x").Fetch(ctx)
	require.ErrorContains(t, err, `no such field: did you mean "name"? (choices: id, name)`)
}
