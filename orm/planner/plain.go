package planner

import (
	"strconv"
	"strings"
	"time"
)

// PlainSQLite is the dialect of SQLite with its own functions only, as on a
// libSQL server: what Django registers is written in them, exactly, or refused.
func PlainSQLite() *Dialect {
	d := SQLite()
	const (
		regexp = "filter by contains, startswith or a range, or in the view"
		digest = "compute it in the view and store it in a field"
		spread = "sum the values and their squares, or compute it in the view"
	)
	d.Missing = map[string]string{
		"regex": regexp, "iregex": regexp, "REGEXP": regexp, "MD5": digest, "SHA1": digest, "SHA224": digest, "SHA256": digest, "SHA384": digest, "SHA512": digest,
		"STDDEV_POP": spread, "STDDEV_SAMP": spread, "VAR_POP": spread, "VAR_SAMP": spread, "RAND": "order by ?, or use Random",
	}
	for name := range djangoSQLite {
		d.Missing[name] = "use Django's functions for dates by their names in the ORM, such as TruncMonth"
	}
	d.Calls = map[string]string{
		"COT":     "(1.0 / TAN(%s))",
		"REPEAT":  "(WITH v(column1, column2) AS (VALUES (%s)) SELECT CASE WHEN column2 IS NOT NULL THEN REPLACE(HEX(ZEROBLOB(MAX(column2, 0))), '00', column1) END FROM v)",
		"REVERSE": "(WITH RECURSIVE v(s, r) AS (SELECT CAST(%s AS text), '' UNION ALL SELECT SUBSTR(s, 2), SUBSTR(s, 1, 1) || r FROM v WHERE s <> '') SELECT r FROM v WHERE s = '')",
		"LPAD":    padded("SUBSTR(%f, 1, column2 - LENGTH(column1)) || column1"),
		"RPAD":    padded("column1 || SUBSTR(%f, 1, column2 - LENGTH(column1))"),
		"BITXOR":  "(WITH v(column1, column2) AS (VALUES (%s)) SELECT (column1 | column2) - (column1 & column2) FROM v)",
	}
	combine := d.Combine
	d.Combine = func(op, l, r string) string {
		if op == "#" {
			return fill(d.Calls["BITXOR"], l+", "+r)
		}
		return combine(op, l, r)
	}
	d.Subtract = func(typ, l, r string) string {
		return "(SELECT " + plainMicros(typ, "column1") + " - " + plainMicros(typ, "column2") + " FROM (SELECT " + l + " AS column1, " + r + " AS column2))"
	}
	d.Duration = plainDuration
	d.Extract = plainExtract
	return d
}

// djangoSQLite are the functions for dates that Django registers.
var djangoSQLite = map[string]bool{
	"DJANGO_DATE_EXTRACT": true, "DJANGO_DATETIME_EXTRACT": true, "DJANGO_DATE_TRUNC": true, "DJANGO_DATETIME_TRUNC": true, "DJANGO_TIME_TRUNC": true,
	"DJANGO_DATETIME_CAST_DATE": true, "DJANGO_DATETIME_CAST_TIME": true, "DJANGO_TIME_EXTRACT": true, "DJANGO_TIME_DIFF": true, "DJANGO_TIMESTAMP_DIFF": true,
	"DJANGO_FORMAT_DTDELTA": true,
}

// has refuses a function or lookup that the database lacks.
func (d *Dialect) has(name string) error {
	remedy, missing := d.Missing[name]
	if !missing {
		remedy, missing = d.Missing[strings.ToUpper(name)]
	}
	if !missing || d.Calls[name] != "" {
		return nil
	}
	return notSupported("%s is not in this database: a libSQL server has SQLite's own functions only. Instead, %s; or use a SQLite file or PostgreSQL.", name, remedy)
}

// padded is LPAD or RPAD: text, length, fill.
func padded(result string) string {
	fill := "REPLACE(HEX(ZEROBLOB(column2)), '00', column3)"
	return "(WITH v(column1, column2, column3) AS (VALUES (%s)) SELECT CASE WHEN column2 <= 0 THEN '' WHEN LENGTH(column1) >= column2 THEN SUBSTR(column1, 1, column2) WHEN column3 = '' THEN column1 ELSE " +
		strings.ReplaceAll(result, "%f", fill) + " END FROM v)"
}

// SQLite keeps datetimes as texts, YYYY-MM-DD HH:MM:SS[.ffffff], and computes
// with milliseconds: so seconds and their fraction are taken apart.

// plainMicros is a datetime, date or time of day in microseconds.
func plainMicros(typ, s string) string {
	whole, fraction := "19", "21"
	if typ == "TimeField" {
		whole, fraction = "8", "10"
	}
	return "(CAST(STRFTIME('%s', SUBSTR(" + s + ", 1, " + whole + ")) AS integer) * 1000000 + CAST(SUBSTR(SUBSTR(" + s + ", " + fraction + ") || '000000', 1, 6) AS integer))"
}

// floored is n / by rounded down, of integers.
func floored(n, by string) string {
	return "((" + n + " - ((" + n + ") % " + by + " + " + by + ") % " + by + ") / " + by + ")"
}

