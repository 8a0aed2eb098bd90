package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"
	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

// TestToField holds that relations that point to another field than the key do
// so everywhere: ids and codes are never alike here.
func TestToField(t *testing.T) {
	s, ctx := newShop(t)
	create(t, ctx, Ports, &Port{Code: "x", Name: "nobody's"})
	kiel, oslo := create(t, ctx, Ports, &Port{Code: "DEKEL", Name: "Kiel"}), create(t, ctx, Ports, &Port{Code: "NOOSL", Name: "Oslo"})
	color := create(t, ctx, Ships, &Ship{Name: "Color", Home: orm.To(oslo), Last: orm.To(kiel)})
	require.Equal(t, orm.TextKey("NOOSL"), color.Home.Key())
	create(t, ctx, Ships, &Ship{Name: "Tramp", Home: orm.To(kiel)})

	got, err := Ships.Get(ctx, "home", oslo)
	require.NoError(t, err)
	require.Equal(t, "Color", got.Name)
	port, err := got.Home.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, "Oslo", port.Name)
	got.Home.SetKey(orm.TextKey("DEKEL"))
	port, err = got.Home.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, "Kiel", port.Name)
	require.NoError(t, got.Refresh(ctx))

	count := func(qs *orm.QuerySet[Ship]) int {
		t.Helper()
		n, err := qs.Count(ctx)
		require.NoError(t, err)
		return n
	}
	require.Equal(t, 1, count(Ships.Filter("home", kiel)))
	require.Equal(t, 2, count(Ships.Filter("home__in", []*Port{kiel, oslo})))
	require.Equal(t, 1, count(Ships.Exclude("home", kiel)))
	require.Equal(t, 1, count(Ships.Filter(orm.Q("home", oslo).And(orm.Q("last", kiel)))))
	require.Equal(t, 1, count(Ships.Filter("home", "DEKEL")))
	require.Equal(t, 2, count(Ships.Filter("home__in", Ports.Filter("name__in", []string{"Kiel", "Oslo"}))))
	both := orm.Q("home", kiel).Or(orm.Q("home", oslo))
	require.Equal(t, 2, count(Ships.Filter(both)))
	require.Equal(t, 2, count(Ships.Filter(both)), "conditions stay what they are")

	var ships []*Ship
	s.costs(t, 1, func() {
		ships, err = Ships.SelectRelated("home").OrderBy("name").Fetch(ctx)
		require.NoError(t, err)
	})
	require.Equal(t, "Oslo", ships[0].Home.Get().Name)
	s.costs(t, 2, func() {
		ships, err = Ships.PrefetchRelated("home").OrderBy("name").Fetch(ctx)
		require.NoError(t, err)
	})
	require.Equal(t, "Oslo", ships[0].Home.Get().Name)
	require.Equal(t, "Kiel", ships[1].Home.Get().Name)
	ports, err := Ports.PrefetchRelated("ships", "harbour").OrderBy("code").Fetch(ctx)
	require.NoError(t, err)
	rows, err := ports[0].Ships.Rows()
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, "Tramp", rows[0].Name)

	require.Equal(t, 1, count(kiel.Ships.Query()))
	fjord, err := kiel.Ships.Create(ctx, &Ship{Name: "Fjord"})
	require.NoError(t, err)
	require.Equal(t, orm.TextKey("DEKEL"), fjord.Home.Key())
	require.NoError(t, oslo.Ships.Add(ctx, fjord))
	require.Equal(t, 2, count(oslo.Ships.Query()))
	require.NoError(t, oslo.Ships.Remove(ctx, fjord))
	require.True(t, fjord.Home.IsNull())
	require.NoError(t, kiel.Ships.Set(ctx, fjord))
	require.Equal(t, 1, count(Ships.Filter("home__name", "Kiel")))
	n, err := Ships.Filter("name", "Fjord").Update(ctx, "home", oslo)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, 2, count(Ships.Filter("home", oslo)))
	fresh, created, err := Ships.GetOrCreate(ctx, "name", "New", "home", kiel)
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, orm.TextKey("DEKEL"), fresh.Home.Key())
	_, created, err = Ships.GetOrCreate(ctx, "name", "New", "home", kiel)
	require.NoError(t, err)
	require.False(t, created)

	require.NoError(t, kiel.Delete(ctx))
	require.NoError(t, color.Refresh(ctx))
	require.True(t, color.Last.IsNull(), "set_null by the code")
	require.Equal(t, 0, count(Ships.Filter("name", "New")), "cascade by the code")
}

