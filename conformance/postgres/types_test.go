package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
	"github.com/vinyl-edge/vinyl/host/hosttest"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/fn"
)

// Course has every type that is PostgreSQL's own.
type Course struct {
	orm.Model[Course]
	Title  string                           `orm:"type=CITextField,unique"`
	Tags   orm.Array[string]                `orm:"max_length=20"`
	Rates  orm.Array[orm.Null[orm.Decimal]] `orm:"digits=5,places=2,size=3"`
	Grid   orm.Array[orm.Array[int32]]
	Days   orm.Array[orm.Date]
	Flags  orm.Array[bool]
	Spans  orm.Array[orm.Range[int32]]
	Breaks orm.Array[time.Duration]
	Seats  orm.Range[int32]
	Prices orm.Null[orm.Range[orm.Decimal]]
	Term   orm.Range[orm.Date]
	Open   orm.Range[time.Time]
	Attrs  orm.HStore
	More   orm.Null[orm.Array[int64]]
}

var Courses = orm.Register[Course]()

func init() {
	orm.RequireExtension("pg_trgm")
	orm.RequireExtension("unaccent")
}

func school(t *testing.T) context.Context {
	return hosttest.New(t, &guest.App{Name: "school"}, hosttest.Options{DB: pgtest.URL(t), Log: slog.New(slog.DiscardHandler)}).Context()
}

var (
	spring  = orm.Date{Year: 2026, Month: 3, Day: 1}
	summer  = orm.Date{Year: 2026, Month: 6, Day: 1}
	morning = time.Date(2026, 3, 1, 8, 0, 0, 123000, time.UTC)
)

