package orm

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
)

// cursor reads cells.
type cursor struct {
	s   string
	off int
}

// cell reads the next cell; false at malformed ones.
func (c *cursor) cell(v *abi.Value) bool {
	s := c.s[c.off:]
	if len(s) == 0 {
		return false
	}
	v.Kind = abi.Kind(s[0])
	switch v.Kind {
	case abi.KindNull:
		c.off++
		v.Num, v.Str = 0, ""
		return true
	case abi.KindInt, abi.KindFloat:
		if len(s) < 9 {
			return false
		}
		_ = s[8]
		v.Num = uint64(s[1]) | uint64(s[2])<<8 | uint64(s[3])<<16 | uint64(s[4])<<24 |
			uint64(s[5])<<32 | uint64(s[6])<<40 | uint64(s[7])<<48 | uint64(s[8])<<56
		c.off += 9
		return true
	case abi.KindText, abi.KindBytes:
		if len(s) < 5 {
			return false
		}
		n := int(s[1]) | int(s[2])<<8 | int(s[3])<<16 | int(s[4])<<24
		if n > len(s)-5 {
			return false
		}
		v.Str = s[5 : 5+n]
		c.off += 5 + n
		return true
	}
	return false
}

// storeCell writes a cell into the Go value at p; false when it does not fit.
func storeCell(k kind, p unsafe.Pointer, v *abi.Value, f *field) bool {
	switch k {
	case kString:
		if v.Kind == abi.KindText {
			*(*string)(p) = v.Str
			return true
		}
		s, ok := textOf(v)
		*(*string)(p) = s
		return ok
	case kInt64:
		if v.Kind == abi.KindInt {
			*(*int64)(p) = int64(v.Num)
			return true
		}
		n, ok := intOf(v)
		*(*int64)(p) = n
		return ok
	case kInt32, kInt16, kInt8, kUint64, kUint32, kUint16, kUint8:
		return storeSmall(k, p, v)
	case kBool:
		n, ok := intOf(v)
		*(*bool)(p) = n != 0
		return ok
	case kFloat64:
		x, ok := floatOf(v)
		*(*float64)(p) = x
		return ok
	case kFloat32:
		x, ok := floatOf(v)
		*(*float32)(p) = float32(x)
		return ok
	case kBytes:
		if v.Kind != abi.KindBytes && v.Kind != abi.KindText {
			return false
		}
		// A copy: the caller may write into it, the result is shared with strings.
		*(*[]byte)(p) = []byte(v.Str)
		return true
	case kTime:
		t, ok := timeOf(v)
		*(*time.Time)(p) = t
		return ok
	case kDate:
		t, ok := timeOf(v)
		*(*Date)(p) = DateOf(t)
		return ok
	case kClock:
		d, ok := clockOf(v)
		*(*Clock)(p) = Clock(d)
		return ok
	case kDuration:
		n, ok := intOf(v)
		*(*time.Duration)(p) = time.Duration(n) * time.Microsecond
		return ok && n == (*(*time.Duration)(p)).Microseconds() // columns hold more than the 292 years of a Duration
	case kDecimal:
		places := -1
		if f != nil {
			places = f.places
		}
		s, ok := decimalOf(v, places)
		*(*Decimal)(p) = Decimal(s)
		return ok
	case kUUID:
		u, ok := uuidOf(v)
		*(*UUID)(p) = u
		return ok
	case kJSON:
		s, ok := textOf(v)
		*(*JSON)(p) = JSON(s)
		return ok
	case kDynamic:
		*(*abi.Value)(p) = f.typed(v)
		return true
	case kArray, kRange, kHStore:
		return f.store(p, v)
	case kForeign:
		fk := (*foreign)(p)
		fk.field, fk.obj, fk.loaded = f, nil, false
		if v.Kind == abi.KindInt {
			fk.key = Key{kind: abi.KindInt, n: int64(v.Num)}
			return true
		}
		if f.model.dynamic {
			fk.key = keyOfValue(f.typed(v))
			return true
		}
		if f.rel.key1().pointed().kind == kUUID {
			u, ok := uuidOf(v)
			fk.key = UUIDKey(u)
			return ok
		}
		s, ok := textOf(v)
		fk.key = TextKey(s)
		return ok
	}
	return false
}

func storeSmall(k kind, p unsafe.Pointer, v *abi.Value) bool {
	n, ok := intOf(v)
	if !ok {
		if k == kUint64 && v.Kind == abi.KindText {
			u, err := strconv.ParseUint(v.Str, 10, 64)
			*(*uint64)(p) = u
			return err == nil
		}
		return false
	}
	switch k {
	case kInt32:
		*(*int32)(p) = int32(n)
		return n == int64(int32(n))
	case kInt16:
		*(*int16)(p) = int16(n)
		return n == int64(int16(n))
	case kInt8:
		*(*int8)(p) = int8(n)
		return n == int64(int8(n))
	case kUint64:
		*(*uint64)(p) = uint64(n)
		return n >= 0
	case kUint32:
		*(*uint32)(p) = uint32(n)
		return n == int64(uint32(n))
	case kUint16:
		*(*uint16)(p) = uint16(n)
		return n == int64(uint16(n))
	}
	*(*uint8)(p) = uint8(n)
	return n == int64(uint8(n))
}

