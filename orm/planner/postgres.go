package planner

import (
	"strconv"
	"strings"
	"time"
)

// Postgres is the dialect of PostgreSQL 12 and later. Sessions have the zone
// UTC, or Zone where UseTZ is off.
func Postgres() *Dialect {
	d := &Dialect{
		Name:               "postgresql",
		AggregateFilter:    true,
		Returning:          true,
		GroupByIndex:       true,
		GroupBySelectedPKs: true,
		NullsModifier:      true,
		CompoundParens:     true,
		DistinctOn:         true,
		SelectForUpdate:    true,
		UpdateSelfSelect:   true,
		NativeDuration:     true,
		NativeUUID:         true,
		NativeTypes:        true,
		NumberedArgs:       true,
		UnboundedRanges:    true,
		UseTZ:              true,
		Zone:               time.UTC,
		Placeholder:        func(n int) string { return "$" + strconv.Itoa(n) },
		Operators: map[string]string{
			"exact": "= %s", "iexact": "= UPPER(%s)", "contains": "LIKE %s", "icontains": "LIKE UPPER(%s)", "regex": "~ %s", "iregex": "~* %s",
			"gt": "> %s", "gte": ">= %s", "lt": "< %s", "lte": "<= %s", "startswith": "LIKE %s", "endswith": "LIKE %s",
			"istartswith": "LIKE UPPER(%s)", "iendswith": "LIKE UPPER(%s)",
		},
		PatternEscape: `REPLACE(REPLACE(REPLACE(%s, E'\\', E'\\\\'), E'%%', E'\\%%'), E'_', E'\\_')`,
		PatternOps: map[string]string{
			"contains": `LIKE '%%' || %s || '%%'`, "icontains": `LIKE '%%' || UPPER(%s) || '%%'`,
			"startswith": `LIKE %s || '%%'`, "istartswith": `LIKE UPPER(%s) || '%%'`,
			"endswith": `LIKE '%%' || %s`, "iendswith": `LIKE '%%' || UPPER(%s)`,
		},
		LookupCast:  postgresLookupCast,
		Functions:   map[string]string{"INSTR": "STRPOS", "JSON_OBJECT": "JSONB_BUILD_OBJECT"},
		Calls:       map[string]string{},
		ExactNumber: map[string]bool{"LOG": true, "MOD": true, "ROUND": true},
		Substrings:  true,
		ColumnTypes: map[string]string{
			"AutoField": "integer", "BigAutoField": "bigint", "SmallAutoField": "smallint", "BinaryField": "bytea", "BooleanField": "boolean",
			"CharField": "varchar(%d)", "DateField": "date", "DateTimeField": "timestamp with time zone", "DecimalField": "numeric(%d, %d)",
			"DurationField": "interval", "FileField": "varchar(%d)", "FilePathField": "varchar(%d)", "FloatField": "double precision",
			"IntegerField": "integer", "BigIntegerField": "bigint", "GenericIPAddressField": "inet", "IPAddressField": "inet", "JSONField": "jsonb",
			"PositiveBigIntegerField": "bigint", "PositiveIntegerField": "integer", "PositiveSmallIntegerField": "smallint",
			"SlugField": "varchar(%d)", "SmallIntegerField": "smallint", "TextField": "text", "TimeField": "time", "UUIDField": "uuid",
			"CICharField": "citext", "CIEmailField": "citext", "CITextField": "citext", "HStoreField": "hstore",
			"SearchVectorField": "tsvector", "SearchQueryField": "tsquery",
			"IntegerRangeField": "int4range", "BigIntegerRangeField": "int8range", "DecimalRangeField": "numrange", "DateTimeRangeField": "tstzrange",
			"DateRangeField": "daterange",
		},
		Untyped:      "varchar",
		DefaultKey:   "DEFAULT",
		InsertIgnore: [2]string{"INSERT INTO", " ON CONFLICT DO NOTHING"},
		Combine:      func(op, l, r string) string { return l + " " + op + " " + r },
		Subtract: func(typ, l, r string) string {
			if typ == "DateField" {
				return "(interval '1 day' * (" + l + " - " + r + "))"
			}
			return "(" + l + " - " + r + ")"
		},
		JSONNative:    true,
		JSONOperators: map[string]string{"contains": "@>", "contained_by": "<@", "has_key": "?", "has_keys": "?&", "has_any_keys": "?|"},
		JSONKey:       postgresKey,
		Unify:         postgresUnify,
		ZoneName: func(name string) string { // POSIX counts offsets from west to east
			if n := len(name) - len("+00:00"); n > 0 && name[n+3] == ':' {
				switch name[n] {
				case '+':
					return name[:n] + "-" + name[n+1:]
				case '-':
					return name[:n] + "+" + name[n+1:]
				}
			}
			return name
		},
		Cast: func(d *Dialect, f *Field, sql string) (string, []string, error) {
			typ, err := d.castType(f)
			return "(" + sql + ")::" + typ, []string{""}, err
		},
		Concat: func(l, r string) string { return "CONCAT((" + l + ")::text, (" + r + ")::text)" },
		Now:    "STATEMENT_TIMESTAMP()",
		Random: "RANDOM()",
	}
	for _, name := range []string{"SHA1", "SHA224", "SHA256", "SHA384", "SHA512"} {
		d.Calls[name] = "ENCODE(DIGEST(%s, '" + strings.ToLower(name) + "'), 'hex')"
	}
	d.Extract = func(kind string, of class, part, sql, zone string) (string, []string, error) {
		texts := []string{""}
		if zone != "" {
			sql, texts = sql+" AT TIME ZONE "+phMark, []string{"", zoneArg}
		}
		sql, texts = postgresExtract(kind, of, part, sql, texts)
		return sql, texts, nil
	}
	return d
}

