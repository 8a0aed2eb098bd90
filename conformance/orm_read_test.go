package conformance

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

func TestORMDates(t *testing.T) {
	s, ctx := newShop(t)
	stock(t, ctx)
	for i, day := range []string{"2024-03-05", "2024-03-20", "2023-11-30"} {
		when, err := time.Parse(time.DateOnly, day)
		require.NoError(t, err)
		books, err := Books.OrderBy("title").Slice(i, i+1).Fetch(ctx)
		require.NoError(t, err)
		books[0].Published = orm.Some(when.Add(10 * time.Hour))
		require.NoError(t, books[0].Save(ctx))
	}
	months := Books.Dates("published", "month")
	s.costs(t, 1, func() {
		got, err := months.Fetch(ctx)
		require.NoError(t, err)
		require.Equal(t, []orm.Date{{Year: 2023, Month: 11, Day: 1}, {Year: 2024, Month: 3, Day: 1}}, got)
	})
	last, err := Books.Dates("published", "year").Reverse().First(ctx)
	require.NoError(t, err)
	require.Equal(t, 2024, last.Year)
	hours, err := Books.Datetimes("published", "hour", "UTC").Fetch(ctx)
	require.NoError(t, err)
	require.Len(t, hours, 3)
	require.Equal(t, time.Date(2023, 11, 30, 10, 0, 0, 0, time.UTC), hours[0].UTC())
	_, err = Books.Dates("published", "fortnight").Fetch(ctx)
	require.ErrorContains(t, err, "fortnight")
}

func TestORMInBulk(t *testing.T) {
	s, ctx := newShop(t)
	x := stock(t, ctx)
	s.costs(t, 1, func() {
		byID, err := orm.InBulk(ctx, Books, "pk", []int64{x.goBook.ID, x.rust.ID, -5})
		require.NoError(t, err)
		require.Len(t, byID, 2)
		require.Equal(t, x.goBook.Title, byID[x.goBook.ID].Title)
	})
	all, err := orm.InBulk[string](ctx, Tags, "name", nil)
	require.NoError(t, err)
	require.Equal(t, x.fresh.ID, all[x.fresh.Name].ID)
	s.costs(t, 0, func() {
		none, err := orm.InBulk(ctx, Tags, "name", []string{})
		require.NoError(t, err)
		require.Empty(t, none)
	})
	require.NoError(t, (&Profile{Author: orm.OneTo(x.ann)}).Save(ctx))
	byAuthor, err := orm.InBulk(ctx, Profiles, "author", []int64{x.ann.ID})
	require.NoError(t, err)
	require.Len(t, byAuthor, 1)

	_, err = orm.InBulk(ctx, Books, "title", []string{"Go"})
	require.ErrorContains(t, err, "InBulk needs a unique field")
	_, err = orm.InBulk(ctx, Books, "titel", []string{"Go"})
	require.ErrorContains(t, err, `did you mean "title"`)
	_, err = orm.InBulk(ctx, Books.Slice(0, 2), "pk", []int64{1})
	require.ErrorContains(t, err, "before Slice")
	_, err = orm.InBulk(ctx, Tags, "name", []int64(nil))
	require.ErrorContains(t, err, "its values are no int64")
}

func TestORMContains(t *testing.T) {
	s, ctx := newShop(t)
	x := stock(t, ctx)
	some := Books.Filter("id", x.goBook.ID)
	s.costs(t, 1, func() {
		ok, err := some.Contains(ctx, x.goBook)
		require.NoError(t, err)
		require.True(t, ok)
	})
	_, err := some.Fetch(ctx)
	require.NoError(t, err)
	s.costs(t, 0, func() {
		ok, err := some.Contains(ctx, x.rust)
		require.NoError(t, err)
		require.False(t, ok)
	})
	_, err = Books.Filter("stock__gt", 0).Contains(ctx, &Book{})
	require.ErrorIs(t, err, orm.ErrNotSaved)
	_, err = Books.Contains(ctx, nil)
	require.ErrorContains(t, err, "the Book is nil")
}

