package conformance

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

func TestORMSave(t *testing.T) {
	s, ctx := newShop(t)
	a := &Author{Name: "Ann"}
	require.False(t, a.Stored())
	s.costs(t, 1, func() { require.NoError(t, a.Save(ctx)) })
	require.NotZero(t, a.ID)
	require.True(t, a.Stored())
	require.Equal(t, orm.IntKey(a.ID), a.PK())
	a.Name = "Anna"
	s.costs(t, 1, func() { require.NoError(t, a.Save(ctx)) })
	got, err := Authors.Get(ctx, "pk", a.ID)
	require.NoError(t, err)
	require.Equal(t, "Anna", got.Name)
	b := &Author{Name: "Bea"}
	b.ID = 77
	require.NoError(t, b.Save(ctx), "update finds nothing, so it inserts")
	got, err = Authors.Get(ctx, "name", "Bea")
	require.NoError(t, err)
	require.EqualValues(t, 77, got.ID)

	book := &Book{Title: "T", Author: orm.To(&Author{Name: "new"}), Price: "1"}
	require.ErrorIs(t, book.Save(ctx), orm.ErrNotSaved)
	var ie *orm.IntegrityError
	require.ErrorAs(t, (&Book{Title: "T", Price: "1"}).Save(ctx), &ie)
	require.Equal(t, "not_null", ie.Kind)
	require.ErrorAs(t, (&Book{Title: "T", Price: "1", Author: orm.ToKey[Author](12345)}).Save(ctx), &ie)
	require.Equal(t, "foreign_key", ie.Kind)
	newcomer := &Author{Name: "later"}
	book.Author.Set(newcomer)
	require.NoError(t, newcomer.Save(ctx))
	require.NoError(t, book.Save(ctx), "the key came after Set")
	require.Equal(t, newcomer.ID, book.Author.ID())
	require.ErrorAs(t, (&Book{Title: "T", Author: orm.To(newcomer), Price: "1"}).Save(ctx), &ie)
	require.Equal(t, "unique", ie.Kind)

	book.Title, book.Stock = "changed", 5
	require.NoError(t, book.Save(ctx, orm.UpdateFields("stock")))
	require.NoError(t, book.Refresh(ctx))
	require.Equal(t, "T", book.Title)
	require.Equal(t, 5, book.Stock)
	var le *orm.LookupError
	require.ErrorAs(t, book.Save(ctx, orm.UpdateFields("stok")), &le)
	require.ErrorIs(t, (&Author{Name: "x"}).Save(ctx, orm.UpdateFields("name")), orm.ErrNotSaved)
	ghost := &Author{Name: "x"}
	ghost.ID = 999
	require.ErrorIs(t, ghost.Save(ctx, orm.ForceUpdate()), orm.ErrNotFound)
	require.ErrorAs(t, a.Save(ctx, orm.ForceInsert()), &ie)
	require.Equal(t, orm.Decimal("9.99"), Books.New().Price)

	require.ErrorIs(t, (&Picky{}).Save(ctx), ErrNoName)
	_, err = Pickies.Create(ctx, &Picky{})
	require.ErrorIs(t, err, ErrNoName, "Create runs the override")
	p, created, err := Pickies.GetOrCreate(ctx, "name", "x")
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, 1, p.Saves)
}

