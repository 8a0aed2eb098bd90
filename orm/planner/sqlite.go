package planner

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// SQLite is the dialect of SQLite 3.35 and later with Django's functions
// (django_date_extract and its siblings, REGEXP) registered on the
// connection.
func SQLite() *Dialect {
	like := `LIKE %s ESCAPE '\'`
	return &Dialect{
		Name:             "sqlite",
		AggregateFilter:  true,
		Returning:        true,
		GroupByIndex:     true,
		NullsModifier:    true,
		UpdateSelfSelect: true,
		NumericCast:      true,
		UseTZ:            true,
		Zone:             time.UTC,
		Placeholder:      func(int) string { return "?" },
		Operators: map[string]string{
			"exact": "= %s", "iexact": like, "contains": like, "icontains": like, "regex": "REGEXP %s", "iregex": "REGEXP '(?i)' || %s",
			"gt": "> %s", "gte": ">= %s", "lt": "< %s", "lte": "<= %s", "startswith": like, "endswith": like, "istartswith": like, "iendswith": like,
		},
		PatternEscape: `REPLACE(REPLACE(REPLACE(%s, '\', '\\'), '%%', '\%%'), '_', '\_')`,
		PatternOps: map[string]string{
			"contains": `LIKE '%%' || %s || '%%' ESCAPE '\'`, "icontains": `LIKE '%%' || UPPER(%s) || '%%' ESCAPE '\'`,
			"startswith": `LIKE %s || '%%' ESCAPE '\'`, "istartswith": `LIKE UPPER(%s) || '%%' ESCAPE '\'`,
			"endswith": `LIKE '%%' || %s ESCAPE '\'`, "iendswith": `LIKE '%%' || UPPER(%s) ESCAPE '\'`,
		},
		Functions: map[string]string{"SUBSTRING": "SUBSTR", "CHR": "CHAR", "ASCII": "UNICODE", "GREATEST": "MAX", "LEAST": "MIN"},
		ColumnTypes: map[string]string{
			"AutoField": "integer", "BigAutoField": "integer", "SmallAutoField": "integer", "BinaryField": "BLOB", "BooleanField": "bool",
			"CharField": "varchar(%d)", "DateField": "date", "DateTimeField": "datetime", "DecimalField": "decimal", "DurationField": "bigint",
			"FileField": "varchar(%d)", "FilePathField": "varchar(%d)", "FloatField": "real", "IntegerField": "integer", "BigIntegerField": "bigint",
			"GenericIPAddressField": "char(39)", "JSONField": "text", "PositiveBigIntegerField": "bigint unsigned",
			"PositiveIntegerField": "integer unsigned", "PositiveSmallIntegerField": "smallint unsigned", "SlugField": "varchar(%d)",
			"SmallIntegerField": "smallint", "TextField": "text", "TimeField": "time", "UUIDField": "char(32)",
		},
		Untyped:      "text",
		DefaultKey:   "NULL",
		NoLimit:      "-1",
		InsertIgnore: [2]string{"INSERT OR IGNORE INTO", ""},
		Combine: func(op, l, r string) string {
			switch op {
			case "^":
				return "POWER(" + l + "," + r + ")"
			case "#":
				return "BITXOR(" + l + "," + r + ")"
			}
			return l + " " + op + " " + r
		},
		Duration: func(op, l, r string) (string, error) {
			if len(op) != 1 || !strings.Contains("+-*/", op) {
				return "", notSupported("Invalid connector for timedelta: %s.", op)
			}
			return "django_format_dtdelta('" + op + "', " + l + ", " + r + ")", nil
		},
		Subtract: func(typ, l, r string) string {
			if typ == "TimeField" {
				return "django_time_diff(" + l + ", " + r + ")"
			}
			return "django_timestamp_diff(" + l + ", " + r + ")"
		},
		Extract: sqliteExtract,
		JSONKey: sqliteKey,
		Cast:    sqliteCast,
		Concat:  func(l, r string) string { return l + " || " + r },
		Now:     "STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')",
		Random:  "RANDOM()",
	}
}

// sqliteExtract calls the functions that Django registers. The texts returned
// are bound around the operand: those before it and "" for it.
func sqliteExtract(kind string, of class, part, sql, _ string) (string, []string, error) {
	ph, zones := phMark, []string{zoneArg, storedZoneArg}
	switch kind {
	case "extract":
		switch of {
		case clsDateTime:
			return "django_datetime_extract(" + ph + ", " + sql + ", " + ph + ", " + ph + ")", append([]string{part, ""}, zones...), nil
		case clsTime:
			return "django_time_extract(" + ph + ", " + sql + ")", []string{part, ""}, nil
		}
		return "django_date_extract(" + ph + ", " + sql + ")", []string{part, ""}, nil
	case "trunc":
		name := map[class]string{clsDateTime: "datetime", clsDate: "date", clsTime: "time"}[of]
		return "django_" + name + "_trunc(" + ph + ", " + sql + ", " + ph + ", " + ph + ")", append([]string{part, ""}, zones...), nil
	}
	return "django_datetime_cast_" + part + "(" + sql + ", " + ph + ", " + ph + ")", append([]string{""}, zones...), nil
}

func sqliteCast(d *Dialect, f *Field, sql string) (string, []string, error) {
	switch f.class {
	case clsDateTime:
		return "strftime(" + phMark + ", " + sql + ")", []string{"%Y-%m-%d %H:%M:%f", ""}, nil
	case clsTime:
		return "strftime(" + phMark + ", " + sql + ")", []string{"%H:%M:%f", ""}, nil
	case clsDate:
		return "date(" + sql + ")", []string{""}, nil
	}
	typ, err := d.castType(f)
	if err != nil {
		return "", nil, err
	}
	return "CAST(" + sql + " AS " + typ + ")", []string{""}, nil
}

// castType is the column type that Cast names.
func (d *Dialect) castType(f *Field) (string, error) {
	if f = f.stored(); f.class == clsArray && f.base != nil {
		t, err := d.castType(f.base)
		if f.MaxLength > 0 {
			return t + "[" + strconv.Itoa(f.MaxLength) + "]", err
		}
		return t + "[]", err
	}
	t := ""
	for name := f.Type; name != "" && t == ""; name = bases[name] {
		t = d.ColumnTypes[name]
	}
	if t == "" {
		return "", notSupported("Cast: %s has no column type in %s.", f.Type, d.Name)
	}
	switch strings.Count(t, "%d") {
	case 1:
		if f.MaxLength == 0 {
			return d.Untyped, nil
		}
		t = strings.Replace(t, "%d", strconv.Itoa(f.MaxLength), 1)
	case 2:
		if f.Digits == 0 {
			t, _, _ = strings.Cut(t, "(")
			return t, nil
		}
		t = fmt.Sprintf(t, f.Digits, f.Places)
	}
	return t, nil
}
