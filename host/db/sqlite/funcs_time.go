package sqlite

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones must work on systems that have none

	"zombiezen.com/go/sqlite"
)

// zones finds time zones by name.
var zones sync.Map

func zone(name string) (*time.Location, error) {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location), nil
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		z, err = offset(name)
	}
	if err != nil {
		return nil, errors.New("unknown time zone " + strconv.Quote(name))
	}
	zones.Store(name, z)
	return z, nil
}

// offset is a zone such as UTC-05:30.
func offset(name string) (*time.Location, error) {
	n := len(name) - len("+00:00")
	if n < 0 || name[:n] != "" && name[:n] != "UTC" || name[n] != '+' && name[n] != '-' || name[n+3] != ':' {
		return nil, errors.ErrUnsupported
	}
	h, ok1 := digits(name[n+1:n+3], 2)
	m, ok2 := digits(name[n+4:], 2)
	if !ok1 || !ok2 || h > 23 || m > 59 {
		return nil, errors.ErrUnsupported
	}
	seconds := (h*60 + m) * 60
	if name[n] == '-' {
		seconds = -seconds
	}
	return time.FixedZone(name, seconds), nil
}

// digits reads a number of one to max digits that takes all of s.
func digits(s string, max int) (int, bool) {
	if s == "" || len(s) > max {
		return 0, false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// parseStamp reads a date or a datetime as Django stores them. What is not one
// counts as NULL.
func parseStamp(s string) (t time.Time, hasTime, ok bool) {
	d, clock, hasTime := strings.Cut(s, " ")
	if !hasTime {
		d, clock, hasTime = strings.Cut(s, "T")
	}
	y, rest, _ := strings.Cut(d, "-")
	m, day, _ := strings.Cut(rest, "-")
	yy, ok1 := digits(y, 4)
	mm, ok2 := digits(m, 2)
	dd, ok3 := digits(day, 2)
	if !ok1 || !ok2 || !ok3 || yy < 1 || mm < 1 || mm > 12 || dd < 1 {
		return t, false, false
	}
	var since time.Duration
	if hasTime {
		if i := strings.IndexAny(clock, "+-Z"); i >= 0 {
			clock = clock[:i]
		}
		if since, ok = parseClock(clock); !ok {
			return t, false, false
		}
	}
	t = time.Date(yy, time.Month(mm), dd, 0, 0, 0, 0, time.UTC)
	if t.Day() != dd {
		return t, false, false
	}
	return t.Add(since), hasTime, true
}

// parseClock reads a time as the duration since midnight.
func parseClock(s string) (time.Duration, bool) {
	h, rest, _ := strings.Cut(s, ":")
	m, sec, hasSec := strings.Cut(rest, ":")
	sec, frac, _ := strings.Cut(sec, ".")
	hh, ok1 := digits(h, 2)
	mm, ok2 := digits(m, 2)
	ss, ok3 := digits(sec, 2)
	us, ok4 := digits((frac + "000000")[:6], 6)
	if !ok1 || !ok2 || hasSec && !ok3 || !ok4 || hh > 23 || mm > 59 || ss > 59 {
		return 0, false
	}
	return time.Duration(hh)*time.Hour + time.Duration(mm)*time.Minute + time.Duration(ss)*time.Second + time.Duration(us)*time.Microsecond, true
}

// local reads a stored datetime and moves it from the zone it is stored in to
// the one its parts are taken in. Zones are names, or a name and an offset
// ("UTC+05:30").
func local(s, tz, stored string) (time.Time, bool, error) {
	t, _, ok := parseStamp(s)
	if !ok {
		return t, false, nil
	}
	if stored != "" {
		z, err := zone(stored)
		if err != nil {
			return t, false, err
		}
		t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), z)
	}
	if tz == "" || tz == stored {
		return t, true, nil
	}
	if i := strings.LastIndexAny(tz, "+-"); i >= 0 {
		if off, ok := parseClock(tz[i+1:]); ok {
			if tz[i] == '-' {
				off = -off
			}
			t, tz = t.Add(off), tz[:i]
		}
	}
	z, err := zone(tz)
	if err != nil {
		return t, false, err
	}
	return t.In(z), true, nil
}

// optionalZones makes a function of (part, value, zone, stored zone) whose
// zones may be NULL.
func optionalZones(f func(part, s, tz, stored string) (sqlite.Value, error)) *sqlite.FunctionImpl {
	return zoned(4, func(a []string) (sqlite.Value, error) { return f(a[0], a[1], a[2], a[3]) })
}

