package conformance

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/host/hosttest"
	"github.com/vinyl-edge/vinyl/orm"
)

// ormApp is an app without views: its tests call the ORM.
type ormApp struct {
	wraps []func(context.Context) context.Context
}

func (a *ormApp) Setup(ctx context.Context) error {
	for _, x := range abi.Extensions() {
		wrap, err := x.Setup(ctx, "shop")
		if err != nil {
			return err
		}
		a.wraps = append(a.wraps, wrap)
	}
	return nil
}

func (*ormApp) Serve(context.Context, *abi.RequestHead, io.Reader, abi.ResponseWriter) {}

// shop is a host with the book shop's tables, and a count of what reached it.
type shop struct {
	*hosttest.Host
	app *ormApp
	ops atomic.Int64
	url string
}

// shopURL is a new database.
var shopURL = func(t testing.TB) string { return "file:" + t.TempDir() + "/shop.db" }

func newShop(t testing.TB) (*shop, context.Context) {
	s := &shop{app: &ormApp{}, url: shopURL(t)}
	s.Host = hosttest.New(t, s.app, hosttest.Options{
		DB: s.url, Log: slog.New(slog.DiscardHandler),
		Observe: func(abi.OpKind, time.Duration, error) { s.ops.Add(1) },
	})
	return s, s.request()
}

// request is the ctx of a view.
func (s *shop) request() context.Context {
	ctx := s.Context()
	for _, w := range s.app.wraps {
		ctx = w(ctx)
	}
	return ctx
}

// costs runs f and requires that it made n operations.
func (s *shop) costs(t testing.TB, n int64, f func()) {
	t.Helper()
	before := s.ops.Load()
	f()
	require.Equal(t, n, s.ops.Load()-before, "operations")
}

type stocked struct {
	ann, bob       *Author
	press          *Publisher
	goBook, rust   *Book
	cobol          *Book
	fresh, classic *Tag
}

// stock fills the shop.
func stock(t testing.TB, ctx context.Context) (s stocked) {
	t.Helper()
	s.ann = create(t, ctx, Authors, &Author{Name: "Ann", Born: orm.Some(orm.Date{Year: 1970, Month: 2, Day: 3})})
	s.bob = create(t, ctx, Authors, &Author{Name: "Bob", Mentor: orm.To(s.ann)})
	s.press = create(t, ctx, Publishers, &Publisher{Name: "Press"})
	s.goBook = create(t, ctx, Books, &Book{
		Title: "Go", Author: orm.To(s.ann), Publisher: orm.To(s.press), Stock: 3, Price: "12.50",
		Published: orm.Some(time.Date(2020, 1, 2, 3, 4, 5, 678000, time.UTC)),
	})
	s.rust = create(t, ctx, Books, &Book{Title: "Rust", Author: orm.To(s.bob), Stock: 0, Price: "20"})
	s.cobol = create(t, ctx, Books, &Book{Title: "Cobol", Author: orm.To(s.ann), Stock: 7, Price: "5.25"})
	s.fresh = create(t, ctx, Tags, &Tag{Name: "fresh"})
	s.classic = create(t, ctx, Tags, &Tag{Name: "classic"})
	require.NoError(t, s.goBook.Tags.Add(ctx, s.fresh, s.classic))
	require.NoError(t, s.cobol.Tags.Add(ctx, s.classic))
	return s
}

func create[T any](t testing.TB, ctx context.Context, qs *orm.QuerySet[T], obj *T) *T {
	t.Helper()
	obj, err := qs.Create(ctx, obj)
	require.NoError(t, err)
	return obj
}

func titles(t testing.TB, ctx context.Context, qs *orm.QuerySet[Book]) []string {
	t.Helper()
	books, err := qs.Fetch(ctx)
	require.NoError(t, err)
	out := []string{}
	for _, b := range books {
		out = append(out, b.Title)
	}
	return out
}