// plainDuration is a sum of a datetime, date or duration and a duration, which
// is a number of microseconds.
func plainDuration(op, l, r string) (string, error) {
	switch op {
	case "*":
		return "(" + l + " * " + r + ")", nil
	case "/":
		return "(" + l + " * 1.0 / " + r + ")", nil
	case "+", "-":
	default:
		return "", notSupported("Invalid connector for timedelta: %s.", op)
	}
	moment := "STRFTIME('%Y-%m-%d %H:%M:%S', " + floored("u", "1000000") + ", 'unixepoch') || CASE WHEN u % 1000000 = 0 THEN '' ELSE PRINTF('.%06d', (u % 1000000 + 1000000) % 1000000) END"
	date := "STRFTIME('%Y-%m-%d', s, " + floored("d", "86400000000") + " || ' days')"
	return "(SELECT CASE WHEN TYPEOF(l) = 'text' AND TYPEOF(r) = 'text' THEN " + plainMicros("", "l") + " - " + plainMicros("", "r") +
		" WHEN s IS NULL THEN l " + op + " r WHEN LENGTH(s) = 10 THEN " + date + " ELSE " + moment + " END FROM (SELECT l, r, s, d, " + plainMicros("", "s") + " + d AS u FROM (" +
		"SELECT column1 AS l, column2 AS r, CASE WHEN TYPEOF(column1) = 'text' THEN column1 WHEN TYPEOF(column2) = 'text' THEN column2 END AS s, " +
		"CASE WHEN TYPEOF(column1) = 'text' THEN " + op + "column2 ELSE column1 END AS d FROM (SELECT " + l + " AS column1, " + r + " AS column2))))", nil
}

var plainParts = map[string]string{"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"}

// plainTruncs are the formats and modifiers that cut off at a part.
var plainTruncs = map[string][2]string{
	"year": {"%Y-01-01", ""}, "month": {"%Y-%m-01", ""}, "week": {"%Y-%m-%d", ", '-6 days', 'weekday 1'"}, "day": {"%Y-%m-%d", ""},
	"hour": {"%H:00:00", ""}, "minute": {"%H:%M:00", ""}, "second": {"%H:%M:%S", ""},
}

// plainExtract takes parts of texts by SQLite's own functions. Offsets of zones
// are constants in it.
func plainExtract(kind string, of class, part, sql, zone string) (string, []string, error) {
	shift, err := plainShift(zone)
	if err != nil {
		return "", nil, err
	}
	length := "19"
	if of == clsTime && kind == "extract" {
		length = "8"
	}
	s := "SUBSTR(" + sql + ", 1, " + length + ")" + shift
	strf := func(format, modifiers string) string { return "STRFTIME('" + format + "', " + s + modifiers + ")" }
	number := func(format, modifiers string) string { return "CAST(" + strf(format, modifiers) + " AS integer)" }
	const thursday = ", '-3 days', 'weekday 4'" // of the same ISO week
	one, two := []string{""}, []string{"", ""}
	switch kind {
	case "extract":
		if f := plainParts[part]; f != "" {
			return number(f, ""), one, nil
		}
		switch part {
		case "quarter":
			return "((" + number("%m", "") + " + 2) / 3)", one, nil
		case "week_day":
			return "(" + number("%w", "") + " + 1)", one, nil
		case "iso_week_day":
			return "((" + number("%w", "") + " + 6) % 7 + 1)", one, nil
		case "week":
			return "((" + number("%j", thursday) + " - 1) / 7 + 1)", one, nil
		case "iso_year":
			return number("%Y", thursday), one, nil
		}
	case "trunc":
		day, clock := "", " 00:00:00"
		if of == clsDate {
			clock = ""
		}
		if part == "quarter" {
			month := ", '-' || ((" + number("%m", "") + " - 1) % 3) || ' months'"
			return strf("%Y-%m-01"+clock, ", 'start of month'"+month), two, nil
		}
		t, ok := plainTruncs[part]
		switch {
		case !ok:
		case t[0][1] == 'H' && of == clsTime:
			return strf(t[0], ""), one, nil
		case t[0][1] == 'H' && of == clsDateTime:
			day = "%Y-%m-%d "
			return strf(day+t[0], ""), one, nil
		case t[0][1] != 'H' && of != clsTime:
			return strf(t[0]+clock, t[1]), one, nil
		}
	case "cast":
		if part == "date" {
			return strf("%Y-%m-%d", ""), one, nil
		}
		return "(" + strf("%H:%M:%S", "") + " || SUBSTR(" + sql + ", 20))", two, nil
	}
	return "", nil, notSupported("%s is not a part that can be taken here.", part)
}

// plainShift is the modifier of a zone, whose clocks must never change.
func plainShift(zone string) (string, error) {
	if zone == "" || zone == "UTC" {
		return "", nil
	}
	loc, err := Location(zone)
	if err != nil {
		return "", err
	}
	now := time.Unix(0, 0).In(loc)
	if start, end := now.ZoneBounds(); !start.IsZero() || !end.IsZero() {
		return "", notSupported("Parts of datetimes in the time zone %s can't be taken in this database: a libSQL server knows no zones. Instead, set TIME_ZONE to UTC or give an offset, like UTC+05:30; or use a SQLite file or PostgreSQL.", zone)
	}
	_, offset := now.Zone()
	if offset == 0 {
		return "", nil
	}
	sign := ""
	if offset > 0 {
		sign = "+"
	}
	return ", '" + sign + strconv.Itoa(offset) + " seconds'", nil
}