// postgresLookupCast makes text of what patterns are compared with.
func postgresLookupCast(name string, f *Field, sql string) string {
	switch name {
	case "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "regex", "iregex":
	default:
		return sql
	}
	if f != nil && isAddress(f) {
		sql = "HOST(" + sql + ")"
	} else if f != nil && strings.HasPrefix(f.stored().Type, "CI") {
		sql += "::citext"
	} else {
		sql += "::text"
	}
	if name == "iexact" || name == "icontains" || name == "istartswith" || name == "iendswith" {
		return "UPPER(" + sql + ")"
	}
	return sql
}

// postgresUnify gives the branches of a CASE a type that they would not get by
// themselves.
func postgresUnify(d *Dialect, f *Field, sql string) string {
	if f == nil {
		return sql
	}
	switch f.Type {
	case "GenericIPAddressField", "IPAddressField", "TimeField", "UUIDField":
		return "CAST(" + sql + " AS " + d.ColumnTypes[f.Type] + ")"
	}
	return sql
}

func postgresExtract(kind string, of class, part, sql string, texts []string) (string, []string) {
	switch kind {
	case "cast":
		return "(" + sql + ")::" + part, texts
	case "trunc":
		s := "DATE_TRUNC(" + phMark + ", " + sql + ")"
		if of == clsTime {
			s += "::time"
		}
		return s, append([]string{part}, texts...)
	}
	switch {
	case part == "week_day":
		return "EXTRACT(DOW FROM " + sql + ") + 1", texts
	case part == "iso_week_day":
		return "EXTRACT(ISODOW FROM " + sql + ")", texts
	case part == "iso_year":
		return "EXTRACT(ISOYEAR FROM " + sql + ")", texts
	case part == "second" && of != clsDate:
		return "EXTRACT(SECOND FROM DATE_TRUNC(" + phMark + ", " + sql + "))", append([]string{part}, texts...)
	}
	return "EXTRACT(" + strings.ToUpper(part) + " FROM " + sql + ")", texts
}