func TestORMFetchQuerySet(t *testing.T) {
	s, ctx := newShop(t)
	d := stock(t, ctx)
	for name, c := range map[string]struct {
		qs   *orm.QuerySet[Book]
		want []string
	}{
		"all in the model's order": {Books, []string{"Cobol", "Go", "Rust"}},
		"over a relation":          {Books.Filter("author__name__icontains", "AN"), []string{"Cobol", "Go"}},
		"two hops":                 {Books.Filter("author__mentor__name", "Ann"), []string{"Rust"}},
		"pairs":                    {Books.Filter("stock__gt", 0, "price__lt", orm.Decimal("10")), []string{"Cobol"}},
		"exclude":                  {Books.Exclude("stock", 0), []string{"Cobol", "Go"}},
		"exclude to-many":          {Books.Exclude("tags__name", "fresh"), []string{"Cobol", "Rust"}},
		"or":                       {Books.Filter(orm.Q("title__startswith", "R").Or(orm.Q("stock__gte", 7))), []string{"Cobol", "Rust"}},
		"not":                      {Books.Filter(orm.Not(orm.Q("title", "Go"))), []string{"Cobol", "Rust"}},
		"xor":                      {Books.Filter(orm.Q("stock__gt", 0).Xor(orm.Q("title", "Go"))), []string{"Cobol"}},
		"and":                      {Books.Filter(orm.Q("stock__gt", 0).And(orm.Q("title", "Go"))), []string{"Go"}},
		"F":                        {Books.Filter("stock__gt", orm.F("price").Sub(3)), []string{"Cobol"}},
		"in":                       {Books.Filter("title__in", []string{"Go", "Rust", "no"}), []string{"Go", "Rust"}},
		"empty in":                 {Books.Filter("title__in", []string{}), []string{}},
		"record":                   {Books.Filter("author", d.bob), []string{"Rust"}},
		"foreign key":              {Books.Filter("author", d.rust.Author), []string{"Rust"}},
		"subquery":                 {Books.Filter("author__in", Authors.Filter("name", "Bob")), []string{"Rust"}},
		"null":                     {Books.Filter("published__isnull", false), []string{"Go"}},
		"nil":                      {Books.Filter("published", nil), []string{"Cobol", "Rust"}},
		"order":                    {Books.OrderBy("-stock"), []string{"Cobol", "Go", "Rust"}},
		"order by expression":      {Books.OrderBy(orm.F("price").Desc()), []string{"Rust", "Go", "Cobol"}},
		"order over relation":      {Books.OrderBy("-author__name", "-title"), []string{"Rust", "Go", "Cobol"}},
		"reverse":                  {Books.Reverse(), []string{"Rust", "Go", "Cobol"}},
		"slice":                    {Books.Slice(1, 2), []string{"Go"}},
		"open slice":               {Books.Slice(1, -1), []string{"Go", "Rust"}},
		"slice of slice":           {Books.Slice(1, 3).Slice(1, 5), []string{"Rust"}},
		"distinct":                 {Books.Filter("tags__name__contains", "s").Distinct(), []string{"Cobol", "Go"}},
		"none":                     {Books.None(), []string{}},
		"package level":            {InStock, []string{"Cobol", "Go"}},
		"annotate":                 {Books.Annotate("n", orm.Count("tags")).Filter("n__gte", 1), []string{"Cobol", "Go"}},
		"exists":                   {Books.Filter(orm.Exists(Reviews.Filter("book", orm.OuterRef("pk"))).Not()), []string{"Cobol", "Go", "Rust"}},
		"time":                     {Books.Filter("published__lt", time.Date(2020, 1, 2, 3, 4, 5, 679000, time.UTC)), []string{"Go"}},
		"year":                     {Books.Filter("published__year", 2020), []string{"Go"}},
		"case":                     {Books.OrderBy(orm.Case().When(orm.Q("title", "Rust"), 0).Else(1).Asc(), "title"), []string{"Rust", "Cobol", "Go"}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, titles(t, ctx, c.qs)) })
	}
	qs := Books.Filter("stock__gt", 0)
	s.costs(t, 1, func() {
		for range 2 {
			_, err := qs.Fetch(ctx)
			require.NoError(t, err)
		}
		n := 0
		for range qs.All() {
			n++
		}
		count, err := qs.Count(ctx)
		require.NoError(t, err)
		require.Equal(t, []int{2, 2}, []int{n, count})
	})
}

