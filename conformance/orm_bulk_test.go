package conformance

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

const callers = 64

// together calls f in many requests at once.
func together(t *testing.T, s *shop, f func(ctx context.Context, i int) error) {
	t.Helper()
	errs := make([]error, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Add(1)
		ctx := s.request()
		go func() {
			defer wg.Done()
			errs[i] = f(ctx, i)
		}()
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
}

// TestORMCallersAtOnce has 64 callers write the same rows: what is left must
// be what they would have left one after the other.
func TestORMCallersAtOnce(t *testing.T) {
	s, ctx := newShop(t)
	x := stock(t, ctx)
	t.Run("get or create", func(t *testing.T) {
		var mu sync.Mutex
		made, ids := 0, map[int64]bool{}
		together(t, s, func(ctx context.Context, i int) error {
			tag, created, err := Tags.GetOrCreate(ctx, "name", "everyone's")
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if ids[tag.ID] = true; created {
				made++
			}
			return nil
		})
		require.Equal(t, 1, made, "created once")
		require.Len(t, ids, 1, "all callers have the same record")
		n, err := Tags.Filter("name", "everyone's").Count(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, n)
	})
	t.Run("update with F", func(t *testing.T) {
		require.NoError(t, setStock(ctx, x.goBook, 1000))
		together(t, s, func(ctx context.Context, i int) error {
			n, err := Books.Filter("pk", x.goBook.ID).Update(ctx, "stock", orm.F("stock").Sub(1))
			if err == nil && n != 1 {
				err = fmt.Errorf("%d rows", n)
			}
			return err
		})
		require.NoError(t, x.goBook.Refresh(ctx))
		require.Equal(t, 1000-callers, x.goBook.Stock)
	})
	t.Run("save with F", func(t *testing.T) {
		require.NoError(t, setStock(ctx, x.goBook, 1000))
		together(t, s, func(ctx context.Context, i int) error {
			book, err := Books.Get(ctx, "pk", x.goBook.ID)
			if err != nil {
				return err
			}
			return book.Save(ctx, orm.SetTo("stock", orm.F("stock").Add(2)))
		})
		require.NoError(t, x.goBook.Refresh(ctx))
		require.Equal(t, 1000+2*callers, x.goBook.Stock)
	})
	t.Run("select for update", func(t *testing.T) {
		require.NoError(t, setStock(ctx, x.goBook, callers/2))
		var mu sync.Mutex
		sold := 0
		together(t, s, func(ctx context.Context, i int) error {
			return orm.Atomic(ctx, func(ctx context.Context) error {
				book, err := Books.SelectForUpdate().Get(ctx, "pk", x.goBook.ID)
				if err != nil || book.Stock == 0 {
					return err
				}
				book.Stock--
				if err := book.Save(ctx, orm.UpdateFields("stock")); err != nil {
					return err
				}
				mu.Lock()
				sold++
				mu.Unlock()
				return nil
			})
		})
		require.NoError(t, x.goBook.Refresh(ctx))
		require.Zero(t, x.goBook.Stock)
		require.Equal(t, callers/2, sold)
	})
	t.Run("update or create", func(t *testing.T) {
		together(t, s, func(ctx context.Context, i int) error {
			_, _, err := Books.UpdateOrCreate(ctx, "title", "Counted", "author", x.bob, orm.Defaults("stock", i))
			return err
		})
		n, err := Books.Filter("title", "Counted").Count(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, n)
	})
}

func setStock(ctx context.Context, b *Book, n int) error {
	_, err := Books.Filter("pk", b.ID).Update(ctx, "stock", n)
	return err
}

func TestORMBulkUpdate(t *testing.T) {
	s, ctx := newShop(t)
	x := stock(t, ctx)
	books := []*Book{x.goBook, x.rust, x.cobol}
	for i, b := range books {
		b.Stock, b.Published = 100+i, orm.Null[time.Time]{}
	}
	s.costs(t, 1, func() {
		n, err := Books.BulkUpdate(ctx, books, []string{"stock", "published", "publisher"})
		require.NoError(t, err)
		require.Equal(t, 3, n)
	})
	for i, b := range books {
		require.NoError(t, b.Refresh(ctx))
		require.Equal(t, 100+i, b.Stock)
		require.False(t, b.Published.Valid)
	}
	n, err := Books.Filter("pk", x.rust.ID).BulkUpdate(ctx, books, []string{"stock"}, orm.BatchSize(2))
	require.NoError(t, err)
	require.Equal(t, 1, n, "only what the queryset selects")

	for name, bad := range map[string]struct {
		books  []*Book
		fields []string
		opts   []orm.BulkOption
		says   string
	}{
		"no fields":    {books, nil, nil, "name the fields"},
		"the key":      {books, []string{"id"}, nil, "primary key"},
		"unknown":      {books, []string{"stok"}, nil, "did you mean"},
		"many to many": {books, []string{"tags"}, nil, "no column"},
		"not saved":    {[]*Book{{Title: "new"}}, []string{"stock"}, nil, "not been saved"},
		"batch":        {books, []string{"stock"}, []orm.BulkOption{orm.BatchSize(0)}, "positive"},
		"nil":          {[]*Book{nil}, []string{"stock"}, nil, "nil"},
	} {
		_, err := Books.BulkUpdate(ctx, bad.books, bad.fields, bad.opts...)
		require.ErrorContains(t, err, bad.says, name)
	}
	many := make([]*Tag, 6000)
	for i := range many {
		many[i] = &Tag{Name: strconv.Itoa(i)}
	}
	require.NoError(t, Tags.BulkCreate(ctx, many))
	for _, tag := range many {
		tag.Name = "no. " + tag.Name
	}
	n, err = Tags.BulkUpdate(ctx, many, []string{"name"})
	require.NoError(t, err)
	require.Equal(t, len(many), n)
	got, err := Tags.Get(ctx, "pk", many[5999].ID)
	require.NoError(t, err)
	require.Equal(t, "no. 5999", got.Name)
}

func TestORMUpsert(t *testing.T) {
	_, ctx := newShop(t)
	x := stock(t, ctx)
	fresh := &Book{Title: "Go", Author: orm.To(x.ann), Stock: 77, Price: "1.00"}
	other := &Book{Title: "Ada", Author: orm.To(x.ann), Stock: 5, Price: "2.00"}
	require.NoError(t, Books.BulkCreate(ctx, []*Book{fresh, other}, orm.UpdateConflicts([]string{"author", "title"}, "stock")))
	require.NoError(t, x.goBook.Refresh(ctx))
	require.Equal(t, 77, x.goBook.Stock, "updated")
	require.NotEqual(t, orm.Decimal("1.00"), x.goBook.Price, "not named, not updated")
	n, err := Books.Filter("title", "Ada").Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)

	for says, opts := range map[string][]orm.BulkOption{
		"IgnoreConflicts or UpdateConflicts": {orm.IgnoreConflicts(), orm.UpdateConflicts([]string{"id"}, "stock")},
		"name the fields to set":             {orm.UpdateConflicts([]string{"id"})},
		"that are unique":                    {orm.UpdateConflicts(nil, "stock")},
		"it is no column":                    {orm.UpdateConflicts([]string{"id"}, "stok")},
		"cannot be changed":                  {orm.UpdateConflicts([]string{"id"}, "id")},
	} {
		require.ErrorContains(t, Books.BulkCreate(ctx, []*Book{fresh}, opts...), says)
	}
}

