package guest

import (
	"strconv"
	"strings"
	"time"
)

const (
	dayNames   = "SunMonTueWedThuFriSat"
	monthNames = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

// HTTPDate formats t as HTTP does: Sun, 06 Nov 1994 08:49:37 GMT.
func HTTPDate(t time.Time) string {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b := make([]byte, 0, 29)
	b = append(b, dayNames[3*t.Weekday():3*t.Weekday()+3]...)
	b = two(append(b, ", "...), day)
	b = append(append(append(b, ' '), monthNames[3*month-3:3*month]...), ' ')
	b = two(two(b, year/100), year%100)
	b = two(append(b, ' '), hour)
	b = two(append(b, ':'), minute)
	b = two(append(b, ':'), second)
	return string(append(b, " GMT"...))
}

func two(b []byte, n int) []byte { return append(b, byte('0'+n/10%10), byte('0'+n%10)) }

// ParseHTTPDate reads a date in any of HTTP's three formats.
func ParseHTTPDate(s string) (time.Time, bool) {
	bad := time.Time{}
	weekday, rest, ok := strings.Cut(s, ", ")
	if !ok { // Sun Nov  6 08:49:37 1994
		f := strings.Fields(s)
		if len(f) != 5 || len(f[0]) != 3 || len(f[4]) != 4 {
			return bad, false
		}
		return httpDate(f[2], f[1], f[4], f[3])
	}
	clock, ok := strings.CutSuffix(rest, " GMT")
	if !ok {
		return bad, false
	}
	if len(weekday) == 3 { // Sun, 06 Nov 1994 08:49:37 GMT
		f := strings.Split(clock, " ")
		if len(f) != 4 || len(f[0]) != 2 || len(f[2]) != 4 {
			return bad, false
		}
		return httpDate(f[0], f[1], f[2], f[3])
	}
	date, clock, _ := strings.Cut(clock, " ") // Sunday, 06-Nov-94 08:49:37 GMT
	f := strings.Split(date, "-")
	if len(f) != 3 || len(f[0]) != 2 || len(f[2]) != 2 || !strings.HasSuffix(weekday, "day") {
		return bad, false
	}
	// Two digits never mean more than 50 years ahead.
	year, err := strconv.Atoi(f[2])
	if err != nil {
		return bad, false
	}
	current := now().UTC().Year()
	if century := current - current%100; year-current%100 > 50 {
		year += century - 100
	} else {
		year += century
	}
	return httpDate(f[0], f[1], strconv.Itoa(year), clock)
}

func httpDate(day, month, year, clock string) (time.Time, bool) {
	m := strings.Index(monthNames, month)
	if len(month) != 3 || m%3 != 0 || len(clock) != 8 || clock[2] != ':' || clock[5] != ':' {
		return time.Time{}, false
	}
	var n [5]int
	for i, s := range [...]string{day, year, clock[:2], clock[3:5], clock[6:]} {
		v, err := strconv.ParseUint(s, 10, 16)
		if err != nil {
			return time.Time{}, false
		}
		n[i] = int(v)
	}
	t := time.Date(n[1], time.Month(m/3+1), n[0], n[2], n[3], n[4], 0, time.UTC)
	return t, t.Day() == n[0] && n[2] < 24 && n[3] < 60 && n[4] < 60
}