func painting() *Course {
	return &Course{
		Title: "Crème brûlée", Tags: orm.Array[string]{"food", `odd "one", {really}\`, "NULL", ""},
		Rates: orm.Array[orm.Null[orm.Decimal]]{orm.Some(orm.Decimal("1.50")), {}},
		Grid:  orm.Array[orm.Array[int32]]{{1, 2}, {3, 4}}, Days: orm.Array[orm.Date]{spring, summer}, Flags: orm.Array[bool]{true, false},
		Spans: orm.Array[orm.Range[int32]]{orm.Between[int32](1, 3), {Empty: true}}, Breaks: orm.Array[time.Duration]{90 * time.Second, -48 * time.Hour},
		Seats: orm.Between[int32](5, 20), Prices: orm.Some(orm.Range[orm.Decimal]{Upper: orm.Some(orm.Decimal("9.5")), UpperIn: true}),
		Term: orm.Between(spring, summer), Open: orm.Range[time.Time]{Lower: orm.Some(morning)},
		Attrs: orm.HStore{"level": orm.Some(`"high" => \`), "room": {}},
	}
}

func TestRoundTrip(t *testing.T) {
	ctx := school(t)
	saved := painting()
	require.NoError(t, saved.Save(ctx))
	got, err := Courses.Get(ctx, "id", saved.ID)
	require.NoError(t, err)
	for _, c := range [][2]any{
		{saved.Tags, got.Tags},
		{saved.Rates, got.Rates},
		{saved.Grid, got.Grid},
		{saved.Days, got.Days},
		{saved.Flags, got.Flags},
		{saved.Spans, got.Spans},
		{saved.Breaks, got.Breaks},
		{saved.Seats, got.Seats},
		{saved.Prices, got.Prices},
		{saved.Term, got.Term},
		{saved.Open, got.Open},
		{saved.Attrs, got.Attrs},
		{saved.More, got.More},
	} {
		require.Equal(t, c[0], c[1])
	}
	empty := &Course{Title: "Nothing", More: orm.Some(orm.Array[int64]{})}
	require.NoError(t, empty.Save(ctx))
	got, err = Courses.Get(ctx, "id", empty.ID)
	require.NoError(t, err)
	require.Empty(t, got.Tags)
	require.Empty(t, got.Attrs)
	require.False(t, got.Seats.Lower.Valid)
	require.True(t, got.More.Valid)
	require.Empty(t, got.More.V)

	got.Tags, got.Attrs = append(got.Tags, "a"), orm.Pairs("k", "v")
	require.NoError(t, got.Save(ctx))
	n, err := Courses.Filter("tags", orm.Array[string]{"a"}, "attrs__contains", orm.Pairs("k", "v")).Update(ctx, "tags", orm.Array[string]{"b", "c"}, "seats", orm.Between[int32](1, 2))
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	got, err = Courses.Get(ctx, "tags__len", 2)
	require.NoError(t, err)
	require.Equal(t, orm.Array[string]{"b", "c"}, got.Tags)
	require.Equal(t, orm.Between[int32](1, 2), got.Seats)
}

func TestLookups(t *testing.T) {
	ctx := school(t)
	require.NoError(t, painting().Save(ctx))
	for _, c := range []struct {
		lookup string
		v      any
		found  bool
	}{
		{"title", "crème BRÛLÉE", true}, // citext
		{"title__unaccent__istartswith", "creme", true},
		{"title__trigram_similar", "creme brulee", false},
		{"title__search", "crème", true},
		{"tags__contains", []string{"food"}, true},
		{"tags__contained_by", []string{"food"}, false},
		{"tags__overlap", orm.Array[string]{"x", "NULL"}, true},
		{"tags__0", "food", true},
		{"tags__0_1", []string{"food"}, true},
		{"grid__1__0", 3, true},
		{"days__contains", []orm.Date{spring}, true},
		{"rates__1__isnull", true, true},
		{"seats__contains", 19, true},
		{"seats__contains", 20, false},
		{"seats__overlap", orm.Between[int32](19, 100), true},
		{"seats__fully_lt", orm.Between[int32](20, 30), true},
		{"seats__startswith", 5, true},
		{"prices__upper_inc", true, true},
		{"prices__lower_inf", true, true},
		{"term__contains", spring, true},
		{"open__contains", morning, true},
		{"open__contains", morning.Add(-time.Second), false},
		{"attrs__has_key", "room", true},
		{"attrs__level__contains", "high", true},
		{"attrs__keys__contains", []string{"level"}, true},
		{"attrs__room__isnull", true, true},
		{"id__contained_by", orm.Range[int64]{}, true},
		{"more__isnull", true, true},
	} {
		found, err := Courses.Filter(c.lookup, c.v).Exists(ctx)
		require.NoError(t, err, c.lookup)
		require.Equal(t, c.found, found, "%s %v", c.lookup, c.v)
	}
}

func TestFunctions(t *testing.T) {
	ctx := school(t)
	row, err := Courses.Aggregate(ctx, fn.ArrayAgg("title").As("titles"), fn.StringAgg("title", ";").As("joined"))
	require.NoError(t, err)
	require.Equal(t, []any{}, row.Get("titles"))
	require.Empty(t, row.String("joined"))
	for _, name := range []string{"b", "a"} {
		require.NoError(t, (&Course{Title: name, Term: orm.Between(spring, summer)}).Save(ctx))
	}
	row, err = Courses.Aggregate(ctx, fn.ArrayAgg("title").OrderBy("-title").As("titles"), fn.StringAgg("title", ";").OrderBy(fn.Lower("title")).As("joined"),
		fn.ArrayAgg("term").Distinct().As("terms"), fn.BoolAnd(orm.Q("seats__isempty", false)).As("all"))
	require.NoError(t, err)
	require.Equal(t, []any{"b", "a"}, row.Get("titles"))
	require.Equal(t, "a;b", row.String("joined"))
	require.Equal(t, []any{orm.Range[any]{Lower: orm.Some[any](spring), Upper: orm.Some[any](summer)}}, row.Get("terms"))
	require.True(t, row.Bool("all"))

	found, err := Courses.Annotate(fn.SearchRank(fn.SearchVector("title").With("config", "simple"), fn.SearchQuery("a").With("config", "simple")).As("rank")).
		Filter("rank__gt", 0).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, found)
	found, err = Courses.Annotate(fn.TrigramSimilarity("title", "b").As("like")).Filter("like__gt", 0.9).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, found)
}

// tb is a test that is expected to fail.
type tb struct {
	testing.TB
	said string
}

func (b *tb) Fatalf(format string, args ...any) {
	b.said = fmt.Sprintf(format, args...)
	panic(b)
}

// SQLite refuses the models, and says who has their types.
func TestOnlyPostgres(t *testing.T) {
	b := &tb{TB: t}
	require.Panics(t, func() {
		hosttest.New(b, &guest.App{Name: "school"}, hosttest.Options{Log: slog.New(slog.DiscardHandler)})
	})
	require.Contains(t, b.said, "which only PostgreSQL has")
}