func castZones(f func(s, tz, stored string) (sqlite.Value, error)) *sqlite.FunctionImpl {
	return zoned(3, func(a []string) (sqlite.Value, error) { return f(a[0], a[1], a[2]) })
}

func zoned(n int, f func(a []string) (sqlite.Value, error)) *sqlite.FunctionImpl {
	return &sqlite.FunctionImpl{
		NArgs: n, Deterministic: true, AllowIndirect: true,
		Scalar: func(_ sqlite.Context, a []sqlite.Value) (_ sqlite.Value, err error) {
			defer contain(&err)
			s := make([]string, n)
			for i := range s {
				if a[i].Type() != sqlite.TypeNull {
					s[i] = a[i].Text()
				} else if i < n-2 {
					return null, nil
				}
			}
			return f(s)
		},
	}
}

func unsupported(part string) error { return errors.New("unsupported lookup type: " + part) }

func extract(part, s, tz, stored string) (sqlite.Value, error) {
	t, ok, err := local(s, tz, stored)
	if !ok {
		return null, err
	}
	isoYear, isoWeek := t.ISOWeek()
	var n int
	switch part {
	case "year":
		n = t.Year()
	case "iso_year":
		n = isoYear
	case "quarter":
		n = (int(t.Month()) + 2) / 3
	case "month":
		n = int(t.Month())
	case "week":
		n = isoWeek
	case "day":
		n = t.Day()
	case "week_day":
		n = int(t.Weekday()) + 1
	case "iso_week_day":
		n = (int(t.Weekday())+6)%7 + 1
	default:
		return clockPart(part, time.Duration(t.Hour())*time.Hour+time.Duration(t.Minute())*time.Minute+
			time.Duration(t.Second())*time.Second+time.Duration(t.Nanosecond()))
	}
	return sqlite.IntegerValue(int64(n)), nil
}

func clockPart(part string, d time.Duration) (sqlite.Value, error) {
	switch part {
	case "hour":
		return sqlite.IntegerValue(int64(d / time.Hour)), nil
	case "minute":
		return sqlite.IntegerValue(int64(d % time.Hour / time.Minute)), nil
	case "second":
		return sqlite.IntegerValue(int64(d % time.Minute / time.Second)), nil
	case "microsecond":
		return sqlite.IntegerValue(int64(d % time.Second / time.Microsecond)), nil
	}
	return null, unsupported(part)
}

func extractTime(part, s string) (sqlite.Value, error) {
	d, ok := parseClock(s)
	if !ok {
		return null, nil
	}
	return clockPart(part, d)
}

// truncated is the first day of the period that t lies in.
func truncated(part string, t time.Time) (time.Time, bool) {
	y, m, d := t.Date()
	switch part {
	case "year":
		m, d = 1, 1
	case "quarter":
		m, d = m-(m-1)%3, 1
	case "month":
		d = 1
	case "week":
		d -= (int(t.Weekday()) + 6) % 7
	case "day":
	default:
		return t, false
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), true
}

func truncDate(part, s, tz, stored string) (sqlite.Value, error) {
	t, ok, err := local(s, tz, stored)
	if !ok {
		return null, err
	}
	if t, ok = truncated(part, t); !ok {
		return null, unsupported(part)
	}
	return sqlite.TextValue(t.Format("2006-01-02")), nil
}

var clockLayouts = map[string]string{"hour": "15:00:00", "minute": "15:04:00", "second": "15:04:05"}

func truncDateTime(part, s, tz, stored string) (sqlite.Value, error) {
	t, ok, err := local(s, tz, stored)
	if !ok {
		return null, err
	}
	if l := clockLayouts[part]; l != "" {
		return sqlite.TextValue(t.Format("2006-01-02 " + l)), nil
	}
	if t, ok = truncated(part, t); !ok {
		return null, unsupported(part)
	}
	return sqlite.TextValue(t.Format("2006-01-02 00:00:00")), nil
}

func truncTime(part, s, tz, stored string) (sqlite.Value, error) {
	t, ok, err := local(s, tz, stored)
	if err != nil {
		return null, err
	}
	if !ok {
		d, ok := parseClock(s)
		if !ok {
			return null, nil
		}
		t = time.Time{}.Add(d)
	}
	l := clockLayouts[part]
	if l == "" {
		return null, unsupported(part)
	}
	return sqlite.TextValue(t.Format(l)), nil
}

func castDate(s, tz, stored string) (sqlite.Value, error) {
	t, ok, err := local(s, tz, stored)
	if !ok {
		return null, err
	}
	return sqlite.TextValue(t.Format("2006-01-02")), nil
}