func TestORMUnfetchedIsAnError(t *testing.T) {
	_, ctx := newShop(t)
	d := stock(t, ctx)
	_, err := Books.Filter("stock", 1).Rows()
	require.ErrorIs(t, err, orm.ErrNotFetched)
	require.PanicsWithError(t, err.Error(), func() {
		defer func() {
			e := recover().(*orm.NotFetchedError)
			e.Line = err.(*orm.NotFetchedError).Line
			panic(e)
		}()
		for range Books.Filter("stock", 1).All() {
		}
	})
	b, err := Books.Get(ctx, "pk", d.goBook.ID)
	require.NoError(t, err)
	_, err = b.Author.Loaded()
	require.ErrorIs(t, err, orm.ErrNotFetched)
	require.ErrorContains(t, err, `Book.Author is not fetched`)
	require.ErrorContains(t, err, `call book.Author.Fetch(ctx), or SelectRelated("author")`)
	require.Equal(t, d.ann.ID, b.Author.ID(), "the key is here")
	_, err = b.Tags.Rows()
	require.ErrorIs(t, err, orm.ErrNotFetched)
	require.ErrorContains(t, err, `PrefetchRelated("tags")`)
	a, err := Authors.First(ctx)
	require.NoError(t, err)
	_, err = a.Profile.Loaded()
	require.ErrorIs(t, err, orm.ErrNotFetched)
}

func TestORMFetchRelated(t *testing.T) {
	s, ctx := newShop(t)
	d := stock(t, ctx)
	b, err := Books.Get(ctx, "title", "Go")
	require.NoError(t, err)
	s.costs(t, 1, func() {
		for range 2 {
			a, err := b.Author.Fetch(ctx)
			require.NoError(t, err)
			require.Equal(t, "Ann", a.Name)
		}
		require.Equal(t, "Ann", b.Author.Get().Name)
	})
	require.Equal(t, []string{"Cobol", "Go"}, titles(t, ctx, d.ann.Books.Query()))
	require.Equal(t, []string{"Cobol"}, titles(t, ctx, d.ann.Books.Filter("stock__gt", 5)))
	s.costs(t, 1, func() {
		books, err := d.ann.Books.Fetch(ctx)
		require.NoError(t, err)
		require.Len(t, books, 2)
		for b := range d.ann.Books.All() {
			require.Equal(t, d.ann.ID, b.Author.ID())
		}
	})
	p, err := d.ann.Profile.Fetch(ctx)
	require.NoError(t, err)
	require.Nil(t, p)
	create(t, ctx, Profiles, &Profile{Author: orm.OneTo(d.ann), Bio: "x"})
	ann, err := Authors.Get(ctx, "profile__bio", "x")
	require.NoError(t, err)
	p, err = ann.Profile.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, "x", p.Bio)
	require.Equal(t, "x", ann.Profile.Get().Bio)
	tags, err := d.goBook.Tags.OrderBy("name").Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, "classic", tags[0].Name)
	books, err := tags[0].Books.Fetch(ctx)
	require.NoError(t, err)
	require.Len(t, books, 2)
	pupils, err := d.ann.Pupils.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, "Bob", pupils[0].Name)
}

// Distinct rows are ordered by what is selected: columns that nobody asked for
// come with the records.
func TestORMDistinctOrder(t *testing.T) {
	_, ctx := newShop(t)
	stock(t, ctx)
	titles := func(bs []*Book) (out []string) {
		for _, b := range bs {
			out = append(out, b.Title)
		}
		return out
	}
	want, err := Books.OrderBy("author__name", "title").Fetch(ctx)
	require.NoError(t, err)
	require.Greater(t, len(want), 2)
	q := Books.Distinct().OrderBy("author__name", "title")
	got, err := q.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, titles(want), titles(got))
	got = nil
	for b, err := range q.Stream(ctx) {
		require.NoError(t, err)
		got = append(got, b)
	}
	require.Equal(t, titles(want), titles(got))
}

