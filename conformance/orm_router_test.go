package conformance

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/host/hosttest"
	"github.com/vinyl-edge/vinyl/orm"
)

// asked is the router of the test that runs: an app's own is there from its
// start.
var asked orm.Router

func init() {
	orm.Route(orm.Router{
		Read: func(model, from string) string {
			if asked.Read == nil {
				return ""
			}
			return asked.Read(model, from)
		},
		Write: func(model, from string) string {
			if asked.Write == nil {
				return ""
			}
			return asked.Write(model, from)
		},
		Relate: func(from, to orm.Related) orm.Verdict {
			if asked.Relate == nil {
				return orm.Undecided
			}
			return asked.Relate(from, to)
		},
		Tables: func(database, model string) orm.Verdict {
			if asked.Tables == nil {
				return orm.Undecided
			}
			return asked.Tables(database, model)
		},
	})
}

// newShops has the shop's tables in three databases.
func newShops(t *testing.T, router orm.Router) context.Context {
	asked = router
	t.Cleanup(func() { asked = orm.Router{} })
	app := &ormApp{}
	h := hosttest.New(t, app, hosttest.Options{
		DB: shopURL(t), Databases: map[string]string{"archive": shopURL(t), "replica": shopURL(t)}, Log: slog.New(slog.DiscardHandler),
	})
	ctx := h.Context()
	for _, w := range app.wraps {
		ctx = w(ctx)
	}
	return ctx
}

// TestORMUsing names databases by their aliases.
func TestORMUsing(t *testing.T) {
	ctx := newShops(t, orm.Router{})
	count := func(qs interface {
		Count(context.Context) (int, error)
	},
	) int {
		t.Helper()
		n, err := qs.Count(ctx)
		require.NoError(t, err)
		return n
	}
	here, there := &Author{Name: "Ann"}, &Author{Name: "Old Ann"}
	require.NoError(t, here.Save(ctx))
	require.NoError(t, there.Save(ctx, orm.Using("archive")))
	require.Equal(t, "archive", there.Database())
	require.Equal(t, orm.Default, here.Database())
	require.Equal(t, 1, count(Authors))
	require.Equal(t, 1, count(Authors.Using("archive").Filter("name", "Old Ann")))

	// What begins at a record goes on where that came from.
	book, err := there.Books.Create(ctx, &Book{Title: "Cobol", Price: "1"})
	require.NoError(t, err)
	require.Equal(t, "archive", book.Database())
	require.Zero(t, count(Books))
	got, err := Books.Using("archive").Get(ctx, "title", "Cobol")
	require.NoError(t, err)
	author, err := got.Author.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, "Old Ann", author.Name)
	books, err := Books.Using("archive").SelectRelated("author").PrefetchRelated("tags", "author__books").Fetch(ctx)
	require.NoError(t, err)
	require.Len(t, books, 1)
	require.NoError(t, got.Refresh(ctx))
	got.Stock = 7
	require.NoError(t, got.Save(ctx))
	require.Equal(t, 1, count(Books.Using("archive").Filter("stock", 7)))
	_, created, err := Tags.Using("archive").GetOrCreate(ctx, "name", "old")
	require.NoError(t, err)
	require.True(t, created)
	require.Zero(t, count(Tags))

	// Records of different databases can't be related.
	var ve *orm.ValueError
	fresh := &Book{Title: "x", Price: "1", Author: orm.To(there)}
	require.NoError(t, fresh.Save(ctx))
	require.Equal(t, "archive", fresh.Database(), "a new record goes where its author is")
	got.Author.Set(here)
	require.ErrorAs(t, got.Save(ctx), &ve)
	require.ErrorContains(t, ve, `the Book is in the database "archive" and the Author in "default": records of different databases cannot be related`)
	require.ErrorAs(t, here.Books.Add(ctx, book), &ve)
	require.ErrorAs(t, here.Friends.Add(ctx, there), &ve)
	note := &Note{Text: "n", About: orm.GenericTo(here)}
	require.NoError(t, note.Save(ctx))
	note.About.Set(there)
	require.ErrorAs(t, note.Save(ctx), &ve)
	about := &Note{Text: "n", About: orm.GenericTo(there)}
	require.NoError(t, about.Save(ctx))
	require.Equal(t, "archive", about.Database())
	whom, err := about.About.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, "Old Ann", whom.(*Author).Name)
	_, err = Books.Filter("author__in", Authors.Using("archive")).Fetch(ctx)
	require.ErrorContains(t, err, "subqueries cannot be in another one")

	// A transaction is in one database.
	failed := ve
	require.ErrorIs(t, orm.Atomic(ctx, func(ctx context.Context) error {
		if _, err := Tags.Using("archive").Create(ctx, &Tag{Name: "undone"}); err != nil {
			return err
		}
		if _, err := Tags.Create(ctx, &Tag{Name: "stays"}); err != nil {
			return err
		}
		return failed
	}, orm.Using("archive")), failed)
	require.Equal(t, 1, count(Tags.Filter("name", "stays"))+count(Tags.Using("archive").Filter("name", "stays")))
	require.Zero(t, count(Tags.Using("archive").Filter("name", "undone")))

	_, err = Tags.Using("archiv").Fetch(ctx)
	var none *orm.NoDatabaseError
	require.ErrorAs(t, err, &none)
	require.Equal(t, "archiv", none.Alias)
	require.Contains(t, none.Known, "archive")

	require.NoError(t, there.Delete(ctx))
	require.Zero(t, count(Books.Using("archive")), "what points to it was there")
	require.Equal(t, 1, count(Authors))
}