func TestORMSetTo(t *testing.T) {
	_, ctx := newShop(t)
	x := stock(t, ctx)
	require.NoError(t, setStock(ctx, x.goBook, 10))
	x.goBook.Title = "Go!"
	require.NoError(t, x.goBook.Save(ctx, orm.SetTo("stock", orm.F("stock").Mul(3))))
	require.True(t, x.goBook.Deferred("stock"))
	x.goBook.Title = "Go"
	require.NoError(t, x.goBook.Save(ctx), "writes no stale stock")
	require.NoError(t, x.goBook.Refresh(ctx, "stock"))
	require.False(t, x.goBook.Deferred("stock"))
	require.Equal(t, 30, x.goBook.Stock)
	require.NoError(t, x.goBook.Save(ctx, orm.UpdateFields("title"), orm.SetTo("stock", orm.F("stock").Sub(1))))
	got, err := Books.Get(ctx, "pk", x.goBook.ID)
	require.NoError(t, err)
	require.Equal(t, 29, got.Stock)
	var le *orm.LookupError
	require.ErrorAs(t, got.Save(ctx, orm.SetTo("stok", 1)), &le)

	made := &Author{}
	require.NoError(t, made.Save(ctx, orm.SetTo("name", orm.Func("Upper", orm.Value("ada")))))
	require.NoError(t, made.Refresh(ctx))
	require.Equal(t, "ADA", made.Name)
}

func TestORMFindOrCreate(t *testing.T) {
	s, ctx := newShop(t)
	x := stock(t, ctx)
	calls := 0
	stockOf := func() any { calls++; return 9 }
	b, created, err := Books.GetOrCreate(ctx, "title__iexact", "zig", orm.Q("author", x.bob), orm.Defaults("title", "Zig", "author", x.bob, "stock", stockOf))
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, 9, b.Stock)
	_, created, err = Books.GetOrCreate(ctx, "title__iexact", "ZIG", orm.Q("author", x.bob), orm.Defaults("stock", stockOf))
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, 1, calls, "called when it is needed only")

	require.NoError(t, setStock(ctx, b, 20))
	_, err = Books.Filter("pk", b.ID).Update(ctx, "price", "3.00")
	require.NoError(t, err)
	b, created, err = Books.UpdateOrCreate(ctx, "title", "Zig", orm.Defaults("stock", orm.F("stock").Add(1)))
	require.NoError(t, err)
	require.False(t, created)
	require.NoError(t, b.Refresh(ctx))
	require.Equal(t, 21, b.Stock)
	require.Equal(t, orm.Decimal("3.00"), b.Price)

	var le *orm.LookupError
	_, _, err = Books.GetOrCreate(ctx, "title", "none", orm.Defaults("stok", 1))
	require.ErrorAs(t, err, &le)
	var ie *orm.IntegrityError
	_, _, err = Books.GetOrCreate(ctx, "title", "none")
	require.ErrorAs(t, err, &ie, "no author")
	_, _, err = Tags.GetOrCreate(ctx, "pk", 5000, orm.Defaults("name", "fresh"))
	require.ErrorAs(t, err, &ie, "the name is somebody else's")
	require.Equal(t, "unique", ie.Kind)
	require.Equal(t, []string{"name"}, ie.Fields)
	require.Contains(t, ie.Model, ".Tag")
	require.ErrorAs(t, Books.BulkCreate(ctx, []*Book{{Title: "Go", Author: orm.To(x.ann), Price: "1"}}), &ie)
	require.ElementsMatch(t, []string{"author", "title"}, ie.Fields)

	picky := create(t, ctx, Pickies, &Picky{Name: "p"})
	s.costs(t, 4, func() { // begin, get, save, commit
		p, created, err := Pickies.UpdateOrCreate(ctx, "name", "p", orm.Defaults("name", "q"))
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, picky.Saves+1, p.Saves, "by the model's own Save")
	})
}