func TestORMSelectRelated(t *testing.T) {
	s, ctx := newShop(t)
	stock(t, ctx)
	var books []*Book
	s.costs(t, 1, func() {
		var err error
		books, err = Books.SelectRelated("author__mentor", "publisher").Annotate("n", orm.Count("tags")).OrderBy("title").Fetch(ctx)
		require.NoError(t, err)
	})
	s.costs(t, 0, func() {
		require.Equal(t, "Ann", books[1].Author.Get().Name)
		require.Equal(t, "Press", books[1].Publisher.Get().Name)
		require.Nil(t, books[0].Publisher.Get())
		require.Equal(t, "Ann", books[2].Author.Get().Mentor.Get().Name)
		require.Nil(t, books[0].Author.Get().Mentor.Get())
		require.EqualValues(t, 2, books[1].Extra("n"))
		a, err := books[1].Author.Fetch(ctx)
		require.NoError(t, err)
		require.Equal(t, "Ann", a.Name)
	})
	ann, err := Authors.Get(ctx, "name", "Ann")
	require.NoError(t, err)
	create(t, ctx, Profiles, &Profile{Author: orm.OneTo(ann), Bio: "hers"})
	s.costs(t, 1, func() {
		authors, err := Authors.SelectRelated("profile").OrderBy("name").Fetch(ctx)
		require.NoError(t, err)
		require.Equal(t, "hers", authors[0].Profile.Get().Bio)
		require.Nil(t, authors[1].Profile.Get())
	})
}

// A filtered relation that SelectRelated follows is an extra value.
func TestORMFilteredRelation(t *testing.T) {
	s, ctx := newShop(t)
	stock(t, ctx)
	s.costs(t, 2, func() {
		authors, err := Authors.Annotate("dear", orm.FilteredRelation("books", "books__price__gt", 10)).SelectRelated("dear__author").OrderBy("name", "dear__title").Fetch(ctx)
		require.NoError(t, err)
		require.Len(t, authors, 2)
		for i, title := range []string{"Go", "Rust"} {
			b, ok := authors[i].Extra("dear").(*Book)
			require.True(t, ok)
			require.Equal(t, title, b.Title)
			require.Same(t, authors[i], b.Author.Get(), "it points back")
		}
		none, err := Authors.Annotate("dear", orm.FilteredRelation("books", "books__price__gt", 1000)).SelectRelated("dear").Fetch(ctx)
		require.NoError(t, err)
		require.Nil(t, none[0].Extra("dear"))
	})
	_, err := Authors.Annotate("dear", orm.FilteredRelation("books")).PrefetchRelated("dear").Fetch(ctx)
	require.ErrorContains(t, err, "filtered relation")
	_, err = Authors.Union(Authors.Filter("id", 1)).PrefetchRelated().Fetch(ctx)
	require.ErrorContains(t, err, "Union")
}

func TestORMPrefetchRelated(t *testing.T) {
	s, ctx := newShop(t)
	d := stock(t, ctx)
	create(t, ctx, Reviews, &Review{Book: orm.To(d.goBook), Stars: 5})
	create(t, ctx, Profiles, &Profile{Author: orm.OneTo(d.bob), Bio: "his"})
	s.costs(t, 5, func() {
		authors, err := Authors.OrderBy("name").PrefetchRelated("books__tags", "books__reviews", "profile").Fetch(ctx)
		require.NoError(t, err)
		got := map[string][]string{}
		for _, a := range authors {
			for b := range a.Books.All() {
				require.Same(t, a, b.Author.Get())
				got[b.Title] = []string{}
				for tag := range b.Tags.All() {
					got[b.Title] = append(got[b.Title], tag.Name)
				}
				for r := range b.Reviews.All() {
					require.Same(t, b, r.Book.Get())
				}
			}
		}
		require.ElementsMatch(t, []string{"fresh", "classic"}, got["Go"])
		require.Equal(t, []string{"classic"}, got["Cobol"])
		require.Empty(t, got["Rust"])
		require.Nil(t, authors[0].Profile.Get())
		require.Equal(t, "his", authors[1].Profile.Get().Bio)
		require.Same(t, authors[1], authors[1].Profile.Get().Author.Get())
	})
	s.costs(t, 2, func() {
		tags, err := Tags.OrderBy("name").PrefetchRelated(orm.With("books", Books.Filter("stock__gt", 5).OrderBy("-title"))).Fetch(ctx)
		require.NoError(t, err)
		for i, want := range []int{1, 0} {
			books, err := tags[i].Books.Rows()
			require.NoError(t, err)
			require.Len(t, books, want)
			for _, b := range books {
				require.Nil(t, b.Extra("_prefetch_related_val_tag_id"))
			}
		}
	})
	s.costs(t, 4, func() { // a slice is one of each owner's records
		tags, err := Tags.OrderBy("name").PrefetchRelated(orm.With("books", Books.OrderBy("title").Slice(1, 2))).Fetch(ctx)
		require.NoError(t, err)
		var got [][]string
		for _, tag := range tags {
			titles := []string{}
			for b := range tag.Books.All() {
				titles = append(titles, b.Title)
			}
			got = append(got, titles)
		}
		require.Equal(t, [][]string{{"Go"}, {}}, got)
		authors, err := Authors.OrderBy("name").PrefetchRelated(orm.With("books", Books.OrderBy("title").Slice(0, 1))).Fetch(ctx)
		require.NoError(t, err)
		for i, want := range []string{"Cobol", "Rust"} {
			books, err := authors[i].Books.Rows()
			require.NoError(t, err)
			require.Len(t, books, 1)
			require.Equal(t, want, books[0].Title)
		}
	})
	s.costs(t, 2, func() {
		books, err := Books.PrefetchRelated("author").Fetch(ctx)
		require.NoError(t, err)
		require.Equal(t, "Ann", books[0].Author.Get().Name)
		require.Same(t, books[0].Author.Get(), books[1].Author.Get())
	})
	s.costs(t, 2, func() { // the same again is no second query
		_, err := Authors.PrefetchRelated(orm.With("books", Books.Filter("stock__gt", 5)), "books").Fetch(ctx)
		require.NoError(t, err)
	})
	_, err := Authors.PrefetchRelated("books", orm.With("books", Books.Filter("stock__gt", 5))).Fetch(ctx)
	require.ErrorContains(t, err, "prefetched already")
	s.costs(t, 2, func() { // each book came as its author's: nothing is asked, so nothing is asked twice
		authors, err := Authors.PrefetchRelated("books__author", orm.With("books__author", Authors.OrderBy("name"))).Fetch(ctx)
		require.NoError(t, err)
		require.NotEmpty(t, authors)
	})
	_, err = Authors.PrefetchRelated("bookz").Fetch(ctx)
	var le *orm.LookupError
	require.ErrorAs(t, err, &le)
	require.Contains(t, le.Reason, `did you mean "books"`)
	for a, err := range Authors.PrefetchRelated("books").Stream(ctx) {
		require.NoError(t, err)
		_, err = a.Books.Rows()
		require.NoError(t, err)
	}
}