// TestORMRouters has Go code choose the databases.
func TestORMRouters(t *testing.T) {
	ctx := newShops(t, orm.Router{
		Read: func(model, _ string) string {
			if model == "conformance.Author" {
				return "replica"
			}
			return ""
		},
		Write: func(model, from string) string {
			if model == "conformance.Tag" {
				return "archive"
			}
			return ""
		},
		Relate: func(from, to orm.Related) orm.Verdict {
			if to.Model == "conformance.Author" && from.Model != "conformance.Club" { // a replica's are the default's, too
				return orm.Allow
			}
			return orm.Undecided
		},
		Tables: func(database, model string) orm.Verdict {
			switch model { // with all that point to it
			case "conformance.Club", "conformance.Membership", "conformance.Room", "conformance.RoomKey":
				if database == "archive" {
					return orm.Refuse
				}
			}
			return orm.Undecided
		},
	})
	ann := &Author{Name: "Ann"}
	require.NoError(t, ann.Save(ctx))
	require.Equal(t, orm.Default, ann.Database())
	n, err := Authors.Count(ctx)
	require.NoError(t, err)
	require.Zero(t, n, "the replica has not got it yet")
	copied := &Author{Name: "Ann"}
	copied.ID = ann.ID
	require.NoError(t, copied.Save(ctx, orm.Using("replica"), orm.ForceInsert()))
	found, err := Authors.Get(ctx, "name", "Ann")
	require.NoError(t, err)
	require.Equal(t, "replica", found.Database())

	book := &Book{Title: "Go", Price: "1", Author: orm.To(found)}
	require.NoError(t, book.Save(ctx, orm.Using(orm.Default)), "Relate allows it")
	var ve *orm.ValueError
	club := &Club{Name: "x"}
	require.NoError(t, club.Save(ctx))
	club.Chair.Set(found)
	require.ErrorAs(t, club.Save(ctx), &ve)

	tag, err := Tags.Create(ctx, &Tag{Name: "t"})
	require.NoError(t, err)
	require.Equal(t, "archive", tag.Database())
	m, err := Tags.Using("archive").Filter("name", "t").Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, m)
	_, err = Clubs.Using("archive").Fetch(ctx)
	require.Error(t, err, "there is no such table")
	_, err = Clubs.Using("replica").Fetch(ctx)
	require.NoError(t, err)
}
