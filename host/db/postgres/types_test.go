package postgres

import (
	"context"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
)

func read(tb testing.TB, d *DB, sql string, args ...abi.Value) [][]abi.Value {
	tb.Helper()
	r, err := dbtest.Do(context.Background(), d, db.Read, sql, args...)
	require.NoError(tb, err, sql)
	return r.Rows
}

func write(tb testing.TB, d *DB, sql string, args ...abi.Value) dbtest.Result {
	tb.Helper()
	r, err := dbtest.Do(context.Background(), d, db.Write, sql, args...)
	require.NoError(tb, err, sql)
	return r
}

// moment is a cell of a date or datetime.
func moment(s string) abi.Value {
	for _, layout := range []string{"2006-01-02 15:04:05.999999", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return abi.Int(t.UnixMicro())
		}
	}
	panic(s)
}

const day = 24 * time.Hour

func micros(d time.Duration) abi.Value { return abi.Int(d.Microseconds()) }

func kind(k abi.Kind, n int64) abi.Value { return abi.Value{Kind: k, Num: uint64(n)} }

func TestCells(t *testing.T) {
	d := opened(t, "")
	for sql, want := range map[string]abi.Value{
		"(-32768)::int2": abi.Int(-32768), "(-2147483648)::int4": abi.Int(math.MinInt32), "9223372036854775807": abi.Int(math.MaxInt64),
		"(-9223372036854775808)::int8": abi.Int(math.MinInt64), "4294967295::oid": abi.Int(math.MaxUint32),
		"1.10::numeric(9,2)": abi.Text("1.10"), "123456789012345678901234567890.123456789": abi.Text("123456789012345678901234567890.123456789"),
		"'NaN'::numeric": abi.Text("NaN"), "1e-20::numeric": abi.Text("0.00000000000000000001"), "sum(5::int8)": abi.Text("5"),
		"1.1::float4": abi.Float(1.1), "1.1::float8": abi.Float(1.1), "'Infinity'::float8": abi.Float(math.Inf(1)), "'-Infinity'::float4": abi.Float(math.Inf(-1)),
		"1e-310::float8": abi.Float(1e-310), "true": abi.Int(1), "false": abi.Int(0), "NULL::bool": abi.Null, "NULL::text": abi.Null, "NULL::int8": abi.Null,
		"'é'::text": abi.Text("é"), "''::varchar(5)": abi.Text(""), "'ab'::char(4)": abi.Text("ab  "), "'x'::name": abi.Text("x"), "'c'::\"char\"": abi.Text("c"),
		`'\x00ff'::bytea`: abi.Bytes([]byte{0, 255}), "''::bytea": abi.Bytes(nil),
		"'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid": abi.Bytes([]byte("\x6b\xa7\xb8\x10\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8")),
		`'{"a":  [1]}'::json`:                          abi.Text(`{"a":  [1]}`), `'{"a":  [1]}'::jsonb`: abi.Text(`{"a": [1]}`),
		"'10.0.0.1'::inet": abi.Text("10.0.0.1"), "'10.0.0.0/8'::inet": abi.Text("10.0.0.0/8"), "'2001:db8::1'::inet": abi.Text("2001:db8::1"),
		"'10.0.0.0/8'::cidr": abi.Text("10.0.0.0/8"), "'08:00:2b:01:02:03'::macaddr": abi.Text("08:00:2b:01:02:03"),
		"ARRAY[1,NULL,3]": abi.Text("{1,NULL,3}"), `ARRAY['a','b,"c']`: abi.Text(`{a,"b,\"c"}`), "ARRAY[1.5::float8]": abi.Text("{1.5}"),
		"int4range(1,5)": abi.Text("[1,5)"), "daterange('2024-01-02',NULL)": abi.Text("[2024-01-02,)"), "B'101'": abi.Text("101"), "(1,'x')": abi.Text("(1,x)"),

		"'2024-02-29'::date": moment("2024-02-29"), "'0001-01-01'::date": moment("0001-01-01"), "'9999-12-31'::date": moment("9999-12-31"),
		"'0044-03-15 BC'::date": abi.Int(time.Date(-43, 3, 15, 0, 0, 0, 0, time.UTC).UnixMicro()),
		"'4713-11-24 BC'::date": abi.Int(time.Date(-4712, 11, 24, 0, 0, 0, 0, time.UTC).Unix() * 1e6), "'5874897-12-31'::date": abi.Text("5874897-12-31"),
		"'infinity'::date": abi.Text("infinity"), "'-infinity'::date": abi.Text("-infinity"),
		"'2024-02-29 12:34:56.123456'::timestamp":   moment("2024-02-29 12:34:56.123456"),
		"'2024-02-29 12:34:56.5+02'::timestamptz":   moment("2024-02-29 10:34:56.5"),
		"'0044-03-15 12:00:00 BC'::timestamp":       abi.Int(time.Date(-43, 3, 15, 12, 0, 0, 0, time.UTC).UnixMicro()),
		"'0044-03-15 12:00:00+00 BC'::timestamptz":  abi.Int(time.Date(-43, 3, 15, 12, 0, 0, 0, time.UTC).UnixMicro()),
		"'294276-12-31 23:59:59.999999'::timestamp": abi.Text("294276-12-31 23:59:59.999999"),
		"'294276-12-31 23:59:59.5+00'::timestamptz": abi.Text("294276-12-31 23:59:59.5+00"),
		"'infinity'::timestamptz":                   abi.Text("infinity"),
		"'-infinity'::timestamp":                    abi.Text("-infinity"),
		"'12:34:56.789'::time":                      micros(12*time.Hour + 34*time.Minute + 56*time.Second + 789*time.Millisecond),
		"'24:00'::time":                             micros(day), "'00:00'::time": abi.Int(0), "'12:34:56+02'::timetz": abi.Text("12:34:56+02"),
		"'1 day 02:03:04.5'::interval":        micros(day + 2*time.Hour + 3*time.Minute + 4500*time.Millisecond),
		"'-1 day -00:00:00.000001'::interval": micros(-day - time.Microsecond),
		"'1 year 2 months 3 days'::interval":  micros(day * (365 + 60 + 3)),
		"'-1 month'::interval":                micros(-day * 30),
		"'178000000 years'::interval":         abi.Text("64970000000 days 0 microseconds"),
		"'-0 days'::interval":                 abi.Int(0),
	} {
		require.Equal(t, [][]abi.Value{{want}}, read(t, d, "SELECT "+sql), sql)
	}
	nan := read(t, d, "SELECT 'NaN'::float8, 'NaN'::float4")[0]
	require.True(t, math.IsNaN(nan[0].Float64()))
	require.True(t, math.IsNaN(nan[1].Float64()))
}