func TestORMRaw(t *testing.T) {
	s, ctx := newShop(t)
	d := stock(t, ctx)
	all := Authors.Raw("SELECT a.*, (SELECT count(*) FROM shop_book b WHERE b.author_id = a.id) AS n FROM conformance_author a WHERE a.name <> ? ORDER BY a.name", "Zoe").PrefetchRelated("books")
	s.costs(t, 2, func() {
		authors, err := all.Fetch(ctx)
		require.NoError(t, err)
		_, err = all.Fetch(ctx)
		require.NoError(t, err)
		require.Len(t, authors, 2)
		for i, want := range []struct {
			name  string
			books int64
		}{{"Ann", 2}, {"Bob", 1}} {
			require.Equal(t, want.name, authors[i].Name)
			require.Equal(t, want.books, authors[i].Extra("n"))
			books, err := authors[i].Books.Rows()
			require.NoError(t, err)
			require.Len(t, books, int(want.books))
		}
		require.Equal(t, orm.Date{Year: 1970, Month: 2, Day: 3}, authors[0].Born.V)
		require.False(t, authors[1].Born.Valid)
		require.Equal(t, d.ann.ID, authors[1].Mentor.ID())
		for a := range all.All() {
			require.NotZero(t, a.ID)
		}
	})
	books, err := Books.Raw("SELECT id, id, title AS name FROM shop_book WHERE price < ? ORDER BY id", orm.Decimal("13")).Translate("name", "title").Fetch(ctx)
	require.NoError(t, err)
	require.Len(t, books, 2)
	require.Equal(t, "Go", books[0].Title)
	books[0].Stock = 5
	require.NoError(t, books[0].Save(ctx), "what was not selected is not written")
	again, err := Books.Get(ctx, "id", books[0].ID)
	require.NoError(t, err)
	require.Equal(t, d.ann.ID, again.Author.ID())

	var le *orm.LookupError
	_, err = Books.Raw("SELECT title FROM shop_book").Fetch(ctx)
	require.ErrorAs(t, err, &le)
	require.Contains(t, le.Reason, "primary key")
	_, err = Books.Filter("stock", 1).Raw("SELECT * FROM shop_book").Fetch(ctx)
	require.ErrorContains(t, err, "without filters")
	_, err = Books.Raw("SELECT * FROM shop_book WHERE id = ?", struct{}{}).Fetch(ctx)
	require.ErrorContains(t, err, "cannot stand in a query")
	_, err = Books.Raw("SELECT * FROM nowhere").Fetch(ctx)
	require.Error(t, err)
	require.Panics(t, func() { Books.Raw("SELECT 1").All() })
}

