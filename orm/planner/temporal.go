package planner

import (
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

const (
	daySeconds = 86400
	second     = int64(1e6) // in microseconds
	minMicros  = -62135596800 * second
	maxMicros  = 253402300800*second - 1
)

func formatDate(days int64) string {
	return time.Unix(days*daySeconds, 0).UTC().Format("2006-01-02")
}

func formatDateTime(micros int64) string {
	t := time.UnixMicro(micros).UTC()
	if t.Nanosecond() != 0 {
		return t.Format("2006-01-02 15:04:05.000000")
	}
	return t.Format("2006-01-02 15:04:05")
}

func formatClock(micros int64) string {
	t := time.UnixMicro(micros).UTC()
	if t.Nanosecond() != 0 {
		return t.Format("15:04:05.000000")
	}
	return t.Format("15:04:05")
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// prepareTemporal makes a date, datetime, time or duration of v.
func prepareTemporal(d *Dialect, f *Field, c class, v *abi.Value) (abi.Value, error) {
	switch c {
	case clsDate:
		days, err := dateOf(d, f, v)
		if err != nil {
			return abi.Null, err
		}
		return raw(d, f, &abi.Value{Kind: abi.KindDate, Num: uint64(days)})
	case clsDateTime:
		val, err := momentOf(f, v)
		if err != nil {
			return abi.Null, err
		}
		return dateTimeValue(d, val.Int64(), val.Kind), nil
	case clsTime:
		switch v.Kind {
		case abi.KindClock:
			if v.Num >= daySeconds*1e6 {
				return abi.Null, valueError(f, "a time of day must be less than 24 hours")
			}
			return raw(d, f, v)
		case abi.KindTime, abi.KindNaive:
			us := v.Int64()
			return raw(d, f, &abi.Value{Kind: abi.KindClock, Num: uint64(us - floorDiv(us, daySeconds*second)*daySeconds*second)})
		case abi.KindText:
			us, ok := parseClock(v.Str)
			if !ok {
				return abi.Null, valueError(f, "'%s' has an invalid format: it must be HH:MM[:ss[.uuuuuu]]", short(v.Str))
			}
			return raw(d, f, &abi.Value{Kind: abi.KindClock, Num: uint64(us)})
		}
		return abi.Null, valueError(f, "expected a time but got %s", kindName(v.Kind))
	}
	switch v.Kind {
	case abi.KindDuration:
		return raw(d, f, v)
	case abi.KindText:
		if us, ok := parseDuration(v.Str); ok {
			return raw(d, f, &abi.Value{Kind: abi.KindDuration, Num: uint64(us)})
		}
		return abi.Null, valueError(f, "'%s' has an invalid format: it must be [DD] [[HH:]MM:]ss[.uuuuuu]", short(v.Str))
	}
	return abi.Null, valueError(f, "expected a duration but got %s", kindName(v.Kind))
}

func dateOf(d *Dialect, f *Field, v *abi.Value) (int64, error) {
	switch v.Kind {
	case abi.KindDate:
		if n := v.Int64(); n < floorDiv(minMicros, daySeconds*second) || n > floorDiv(maxMicros, daySeconds*second) {
			return 0, valueError(f, "the date lies outside the years 1 to 9999")
		}
		return v.Int64(), nil
	case abi.KindTime:
		return floorDiv(toZone(d, v.Int64()), daySeconds*second), nil
	case abi.KindNaive:
		return floorDiv(v.Int64(), daySeconds*second), nil
	case abi.KindText:
		if t, err := time.Parse("2006-1-2", v.Str); err == nil {
			return t.Unix() / daySeconds, nil
		}
		return 0, valueError(f, "'%s' has an invalid date format: it must be YYYY-MM-DD", short(v.Str))
	}
	return 0, valueError(f, "expected a date but got %s", kindName(v.Kind))
}

// momentOf makes a KindTime or KindNaive of v.
func momentOf(f *Field, v *abi.Value) (abi.Value, error) {
	switch v.Kind {
	case abi.KindTime, abi.KindNaive:
		if us := v.Int64(); us < minMicros || us > maxMicros {
			return abi.Null, valueError(f, "the datetime lies outside the years 1 to 9999")
		}
		return *v, nil
	case abi.KindDate:
		if days := v.Int64(); days < minMicros/(daySeconds*second) || days > maxMicros/(daySeconds*second) {
			return abi.Null, valueError(f, "the date lies outside the years 1 to 9999")
		}
		return abi.Value{Kind: abi.KindNaive, Num: uint64(v.Int64() * daySeconds * second)}, nil
	case abi.KindText:
		s := strings.Replace(v.Str, "T", " ", 1)
		for _, layout := range []string{"2006-1-2 15:04:05.999999", "2006-1-2 15:04", "2006-1-2"} {
			if t, err := time.Parse(layout, s); err == nil {
				return abi.Value{Kind: abi.KindNaive, Num: uint64(t.UnixMicro())}, nil
			}
		}
		for _, layout := range []string{"2006-1-2 15:04:05.999999Z07:00", "2006-1-2 15:04Z07:00"} {
			if t, err := time.Parse(layout, s); err == nil {
				return abi.Micros(t.UnixMicro()), nil
			}
		}
		return abi.Null, valueError(f, "'%s' has an invalid format: it must be YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ]", short(v.Str))
	}
	return abi.Null, valueError(f, "expected a datetime but got %s", kindName(v.Kind))
}

func parseClock(s string) (int64, bool) {
	for _, layout := range []string{"15:04:05.999999", "15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return int64(t.Hour()*3600+t.Minute()*60+t.Second())*second + int64(t.Nanosecond()/1000), true
		}
	}
	return 0, false
}

// parseDuration reads Django's format, [-][days ][[hours:]minutes:]seconds[.fraction].
func parseDuration(s string) (int64, bool) {
	// Days have a sign of their own: -1 00:00:03 is a day less three seconds.
	rest, total := s, int64(0)
	if days, clock, ok := strings.Cut(s, " "); ok {
		n, err := strconv.ParseInt(days, 10, 32)
		if err != nil || days[0] == '+' {
			return 0, false
		}
		total = n * daySeconds * second
		for _, word := range []string{"days, ", "day, ", "days ", "day "} {
			clock = strings.TrimPrefix(clock, word)
		}
		rest = strings.TrimPrefix(clock, "+")
	}
	rest, negative := strings.CutPrefix(rest, "-")
	parts := strings.Split(rest, ":")
	if len(parts) > 3 {
		return 0, false
	}
	var clock float64
	for i, p := range parts {
		x, err := strconv.ParseFloat(p, 64)
		if err != nil || x < 0 || x > 1e10 || i < len(parts)-1 && strings.Contains(p, ".") {
			return 0, false
		}
		clock = clock*60 + x
	}
	us := int64(clock*1e6 + 0.5)
	if negative {
		us = -us
	}
	return total + us, true
}

// yearBound is the first or last moment of the year v, for a date or datetime
// column: what makes a year lookup a range that an index serves.
func yearBound(d *Dialect, f *Field, v *abi.Value, c conv) (abi.Value, error) {
	n, err := prepareInt(d, typed("IntegerField"), typed("IntegerField"), v)
	if err != nil {
		return abi.Null, err
	}
	year := n.Int64()
	if year < 1 || year > 9999 {
		return abi.Null, valueError(f, "the year %d is out of range: years are 1 to 9999", year)
	}
	first := time.Date(int(year), 1, 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(1, 0, 0)
	if c == convISOYearStart || c == convISOYearEnd {
		first, last = isoStart(int(year)), isoStart(int(year)+1)
	}
	start := c == convYearStart || c == convISOYearStart
	if f.class == clsDate {
		days := first.Unix() / daySeconds
		if !start {
			days = last.Unix()/daySeconds - 1
		}
		return raw(d, f, &abi.Value{Kind: abi.KindDate, Num: uint64(days)})
	}
	us := first.UnixMicro()
	if !start {
		us = last.UnixMicro() - 1
	}
	return dateTimeValue(d, us, abi.KindNaive), nil
}

// isoStart is the Monday of ISO week 1.
func isoStart(year int) time.Time {
	t := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC)
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
}