func TestORMTypedRows(t *testing.T) {
	_, ctx := newShop(t)
	x := stock(t, ctx)
	type totals struct {
		N     int
		Price orm.Null[orm.Decimal] `orm:"name=price__max"`
	}
	got, err := orm.AggregateAs[totals](ctx, Books, "n", orm.Count("*"), orm.Max("price"))
	require.NoError(t, err)
	require.Equal(t, 3, got.N)
	require.True(t, got.Price.Valid)
	mean, err := orm.AggregateAs[orm.Null[float64]](ctx, Books.Filter("stock__gt", 1000), orm.Avg("stock"))
	require.NoError(t, err)
	require.False(t, mean.Valid)
	_, err = orm.AggregateAs[int](ctx, Books, orm.Min("stock"), orm.Max("stock"))
	require.ErrorContains(t, err, "give a struct")
	_, err = orm.AggregateAs[totals](ctx, Books, "m", orm.Count("*"), orm.Max("price"))
	require.ErrorContains(t, err, "no column is called n: did you mean \"m\"?")

	authors, err := Authors.Annotate("n", orm.Count("books"), "best", orm.Max("books__published")).OrderBy("id").Fetch(ctx)
	require.NoError(t, err)
	n, err := orm.Extra[int32](authors[0], "n")
	require.NoError(t, err)
	require.Positive(t, n)
	best, err := orm.Extra[orm.Null[time.Time]](authors[0], "best")
	require.NoError(t, err)
	_ = best
	_, err = orm.Extra[orm.UUID](authors[0], "n")
	require.Error(t, err)

	title := orm.Flat[string](Books.Filter("id", x.goBook.ID), "title")
	one, err := title.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, x.goBook.Title, one)
	_, err = title.Get(ctx, "stock", -1)
	require.ErrorIs(t, err, orm.ErrNotFound)
	_, err = orm.Flat[string](Books, "title").Get(ctx)
	require.ErrorIs(t, err, orm.ErrMultiple)
	last, err := orm.Flat[int64](Tags, "id").Last(ctx)
	require.NoError(t, err)
	require.Equal(t, max(x.fresh.ID, x.classic.ID), last)
}

func TestORMSQLAndExplain(t *testing.T) {
	s, ctx := newShop(t)
	x := stock(t, ctx)
	qs := Books.Filter("title", "Go", "stock__in", []int{1, 2}).OrderBy("id")
	s.costs(t, 1, func() {
		sql, args, err := qs.SQL(ctx)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(sql, `SELECT "shop_book"."id"`), sql)
		require.Equal(t, []any{"Go", int64(1), int64(2)}, args)
	})
	require.False(t, qs.Fetched())
	_, _, err := Books.Filter("titel", 1).SQL(ctx)
	require.ErrorContains(t, err, "titel")

	plan, err := qs.Explain(ctx)
	require.NoError(t, err)
	require.Contains(t, plan, "shop_book")
	err = orm.Atomic(ctx, func(ctx context.Context) error {
		_, err := Books.Filter("id", x.rust.ID).Explain(ctx)
		return err
	})
	require.NoError(t, err)
	_, err = orm.Flat[int](Books, "stock").Explain(ctx)
	require.NoError(t, err)
	json, err := qs.Explain(ctx, orm.ExplainAs("json"), orm.Analyze(), orm.Verbose())
	if strings.Contains(plan, "cost=") { // PostgreSQL
		require.NoError(t, err)
		require.Contains(t, json, `"Actual Rows"`)
		_, err = qs.Explain(ctx, orm.ExplainAs("tree"))
		require.ErrorContains(t, err, "text, json, xml, yaml")
	} else {
		require.ErrorContains(t, err, "sqlite explains queries in one way only")
	}
}

func TestORMSelectForUpdate(t *testing.T) {
	_, ctx := newShop(t)
	x := stock(t, ctx)
	locked := Books.Filter("id", x.goBook.ID).SelectForUpdate(orm.Of("self"), orm.SkipLocked())
	sql, _, err := locked.SQL(ctx)
	require.NoError(t, err)
	_, err = locked.Fetch(ctx)
	if strings.Contains(sql, "SKIP LOCKED") { // PostgreSQL
		require.ErrorIs(t, err, orm.ErrNoTx)
	} else {
		require.NoError(t, err)
	}
	require.NoError(t, orm.Atomic(ctx, func(ctx context.Context) error {
		_, err := locked.Get(ctx)
		return err
	}))
	_, err = Books.SelectForUpdate(orm.NoWait(), orm.SkipLocked()).Fetch(ctx)
	require.ErrorContains(t, err, "take NoWait or SkipLocked")
}