func TestORMGetFirstLast(t *testing.T) {
	_, ctx := newShop(t)
	_, err := Books.First(ctx)
	require.ErrorIs(t, err, orm.ErrNotFound)
	d := stock(t, ctx)
	b, err := Books.First(ctx)
	require.NoError(t, err)
	require.Equal(t, "Cobol", b.Title)
	b, err = Books.Last(ctx)
	require.NoError(t, err)
	require.Equal(t, "Rust", b.Title)
	b, err = Books.OrderBy("-title").Last(ctx)
	require.NoError(t, err)
	require.Equal(t, "Cobol", b.Title)
	tag, err := Tags.Last(ctx)
	require.NoError(t, err)
	require.Equal(t, d.classic.ID, tag.ID)
	b, err = Books.Latest(ctx, "stock")
	require.NoError(t, err)
	require.Equal(t, "Cobol", b.Title)
	b, err = Books.Earliest(ctx, "stock")
	require.NoError(t, err)
	require.Equal(t, "Rust", b.Title)
	_, err = Books.Get(ctx, "author__name", "Ann")
	require.ErrorIs(t, err, orm.ErrMultiple)
	_, err = Books.Get(ctx, "title", "Perl")
	require.ErrorIs(t, err, orm.ErrNotFound)
	_, err = Books.Get(ctx, "titel", "Perl")
	var le *orm.LookupError
	require.ErrorAs(t, err, &le)
	require.Equal(t, "titel", le.Part)
	n, err := Books.Filter("stock__gt", 0).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	yes, err := Books.Filter("stock__gt", 6).Exists(ctx)
	require.NoError(t, err)
	require.True(t, yes)
	yes, err = Books.Filter("stock__gt", 60).Exists(ctx)
	require.NoError(t, err)
	require.False(t, yes)
}

