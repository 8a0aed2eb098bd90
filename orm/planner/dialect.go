package planner

import (
	"strings"
	"time"
)

// Dialect is a database: what it can do (flags) and how it says it
// (operations). Another database is another value, never another planner.
type Dialect struct {
	Name string

	// Features.
	AggregateFilter    bool // aggregate(...) FILTER (WHERE ...)
	Returning          bool // INSERT ... RETURNING
	GroupByIndex       bool // GROUP BY 1
	GroupBySelectedPKs bool // other columns of a grouped primary key's table may be left out
	LogicalXor         bool
	NullsModifier      bool // ORDER BY x NULLS LAST
	CompoundParens     bool // slices and orders in the parts of UNION
	DistinctOn         bool
	SelectForUpdate    bool
	UpdateSelfSelect   bool
	NativeDuration     bool
	NumericCast        bool // DecimalField expressions need CAST(... AS NUMERIC)
	NativeUUID         bool
	IntegerRanges      bool // integer columns have 16, 32 or 64 bits by their class
	NativeTypes        bool // booleans, dates and UUIDs are bound as such, not as int and text
	NumberedArgs       bool // equal values of a grouped statement are one numbered parameter
	Substrings         bool // LEFT and RIGHT
	JSONNative         bool // JSON has a type of its own
	UnboundedRanges    bool // RANGE frames of windows have no offsets

	// UseTZ and Zone are Django's settings USE_TZ and TIME_ZONE: the zone in
	// which parts of datetimes are taken. Stored datetimes are UTC under UseTZ.
	UseTZ bool
	Zone  *time.Location

	// Operations. SQL fragments use a placeholder for parameters.
	Placeholder   func(n int) string // n counts from 1
	Operators     map[string]string  // lookup -> "LIKE %s ESCAPE '\'"
	PatternEscape string
	PatternOps    map[string]string
	LookupCast    func(lookup string, f *Field, sql string) string // of the left side, nil = none
	Functions     map[string]string                                // names of functions where they differ
	Calls         map[string]string                                // functions that are more than a name: "F(G(%s))"
	ExactNumber   map[string]bool                                  // functions that take decimals and no floats
	ColumnTypes   map[string]string                                // class -> column type, for Cast
	Untyped       string                                           // type of texts without a length, for Cast
	DefaultKey    string                                           // value of a row that has none
	NoLimit       string                                           // LIMIT for an open slice that has an offset
	InsertIgnore  [2]string                                        // statement, suffix
	JSONOperators map[string]string                                // of comparisons of documents; missing ones are emulated or refused
	JSONKey       func(sql string, args []arg, keys []string, text bool) (string, []arg)
	Combine       func(op, l, r string) string
	Duration      func(op, l, r string) (string, error)
	Subtract      func(typ, l, r string) string
	Unify         func(d *Dialect, f *Field, sql string) string                                 // gives a CASE its type, nil = it has it
	Extract       func(kind string, of class, part, sql, zone string) (string, []string, error) // zone "" = the value has none
	Missing       map[string]string                                                             // functions and lookups that it lacks, and what to do instead
	ZoneName      func(name string) string                                                      // of a zone that is a name and an offset: UTC+03:00; nil = as it is
	Cast          func(d *Dialect, f *Field, sql string) (string, []string, error)
	Concat        func(l, r string) string
	Now, Random   string
}

// Family is the dialect of which another is a variant: models have the same
// tables in both.
func Family(name string) string {
	family, _, _ := strings.Cut(name, "-")
	return family
}

// DialectOf returns the dialect that a database is said to have, nil for one
// that the planner doesn't know.
func DialectOf(name string) *Dialect {
	switch name {
	case "sqlite":
		return SQLite()
	case "sqlite-plain":
		return PlainSQLite()
	case "postgresql":
		return Postgres()
	}
	return nil
}
