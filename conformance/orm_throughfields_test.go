package conformance

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

func playerNames(t *testing.T, ctx context.Context, qs *orm.QuerySet[Player]) []string {
	t.Helper()
	names, err := orm.Flat[string](qs.OrderBy("name"), "name").Fetch(ctx)
	require.NoError(t, err)
	return names
}

func TestThroughFields(t *testing.T) {
	s, ctx := newShop(t)
	player := func(name string) *Player { return create(t, ctx, Players, &Player{Name: name}) }
	a, b, c := player("a"), player("b"), player("c")
	team := create(t, ctx, Teams, &Team{Name: "t"})
	members := func() []string { return playerNames(t, ctx, team.Members.Query()) }

	s.costs(t, 4, func() { // begin, who is there, insert, commit
		require.NoError(t, team.Members.Writing(orm.ThroughDefaults("inviter", c)).Add(ctx, a, b))
	})
	require.Equal(t, []string{"a", "b"}, members())
	require.Equal(t, []string{"c", "c"}, playerNames(t, ctx, team.Inviters.Query()), "the same rows by another key")
	n, err := a.Teams.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = c.Teams.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 0, n, "an inviter is no member")
	n, err = c.Seen.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, n)

	require.NoError(t, team.Members.Remove(ctx, a))
	require.Equal(t, []string{"b"}, members())
	require.NoError(t, team.Members.Set(ctx, a, c))
	require.Equal(t, []string{"a", "c"}, members())
	require.Empty(t, playerNames(t, ctx, team.Inviters.Query()), "set has made rows without one")
	found, err := Teams.Get(ctx, "members__name", "c")
	require.NoError(t, err)
	require.Equal(t, team.ID, found.ID)
	exists, err := Teams.Filter("inviters__name", "c").Exists(ctx)
	require.NoError(t, err)
	require.False(t, exists)

	s.costs(t, 2, func() {
		teams, err := Teams.PrefetchRelated("members").Fetch(ctx)
		require.NoError(t, err)
		rows, err := teams[0].Members.Rows()
		require.NoError(t, err)
		require.Len(t, rows, 2)
	})
	s.costs(t, 2, func() {
		players, err := Players.OrderBy("name").PrefetchRelated("teams").Fetch(ctx)
		require.NoError(t, err)
		for i, want := range []int{1, 0, 1} {
			rows, err := players[i].Teams.Rows()
			require.NoError(t, err)
			require.Len(t, rows, want, players[i].Name)
		}
	})
	require.NoError(t, team.Members.Clear(ctx))
	require.Empty(t, members())
}

func TestThroughFieldsOfItself(t *testing.T) {
	s, ctx := newShop(t)
	player := func(name string) *Player { return create(t, ctx, Players, &Player{Name: name}) }
	a, b, c := player("a"), player("b"), player("c")

	require.NoError(t, a.Pals.Add(ctx, b, c))
	links, err := Pals.OrderBy("id").Fetch(ctx)
	require.NoError(t, err)
	require.Len(t, links, 2)
	require.Equal(t, []orm.Key{a.PK(), {}, b.PK()}, []orm.Key{links[0].Of.Key(), links[0].By.Key(), links[0].Pal.Key()})
	require.Equal(t, []string{"b", "c"}, playerNames(t, ctx, a.Pals.Query()))
	require.Equal(t, []string{"a"}, playerNames(t, ctx, b.PalOf.Query()))
	require.Empty(t, playerNames(t, ctx, b.Pals.Query()), "it holds one way")
	require.NoError(t, a.Pals.Remove(ctx, b))
	require.NoError(t, a.Pals.Set(ctx, b))
	s.costs(t, 3, func() {
		players, err := Players.OrderBy("name").PrefetchRelated("pals", "pal_of").Fetch(ctx)
		require.NoError(t, err)
		for i, want := range [][2]int{{1, 0}, {0, 1}, {0, 0}} {
			pals, err := players[i].Pals.Rows()
			require.NoError(t, err)
			of, err := players[i].PalOf.Rows()
			require.NoError(t, err)
			require.Equal(t, want, [2]int{len(pals), len(of)}, players[i].Name)
		}
	})

	require.NoError(t, a.Mates.Add(ctx, b))
	mates, err := Mates.OrderBy("id").Fetch(ctx)
	require.NoError(t, err)
	require.Len(t, mates, 2, "it holds both ways")
	require.Equal(t, []orm.Key{b.PK(), {}, a.PK()}, []orm.Key{mates[1].One.Key(), mates[1].By.Key(), mates[1].Other.Key()})
	require.Equal(t, []string{"a"}, playerNames(t, ctx, b.Mates.Query()))
	require.NoError(t, b.Mates.Clear(ctx))
	n, err := Mates.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 0, n)
}