func TestORMValues(t *testing.T) {
	s, ctx := newShop(t)
	stock(t, ctx)
	rows, err := Books.Values("title", "author__name", "price", "published").Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, "Cobol", rows[0].Get("title"))
	require.Equal(t, orm.Decimal("12.50"), rows[1].Get("price"))
	require.Equal(t, time.Date(2020, 1, 2, 3, 4, 5, 678000, time.UTC), rows[1].Get("published"))
	require.Nil(t, rows[0].Get("published"))
	list, err := Books.ValuesList("title", "stock").Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, [][]any{{"Cobol", int64(7)}, {"Go", int64(3)}, {"Rust", int64(0)}}, list)
	flat, err := orm.Flat[string](Books.OrderBy("-title"), "title").Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"Rust", "Go", "Cobol"}, flat)
	keys, err := orm.Flat[int64](Books, "author").Distinct().OrderBy("author_id").Fetch(ctx)
	require.NoError(t, err)
	require.Len(t, keys, 2)

	type total struct {
		Name  string
		N     int
		Price orm.Null[orm.Decimal] `orm:"name=dearest"`
	}
	top, err := orm.As[total](Authors.Annotate("n", orm.Count("books"), "dearest", orm.Max("books__price")).OrderBy("-n")).Fetch(ctx)
	require.NoError(t, err)
	for i := range top { // SQLite computes with numbers, which have no last zeros
		whole, rest, _ := strings.Cut(string(top[i].Price.V), ".")
		top[i].Price.V = orm.Decimal(strings.TrimSuffix(whole+"."+strings.TrimRight(rest, "0"), "."))
	}
	require.Equal(t, []total{{"Ann", 2, orm.Some(orm.Decimal("12.5"))}, {"Bob", 1, orm.Some(orm.Decimal("20"))}}, top)

	grouped, err := Books.OrderBy().Values("author__name").Annotate("n", orm.Count("id")).OrderBy("author__name").Fetch(ctx)
	require.NoError(t, err)
	require.Len(t, grouped, 2)
	require.EqualValues(t, 2, grouped[0].Int("n"))
	row, err := Books.Aggregate(ctx, orm.Sum("stock"), orm.Avg("stock"), "n", orm.Count("*"), "last", orm.Max("published"), "m", orm.Min("price"), "none", orm.Sum("stock").Filter("stock__gt", 100))
	require.NoError(t, err)
	require.EqualValues(t, 10, row.Int("stock__sum"))
	require.InDelta(t, 10.0/3, row.Float("stock__avg"), 1e-9)
	require.EqualValues(t, 3, row.Int("n"))
	require.Equal(t, 2020, row.Time("last").Year())
	require.True(t, row.IsNull("none"))
	require.Equal(t, []string{"stock__sum", "stock__avg", "n", "last", "m", "none"}, row.Names())
	s.costs(t, 1, func() {
		a, b := Books.Filter("stock__gt", 0), orm.Flat[string](Tags.OrderBy("name"), "name")
		require.NoError(t, orm.Gather(ctx, a, b))
		n := 0
		for range a.All() {
			n++
		}
		require.Equal(t, 2, n)
		for name := range b.All() {
			require.NotEmpty(t, name)
		}
	})
	one := orm.Flat[string](Books, "title")
	for want, get := range map[string]func(context.Context) (string, error){
		"Cobol": one.First, "Rust": one.Last,
		"Go": func(ctx context.Context) (string, error) { return one.Get(ctx, "stock", 3) },
	} {
		got, err := get(ctx)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	least, err := one.Earliest(ctx, "stock")
	require.NoError(t, err)
	require.Equal(t, "Rust", least)
	most, err := one.Latest(ctx, "stock")
	require.NoError(t, err)
	require.Equal(t, "Cobol", most)
	_, err = one.Get(ctx)
	require.ErrorIs(t, err, orm.ErrMultiple)
	_, err = one.Latest(ctx)
	require.ErrorContains(t, err, "name the field")
	_, err = Books.Slice(0, 2).Last(ctx)
	require.ErrorContains(t, err, "before Slice")
	var streamed []string
	for v, err := range orm.Flat[string](Books, "title").Stream(ctx) {
		require.NoError(t, err)
		streamed = append(streamed, v)
	}
	require.Equal(t, []string{"Cobol", "Go", "Rust"}, streamed)
}

func TestORMOnlyDefer(t *testing.T) {
	s, ctx := newShop(t)
	d := stock(t, ctx)
	b, err := Books.Only("title").Get(ctx, "pk", d.goBook.ID)
	require.NoError(t, err)
	require.Equal(t, "Go", b.Title)
	require.True(t, b.Deferred("stock"))
	require.False(t, b.Deferred("title"))
	b.Title = "Go 2"
	require.NoError(t, b.Save(ctx), "saves what was fetched")
	b, err = Books.Defer("title").Get(ctx, "pk", d.goBook.ID)
	require.NoError(t, err)
	require.Equal(t, 3, b.Stock)
	require.Empty(t, b.Title)
	s.costs(t, 1, func() { require.NoError(t, b.Refresh(ctx, "title")) })
	require.Equal(t, "Go 2", b.Title)
	require.False(t, b.Deferred("title"))
	require.NoError(t, b.Refresh(ctx))
}

func TestORMExistsOfWhatIsSelected(t *testing.T) {
	s, ctx := newShop(t)
	stock(t, ctx)
	_, err := Books.Filter("title", "Go").Update(ctx, "stock", 0)
	require.NoError(t, err)
	zero := orm.Flat[int](Books.Filter("stock", 0), "stock")
	for name, exists := range map[string]func(context.Context) (bool, error){
		"a value that is 0": zero.Distinct().Slice(0, 10).Exists,
		"an intersection":   zero.OrderBy().Intersection(zero.OrderBy()).Exists,
		"text":              orm.Flat[string](Books.Filter("stock", 0), "title").Distinct().Slice(0, 10).Exists,
	} {
		found, err := exists(ctx)
		require.NoError(t, err, name)
		require.True(t, found, name)
	}
	s.costs(t, 0, func() { // nothing and something is nothing
		books, err := Books.None().And(Books.Filter("stock", 0)).Fetch(ctx)
		require.NoError(t, err)
		require.Empty(t, books)
	})
	books, err := Books.None().Or(Books.Filter("title", "Go")).Fetch(ctx)
	require.NoError(t, err)
	require.Len(t, books, 1)
}