func TestORMEveryField(t *testing.T) {
	_, ctx := newShop(t)
	want := &Sample{
		Text: "é\x01 'quoted'", Status: "open", I: -1, I64: 1<<63 - 1, I32: -1 << 31, I16: 300, I8: -5, U32: 1<<32 - 1, U16: 65535, U8: 255, Flag: true,
		F64: 0.1, F32: 1.5, Data: []byte{0, 1, 255}, When: time.Date(2024, 2, 29, 23, 59, 59, 999999000, time.UTC),
		Day: orm.Date{Year: 2024, Month: 2, Day: 29}, Clock: orm.Clock(13*time.Hour + time.Microsecond), Took: -time.Hour - time.Microsecond,
		Price: "123456789.125", Ident: orm.UUID{1, 2, 3, 255}, Doc: `{"a": [1, null]}`,
		NText: orm.Some(""), NInt: orm.Some(int64(0)), NFlag: orm.Some(false), NFloat: orm.Some(2.5), NWhen: orm.Some(time.Unix(0, 0).UTC()),
		NDay: orm.Some(orm.Date{Year: 1, Month: 1, Day: 1}), NPrice: orm.Some(orm.Decimal("-0.500")), NIdent: orm.Some(orm.UUID{9}), NTook: orm.Some(time.Duration(0)),
	}
	require.NoError(t, want.Save(ctx))
	require.WithinDuration(t, time.Now(), want.Created, time.Minute)
	got, err := Samples.Get(ctx, "pk", want.ID)
	require.NoError(t, err)
	require.Equal(t, want, got)
	empty := &Sample{Data: []byte{}}
	require.NoError(t, empty.Save(ctx))
	got, err = Samples.Get(ctx, "pk", empty.ID)
	require.NoError(t, err)
	empty.Price, empty.Doc, empty.When, empty.Day = got.Price, got.Doc, got.When, got.Day
	require.True(t, got.When.IsZero() && got.Day.IsZero())
	require.Equal(t, empty, got)
	require.False(t, got.NText.Valid)
	for name, v := range map[string]any{
		"status": want.Status, "i64": want.I64, "flag": true, "f64": 0.1, "when": want.When, "day": want.Day, "clock": want.Clock,
		"took": want.Took, "price": want.Price, "ident": want.Ident, "data": want.Data, "n_text": want.NText, "n_day": want.NDay, "n_flag": want.NFlag, "u8": want.U8,
	} {
		n, err := Samples.Filter(name, v).Count(ctx)
		require.NoError(t, err, name)
		require.Equal(t, 1, n, name)
	}
	created := want.Created
	require.NoError(t, want.Save(ctx))
	require.Equal(t, created, want.Created)
	require.True(t, want.Modified.After(created) || want.Modified.Equal(created))
	rows, err := Samples.Filter("pk", want.ID).Values().Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, want.Ident, rows[0].Get("ident"))
	require.Equal(t, want.Took, rows[0].Get("took"))
	require.Equal(t, true, rows[0].Get("flag"))
	require.Equal(t, want.Day, rows[0].Get("day"))
}

