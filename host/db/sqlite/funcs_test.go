package sqlite

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
)

// The expected values are those of Django 4.2's own functions, but for the last
// of the statistics, which Python's sqlite3 refuses.
func TestFunctions(t *testing.T) {
	d := file(t)
	for sql, want := range map[string]abi.Value{
		`django_date_extract('year', '2024-02-29')`:                                      abi.Int(2024),
		`django_date_extract('week', '2021-01-03')`:                                      abi.Int(53),
		`django_date_extract('iso_year', '2021-01-03')`:                                  abi.Int(2020),
		`django_date_extract('week_day', '2021-01-03')`:                                  abi.Int(1),
		`django_date_extract('iso_week_day', '2021-01-03')`:                              abi.Int(7),
		`django_date_extract('quarter', '2021-07-03')`:                                   abi.Int(3),
		`django_date_extract('year', 'nonsense')`:                                        abi.Null,
		`django_date_extract('year', '2023-02-30')`:                                      abi.Null,
		`django_date_extract('year', NULL)`:                                              abi.Null,
		`django_datetime_extract('hour', '2024-01-01 23:30:00', 'Europe/Berlin', 'UTC')`: abi.Int(0),
		`django_datetime_extract('day', '2024-01-01 23:30:00', 'Europe/Berlin', 'UTC')`:  abi.Int(2),
		`django_datetime_extract('hour', '2024-07-01 12:00:00', 'UTC+05:30', 'UTC')`:     abi.Int(17),
		`django_datetime_extract('second', '2024-07-01 12:00:07.25', NULL, NULL)`:        abi.Int(7),
		`django_datetime_extract('microsecond', '2024-07-01 12:00:07.25', NULL, NULL)`:   abi.Int(250000),
		`django_datetime_trunc('week', '2024-05-02 10:11:12', 'UTC', 'UTC')`:             abi.Text("2024-04-29 00:00:00"),
		`django_datetime_trunc('quarter', '2024-05-02 10:11:12', 'UTC', 'UTC')`:          abi.Text("2024-04-01 00:00:00"),
		`django_datetime_trunc('minute', '2024-05-02 10:11:12.5', NULL, NULL)`:           abi.Text("2024-05-02 10:11:00"),
		`django_date_trunc('month', '2024-05-31', NULL, NULL)`:                           abi.Text("2024-05-01"),
		`django_date_trunc('year', '2024-12-31 23:30:00', 'Europe/Berlin', 'UTC')`:       abi.Text("2025-01-01"),
		`django_time_trunc('minute', '10:11:12', NULL, NULL)`:                            abi.Text("10:11:00"),
		`django_time_trunc('hour', '2024-01-01 10:11:12', 'Europe/Berlin', 'UTC')`:       abi.Text("11:00:00"),
		`django_datetime_cast_date('2024-01-01 23:30:00', 'Europe/Berlin', 'UTC')`:       abi.Text("2024-01-02"),
		`django_datetime_cast_time('2024-01-01 23:30:00.5', 'Europe/Berlin', 'UTC')`:     abi.Text("00:30:00.500000"),
		`django_time_extract('minute', '10:11:12.000001')`:                               abi.Int(11),
		`django_time_diff('10:00:00', '11:00:00.5')`:                                     abi.Int(-3600500000),
		`django_timestamp_diff('2024-01-02 00:00:00', '2024-01-01 12:00:00')`:            abi.Int(43200000000),
		`django_timestamp_diff('2024-01-02', '2024-01-01')`:                              abi.Int(86400000000),
		`django_format_dtdelta('+', '2024-01-01 00:00:00', 1500000)`:                     abi.Text("2024-01-01 00:00:01.500000"),
		`django_format_dtdelta('-', '2024-01-01 00:00:00', 1000000)`:                     abi.Text("2023-12-31 23:59:59"),
		`django_format_dtdelta('+', 86400000000, '2024-02-28')`:                          abi.Text("2024-02-29"),
		`django_format_dtdelta('+', 86400000000, 1000000)`:                               abi.Text("1 day, 0:00:01"),
		`django_format_dtdelta('-', 0, 1000000)`:                                         abi.Text("-1 day, 23:59:59"),
		`django_format_dtdelta('*', 1000000, 2.5)`:                                       abi.Float(2500000),
		`django_format_dtdelta('/', 1000000, 4)`:                                         abi.Float(250000),
		`'Straße' REGEXP '^str\w+e$'`:                                                    abi.Int(0),
		`'Straße' REGEXP '(?i)' || '^str\w+e$'`:                                          abi.Int(1),
		`'a1' REGEXP '^[\w]\d\Z'`:                                                        abi.Int(1),
		`'x]' REGEXP '^x[]]$'`:                                                           abi.Int(1),
		"'a\n' REGEXP 'a$'":                                                              abi.Int(1),
		"'a\nb' REGEXP 'a$'":                                                             abi.Int(0),
		"'a\nb' REGEXP '(?m)a$'":                                                         abi.Int(1),
		`12 REGEXP '^1'`:                                                                 abi.Int(1),
		`NULL REGEXP 'a'`:                                                                abi.Null,
		`BITXOR(6, 3)`:                                                                   abi.Int(5),
		`LPAD('äb', 5, 'xy')`:                                                            abi.Text("xyxäb"),
		`LPAD('abcdef', 3, 'x')`:                                                         abi.Text("abc"),
		`RPAD('ab', 5, 'xyz')`:                                                           abi.Text("abxyz"),
		`RPAD('ab', 5, '')`:                                                              abi.Text("ab"),
		`REPEAT('ab', 3)`:                                                                abi.Text("ababab"),
		`REPEAT('ab', -1)`:                                                               abi.Text(""),
		`REVERSE('aäb')`:                                                                 abi.Text("bäa"),
		`MD5('a')`:                                                                       abi.Text("0cc175b9c0f1b6a831c399e269772661"),
		`SHA1('a')`:                                                                      abi.Text("86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
		`SHA256('a')`:                                                                    abi.Text("ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
		`length(SHA224('a')) || length(SHA384('a')) || length(SHA512('a'))`:              abi.Text("5696128"),
		`RAND() >= 0 AND RAND() < 1`:                                                     abi.Int(1),
		`POWER(2, 3)`:                                                                    abi.Float(8),
		`SIGN(-2)`:                                                                       abi.Int(-1),
		`(SELECT STDDEV_POP(x) FROM (SELECT 2 AS x UNION ALL SELECT 4 UNION ALL SELECT 4 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 5 UNION ALL SELECT 7 UNION ALL SELECT 9))`: abi.Float(2),
		`(SELECT VAR_POP(x) FROM (SELECT 0.1 AS x UNION ALL SELECT 0.3))`:                                                                  abi.Float(0.009999999999999998),
		`(SELECT VAR_SAMP(x) FROM (SELECT 1 AS x UNION ALL SELECT 2 UNION ALL SELECT NULL))`:                                               abi.Float(0.5),
		`(SELECT STDDEV_SAMP(x) FROM (SELECT 1 AS x))`:                                                                                     abi.Null,
		`(SELECT STDDEV_POP(x) FROM (SELECT 1 AS x) WHERE x > 1)`:                                                                          abi.Null,
		`(SELECT sum(v) FROM (SELECT VAR_POP(x) OVER (ORDER BY x ROWS 1 PRECEDING) v FROM (SELECT 1 AS x UNION SELECT 3 UNION SELECT 5)))`: abi.Float(2),
	} {
		require.Equal(t, want, read(t, d, "SELECT "+sql).Rows[0][0], sql)
	}
}

func TestFunctionsFail(t *testing.T) {
	d := file(t)
	for sql, want := range map[string]string{
		`'a' REGEXP '(?=a)'`:                    "regular expression",
		`'a' REGEXP '('`:                        "regular expression",
		`REPEAT('abc', 9223372036854775807)`:    "too long",
		`LPAD('abc', 9223372036854775807, 'x')`: "too long",
		`django_datetime_extract('hour', '2024-01-01', 'Mars/Base', NULL)`: "unknown time zone",
		`django_datetime_trunc('age', '2024-01-01', NULL, NULL)`:           "unsupported lookup type",
		`django_format_dtdelta('+', '9999-12-31', 864000000000)`:           "out of range",
		`django_format_dtdelta('/', 1, 0)`:                                 "zero",
	} {
		_, err := dbtest.Do(context.Background(), d, db.Read, "SELECT "+sql)
		require.ErrorContains(t, err, want, sql)
	}
}

func TestFunctionFailureUndoesTheStatement(t *testing.T) {
	d := file(t)
	write(t, d, "CREATE TABLE t (s)")
	write(t, d, "INSERT INTO t VALUES ('a'), ('(')")
	_, err := dbtest.Do(t.Context(), d, db.Write, "UPDATE t SET s = 'a' REGEXP s")
	require.ErrorContains(t, err, "regular expression")
	require.Equal(t, [][]abi.Value{{abi.Text("a")}, {abi.Text("(")}}, read(t, d, "SELECT s FROM t").Rows)

	c, err := d.Acquire(t.Context(), db.Write)
	require.NoError(t, err)
	defer c.Release()
	require.NoError(t, c.Begin(t.Context(), db.TxOptions{}))
	_, err = dbtest.On(t.Context(), c, true, "UPDATE t SET s = 'a' REGEXP s")
	require.ErrorContains(t, err, "regular expression")
	require.False(t, c.InTx())
}