func castTime(s, tz, stored string) (sqlite.Value, error) {
	t, ok, err := local(s, tz, stored)
	if !ok {
		return null, err
	}
	return sqlite.TextValue(t.Format("15:04:05" + micros(t))), nil
}

// micros is the layout of a fraction, which Python leaves out when it is zero.
func micros(t time.Time) string {
	if t.Nanosecond() == 0 {
		return ""
	}
	return ".000000"
}

func timeDiff(l, r string) (sqlite.Value, error) {
	a, ok1 := parseClock(l)
	b, ok2 := parseClock(r)
	if !ok1 || !ok2 {
		return null, nil
	}
	return sqlite.IntegerValue((a - b).Microseconds()), nil
}

func stampDiff(l, r string) (sqlite.Value, error) {
	a, _, ok1 := parseStamp(l)
	b, _, ok2 := parseStamp(r)
	if !ok1 || !ok2 {
		return null, nil
	}
	return sqlite.IntegerValue(a.UnixMicro() - b.UnixMicro()), nil
}

// operand is a side of combineDelta: a datetime, a date, or microseconds.
type operand struct {
	t     time.Time
	stamp bool
	clock bool // a datetime rather than a date
	us    int64
}

func newOperand(v sqlite.Value) (o operand, ok bool) {
	if v.Type() == sqlite.TypeInteger {
		return operand{us: v.Int64()}, true
	}
	o.stamp = true
	o.t, o.clock, ok = parseStamp(v.Text())
	return o, ok
}

// combineDelta computes with a duration in microseconds and a datetime, date,
// duration or number.
func combineDelta(op string, l, r sqlite.Value) (sqlite.Value, error) {
	op = strings.TrimSpace(op)
	switch op {
	case "*", "/":
		if l.Type() == sqlite.TypeText || r.Type() == sqlite.TypeText {
			return null, errors.New("a datetime can't be multiplied or divided")
		}
		if op == "*" && l.Type() == sqlite.TypeInteger && r.Type() == sqlite.TypeInteger {
			return sqlite.IntegerValue(l.Int64() * r.Int64()), nil
		}
		if op == "*" {
			return sqlite.FloatValue(l.Float() * r.Float()), nil
		}
		if r.Float() == 0 {
			return null, errors.New("division of a duration by zero")
		}
		return sqlite.FloatValue(l.Float() / r.Float()), nil
	case "+", "-":
	default:
		return null, errors.New("unknown operator " + op)
	}
	a, ok1 := newOperand(l)
	b, ok2 := newOperand(r)
	if !ok1 || !ok2 {
		return null, nil
	}
	switch {
	case a.stamp && b.stamp && op == "-":
		return sqlite.TextValue(deltaText(a.t.UnixMicro() - b.t.UnixMicro())), nil
	case a.stamp && b.stamp, b.stamp && op == "-":
		return null, errors.New("these can't be added or subtracted")
	case b.stamp:
		a, b = b, a
	}
	us := b.us
	if op == "-" {
		us = -us
	}
	if !a.stamp {
		return sqlite.TextValue(deltaText(a.us + us)), nil
	}
	return shifted(a, us)
}

func shifted(a operand, us int64) (sqlite.Value, error) {
	const day = 24 * 60 * 60 * 1000000
	var t time.Time
	if a.clock {
		t = time.UnixMicro(a.t.UnixMicro() + us).UTC()
	} else {
		// A date counts whole days only, rounded down.
		t = a.t.AddDate(0, 0, int(math.Floor(float64(us)/day)))
	}
	if t.Year() < 1 || t.Year() > 9999 {
		return null, errors.New("date value out of range")
	}
	if !a.clock {
		return sqlite.TextValue(t.Format("2006-01-02")), nil
	}
	return sqlite.TextValue(t.Format("2006-01-02 15:04:05" + micros(t))), nil
}

// deltaText is Python's str(timedelta).
func deltaText(us int64) string {
	const day = 24 * 60 * 60 * 1000000
	days := us / day
	if us %= day; us < 0 {
		us, days = us+day, days-1
	}
	t := time.UnixMicro(us).UTC()
	s := strconv.Itoa(t.Hour()) + t.Format(":04:05"+micros(t))
	switch days {
	case 0:
		return s
	case 1, -1:
		return strconv.FormatInt(days, 10) + " day, " + s
	}
	return strconv.FormatInt(days, 10) + " days, " + s
}
