//go:build !wasip1

// Hosts do not run in wasm, where the rest of these tests is vetted.

package fn_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/host/hosttest"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/fn"
)

// City is what the functions are called on.
type City struct {
	orm.Model[City]
	Name    string `orm:"max_length=50"`
	Code    string `orm:"max_length=10"`
	Height  int
	Slope   float64
	Founded time.Time
}

var Cities = orm.Register[City]()

func TestFunctions(t *testing.T) {
	ctx := hosttest.New(t, &guest.App{Name: "fn"}, hosttest.Options{Log: slog.New(slog.DiscardHandler)}).Context()
	require.NoError(t, (&City{Name: " Ulm ", Code: "12", Height: -478, Slope: 0.5, Founded: time.Date(2024, 2, 29, 13, 14, 15, 0, time.UTC)}).Save(ctx))
	for _, c := range []struct {
		x    orm.Expr
		want any
	}{
		{fn.Lower("name"), " ulm "},
		{fn.Upper("name"), " ULM "},
		{fn.Trim("name"), "Ulm"},
		{fn.LTrim("name"), "Ulm "},
		{fn.RTrim("name"), " Ulm"},
		{fn.Reverse("name"), " mlU "},
		{fn.Length("name"), int64(5)},
		{fn.Ord(fn.Trim("name")), int64('U')},
		{fn.Concat(fn.Trim("name"), orm.Value("-"), "code"), "Ulm-12"},
		{fn.Left("code", 1), "1"},
		{fn.Right("code", 1), "2"},
		{fn.Substr("name", 2, 2), "Ul"},
		{fn.Substr("name", 3), "lm "},
		{fn.Replace("name", "U", "O"), " Olm "},
		{fn.Repeat("code", 2), "1212"},
		{fn.LPad("code", 4, "0"), "0012"},
		{fn.RPad("code", 3, "x"), "12x"},
		{fn.StrIndex("name", "lm"), int64(3)},
		{fn.MD5("code"), "c20ad4d76fe97759aa27a0c99bff6710"},
		{fn.Abs("height"), int64(478)},
		{fn.Ceil("slope"), 1.0},
		{fn.Floor("slope"), 0.0},
		{fn.Sign("height"), int64(-1)},
		{fn.Sqrt(orm.F("slope").Mul(8)), 2.0},
		{fn.Round(fn.Exp("slope"), 2), 1.65},
		{fn.Round(fn.Pi()), 3.0},
		{fn.Power("slope", 2), 0.25},
		{fn.Mod("height", 10), -8.0},
		{fn.Coalesce(fn.NullIf("code", orm.Value("12")), "name"), " Ulm "},
		{fn.Greatest("height", 3), int64(3)},
		{fn.Least("height", 3), int64(-478)},
		{fn.Cast("code", "IntegerField"), int64(12)},
		{fn.JSONObject("code", "code"), orm.JSON(`{"code":"12"}`)},
		{fn.ExtractYear("founded"), int64(2024)},
		{fn.ExtractMonth("founded"), int64(2)},
		{fn.ExtractWeekDay("founded"), int64(5)},
		{fn.ExtractIsoWeekDay("founded"), int64(4)},
		{fn.ExtractQuarter("founded"), int64(1)},
		{fn.ExtractSecond("founded"), int64(15)},
		{fn.TruncDate("founded"), orm.Date{Year: 2024, Month: 2, Day: 29}},
		{fn.TruncMonth("founded"), time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)},
		{fn.TruncWeek("founded"), time.Date(2024, 2, 26, 0, 0, 0, 0, time.UTC)},
		{fn.TruncTime("founded"), orm.Clock(13*time.Hour + 14*time.Minute + 15*time.Second)},
	} {
		row, err := Cities.Values(c.x.As("got")).Get(ctx)
		require.NoError(t, err, "%v", c.want)
		require.Equal(t, c.want, row.Get("got"))
	}
	_, err := Cities.Filter(fn.Lower("naem").Lookup("exact", "ulm")).Fetch(ctx)
	require.ErrorContains(t, err, "naem")
}