func TestToFieldOne(t *testing.T) {
	s, ctx := newShop(t)
	create(t, ctx, Ports, &Port{Code: "x", Name: "nobody's"})
	oslo := create(t, ctx, Ports, &Port{Code: "NOOSL", Name: "Oslo"})
	create(t, ctx, Harbours, &Harbour{Port: orm.OneTo(oslo), Berths: 9})
	h, err := oslo.Harbour.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, 9, h.Berths)
	var ports []*Port
	for _, qs := range []*orm.QuerySet[Port]{Ports.SelectRelated("harbour"), Ports.PrefetchRelated("harbour")} {
		ports, err = qs.OrderBy("code").Fetch(ctx)
		require.NoError(t, err)
		require.Equal(t, 9, ports[0].Harbour.Get().Berths)
		s.costs(t, 0, func() { require.Same(t, ports[0], ports[0].Harbour.Get().Port.Get()) })
		require.Nil(t, ports[1].Harbour.Get())
	}
	atlantic := create(t, ctx, Oceans, &Ocean{UID: orm.UUID{7}, Name: "Atlantic"})
	ship := create(t, ctx, Ships, &Ship{Name: "A", Flag: orm.To(atlantic)})
	got, err := Ships.PrefetchRelated("flag").Get(ctx, "flag", atlantic)
	require.NoError(t, err)
	require.Equal(t, orm.UUIDKey(orm.UUID{7}), ship.Flag.Key())
	require.Equal(t, "Atlantic", got.Flag.Get().Name)
	var pe *orm.ProtectedError
	require.ErrorAs(t, atlantic.Delete(ctx), &pe)
	require.Equal(t, []orm.Key{ship.PK()}, pe.Keys)

	free := create(t, ctx, FreePorts, &FreePort{Port: Port{Code: "SGSIN", Name: "Singapore"}, Since: 1819})
	create(t, ctx, Ships, &Ship{Name: "B", Home: orm.To(&free.Port)})
	n, err := free.Ships.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	b, err := Ships.Get(ctx, "home", free)
	require.NoError(t, err)
	require.Equal(t, "B", b.Name)
	frees, err := FreePorts.PrefetchRelated("ships").Fetch(ctx)
	require.NoError(t, err)
	rows, err := frees[0].Ships.Rows()
	require.NoError(t, err)
	require.Len(t, rows, 1)
}

