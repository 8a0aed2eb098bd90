package postgres

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vinyl-edge/vinyl/abi"
)

// Moments are counted from 2000-01-01 by the server.
const (
	epochDays   = 10957
	epochMicros = epochDays * dayMicros
	dayMicros   = 86400 * 1000000
)

// typeOf is the type that a parameter is sent as. They are those of literals:
// integers are as wide as they must be, floats are numeric, and what texts and
// lists are the server finds out, 0.
func typeOf(v *abi.Value, wide bool) uint32 {
	switch v.Kind {
	case abi.KindInt:
		if n := v.Int64(); wide || n != int64(int32(n)) {
			return oidInt8
		}
		return oidInt4
	case abi.KindFloat:
		if f := v.Float64(); math.IsNaN(f) || math.IsInf(f, 0) {
			return oidFloat8
		}
		return oidNumeric
	case abi.KindBytes:
		return oidBytea
	case abi.KindBool:
		return oidBool
	case abi.KindTime:
		return oidTimestampTZ
	case abi.KindNaive:
		return oidTimestamp
	case abi.KindDate:
		return oidDate
	case abi.KindClock:
		return oidTime
	case abi.KindDuration:
		return oidInterval
	case abi.KindDecimal:
		return oidNumeric
	case abi.KindUUID:
		return oidUUID
	case abi.KindJSON:
		return oidJSONB
	}
	return 0
}

// manyInts is how many integers make a statement one of lists or rows of them.
const manyInts = 16

// wideInts tells whether every integer is sent with 64 bits since one of them
// needs these: in lists and rows, whose types would otherwise be another
// combination for each set of values.
func wideInts(sql string, args []abi.Value) bool {
	ints, wide := 0, false
	for i := range args {
		if args[i].Kind == abi.KindInt {
			ints++
			n := args[i].Int64()
			wide = wide || n != int64(int32(n))
		}
	}
	return wide && (ints > manyInts || strings.HasPrefix(sql, "INSERT"))
}

// params is the scratch that parameters are encoded in.
type params struct {
	buf     []byte
	ends    []int
	values  [][]byte
	formats []int16
}

// encode sets values and formats. They are valid until the next call.
func (p *params) encode(args []abi.Value, types []uint32) error {
	p.buf, p.ends, p.values, p.formats = p.buf[:0], p.ends[:0], p.values[:0], p.formats[:0]
	if cap(p.buf) > 1<<20 {
		p.buf = nil
	}
	for i := range args {
		b, format, err := appendParam(p.buf, &args[i], types[i])
		if err != nil {
			return err
		}
		p.buf, p.ends, p.formats = b, append(p.ends, len(b)), append(p.formats, format)
	}
	start := 0
	for i, end := range p.ends {
		var v []byte
		if args[i].Kind != abi.KindNull {
			v = p.buf[start:end:end]
			if v == nil {
				v = []byte{}
			}
		}
		p.values = append(p.values, v)
		start = end
	}
	return nil
}

func appendParam(b []byte, v *abi.Value, typ uint32) ([]byte, int16, error) {
	big := binary.BigEndian
	switch v.Kind {
	case abi.KindInt:
		if typ == oidInt4 {
			return big.AppendUint32(b, uint32(v.Num)), pgproto3.BinaryFormat, nil
		}
		return big.AppendUint64(b, v.Num), pgproto3.BinaryFormat, nil
	case abi.KindFloat:
		if typ == oidFloat8 {
			return big.AppendUint64(b, v.Num), pgproto3.BinaryFormat, nil
		}
	case abi.KindBytes, abi.KindUUID:
		return append(b, v.Str...), pgproto3.BinaryFormat, nil
	case abi.KindBool:
		return append(b, byte(v.Num)), pgproto3.BinaryFormat, nil
	case abi.KindTime, abi.KindNaive:
		return big.AppendUint64(b, v.Num-epochMicros), pgproto3.BinaryFormat, nil
	case abi.KindDate:
		n := v.Int64() - epochDays
		if n != int64(int32(n)) {
			return b, 0, &abi.OpError{Code: abi.CodeValue, Message: "database: a date lies outside of what PostgreSQL can store"}
		}
		return big.AppendUint32(b, uint32(n)), pgproto3.BinaryFormat, nil
	case abi.KindClock:
		return big.AppendUint64(b, v.Num), pgproto3.BinaryFormat, nil
	case abi.KindDuration:
		days, us := splitDays(v.Int64())
		b = big.AppendUint64(b, uint64(us))
		return big.AppendUint64(b, uint64(days)<<32), pgproto3.BinaryFormat, nil // the low half are months
	}
	b, err := appendText(b, v)
	return b, pgproto3.TextFormat, err
}