func TestORMOwnKeys(t *testing.T) {
	_, ctx := newShop(t)
	nl := create(t, ctx, Countries, &Country{Code: "nl", Name: "Netherlands"})
	require.ErrorContains(t, func() error { _, err := Countries.Create(ctx, &Country{Code: "nl"}); return err }(), "primary_key")
	id := orm.UUID{1, 2}
	create(t, ctx, Cities, &City{ID: id, Name: "Delft", Country: orm.To(nl)})
	city, err := Cities.Get(ctx, "pk", id)
	require.NoError(t, err)
	require.Equal(t, orm.TextKey("nl"), city.Country.Key())
	c, err := city.Country.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, "Netherlands", c.Name)
	cities, err := c.Cities.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, id, cities[0].ID)
	cs, err := Countries.PrefetchRelated("cities").Fetch(ctx)
	require.NoError(t, err)
	for x := range cs[0].Cities.All() {
		require.Equal(t, "Delft", x.Name)
	}
	city.Name = "Leiden"
	require.NoError(t, city.Save(ctx))
	n, err := Cities.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NoError(t, nl.Delete(ctx))
	n, err = Cities.Count(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestORMUpdateDelete(t *testing.T) {
	s, ctx := newShop(t)
	d := stock(t, ctx)
	n, err := Books.Filter("stock__gt", 0).Update(ctx, "stock", orm.F("stock").Mul(2).Add(1), "publisher", d.press)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.NoError(t, d.cobol.Refresh(ctx))
	require.Equal(t, 15, d.cobol.Stock)
	require.Equal(t, d.press.ID, d.cobol.Publisher.ID())

	var pe *orm.ProtectedError
	require.ErrorAs(t, d.press.Delete(ctx), &pe)
	require.Equal(t, 2, pe.Records)
	require.ErrorContains(t, pe, "shop.Book.publisher")
	n, err = Books.Filter("author", d.ann).Update(ctx, "publisher", nil)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.NoError(t, d.press.Delete(ctx))
	require.Zero(t, d.press.ID)

	create(t, ctx, Reviews, &Review{Book: orm.To(d.goBook)})
	n, err = Authors.Filter("name", "Ann").Delete(ctx)
	require.NoError(t, err)
	require.Equal(t, 1+2+1+3, n, "author, books, review, tags of books")
	require.NoError(t, d.bob.Refresh(ctx))
	require.True(t, d.bob.Mentor.IsNull(), "set null")
	require.Equal(t, []string{"Rust"}, titles(t, ctx, Books.Fresh()))
	s.costs(t, 1, func() {
		n, err := Reviews.Filter("stars__gt", 3).Delete(ctx)
		require.NoError(t, err)
		require.Zero(t, n)
	})
	require.ErrorIs(t, (&Author{}).Delete(ctx), orm.ErrNotSaved)
	_, err = Books.Slice(0, 1).Delete(ctx)
	require.Error(t, err)
	_, err = Books.Update(ctx, "stok", 1)
	var le *orm.LookupError
	require.ErrorAs(t, err, &le)
}

func TestORMManyToMany(t *testing.T) {
	_, ctx := newShop(t)
	d := stock(t, ctx)
	names := func(b *Book) []string {
		v, err := orm.Flat[string](b.Tags.OrderBy("name"), "name").Fetch(ctx)
		require.NoError(t, err)
		return v
	}
	require.Equal(t, []string{"classic", "fresh"}, names(d.goBook))
	require.NoError(t, d.goBook.Tags.Add(ctx, d.fresh), "twice is once")
	require.Equal(t, []string{"classic", "fresh"}, names(d.goBook))
	require.NoError(t, d.goBook.Tags.Remove(ctx, d.fresh))
	require.Equal(t, []string{"classic"}, names(d.goBook))
	third := &Tag{Name: "third"}
	_, err := d.goBook.Tags.Create(ctx, third)
	require.NoError(t, err)
	require.NoError(t, d.goBook.Tags.Set(ctx, third, d.fresh))
	require.Equal(t, []string{"fresh", "third"}, names(d.goBook))
	require.NoError(t, third.Books.Add(ctx, d.rust), "from the other side")
	require.Equal(t, []string{"third"}, names(d.rust))
	require.NoError(t, d.goBook.Tags.Clear(ctx))
	require.Empty(t, names(d.goBook))
	require.ErrorIs(t, d.goBook.Tags.Add(ctx, &Tag{}), orm.ErrNotSaved)

	require.NoError(t, d.ann.Friends.Add(ctx, d.bob))
	friends, err := d.bob.Friends.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, "Ann", friends[0].Name, "friendship is mutual")
	require.NoError(t, d.bob.Friends.Clear(ctx))
	n, err := d.ann.Friends.Count(ctx)
	require.NoError(t, err)
	require.Zero(t, n)

	b := &Book{Title: "New", Price: "1"}
	_, err = d.bob.Books.Create(ctx, b)
	require.NoError(t, err)
	require.Equal(t, d.bob.ID, b.Author.ID())
	require.NoError(t, d.ann.Books.Add(ctx, b))
	require.Equal(t, d.ann.ID, b.Author.ID())
	require.ErrorContains(t, d.ann.Books.Remove(ctx, b), "cannot be NULL")
	require.NoError(t, d.ann.Pupils.Remove(ctx, d.bob))
	require.True(t, d.bob.Mentor.IsNull())
}

func TestORMGetOrCreate(t *testing.T) {
	_, ctx := newShop(t)
	d := stock(t, ctx)
	b, created, err := Books.GetOrCreate(ctx, "title", "Zig", "author", d.bob, orm.Defaults("stock", 4))
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, 4, b.Stock)
	require.Equal(t, orm.Decimal("9.99"), b.Price)
	require.Same(t, d.bob, b.Author.Get())
	b, created, err = Books.GetOrCreate(ctx, "title", "Zig", orm.Defaults("stock", 5))
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, 4, b.Stock)
	b, created, err = Books.UpdateOrCreate(ctx, "title", "Zig", orm.Defaults("stock", 5, "published", time.Unix(0, 0)))
	require.NoError(t, err)
	require.False(t, created)
	require.NoError(t, b.Refresh(ctx))
	require.Equal(t, 5, b.Stock)
	require.True(t, b.Published.Valid)
	_, _, err = Books.GetOrCreate(ctx, "titel", "x")
	require.Error(t, err)
}

