package postgres

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// cell says how a column's values are copied. All but cellText come in binary
// form.
type cell uint8

const (
	cellText cell = iota // numeric, json, arrays, what the driver doesn't know
	cellBytes
	cellBool
	cellInt2
	cellInt4
	cellInt8
	cellOID
	cellFloat4
	cellFloat8
	cellDate
	cellTime
	cellMoment
	cellMomentTZ
	cellInterval
)

func cellOf(oid uint32) cell {
	switch oid {
	case oidBytea, oidUUID:
		return cellBytes
	case oidBool:
		return cellBool
	case oidInt2:
		return cellInt2
	case oidInt4:
		return cellInt4
	case oidInt8:
		return cellInt8
	case oidOID:
		return cellOID
	case oidFloat4:
		return cellFloat4
	case oidFloat8:
		return cellFloat8
	case oidDate:
		return cellDate
	case oidTime:
		return cellTime
	case oidTimestamp:
		return cellMoment
	case oidTimestampTZ:
		return cellMomentTZ
	case oidInterval:
		return cellInterval
	}
	return cellText
}

// sizes are the lengths of binary values, 0 = any.
var sizes = [...]int{
	cellBool: 1, cellInt2: 2, cellInt4: 4, cellInt8: 8, cellOID: 4, cellFloat4: 4, cellFloat8: 8,
	cellDate: 4, cellTime: 8, cellMoment: 8, cellMomentTZ: 8, cellInterval: 16,
}

// appendRow appends the cells of one row.
func appendRow(b []byte, cells []cell, values [][]byte) ([]byte, error) {
	if len(values) != len(cells) {
		return b, &abi.OpError{Code: abi.CodeInternal, Message: "database: the server sent a row of another length than it announced"}
	}
	for i, v := range values {
		c := cells[i]
		switch {
		case v == nil:
			b = append(b, byte(abi.KindNull))
		case c == cellText:
			b = append(abi.AppendU32(append(b, byte(abi.KindText)), uint32(len(v))), v...)
		case c == cellBytes:
			b = append(abi.AppendU32(append(b, byte(abi.KindBytes)), uint32(len(v))), v...)
		case len(v) != sizes[c]:
			return b, &abi.OpError{Code: abi.CodeInternal, Message: "database: the server sent a value of an unknown form"}
		default:
			b = appendBinary(b, c, v)
		}
	}
	return b, nil
}

func appendBinary(b []byte, c cell, v []byte) []byte {
	big := binary.BigEndian
	switch c {
	case cellBool:
		return appendInt(b, int64(v[0]))
	case cellInt2:
		return appendInt(b, int64(int16(big.Uint16(v))))
	case cellInt4:
		return appendInt(b, int64(int32(big.Uint32(v))))
	case cellInt8, cellTime:
		return appendInt(b, int64(big.Uint64(v)))
	case cellOID:
		return appendInt(b, int64(big.Uint32(v)))
	case cellFloat8:
		return abi.AppendU64(append(b, byte(abi.KindFloat)), big.Uint64(v))
	case cellFloat4:
		return abi.AppendU64(append(b, byte(abi.KindFloat)), math.Float64bits(widen(math.Float32frombits(big.Uint32(v)))))
	case cellDate:
		return appendDate(b, int32(big.Uint32(v)))
	case cellInterval:
		return appendInterval(b, int64(big.Uint64(v)), int32(big.Uint32(v[8:])), int32(big.Uint32(v[12:])))
	}
	return appendMoment(b, int64(big.Uint64(v)), c == cellMomentTZ)
}

func appendInt(b []byte, n int64) []byte {
	return abi.AppendU64(append(b, byte(abi.KindInt)), uint64(n))
}

func appendString(b []byte, s string) []byte {
	return append(abi.AppendU32(append(b, byte(abi.KindText)), uint32(len(s))), s...)
}

// widen keeps the digits that the server shows: 1.1 becomes 1.1.
func widen(f float32) float64 {
	if x := float64(f); x != x || math.IsInf(x, 0) {
		return x
	}
	x, _ := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	return x
}

// appendMoment appends microseconds since 1970, or text for infinity and for
// what lies beyond the range of these.
func appendMoment(b []byte, us int64, zone bool) []byte {
	switch {
	case us == math.MaxInt64:
		return appendString(b, "infinity")
	case us == math.MinInt64:
		return appendString(b, "-infinity")
	case us <= math.MaxInt64-epochMicros:
		return appendInt(b, us+epochMicros)
	}
	days, rest := splitDays(us)
	s := dateText(days) + time.UnixMicro(rest).UTC().Format(" 15:04:05.999999")
	if zone {
		s += "+00"
	}
	return appendString(b, s)
}

// appendDate appends a date as the moment at which it begins.
func appendDate(b []byte, days int32) []byte {
	switch days {
	case math.MaxInt32:
		return appendString(b, "infinity")
	case math.MinInt32:
		return appendString(b, "-infinity")
	}
	if n := int64(days) + epochDays; n <= math.MaxInt64/dayMicros {
		return appendInt(b, n*dayMicros)
	}
	return appendString(b, dateText(int64(days)))
}

// dateText is the date so many days after 2000-01-01.
func dateText(days int64) string {
	t := time.Unix((days+epochDays)*86400, 0).UTC()
	return strconv.Itoa(t.Year()) + t.Format("-01-02")
}

// appendInterval appends microseconds. Months have 30 days and years 365, as
// in Python's drivers; what is too long is text.
func appendInterval(b []byte, us int64, days, months int32) []byte {
	d := int64(days) + int64(months/12)*365 + int64(months%12)*30
	total := d*dayMicros + us
	if whole := float64(d)*dayMicros + float64(us); math.Abs(whole) >= math.MaxInt64 {
		return appendString(b, strconv.FormatInt(d, 10)+" days "+strconv.FormatInt(us, 10)+" microseconds")
	}
	return appendInt(b, total)
}