func textOf(v *abi.Value) (string, bool) {
	switch v.Kind {
	case abi.KindText, abi.KindBytes:
		return v.Str, true
	case abi.KindInt:
		return strconv.FormatInt(int64(v.Num), 10), true
	case abi.KindFloat:
		return strconv.FormatFloat(v.Float64(), 'g', -1, 64), true
	}
	return "", false
}

func intOf(v *abi.Value) (int64, bool) {
	switch v.Kind {
	case abi.KindInt:
		return int64(v.Num), true
	case abi.KindFloat:
		f := v.Float64()
		return int64(f), f == math.Trunc(f) && math.Abs(f) < 1<<63
	case abi.KindText: // PostgreSQL's sums and parts of dates are decimals
		n, err := strconv.ParseInt(whole(v.Str), 10, 64)
		return n, err == nil
	}
	return 0, false
}

// whole cuts a fraction of zeros off.
func whole(s string) string {
	if i := strings.IndexByte(s, '.'); i > 0 && strings.Trim(s[i+1:], "0") == "" {
		return s[:i]
	}
	return s
}

func floatOf(v *abi.Value) (float64, bool) {
	switch v.Kind {
	case abi.KindFloat:
		return v.Float64(), true
	case abi.KindInt:
		return float64(int64(v.Num)), true
	case abi.KindText:
		f, err := strconv.ParseFloat(v.Str, 64)
		return f, err == nil
	}
	return 0, false
}

// decimalOf writes a number with its field's places: SQLite stores decimals as numbers.
func decimalOf(v *abi.Value, places int) (string, bool) {
	switch v.Kind {
	case abi.KindText:
		return v.Str, true
	case abi.KindInt:
		s := strconv.FormatInt(int64(v.Num), 10)
		if places > 0 {
			s += "."
			for range places {
				s += "0"
			}
		}
		return s, true
	case abi.KindFloat:
		f := v.Float64()
		if places < 0 { // computed: what a double holds of it for certain
			f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'e', 14, 64), 64)
		}
		return strconv.FormatFloat(f, 'f', places, 64), true
	}
	return "", false
}

func uuidOf(v *abi.Value) (UUID, bool) {
	if v.Kind == abi.KindBytes && len(v.Str) == 16 {
		return UUID([]byte(v.Str)), true
	}
	if v.Kind != abi.KindText && v.Kind != abi.KindBytes {
		return UUID{}, false
	}
	u, err := ParseUUID(v.Str)
	return u, err == nil
}

// timeOf reads YYYY-MM-DD[ HH:MM[:SS[.ffffff]]][zone], or microseconds since 1970.
func timeOf(v *abi.Value) (time.Time, bool) {
	if v.Kind == abi.KindInt {
		return time.UnixMicro(int64(v.Num)).UTC(), true
	}
	s := v.Str
	if v.Kind != abi.KindText || len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return time.Time{}, false
	}
	y, ok1 := digits(s[0:4])
	mo, ok2 := digits(s[5:7])
	d, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 || mo < 1 || mo > 12 || d < 1 || d > 31 {
		return time.Time{}, false
	}
	if len(s) == 10 {
		return time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC), true
	}
	if s[10] != ' ' && s[10] != 'T' {
		return time.Time{}, false
	}
	clock, zone := s[11:], 0
	for i := 5; i < len(clock); i++ {
		if c := clock[i]; c == '+' || c == '-' || c == 'Z' {
			var ok bool
			if zone, ok = zoneOf(clock[i:]); !ok {
				return time.Time{}, false
			}
			clock = clock[:i]
			break
		}
	}
	c, ok := parseClock(clock)
	t := time.Date(y, time.Month(mo), d, 0, 0, -zone, 0, time.UTC).Add(c)
	return t, ok
}

func zoneOf(s string) (seconds int, ok bool) {
	if s == "Z" {
		return 0, true
	}
	if len(s) != 3 && len(s) != 5 && len(s) != 6 {
		return 0, false
	}
	h, ok := digits(s[1:3])
	m := 0
	if ok && len(s) > 3 {
		m, ok = digits(s[len(s)-2:])
	}
	if n := h*3600 + m*60; s[0] == '-' {
		return -n, ok
	} else {
		return n, ok
	}
}

func clockOf(v *abi.Value) (time.Duration, bool) {
	if v.Kind == abi.KindInt {
		return time.Duration(v.Num) * time.Microsecond, true
	}
	if v.Kind != abi.KindText {
		return 0, false
	}
	return parseClock(v.Str)
}

func parseClock(s string) (time.Duration, bool) {
	if len(s) < 5 || s[2] != ':' {
		return 0, false
	}
	h, ok1 := digits(s[0:2])
	m, ok2 := digits(s[3:5])
	d := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if len(s) == 5 {
		return d, ok1 && ok2
	}
	if len(s) < 8 || s[5] != ':' {
		return 0, false
	}
	sec, ok3 := digits(s[6:8])
	d += time.Duration(sec) * time.Second
	if len(s) > 8 {
		if s[8] != '.' || len(s) > 18 {
			return 0, false
		}
		f, ok := digits(s[9:])
		if !ok {
			return 0, false
		}
		for i := len(s) - 9; i < 9; i++ {
			f *= 10
		}
		d += time.Duration(f)
	}
	return d, ok1 && ok2 && ok3
}

func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int(c)
	}
	return n, len(s) > 0
}
