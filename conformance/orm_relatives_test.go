package conformance

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

func TestRelativesGathered(t *testing.T) {
	s, ctx := newShop(t)
	for i := range 50 {
		a := create(t, ctx, Authors, &Author{Name: fmt.Sprint("author ", i)})
		if i%2 == 0 {
			create(t, ctx, Profiles, &Profile{Author: orm.OneTo(a), Bio: fmt.Sprint("bio ", i)})
		}
		create(t, ctx, Books, &Book{Title: fmt.Sprint(i), Author: orm.To(a)})
	}
	books, err := Books.OrderBy("id").Fetch(ctx)
	require.NoError(t, err)
	var authors, publishers []orm.Fetcher
	for _, b := range books {
		authors, publishers = append(authors, &b.Author), append(publishers, &b.Publisher)
	}
	again, err := Books.Get(ctx, "id", books[7].ID)
	require.NoError(t, err)
	s.costs(t, 1, func() { require.NoError(t, orm.Gather(ctx, append(authors, &again.Author)...)) })
	s.costs(t, 0, func() { require.NoError(t, orm.Gather(ctx, append(authors, publishers...)...), "here, and NULL") })
	var profiles []orm.Fetcher
	for i, b := range books {
		require.Equal(t, fmt.Sprint("author ", i), b.Author.Get().Name)
		profiles = append(profiles, &b.Author.Get().Profile)
	}
	require.Equal(t, "author 7", again.Author.Get().Name)
	require.NotSame(t, books[7].Author.Get(), again.Author.Get(), "each has its own")
	s.costs(t, 1, func() { require.NoError(t, orm.Gather(ctx, append(profiles, Tags.Fresh(), Books.Filter("id", 1))...)) })
	for i, b := range books {
		if i%2 == 0 {
			require.Equal(t, fmt.Sprint("bio ", i), b.Author.Get().Profile.Get().Bio)
		} else {
			require.Nil(t, b.Author.Get().Profile.Get())
		}
	}

	// Who is not there takes nothing from the others.
	lost, found := &Book{Author: orm.ToKey[Author](1 << 40)}, &Book{Author: orm.ToKey[Author](books[0].Author.ID())}
	require.ErrorIs(t, orm.Gather(ctx, &lost.Author, &found.Author), orm.ErrNotFound)
	require.Equal(t, "author 0", found.Author.Get().Name)
	_, err = lost.Author.Loaded()
	require.ErrorIs(t, err, orm.ErrNotFetched)
	require.ErrorIs(t, orm.Gather(ctx, &(&Author{}).Profile), orm.ErrNotSaved)

	// A value that the column can't have is one caller's trouble.
	odd := &Book{}
	odd.Author.SetKey(orm.TextKey("no number"))
	whole := &Book{Author: orm.ToKey[Author](books[1].Author.ID())}
	require.Error(t, orm.Gather(ctx, &odd.Author, &whole.Author))
	require.Equal(t, "author 1", whole.Author.Get().Name)
}

// TestRelativesOfTexts: whether two texts are equal is the database's business.
func TestRelativesOfTexts(t *testing.T) {
	s, ctx := newShop(t)
	create(t, ctx, Countries, &Country{Code: "ch", Name: "Switzerland"})
	create(t, ctx, Countries, &Country{Code: "no", Name: "Norway"})
	here := func(codes ...string) (list []orm.Fetcher, cities []*City) {
		for _, code := range codes {
			c := &City{}
			c.Country.SetKey(orm.TextKey(code))
			list, cities = append(list, &c.Country), append(cities, c)
		}
		return list, cities
	}
	list, cities := here("ch", "no", "ch")
	s.costs(t, 1, func() { require.NoError(t, orm.Gather(ctx, list...)) })
	require.Equal(t, "Switzerland", cities[2].Country.Get().Name)
	list, cities = here("ch", "xx")
	s.costs(t, 2, func() { require.ErrorIs(t, orm.Gather(ctx, list...), orm.ErrNotFound) })
	require.Equal(t, "Switzerland", cities[0].Country.Get().Name)
}

// TestRelativesOfGoroutines: each gets what it would have got alone.
func TestRelativesOfGoroutines(t *testing.T) {
	s, ctx := newShop(t)
	d := stock(t, ctx)
	create(t, ctx, Profiles, &Profile{Author: orm.OneTo(d.ann), Bio: "writes"})
	for name, f := range map[string]func(context.Context) error{
		"alone": nil, "in a transaction": func(ctx context.Context) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			run := func(ctx context.Context) error {
				before := s.ops.Load()
				var all sync.WaitGroup
				for i := range 200 {
					b := &Book{Author: orm.ToKey[Author](d.ann.ID)}
					ctx, cancel := context.WithCancel(ctx)
					defer cancel()
					switch i % 4 {
					case 1:
						b.Author.SetID(1 << 40)
					case 2:
						cancel()
					}
					all.Go(func() {
						a, err := b.Author.Fetch(ctx)
						switch i % 4 {
						case 1:
							require.ErrorIs(t, err, orm.ErrNotFound)
							return
						case 2:
							require.ErrorIs(t, err, context.Canceled)
							return
						}
						require.NoError(t, err)
						require.Equal(t, "Ann", a.Name)
						p, err := a.Profile.Fetch(ctx)
						require.NoError(t, err)
						require.Equal(t, "writes", p.Bio)
						a.Name = "mine"
					})
				}
				all.Wait()
				require.LessOrEqual(t, s.ops.Load()-before, int64(300))
				return nil
			}
			if f == nil {
				require.NoError(t, run(ctx))
			} else {
				require.NoError(t, orm.Atomic(ctx, run))
			}
		})
	}
}
