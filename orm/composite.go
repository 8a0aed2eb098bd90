package orm

import (
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// arrayClass is Django's class of arrays.
const arrayClass = "ArrayField"

// rangeClasses are the classes of ranges and those of their bounds.
var rangeClasses = map[string]string{
	"IntegerRangeField": "IntegerField", "BigIntegerRangeField": "BigIntegerField", "DecimalRangeField": "DecimalField",
	"DateTimeRangeField": "DateTimeField", "DateRangeField": "DateField",
}

// of returns the field that an array's elements or a range's bounds are of.
func (f *field) of() *field {
	base := field{places: -1}
	if f.base != nil {
		base = *f.base
	}
	if class := rangeClasses[f.class]; class != "" {
		base.class, base.kind = class, classKinds[class]
	}
	if base.model == nil {
		base.model = &modelInfo{}
	}
	base.name, base.goName, base.naive = f.name, f.goName, f.naive
	return &base
}

// compositeOf is a cell as an array, a range or a map of texts; false when f
// holds none of these, or the cell doesn't fit.
func (f *field) compositeOf(v *abi.Value) (abi.Value, bool) {
	if v.Kind != abi.KindText {
		return abi.Null, false
	}
	switch {
	case f.class == arrayClass:
		return parseArray(v.Str, f.of())
	case rangeClasses[f.class] != "":
		return parseRange(v.Str, f.of())
	case f.class == "HStoreField":
		doc, ok := hstoreDocument(v.Str)
		return abi.Value{Kind: abi.KindJSON, Str: doc}, ok
	}
	return abi.Null, false
}

// nothingOf is what NULL stands for where it stands for nothing.
func (f *field) nothingOf() abi.Value {
	switch f.class {
	case arrayClass:
		return abi.Array()
	case "JSONField":
		return abi.Value{Kind: abi.KindJSON, Str: "[]"}
	}
	return abi.Text("")
}

// part is an element of an array or a bound of a range, which come as text.
func (f *field) part(s string) abi.Value {
	v := abi.Text(s)
	kind := f.kind
	if kind == kDynamic || kind == kInvalid {
		kind = classKinds[f.class]
	}
	switch {
	case f.class == "BinaryField" && strings.HasPrefix(s, `\x`):
		if b, ok := hexBytes(s[2:]); ok {
			return abi.Value{Kind: abi.KindBytes, Str: b}
		}
	case kind == kBool && (s == "t" || s == "f"):
		return abi.Bool(s == "t")
	case kind == kDuration:
		if d, ok := intervalOf(s); ok {
			return abi.Value{Kind: abi.KindDuration, Num: uint64(d.Microseconds())}
		}
	}
	return f.typed(&v)
}

func hexBytes(s string) (string, bool) {
	if len(s)%2 != 0 {
		return "", false
	}
	b := make([]byte, len(s)/2)
	for i := range b {
		hi, lo := unhex(s[2*i]), unhex(s[2*i+1])
		if hi > 15 || lo > 15 {
			return "", false
		}
		b[i] = hi<<4 | lo
	}
	return string(b), true
}

// intervalOf reads PostgreSQL's intervals: "1 year 2 mons 3 days 04:05:06.7".
func intervalOf(s string) (d time.Duration, ok bool) {
	const day = 24 * time.Hour
	words := strings.Fields(s)
	for i := 0; i < len(words); i++ {
		w, negative := strings.CutPrefix(words[i], "-")
		w = strings.TrimPrefix(w, "+")
		var part time.Duration
		if hours, rest, isClock := strings.Cut(w, ":"); isClock {
			h, ok1 := digits(hours)
			c, ok2 := parseClock("00:" + rest)
			if !ok1 || !ok2 {
				return 0, false
			}
			part = time.Duration(h)*time.Hour + c
		} else {
			n, isNumber := digits(w)
			if !isNumber || i+1 == len(words) {
				return 0, false
			}
			i++
			unit := map[byte]time.Duration{'y': 365 * day, 'm': 30 * day, 'd': day}[words[i][0]]
			part = time.Duration(n) * unit
		}
		if negative {
			part = -part
		}
		d += part
	}
	return d, len(words) > 0
}

// textReader reads what PostgreSQL writes of arrays, ranges and hstores.
type textReader struct {
	s string
	i int
}

func (r *textReader) next(c byte) bool {
	if r.i < len(r.s) && r.s[r.i] == c {
		r.i++
		return true
	}
	return false
}

// item reads a text up to one of the ends, which is left; quoted says that it
// was in quotes. Two quotes in quotes are one.
func (r *textReader) item(ends string) (s string, quoted, ok bool) {
	quoted = r.next('"')
	var b []byte
	for ; r.i < len(r.s); r.i++ {
		switch c := r.s[r.i]; {
		case c == '\\' && r.i+1 < len(r.s):
			r.i++
			b = append(b, r.s[r.i])
		case quoted && c == '"':
			if r.i++; r.i == len(r.s) || r.s[r.i] != '"' {
				return string(b), true, true
			}
			b = append(b, '"')
		case !quoted && strings.IndexByte(ends, c) >= 0:
			return string(b), false, true
		default:
			b = append(b, c)
		}
	}
	return "", quoted, false
}

// parseArray reads {1,NULL,"a b"}; base is what the elements are.
func parseArray(s string, base *field) (abi.Value, bool) {
	if strings.HasPrefix(s, "[") { // bounds other than 1 are said before
		_, after, ok := strings.Cut(s, "=")
		if !ok {
			return abi.Null, false
		}
		s = after
	}
	r := &textReader{s: s}
	v, ok := r.array(base, 0)
	return v, ok && r.i == len(s)
}

const maxDimensions = 6 // of PostgreSQL's arrays

func (r *textReader) array(base *field, depth int) (abi.Value, bool) {
	v := abi.Array()
	if depth > maxDimensions || !r.next('{') {
		return v, false
	}
	if r.next('}') {
		return v, true
	}
	for {
		if r.i < len(r.s) && r.s[r.i] == '{' {
			inner := base
			if base.class == arrayClass {
				inner = base.of()
			}
			sub, ok := r.array(inner, depth+1)
			if !ok {
				return v, false
			}
			v.List = append(v.List, sub)
		} else {
			s, quoted, ok := r.item(",}")
			switch {
			case !ok:
				return v, false
			case s == "NULL" && !quoted:
				v.List = append(v.List, abi.Null)
			default:
				v.List = append(v.List, base.part(s))
			}
		}
		if r.next('}') {
			return v, true
		}
		if !r.next(',') {
			return v, false
		}
	}
}

// parseRange reads [1,10) and empty.
func parseRange(s string, base *field) (abi.Value, bool) {
	if s == "empty" {
		return abi.EmptyRange(), true
	}
	r := &textReader{s: s}
	v := abi.Range(abi.Null, abi.Null, 0)
	if r.next('[') {
		v.Num = abi.RangeLower
	} else if !r.next('(') {
		return v, false
	}
	for i, ends := range []string{",", "])"} {
		t, quoted, ok := r.item(ends)
		if !ok || i == 0 && !r.next(',') {
			return v, false
		}
		if t != "" || quoted {
			v.List[i] = base.part(t)
		}
	}
	if r.next(']') {
		v.Num |= abi.RangeUpper
	} else if !r.next(')') {
		return v, false
	}
	return v, r.i == len(s)
}

// hstoreDocument makes a JSON document of "a"=>"b", "c"=>NULL.
func hstoreDocument(s string) (string, bool) {
	b := []byte{'{'}
	ok := hstorePairs(s, func(key, value string, null bool) {
		if len(b) > 1 {
			b = append(b, ", "...)
		}
		b = append(appendJSONText(b, key), ": "...)
		if null {
			b = append(b, "null"...)
		} else {
			b = appendJSONText(b, value)
		}
	})
	return string(append(b, '}')), ok
}

func hstorePairs(s string, pair func(key, value string, null bool)) bool {
	r := &textReader{s: s}
	for first := true; r.i < len(s); first = false {
		if !first && !(r.next(',') && r.next(' ')) {
			return false
		}
		key, quoted, ok := r.item("=")
		if !ok || !quoted || !r.next('=') || !r.next('>') {
			return false
		}
		if strings.HasPrefix(s[r.i:], "NULL") {
			r.i += len("NULL")
			pair(key, "", true)
			continue
		}
		value, quoted, ok := r.item(",")
		if !ok || !quoted {
			return false
		}
		pair(key, value, false)
	}
	return true
}

// documentPairs reads the document that an HStore makes of itself.
func documentPairs(s string, pair func(key, value string, null bool)) bool {
	r := &textReader{s: s}
	if !r.next('{') {
		return false
	}
	for !r.next('}') {
		key, ok := r.jsonText()
		if !ok || !r.next(':') {
			return false
		}
		if strings.HasPrefix(r.s[r.i:], "null") {
			r.i += len("null")
			pair(key, "", true)
		} else {
			value, ok := r.jsonText()
			if !ok {
				return false
			}
			pair(key, value, false)
		}
		r.next(',')
	}
	return r.i == len(s)
}

// jsonText reads what appendJSONText wrote.
func (r *textReader) jsonText() (string, bool) {
	if !r.next('"') {
		return "", false
	}
	var b []byte
	for ; r.i < len(r.s); r.i++ {
		switch c := r.s[r.i]; {
		case c == '"':
			r.i++
			return string(b), true
		case c == '\\' && strings.HasPrefix(r.s[r.i+1:], "u00") && r.i+5 < len(r.s):
			b = append(b, unhex(r.s[r.i+4])<<4|unhex(r.s[r.i+5]))
			r.i += 5
		case c == '\\' && r.i+1 < len(r.s):
			r.i++
			b = append(b, r.s[r.i])
		default:
			b = append(b, c)
		}
	}
	return "", false
}

// appendJSONText appends a text as a JSON string.
func appendJSONText(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// goOf is the Go value nearest to a composite or a part of one: a list is []any,
// a range Range[any].
func (f *field) goOf(v abi.Value) any {
	switch v.Kind {
	case abi.KindArray:
		base, list := f.of(), make([]any, len(v.List))
		for i := range v.List {
			list[i] = base.goOf(v.List[i])
		}
		return list
	case abi.KindRange:
		r := Range[any]{Empty: v.Num&abi.RangeEmpty != 0, LowerOpen: lowerOpen(&v), UpperIn: v.Num&abi.RangeUpper != 0}
		for i, b := range []*Null[any]{&r.Lower, &r.Upper} {
			if i < len(v.List) && !v.List[i].IsNull() {
				*b = Some(f.of().goOf(v.List[i]))
			}
		}
		return r
	case abi.KindTime, abi.KindNaive:
		return time.UnixMicro(v.Int64()).UTC()
	case abi.KindDate:
		return dateOfDays(v.Int64())
	case abi.KindClock:
		return Clock(time.Duration(v.Int64()) * time.Microsecond)
	case abi.KindDuration:
		return time.Duration(v.Int64()) * time.Microsecond
	case abi.KindDecimal:
		return Decimal(v.Str)
	case abi.KindUUID:
		return UUID([]byte(v.Str))
	case abi.KindBool:
		return v.Num != 0
	case abi.KindJSON:
		return JSON(v.Str)
	}
	return plain(&v)
}
