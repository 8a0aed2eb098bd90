package sqlite

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/planner"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// What the plain dialect writes in SQLite's own functions is what the functions
// that Django registers give.
func TestPlainSQL(t *testing.T) {
	if testing.Short() {
		t.Skip("much SQL, nothing shared: not with -short, with which the race detector runs")
	}
	d := file(t)
	full, plain := rawOf(t, d, false), rawOf(t, d, true)
	reg := &schema.Registry{Models: []schema.Model{{App: "t", Name: "T", Table: "t", Fields: []schema.Field{
		{Name: "id", Column: "id", Type: "AutoField", PK: true},
		{Name: "at", Column: "at", Type: "DateTimeField", Null: true},
		{Name: "day", Column: "day", Type: "DateField"},
		{Name: "clock", Column: "clock", Type: "TimeField"},
		{Name: "span", Column: "span", Type: "DurationField"},
		{Name: "n", Column: "n", Type: "IntegerField"},
		{Name: "s", Column: "s", Type: "CharField", MaxLength: 50},
		{Name: "f", Column: "f", Type: "FloatField"},
	}}}}
	_, _, err := runRaw(t.Context(), full, "CREATE TABLE t (id integer PRIMARY KEY, at datetime, day date, clock time, span bigint, n integer, s varchar(50), f real)")
	require.NoError(t, err)
	days := []string{"2023-12-31", "2024-01-01", "2024-02-29", "2024-12-30", "2021-01-03", "1999-06-15", "0003-01-02", "9998-12-31", "2020-11-30", "2026-03-01"}
	clocks := []string{"00:00:00", "23:59:59.999999", "12:30:15.500000", "06:07:08.000001", "23:59:59.999600"}
	for i, day := range days {
		for j, clock := range clocks {
			span := abi.Int(int64(i*86_400_000_000 - j*3_600_000_001))
			_, _, err := runRaw(t.Context(), full, "INSERT INTO t (at, day, clock, span, n, s, f) VALUES (?, ?, ?, ?, ?, ?, ?)",
				abi.Text(day+" "+clock), abi.Text(day), abi.Text(clock), span, abi.Int(int64(i-2)), abi.Text([]string{"", "é😀x", "abcdef"}[j%3]), abi.Float(float64(j)+0.5))
			require.NoError(t, err)
		}
	}
	_, _, err = runRaw(t.Context(), full, "INSERT INTO t (at) VALUES (NULL)")
	require.NoError(t, err)

	ref := func(name string) query.Expr { return &query.Ref{Name: name} }
	call := func(name string, args ...query.Expr) query.Expr { return &query.Func{Name: name, Args: args} }
	value := func(v abi.Value) query.Expr { return &query.Param{Value: v} }
	combined := func(op, l, r string) query.Expr { return &query.Combined{Op: op, L: ref(l), R: ref(r)} }
	exprs := map[string]query.Expr{
		"reverse": call("Reverse", ref("s")), "repeat": call("Repeat", ref("s"), ref("n")), "lpad": call("LPad", ref("s"), ref("n"), value(abi.Text("-="))),
		"rpad": call("RPad", ref("s"), ref("n"), value(abi.Text("-="))), "cot": call("Cot", ref("f")), "xor": combined("#", "n", "id"),
		"at+span": combined("+", "at", "span"), "at-span": combined("-", "at", "span"), "span+at": combined("+", "span", "at"), "day+span": combined("+", "day", "span"), "day-span": combined("-", "day", "span"),
		"truncdate": call("TruncDate", ref("at")), "trunctime": call("TruncTime", ref("at")),
	}
	for _, part := range []string{"Year", "IsoYear", "Month", "Day", "Week", "WeekDay", "IsoWeekDay", "Quarter", "Hour", "Minute", "Second"} {
		exprs["at"+part] = call("Extract"+part, ref("at"))
		switch part {
		case "Hour", "Minute", "Second":
			exprs["clock"+part] = call("Extract"+part, ref("clock"))
			exprs["clocktrunc"+part] = call("Trunc"+part, ref("clock"))
		default:
			exprs["day"+part] = call("Extract"+part, ref("day"))
		}
		switch part {
		case "IsoYear", "WeekDay", "IsoWeekDay":
		default:
			exprs["attrunc"+part] = call("Trunc"+part, ref("at"))
			if part != "Hour" && part != "Minute" && part != "Second" {
				exprs["daytrunc"+part] = call("Trunc"+part, ref("day"))
			}
		}
	}
	for _, zone := range []string{"UTC", "UTC+05:30", "UTC-03:00"} {
		loc, err := planner.Location(zone)
		require.NoError(t, err)
		for name, e := range exprs {
			q := &query.Query{Model: "t.T", Verb: query.VerbSelect, Steps: []query.Step{
				{Kind: query.StepAnnotate, Named: []query.Named{{Name: "x", Expr: e}}}, {Kind: query.StepValues, Names: []string{"id", "x"}}, {Kind: query.StepOrderBy, Names: []string{"id"}},
			}}
			shape, params := query.Encode(q, nil)
			var got [2][][]abi.Value
			for i, dialect := range []string{"sqlite", "sqlite-plain"} {
				dl := planner.DialectOf(dialect)
				dl.Zone = loc
				p, err := planner.New(reg, dl)
				require.NoError(t, err)
				st, err := p.Statement(string(shape), params)
				require.NoError(t, err, "%s %s", name, dialect)
				args, err := st.Args(params, nil)
				require.NoError(t, err)
				got[i], _, err = runRaw(t.Context(), []*Raw{full, plain}[i], st.SQL, args...)
				require.NoError(t, err, "%s %s: %s", name, dialect, st.SQL)
			}
			for i := range got[0] {
				require.Equal(t, fmt.Sprint(got[0][i]), fmt.Sprint(got[1][i]), "%s %s row %d", name, zone, i)
			}
		}
	}
}