func TestORMBulkCreate(t *testing.T) {
	_, ctx := newShop(t)
	var tags []*Tag
	for i := range 2500 {
		tags = append(tags, &Tag{Name: strconv.Itoa(i)})
	}
	tags[7].ID = 100000
	require.NoError(t, Tags.BulkCreate(ctx, tags))
	for _, i := range []int{0, 7, 999, 1000, 2499} {
		got, err := Tags.Get(ctx, "pk", tags[i].ID)
		require.NoError(t, err)
		require.Equal(t, tags[i].Name, got.Name)
	}
	var ie *orm.IntegrityError
	require.ErrorAs(t, Tags.BulkCreate(ctx, []*Tag{{Name: "1"}}), &ie)
	require.NoError(t, Tags.BulkCreate(ctx, []*Tag{{Name: "1"}, {Name: "new"}}, orm.IgnoreConflicts()))
	n, err := Tags.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 2501, n)
}

func TestORMAtomic(t *testing.T) {
	_, ctx := newShop(t)
	boom := errors.New("boom")
	var ran []string
	mark := func(s string) func(context.Context) { return func(context.Context) { ran = append(ran, s) } }
	var kept context.Context
	err := orm.Atomic(ctx, func(ctx context.Context) error {
		kept = ctx
		create(t, ctx, Tags, &Tag{Name: "outer"})
		orm.OnCommit(ctx, mark("outer"))
		err := orm.Atomic(ctx, func(ctx context.Context) error {
			create(t, ctx, Tags, &Tag{Name: "inner"})
			orm.OnCommit(ctx, mark("inner"))
			return boom
		})
		require.ErrorIs(t, err, boom)
		err = orm.Atomic(ctx, func(ctx context.Context) error {
			_, err = Tags.Create(ctx, &Tag{Name: "outer"})
			return err
		})
		require.Error(t, err)
		return orm.Atomic(ctx, func(ctx context.Context) error {
			_, err := Tags.Create(ctx, &Tag{Name: "second"})
			return err
		})
	})
	require.NoError(t, err)
	require.Equal(t, []string{"outer"}, ran)
	_, err = Tags.Count(kept)
	require.ErrorIs(t, err, orm.ErrTxDone)
	require.PanicsWithValue(t, "oops", func() {
		_ = orm.Atomic(ctx, func(ctx context.Context) error {
			create(t, ctx, Tags, &Tag{Name: "lost"})
			panic("oops")
		})
	})
	names, err := orm.Flat[string](Tags.OrderBy("id"), "name").Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"outer", "second"}, names)
}

func TestORMConcurrently(t *testing.T) {
	_, ctx := newShop(t)
	stock(t, ctx)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			books, err := Books.SelectRelated("author").Filter("stock__gte", i%2).Fetch(ctx)
			require.NoError(t, err)
			require.NotEmpty(t, books[0].Author.Get().Name)
			if i%4 == 0 {
				_, err := Tags.Create(ctx, &Tag{Name: strconv.Itoa(i)})
				require.NoError(t, err)
			}
		}()
	}
	wg.Wait()
}

func TestORMStream(t *testing.T) {
	s, ctx := newShop(t)
	rows := 200_000
	if testing.Short() {
		rows = 20_000
	}
	for first := 0; first < rows; first += 10_000 {
		tags := make([]*Tag, 10_000)
		for i := range tags {
			tags[i] = &Tag{Name: "tag number " + strconv.Itoa(first+i)}
		}
		require.NoError(t, Tags.BulkCreate(ctx, tags))
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	var n int
	var most uint64
	for tag, err := range Tags.OrderBy("id").Stream(ctx) {
		require.NoError(t, err)
		if n++; n%(rows/4) == 1 {
			most = max(most, heap())
		}
		_ = tag
	}
	require.Equal(t, rows, n)
	require.Less(t, int64(most)-int64(before), int64(4<<20), "memory stays flat")

	// A loop that is left gives its connection back: more loops than connections.
	for range 40 {
		for _, err := range Tags.Stream(ctx) {
			require.NoError(t, err)
			break
		}
	}
	cctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var last error
	n = 0
	for _, err := range Tags.Stream(cctx) {
		if last = err; err == nil {
			n++
			cancel()
		}
	}
	require.ErrorIs(t, last, context.Canceled)
	require.Less(t, n, rows)
	_, err := Tags.First(s.request())
	require.NoError(t, err)
	require.NoError(t, orm.Atomic(ctx, func(ctx context.Context) error {
		for tag, err := range Tags.Filter("id__lt", 10).Stream(ctx) {
			if err != nil {
				return err
			}
			tag.Name += "!"
			if err := tag.Save(ctx); err != nil {
				return err
			}
		}
		return nil
	}))
}