// splitDays splits a duration as Python does: the rest is never negative.
func splitDays(us int64) (days, rest int64) {
	days, rest = us/dayMicros, us%dayMicros
	if rest < 0 {
		days, rest = days-1, rest+dayMicros
	}
	return days, rest
}

// appendText appends v as the server reads it from text.
func appendText(b []byte, v *abi.Value) ([]byte, error) {
	switch v.Kind {
	case abi.KindNull:
		return b, nil
	case abi.KindText, abi.KindDecimal, abi.KindJSON:
		return append(b, v.Str...), nil
	case abi.KindInt:
		return strconv.AppendInt(b, v.Int64(), 10), nil
	case abi.KindFloat:
		return strconv.AppendFloat(b, v.Float64(), 'g', -1, 64), nil
	case abi.KindBool:
		return strconv.AppendBool(b, v.Num != 0), nil
	case abi.KindBytes:
		return hex.AppendEncode(append(b, `\x`...), []byte(v.Str)), nil
	case abi.KindUUID:
		return hex.AppendEncode(b, []byte(v.Str)), nil
	case abi.KindTime, abi.KindNaive, abi.KindDate:
		t := time.UnixMicro(v.Int64()).UTC()
		if v.Kind == abi.KindDate {
			t = time.Unix(v.Int64()*86400, 0).UTC()
		}
		layout := map[abi.Kind]string{abi.KindTime: "2006-01-02 15:04:05.999999Z07:00", abi.KindNaive: "2006-01-02 15:04:05.999999", abi.KindDate: "2006-01-02"}
		if t.Year() < 1 || t.Year() > 9999 {
			return b, &abi.OpError{Code: abi.CodeValue, Message: "database: a date in a list lies outside the years 1 to 9999"}
		}
		return t.AppendFormat(b, layout[v.Kind]), nil
	case abi.KindClock:
		return time.UnixMicro(v.Int64()).UTC().AppendFormat(b, "15:04:05.999999"), nil
	case abi.KindDuration:
		return append(strconv.AppendInt(b, v.Int64(), 10), " microseconds"...), nil
	case abi.KindList, abi.KindArray:
		return appendList(b, v)
	case abi.KindRange:
		return appendRange(b, v)
	}
	return b, &abi.OpError{Code: abi.CodeValue, Message: "database: a parameter has a type that PostgreSQL does not know: convert it to text or a number"}
}

// appendList appends an array's text.
func appendList(b []byte, v *abi.Value) ([]byte, error) {
	b = append(b, '{')
	for i := range v.List {
		if i > 0 {
			b = append(b, ',')
		}
		e := &v.List[i]
		switch e.Kind {
		case abi.KindNull:
			b = append(b, "NULL"...)
			continue
		case abi.KindList, abi.KindArray:
			var err error
			if b, err = appendList(b, e); err != nil {
				return b, err
			}
			continue
		}
		s, err := appendText(nil, e)
		if err != nil {
			return b, err
		}
		b = appendElement(b, s)
	}
	return append(b, '}'), nil
}

// appendElement appends the text of an array's element or of a range's bound.
func appendElement(b, s []byte) []byte {
	b = append(b, '"')
	for _, c := range s {
		if c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return append(b, '"')
}

// appendRange appends a range's text.
func appendRange(b []byte, v *abi.Value) ([]byte, error) {
	if len(v.List) != 2 {
		return append(b, "empty"...), nil
	}
	marks := [...]byte{'(', '[', ')', ']'}
	b = append(b, marks[v.Num&abi.RangeLower])
	for i := range v.List {
		if i > 0 {
			b = append(b, ',')
		}
		if bound := &v.List[i]; !bound.IsNull() {
			s, err := appendText(nil, bound)
			if err != nil {
				return b, err
			}
			b = appendElement(b, s)
		}
	}
	return append(b, marks[2+v.Num&abi.RangeUpper/abi.RangeUpper]), nil
}
