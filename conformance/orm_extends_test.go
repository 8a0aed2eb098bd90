package conformance

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

func TestExtends(t *testing.T) {
	s, ctx := newShop(t)
	create(t, ctx, Places, &Place{Name: "park"})
	c := &Cafe{Place: Place{Name: "luigi", Street: orm.Some("Main")}, Seats: 20}
	s.costs(t, 4, func() { require.NoError(t, c.Save(ctx)) }) // begin, two inserts, commit
	require.EqualValues(t, 2, c.ID)
	require.EqualValues(t, 2, c.Place.ID)
	require.Equal(t, orm.IntKey(2), c.PlacePtr.Key())
	require.True(t, c.Stored() && c.Place.Stored())

	c.Seats, c.Name = 21, "mario"
	s.costs(t, 4, func() { require.NoError(t, c.Save(ctx)) })
	var got *Cafe
	var err error
	s.costs(t, 1, func() {
		got, err = Cafes.Get(ctx, "name", "mario", "seats", 21)
		require.NoError(t, err)
	})
	require.Equal(t, c.ID, got.ID)
	require.Equal(t, "Main", got.Street.V)
	require.True(t, got.Place.Stored())

	v := create(t, ctx, Visits, &Visit{Place: orm.To(&got.Place), Day: 5})
	n, err := got.Visits.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n, "a relation of the parent is one of the child")
	n, err = Visits.Filter("place", got).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = Visits.Filter("place__cafe__seats__gt", 20).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	ann := create(t, ctx, Authors, &Author{Name: "Ann"})
	require.NoError(t, got.Friends.Add(ctx, ann))
	n, err = Cafes.Filter("friends", ann).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)

	places, err := Places.SelectRelated("cafe").Fetch(ctx)
	require.NoError(t, err)
	require.Len(t, places, 2)
	require.Equal(t, "mario", places[0].Name)
	require.Equal(t, 21, places[0].Cafe.Get().Seats)
	require.Equal(t, "mario", places[0].Cafe.Get().Name, "the parent's columns are the child's")
	require.Nil(t, places[1].Cafe.Get())

	n, err = Cafes.Filter("seats", 21).Update(ctx, "seats", 9, "street", "Side")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NoError(t, got.Refresh(ctx))
	require.Equal(t, "Side", got.Street.V)
	require.Equal(t, 9, got.Seats)
	got.Place.Name = "as a place"
	require.NoError(t, got.Place.Save(ctx))
	cs, err := Cafes.Only("seats").Fetch(ctx)
	require.NoError(t, err)
	require.True(t, cs[0].Deferred("name") && cs[0].Place.Deferred("name"))

	require.NoError(t, got.Delete(ctx))
	require.Zero(t, got.ID)
	require.Zero(t, got.Place.ID)
	require.False(t, got.Place.Stored())
	n, err = Places.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.ErrorIs(t, v.Refresh(ctx), orm.ErrNotFound)
}

func TestExtendsFurther(t *testing.T) {
	_, ctx := newShop(t)
	h := &Teahouse{Cafe: Cafe{Place: Place{Name: "orchid"}, Seats: 8}, Sorts: 40}
	require.NoError(t, h.Save(ctx))
	require.True(t, h.ID == 1 && h.Cafe.ID == 1 && h.Place.ID == 1)
	got, err := Teahouses.Get(ctx, "name", "orchid", "seats", 8)
	require.NoError(t, err)
	require.Equal(t, 40, got.Sorts)
	cafe, err := Cafes.Get(ctx, "teahouse__sorts", 40)
	require.NoError(t, err)
	require.Equal(t, "orchid", cafe.Name)
	require.NoError(t, got.Delete(ctx, orm.KeepParents()))
	n, err := Cafes.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)

	l := &Library{Rating: Rating{Stars: 4}, Place: Place{Name: "books"}, Shelves: 7}
	require.NoError(t, l.Save(ctx))
	require.EqualValues(t, 1, l.Rating.ID)
	require.EqualValues(t, 2, l.Place.ID)
	lib, err := Libraries.Get(ctx, "stars", 4, "name", "books")
	require.NoError(t, err)
	require.Equal(t, 7, lib.Shelves)
	gone, err := Libraries.Delete(ctx)
	require.NoError(t, err)
	require.Equal(t, 3, gone)

	again := &Cafe{Place: Place{Name: "second"}, Seats: 1}
	again.ID = 77
	require.NoError(t, again.Save(ctx))
	require.EqualValues(t, 77, again.Place.ID)
}

func TestProxy(t *testing.T) {
	s, ctx := newShop(t)
	create(t, ctx, Places, &Place{Name: "a", Street: orm.Some("z")})
	l := &Local{Place: Place{Name: "b", Street: orm.Some("y")}}
	s.costs(t, 1, func() { require.NoError(t, l.Save(ctx)) })
	require.EqualValues(t, 2, l.ID)
	require.EqualValues(t, 2, l.Place.ID)
	list, err := Locals.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, "b", list[0].Name, "in an order of its own")
	require.EqualValues(t, 2, list[0].ID)
	n, err := Places.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, n, "they are in one table")
	create(t, ctx, Visits, &Visit{Place: orm.To(&l.Place)})
	require.NoError(t, l.Delete(ctx))
	n, err = Visits.Count(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
}

// What is extended hears of what extends it.
func TestExtendsSignals(t *testing.T) {
	_, ctx := newShop(t)
	var seen []string
	defer orm.OnPreDelete(func(_ context.Context, e orm.DeleteEvent[Place]) error {
		seen = append(seen, "place "+e.Record.Name)
		return nil
	})()
	defer orm.OnPreDelete(func(_ context.Context, e orm.DeleteEvent[Cafe]) error {
		seen = append(seen, "cafe "+e.Record.Name)
		return nil
	})()
	defer orm.OnPostSave(func(_ context.Context, e orm.SaveEvent[Place]) error {
		seen = append(seen, "saved place "+e.Record.Name)
		return nil
	})()
	create(t, ctx, Cafes, &Cafe{Place: Place{Name: "c"}})
	_, err := Cafes.Delete(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"cafe c", "place c"}, seen, "a save is of one record, a deletion of the rows")
}