func TestToFieldMany(t *testing.T) {
	_, ctx := newShop(t)
	create(t, ctx, Ports, &Port{Code: "x", Name: "nobody's"})
	kiel, oslo := create(t, ctx, Ports, &Port{Code: "DEKEL", Name: "Kiel"}), create(t, ctx, Ports, &Port{Code: "NOOSL", Name: "Oslo"})
	ferry := create(t, ctx, Lines, &Line{Name: "ferry"})
	require.NoError(t, ferry.Ports.Writing(orm.ThroughDefaults("day", 3)).Add(ctx, kiel, oslo))
	names := func(qs *orm.QuerySet[Port]) []string {
		t.Helper()
		out, err := orm.Flat[string](qs.OrderBy("name"), "name").Fetch(ctx)
		require.NoError(t, err)
		return out
	}
	require.Equal(t, []string{"Kiel", "Oslo"}, names(ferry.Ports.Query()))
	calls, err := ferry.Calls.Fetch(ctx)
	require.NoError(t, err)
	require.Len(t, calls, 2)
	require.Equal(t, orm.TextKey("ferry"), calls[0].Line.Key())
	require.NoError(t, ferry.Ports.Writing(orm.ThroughDefaults("day", 4)).Set(ctx, oslo))
	require.Equal(t, []string{"Oslo"}, names(ferry.Ports.Query()))
	require.NoError(t, kiel.Routes.Writing(orm.ThroughDefaults("day", 5)).Add(ctx, ferry))
	require.NoError(t, ferry.Ports.Writing().RemoveKeys(ctx, orm.TextKey("NOOSL")))
	require.Equal(t, []string{"Kiel"}, names(ferry.Ports.Query()))
	lines, err := Lines.PrefetchRelated("ports").Fetch(ctx)
	require.NoError(t, err)
	rows, err := lines[0].Ports.Rows()
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, "Kiel", rows[0].Name)
	ports, err := Ports.PrefetchRelated("routes").OrderBy("code").Fetch(ctx)
	require.NoError(t, err)
	back, err := ports[0].Routes.Rows()
	require.NoError(t, err)
	require.Len(t, back, 1)
	n, err := Lines.Filter("ports", kiel).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = Ports.Filter("routes__in", []*Line{ferry}).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NoError(t, ferry.Delete(ctx))
	n, err = Calls.Count(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
}

// TestToFieldInExpressions: what a condition in an expression compares with a
// record is what the relation points to, wherever the expression stands.
func TestToFieldInExpressions(t *testing.T) {
	_, ctx := newShop(t)
	create(t, ctx, Ports, &Port{Code: "x", Name: "nobody's"})
	kiel, oslo := create(t, ctx, Ports, &Port{Code: "DEKEL", Name: "Kiel"}), create(t, ctx, Ports, &Port{Code: "NOOSL", Name: "Oslo"})
	create(t, ctx, Ships, &Ship{Name: "a", Home: orm.To(oslo), Last: orm.To(kiel)})
	create(t, ctx, Ships, &Ship{Name: "b", Home: orm.To(kiel)})

	atHome := orm.Case().When(orm.Q("home", kiel), "at home").When(orm.Q("home__in", []*Port{oslo}).And(orm.Q("last", kiel)), "away").Else("")
	where := func(qs *orm.QuerySet[Ship]) []any {
		t.Helper()
		rows, err := qs.Values("where").Fetch(ctx)
		require.NoError(t, err)
		var out []any
		for _, r := range rows {
			out = append(out, r.Get("where"))
		}
		return out
	}
	qs := Ships.Annotate("where", atHome).OrderBy("name")
	for range 2 { // expressions stay what they are
		require.Equal(t, []any{"away", "at home"}, where(qs))
	}
	require.Equal(t, []any{"at home", "away"}, where(Ships.Annotate("where", atHome).OrderBy(atHome.Asc())))
	n, err := Ships.Filter(orm.Q("name", orm.Case().When(orm.Q("home", kiel), "b").Else("none"))).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	row, err := Ships.Aggregate(ctx, "n", orm.Count("pk").Filter("home", oslo), "m", orm.Count(orm.Case().When(orm.Q("last", kiel), 1).Else(nil)))
	require.NoError(t, err)
	require.Equal(t, []any{int64(1), int64(1)}, []any{row.Get("n"), row.Get("m")})
	rows, err := Ports.Alias("mine", orm.FilteredRelation("ships", "ships__last", kiel)).Filter("mine__isnull", false).Fetch(ctx)
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, "Oslo", rows[0].Name)
	_, err = Ships.Update(ctx, "name", orm.Case().When(orm.Q("home", kiel), "Kieler").Else(orm.F("name")))
	require.NoError(t, err)
	n, err = Ships.Filter("name", "Kieler").Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)

	_, err = Ships.Annotate("where", orm.Case().When(orm.Q("flag", kiel), 1).Else(0)).Fetch(ctx)
	require.ErrorContains(t, err, "it leads to Ocean, not to Port")
	_, err = Ships.Aggregate(ctx, "n", orm.Count("pk").Filter("flag", kiel))
	require.ErrorContains(t, err, "it leads to Ocean, not to Port")
}