func TestColumnsTakeParameters(t *testing.T) {
	d := opened(t, "")
	uuid := "\x6b\xa7\xb8\x10\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8"
	for i, c := range []struct {
		typ      string
		in, want abi.Value
	}{
		{"smallint", abi.Int(-5), abi.Int(-5)},
		{"integer", abi.Int(1 << 30), abi.Int(1 << 30)},
		{"bigint", abi.Int(1 << 40), abi.Int(1 << 40)},
		{"numeric(10,2)", abi.Value{Kind: abi.KindDecimal, Str: "12345678.90"}, abi.Text("12345678.90")},
		{"numeric(10,2)", abi.Int(3), abi.Text("3.00")},
		{"numeric", abi.Float(0.1), abi.Text("0.1")},
		{"double precision", abi.Float(0.1), abi.Float(0.1)},
		{"double precision", abi.Float(5e-324), abi.Float(5e-324)},
		{"double precision", abi.Float(math.MaxFloat64), abi.Float(math.MaxFloat64)},
		{"double precision", abi.Float(math.Inf(-1)), abi.Float(math.Inf(-1))},
		{"double precision", abi.Int(7), abi.Float(7)},
		{"real", abi.Float(0.5), abi.Float(0.5)},
		{"boolean", abi.Bool(true), abi.Int(1)},
		{"varchar(10)", abi.Text("ten"), abi.Text("ten")},
		{"text", abi.Text(`'"\ {}`), abi.Text(`'"\ {}`)},
		{"char(3)", abi.Text("x"), abi.Text("x  ")},
		{"bytea", abi.Bytes([]byte("\x00\\x")), abi.Bytes([]byte("\x00\\x"))},
		{"date", kind(abi.KindDate, 19782), moment("2024-02-29")},
		{"date", kind(abi.KindDate, -719162), moment("0001-01-01")},
		{"date", abi.Text("infinity"), abi.Text("infinity")},
		{"time", kind(abi.KindClock, 86399999999), abi.Int(86399999999)},
		{"timetz", abi.Text("12:00+02"), abi.Text("12:00:00+02")},
		{"timestamp", kind(abi.KindNaive, 1709209845123456), abi.Int(1709209845123456)},
		{"timestamptz", kind(abi.KindTime, -62135596800000000), abi.Int(-62135596800000000)},
		{"timestamptz", abi.Text("2024-02-29T12:00:00+02:00"), moment("2024-02-29 10:00:00")},
		{"timestamptz", abi.Text("-infinity"), abi.Text("-infinity")},
		{"timestamptz", abi.Text("0044-03-15 BC"), abi.Int(time.Date(-43, 3, 15, 0, 0, 0, 0, time.UTC).UnixMicro())},
		{"interval", kind(abi.KindDuration, -1), abi.Int(-1)},
		{"interval", kind(abi.KindDuration, (100*day).Microseconds()+5), micros(100*day + 5*time.Microsecond)},
		{"uuid", abi.Value{Kind: abi.KindUUID, Str: uuid}, abi.Bytes([]byte(uuid))},
		{"uuid", abi.Text("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), abi.Bytes([]byte(uuid))},
		{"json", abi.Value{Kind: abi.KindJSON, Str: `{"a": null}`}, abi.Text(`{"a": null}`)},
		{"jsonb", abi.Value{Kind: abi.KindJSON, Str: `[1,"x"]`}, abi.Text(`[1, "x"]`)},
		{"jsonb", abi.Text(`{}`), abi.Text(`{}`)},
		{"inet", abi.Text("::1"), abi.Text("::1")},
		{"cidr", abi.Text("10.0.0.0/8"), abi.Text("10.0.0.0/8")},
		{"integer[]", abi.List(abi.Int(1), abi.Null, abi.Int(1<<20)), abi.Text("{1,NULL,1048576}")},
		{"text[]", abi.List(abi.Text(`a"b`), abi.Text(`c\d`), abi.Text(""), abi.Text("NULL")), abi.Text(`{"a\"b","c\\d","","NULL"}`)},
		{"integer[][]", abi.List(abi.List(abi.Int(1)), abi.List(abi.Int(2))), abi.Text("{{1},{2}}")},
		{"boolean[]", abi.List(abi.Bool(true), abi.Bool(false)), abi.Text("{t,f}")},
		{"numeric[]", abi.List(abi.Float(1.5), abi.Value{Kind: abi.KindDecimal, Str: "2.50"}), abi.Text("{1.5,2.50}")},
		{"bytea[]", abi.List(abi.Bytes([]byte{1, 2})), abi.Text(`{"\\x0102"}`)},
		{"uuid[]", abi.List(abi.Value{Kind: abi.KindUUID, Str: uuid}), abi.Text("{6ba7b810-9dad-11d1-80b4-00c04fd430c8}")},
		{"timestamptz[]", abi.List(kind(abi.KindTime, 1709209845000000)), abi.Text(`{"2024-02-29 12:30:45+00"}`)},
		{"timestamp[]", abi.List(kind(abi.KindNaive, 1709209845000001)), abi.Text(`{"2024-02-29 12:30:45.000001"}`)},
		{"date[]", abi.List(kind(abi.KindDate, 19782)), abi.Text("{2024-02-29}")},
		{"time[]", abi.List(kind(abi.KindClock, 61000000)), abi.Text("{00:01:01}")},
		{"interval[]", abi.List(kind(abi.KindDuration, -1500000)), abi.Text("{-00:00:01.5}")},
		{"jsonb[]", abi.List(abi.Value{Kind: abi.KindJSON, Str: `{"a":1}`}), abi.Text(`{"{\"a\": 1}"}`)},
		{"integer[]", abi.List(), abi.Text("{}")},
		{"int4range", abi.Text("[1,3]"), abi.Text("[1,4)")},
	} {
		sql := func(s string) string { return strings.Replace(s, "%", "t"+strconv.Itoa(i), 1) }
		write(t, d, sql("CREATE TABLE % (v "+c.typ+")"))
		write(t, d, sql("INSERT INTO % (v) VALUES ($1)"), c.in)
		write(t, d, sql("INSERT INTO % (v) VALUES ($1), ($2)"), abi.Null, c.in)
		require.Equal(t, [][]abi.Value{{c.want}, {abi.Null}, {c.want}}, read(t, d, sql("SELECT v FROM %")), c.typ)
		if c.typ != "json" {
			require.Len(t, read(t, d, sql("SELECT 1 FROM % WHERE v = $1"), c.in), 2, c.typ)
			require.Len(t, read(t, d, sql("SELECT 1 FROM % WHERE v IN ($1, $2)"), c.in, abi.Null), 2, c.typ)
		}
		require.EqualValues(t, 3, write(t, d, sql("UPDATE % SET v = $1"), c.in).Affected)
	}
}

func TestTypesOfParameters(t *testing.T) {
	d := opened(t, "")
	for _, c := range []struct {
		sql  string
		args []abi.Value
		want abi.Value
	}{
		{"pg_typeof($1)::text", []abi.Value{abi.Null}, abi.Text("text")},
		{"pg_typeof($1)::text", []abi.Value{abi.Int(1)}, abi.Text("integer")},
		{"pg_typeof($1)::text", []abi.Value{abi.Int(1 << 32)}, abi.Text("bigint")},
		{"pg_typeof($1)::text", []abi.Value{abi.Float(1)}, abi.Text("numeric")},
		{"pg_typeof($1)::text", []abi.Value{abi.Float(math.NaN())}, abi.Text("double precision")},
		{"pg_typeof($1)::text", []abi.Value{abi.Text("1")}, abi.Text("text")},
		{"pg_typeof($1)::text", []abi.Value{kind(abi.KindTime, 0)}, abi.Text("timestamp with time zone")},
		{"$1::bigint[] = $2", []abi.Value{abi.List(abi.Int(1)), abi.List(abi.Int(1))}, abi.Int(1)},
		{"substring('hello', $1, $2)", []abi.Value{abi.Int(2), abi.Int(3)}, abi.Text("ell")},
		{"repeat($1, $2)", []abi.Value{abi.Text("ab"), abi.Int(2)}, abi.Text("abab")},
		{"'2024-02-28'::date + $1", []abi.Value{abi.Int(1)}, moment("2024-02-29")},
		{"$1 || $2", []abi.Value{abi.Text("a"), abi.Text("b")}, abi.Text("ab")},
		{"concat($1, $2, $3)", []abi.Value{abi.Text("a"), abi.Null, abi.Int(1)}, abi.Text("a1")},
		{"CASE WHEN $1 IS NULL THEN $2 ELSE $3 END", []abi.Value{abi.Null, abi.Text("a"), abi.Text("b")}, abi.Text("a")},
		{"coalesce($1, $2, 5)", []abi.Value{abi.Null, abi.Null}, abi.Int(5)},
		{"3 * $1", []abi.Value{abi.Float(1.1)}, abi.Text("3.3")},
		{"5 = ANY($1)", []abi.Value{abi.List(abi.Int(4), abi.Int(5))}, abi.Int(1)},
		{"'b' = ANY($1)", []abi.Value{abi.List(abi.Text("a"), abi.Text("b"))}, abi.Int(1)},
		{"date_trunc($1, '2024-02-29 12:34:56'::timestamp)", []abi.Value{abi.Text("month")}, moment("2024-02-01")},
		{`'{"a": 1}'::jsonb -> $1`, []abi.Value{abi.Text("a")}, abi.Text("1")},
		{`'[7, 8]'::jsonb -> $1`, []abi.Value{abi.Int(1)}, abi.Text("8")},
		{"'2024-01-01'::timestamptz + $1", []abi.Value{kind(abi.KindDuration, day.Microseconds())}, moment("2024-01-02")},
	} {
		require.Equal(t, [][]abi.Value{{c.want}}, read(t, d, "SELECT "+c.sql, c.args...), "%s %v", c.sql, c.args)
	}
}

func TestValuesThatDoNotFit(t *testing.T) {
	d := opened(t, "")
	write(t, d, "CREATE TABLE t (i smallint, s varchar(3), n numeric(3,1), d date)")
	for sql, v := range map[string]abi.Value{
		"INSERT INTO t (i) VALUES ($1)": abi.Int(1 << 20), "INSERT INTO t (s) VALUES ($1)": abi.Text("four"), "INSERT INTO t (n) VALUES ($1)": abi.Float(1000),
		"INSERT INTO t (d) VALUES ($1)": abi.Text("nonsense"), "INSERT INTO t (s) VALUES (' ' || $1)": abi.Text("\x00"), "INSERT INTO t (s) VALUES ('' || $1)": abi.Text("\xff"),
		"UPDATE t SET d = $1": kind(abi.KindDate, math.MaxInt64), "UPDATE t SET i = $1": kind(200, 0),
	} {
		_, err := dbtest.Do(t.Context(), d, db.Write, sql, v)
		dbtest.Code(t, abi.CodeValue, err)
	}
}
