package conformance

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

func songs(t testing.TB, ctx context.Context, l *Playlist) []string {
	t.Helper()
	names, err := orm.Flat[string](l.Songs.Query(), "title").Fetch(ctx)
	require.NoError(t, err)
	return names
}

func TestAbstractBase(t *testing.T) {
	_, ctx := newShop(t)
	d := stock(t, ctx)
	l := &Playlist{Name: "evening"}
	l.MadeBy.Set(d.ann)
	require.NoError(t, l.Save(ctx))
	got, err := Playlists.SelectRelated("made_by").Get(ctx, "made_by__name", "Ann", "made__isnull", false)
	require.NoError(t, err)
	require.Equal(t, "Ann", got.MadeBy.Get().Name)
	require.Equal(t, l.Made, got.Made)
	create(t, ctx, Songs, &Song{Title: "So What", Playlist: orm.To(l), Stamped: Stamped{MadeBy: orm.To(d.bob)}})
	n, err := Authors.Filter("song_made__title", "So What").Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n, "each model's relation has its own name")
	n, err = Authors.Filter("playlist_made__name", "evening").Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestOrderInRelation(t *testing.T) {
	s, ctx := newShop(t)
	l, other := create(t, ctx, Playlists, &Playlist{Name: "a"}), create(t, ctx, Playlists, &Playlist{Name: "b"})
	var all []*Song
	for _, title := range []string{"x", "y", "z"} {
		all = append(all, create(t, ctx, Songs, &Song{Title: title, Playlist: orm.To(l)}))
	}
	alone := create(t, ctx, Songs, &Song{Title: "alone", Playlist: orm.To(other)})
	require.Equal(t, []int{0, 1, 2, 0}, []int{all[0].Position, all[1].Position, all[2].Position, alone.Position})
	require.Equal(t, []string{"x", "y", "z"}, songs(t, ctx, l))
	s.costs(t, 1, func() {
		require.NoError(t, l.Songs.SetOrder(ctx, all[2].PK(), all[0].PK(), all[1].PK()))
	})
	require.Equal(t, []string{"z", "x", "y"}, songs(t, ctx, l))
	keys, err := l.Songs.Order(ctx)
	require.NoError(t, err)
	require.Equal(t, []orm.Key{all[2].PK(), all[0].PK(), all[1].PK()}, keys)
	next, err := all[2].NextInOrder(ctx)
	require.NoError(t, err)
	require.Equal(t, "x", next.Title)
	prev, err := next.PreviousInOrder(ctx)
	require.NoError(t, err)
	require.Equal(t, "z", prev.Title)
	_, err = prev.PreviousInOrder(ctx)
	require.ErrorIs(t, err, orm.ErrNotFound)
	_, err = alone.NextInOrder(ctx)
	require.ErrorIs(t, err, orm.ErrNotFound)

	last := create(t, ctx, Songs, &Song{Title: "last", Playlist: orm.To(l)})
	require.Equal(t, 3, last.Position)
	author := create(t, ctx, Authors, &Author{Name: "n"})
	_, err = author.NextInOrder(ctx)
	require.ErrorContains(t, err, "order_in")
	require.ErrorContains(t, author.Books.SetOrder(ctx), "order_in=author")
}

func TestRelatedGetOrCreate(t *testing.T) {
	s, ctx := newShop(t)
	d := stock(t, ctx)
	c := create(t, ctx, Clubs, &Club{Name: "Crime"})
	room, created, err := c.Rooms.GetOrCreate(ctx, "name", "bar")
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, c.ID, room.Club.ID())
	s.costs(t, 1, func() {
		again, created, err := c.Rooms.GetOrCreate(ctx, "name", "bar")
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, room.ID, again.ID)
	})
	other := create(t, ctx, Clubs, &Club{Name: "Poems"})
	_, created, err = other.Rooms.GetOrCreate(ctx, "name", "bar")
	require.NoError(t, err)
	require.True(t, created, "that of another club is none of its own")
	room, created, err = c.Rooms.UpdateOrCreate(ctx, "name", "bar", orm.Defaults("name", "pub"))
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, "pub", room.Name)

	joins := c.Members.Writing(orm.ThroughDefaults("role", "guest"))
	ann, created, err := joins.GetOrCreate(ctx, "name", "Ann")
	require.NoError(t, err)
	require.True(t, created, "the Ann who is there is no member")
	require.NotEqual(t, d.ann.ID, ann.ID)
	_, created, err = joins.GetOrCreate(ctx, "name", "Ann")
	require.NoError(t, err)
	require.False(t, created)
	_, created, err = joins.UpdateOrCreate(ctx, "name", "Zoe", orm.Defaults("name", "Zoë"))
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, map[string]string{"Ann": "guest", "Zoë": "guest"}, roles(t, ctx, c))
	_, _, err = (&Club{}).Rooms.GetOrCreate(ctx, "name", "x")
	require.ErrorIs(t, err, orm.ErrNotSaved)
}
