package orm

import (
	"strconv"
	"time"
)

// Null is a value that can be absent. Its zero value is absent.
type Null[T any] struct {
	V     T
	Valid bool
}

// Some returns a present value.
func Some[T any](v T) Null[T] { return Null[T]{V: v, Valid: true} }

// Or returns the value, or def when it is absent.
func (n Null[T]) Or(def T) T {
	if n.Valid {
		return n.V
	}
	return def
}

// Get returns the value and whether it is present.
func (n Null[T]) Get() (T, bool) { return n.V, n.Valid }

func (n Null[T]) nullable() (any, bool) { return n.V, n.Valid }

// Decimal is an exact number in decimal notation, "12.50". Empty is zero.
type Decimal string

// JSON is a JSON text. Empty is null.
type JSON string

// UUID is a universally unique identifier.
type UUID [16]byte

// ParseUUID reads 32 hexadecimal digits, with or without dashes.
func ParseUUID(s string) (u UUID, err error) {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] == '-' {
			continue
		}
		d := unhex(s[i])
		if d > 15 || n >= 32 {
			return UUID{}, &ValueError{Value: s, Reason: "a UUID has 32 hexadecimal digits"}
		}
		u[n/2] = u[n/2]<<4 | d
		n++
	}
	if n != 32 {
		return UUID{}, &ValueError{Value: s, Reason: "a UUID has 32 hexadecimal digits"}
	}
	return u, nil
}

func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// String returns the form with dashes.
func (u UUID) String() string {
	const hex = "0123456789abcdef"
	b := make([]byte, 0, 36)
	for i, c := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = append(b, hex[c>>4], hex[c&15])
	}
	return string(b)
}

// IsZero tells whether u is all zeroes.
func (u UUID) IsZero() bool { return u == UUID{} }

// Date is a day without time or zone. Its zero value is stored, as that of
// time.Time is, as January 1 of the year 1.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the day of t in t's zone.
func DateOf(t time.Time) Date { y, m, d := t.Date(); return Date{y, m, d} }

// Time returns midnight of d in loc.
func (d Date) Time(loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
}

// IsZero tells whether d is the zero value, or January 1 of the year 1.
func (d Date) IsZero() bool { return d == Date{} || d == Date{1, 1, 1} }

// String returns YYYY-MM-DD.
func (d Date) String() string {
	b := pad(make([]byte, 0, 10), d.Year, 4)
	b = pad(append(b, '-'), int(d.Month), 2)
	return string(pad(append(b, '-'), d.Day, 2))
}

func (d Date) days() int64 {
	if d.IsZero() {
		d = Date{1, 1, 1}
	}
	return floorDiv(d.Time(time.UTC).Unix(), 86400)
}

func dateOfDays(n int64) Date { return DateOf(time.Unix(n*86400, 0).UTC()) }

// Clock is a time of day, counted from midnight.
type Clock time.Duration

// String returns HH:MM:SS, with microseconds when there are any.
func (c Clock) String() string {
	us := time.Duration(c) / time.Microsecond
	b := pad(make([]byte, 0, 15), int(us/3_600_000_000), 2)
	b = pad(append(b, ':'), int(us/60_000_000%60), 2)
	b = pad(append(b, ':'), int(us/1_000_000%60), 2)
	if f := int(us % 1_000_000); f > 0 {
		b = pad(append(b, '.'), f, 6)
	}
	return string(b)
}

func pad(b []byte, n, width int) []byte {
	s := strconv.Itoa(n)
	for i := len(s); i < width; i++ {
		b = append(b, '0')
	}
	return append(b, s...)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
