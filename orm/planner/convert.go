package planner

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vinyl-edge/vinyl/abi"
)

func valueError(f *Field, format string, args ...any) error {
	name, model := "", ""
	if f != nil {
		name = f.Name
		if f.model != nil {
			model = f.model.label
		}
	}
	e := &abi.OpError{Code: abi.CodeValue, Message: fmt.Sprintf(format, args...), Detail: []string{model, name}}
	if name != "" {
		e.Message = "Field '" + name + "': " + e.Message
	}
	return e
}

// convert applies a's converter.
func (a *arg) convert(d *Dialect, v *abi.Value) (abi.Value, error) {
	switch a.conv {
	case convRaw:
		return raw(d, a.field, v)
	case convField, convSave:
		return prepare(d, a.field, v, a.conv == convSave)
	case convCell:
		if v.IsList() && a.field.stored().class != clsJSON && !composite(a.field) {
			return abi.Null, misuse(a.field.model.label, a.field.Name, "The field '%s' cannot hold a list.", a.field.Name)
		}
		return prepare(d, a.field, v, true)
	case convCeil:
		if v.Kind == abi.KindFloat {
			return prepare(d, a.field, &abi.Value{Kind: abi.KindFloat, Num: math.Float64bits(math.Ceil(v.Float64()))}, false)
		}
		return prepare(d, a.field, v, false)
	case convJSON:
		b, err := appendJSON(nil, a.field, v)
		if err != nil {
			return abi.Null, err
		}
		return raw(d, a.field, &abi.Value{Kind: abi.KindJSON, Str: string(b)})
	case convDigits:
		if v.Kind == abi.KindInt && v.Int64() < 0 || v.Kind == abi.KindFloat && v.Float64() < 0 {
			return abi.Null, valueError(a.field, "SQLite does not support negative precision: round to 0 digits or more")
		}
		return prepare(d, a.field, v, false)
	case convTexts:
		return listOfTexts(a.field, v)
	case convKeyPath, convKeyTextPath:
		return a.keyPath(v)
	case convYearStart, convYearEnd, convISOYearStart, convISOYearEnd:
		return yearBound(d, a.field, v, a.conv)
	}
	if v.Kind == abi.KindNull {
		return abi.Null, nil
	}
	s, err := text(a.field, v)
	if err != nil {
		return abi.Null, err
	}
	switch a.conv {
	case convContains:
		s = "%" + likeEscape(s) + "%"
	case convStartsWith:
		s = likeEscape(s) + "%"
	case convEndsWith:
		s = "%" + likeEscape(s)
	case convIExact:
		s = likeEscape(s)
	}
	return abi.Text(s), nil
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func likeEscape(s string) string {
	if !strings.ContainsAny(s, `\%_`) {
		return s
	}
	return likeEscaper.Replace(s)
}

// checkText refuses what databases and drivers treat in different ways.
func checkText(f *Field, s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return valueError(f, "text contains a NUL character (U+0000), which databases do not store: remove it")
	}
	if !utf8.ValidString(s) {
		return valueError(f, "text is not valid UTF-8")
	}
	return nil
}

// text is Python's str(value).
func text(f *Field, v *abi.Value) (string, error) {
	switch v.Kind {
	case abi.KindText, abi.KindDecimal, abi.KindJSON:
		return v.Str, checkText(f, v.Str)
	case abi.KindInt:
		return strconv.FormatInt(v.Int64(), 10), nil
	case abi.KindBool:
		if v.Num != 0 {
			return "True", nil
		}
		return "False", nil
	case abi.KindFloat:
		return formatFloat(v.Float64()), nil
	case abi.KindUUID:
		h := hex.EncodeToString([]byte(v.Str))
		return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
	case abi.KindBytes:
		return v.Str, checkText(f, v.Str)
	case abi.KindTime:
		return formatDateTime(v.Int64()) + "+00:00", nil
	case abi.KindNaive:
		return formatDateTime(v.Int64()), nil
	case abi.KindDate:
		return formatDate(v.Int64()), nil
	case abi.KindClock:
		return formatClock(v.Int64()), nil
	}
	return "", valueError(f, "expected text but got %s", kindName(v.Kind))
}

// formatFloat is Python's repr of a float.
func formatFloat(x float64) string {
	if a := math.Abs(x); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(x, 'e', -1, 64)
	}
	s := strconv.FormatFloat(x, 'f', -1, 64)
	if !strings.ContainsAny(s, ".IN") {
		s += ".0"
	}
	return s
}

// raw is the database's form of a value that no field interprets.
func raw(d *Dialect, f *Field, v *abi.Value) (abi.Value, error) {
	switch v.Kind {
	case abi.KindNull, abi.KindInt, abi.KindFloat, abi.KindBytes:
		return *v, nil
	case abi.KindText, abi.KindDecimal, abi.KindJSON:
		if d.NativeTypes {
			return *v, checkText(f, v.Str)
		}
		return abi.Text(v.Str), checkText(f, v.Str)
	case abi.KindBool:
		if d.NativeTypes {
			return *v, nil
		}
		return abi.Int(int64(v.Num)), nil
	case abi.KindDuration:
		if d.NativeDuration {
			return *v, nil
		}
		return abi.Int(v.Int64()), nil
	case abi.KindUUID:
		if d.NativeUUID {
			return *v, nil
		}
		return abi.Text(hex.EncodeToString([]byte(v.Str))), nil
	case abi.KindTime, abi.KindNaive:
		return dateTimeValue(d, v.Int64(), v.Kind), nil
	case abi.KindDate:
		if d.NativeTypes {
			return *v, nil
		}
		return abi.Text(formatDate(v.Int64())), nil
	case abi.KindClock:
		if d.NativeTypes {
			return *v, nil
		}
		return abi.Text(formatClock(v.Int64())), nil
	case abi.KindRange:
		if d.NativeTypes {
			return rawRange(d, f, v)
		}
	case abi.KindArray, abi.KindList:
		if d.NativeTypes {
			return rawArray(d, f, v)
		}
	}
	return abi.Null, valueError(f, "%s cannot be used here", kindName(v.Kind))
}

// prepare is the field's get_prep_value and get_db_prep_value (or _save).
func prepare(d *Dialect, f *Field, v *abi.Value, save bool) (abi.Value, error) {
	if v.Kind == abi.KindNull {
		return abi.Null, nil
	}
	owner := f
	f = f.stored()
	if f == nil {
		return raw(d, owner, v)
	}
	switch f.class {
	case clsInt:
		return prepareInt(d, owner, f, v)
	case clsFloat:
		return prepareFloat(owner, v)
	case clsDecimal:
		s, err := prepareDecimal(owner, f, v, save)
		if err != nil {
			return abi.Null, err
		}
		if d.NativeTypes && v.Kind == abi.KindFloat {
			s = strings.TrimSuffix(s, ".0")
		}
		return raw(d, owner, &abi.Value{Kind: abi.KindDecimal, Str: s})
	case clsText:
		s, err := text(owner, v)
		if s == "" && err == nil && isAddress(f) {
			return abi.Null, nil
		}
		return abi.Text(s), err
	case clsBool:
		return prepareBool(d, owner, v)
	case clsDate, clsDateTime, clsTime, clsDuration:
		return prepareTemporal(d, owner, f.class, v)
	case clsUUID:
		return prepareUUID(d, owner, v)
	case clsBinary:
		switch v.Kind {
		case abi.KindBytes, abi.KindText:
			return abi.Value{Kind: abi.KindBytes, Str: v.Str}, nil
		}
		return abi.Null, valueError(owner, "expected bytes but got %s", kindName(v.Kind))
	case clsJSON:
		b, err := appendJSON(nil, owner, v)
		if err != nil {
			return abi.Null, err
		}
		return raw(d, owner, &abi.Value{Kind: abi.KindJSON, Str: string(b)})
	case clsArray:
		return prepareArray(d, owner, f, v, save)
	case clsRange:
		return prepareRange(d, owner, f, v)
	case clsHStore:
		return prepareHStore(d, owner, v)
	}
	return raw(d, owner, v)
}

// isAddress tells whether f's column holds addresses, where "" is none.
func isAddress(f *Field) bool { return f.Type == "GenericIPAddressField" || f.Type == "IPAddressField" }

func prepareInt(d *Dialect, owner, f *Field, v *abi.Value) (abi.Value, error) {
	var n int64
	switch v.Kind {
	case abi.KindInt, abi.KindBool:
		n = int64(v.Num)
	case abi.KindFloat:
		x := math.Trunc(v.Float64())
		if math.IsNaN(x) || x < -(1<<63) || x >= 1<<63 {
			return abi.Null, valueError(owner, "the number %s does not fit into an integer of 64 bits", formatFloat(v.Float64()))
		}
		n = int64(x)
	case abi.KindText, abi.KindDecimal:
		s := strings.TrimSpace(v.Str)
		if v.Kind == abi.KindDecimal {
			s, _, _ = strings.Cut(s, ".")
		}
		var err error
		if n, err = strconv.ParseInt(s, 10, 64); err != nil {
			if isRange(err) {
				return abi.Null, valueError(owner, "the number %s does not fit into an integer of 64 bits", short(s))
			}
			return abi.Null, valueError(owner, "expected a number but got '%s'", short(v.Str))
		}
	default:
		return abi.Null, valueError(owner, "expected a number but got %s", kindName(v.Kind))
	}
	if d.IntegerRanges {
		if bits := intBits(f.Type); bits < 64 && (n < -(1<<(bits-1)) || n >= 1<<(bits-1)) {
			return abi.Null, valueError(owner, "the number %d does not fit into an integer of %d bits", n, bits)
		}
	}
	return abi.Int(n), nil
}

func intBits(typ string) int {
	switch {
	case isClass(typ, "BigIntegerField"):
		return 64
	case isClass(typ, "SmallIntegerField"):
		return 16
	}
	return 32
}

func isRange(err error) bool {
	ne, ok := err.(*strconv.NumError)
	return ok && ne.Err == strconv.ErrRange
}

func short(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "..."
	}
	return s
}

func prepareFloat(owner *Field, v *abi.Value) (abi.Value, error) {
	switch v.Kind {
	case abi.KindFloat:
		return *v, nil
	case abi.KindInt, abi.KindBool:
		return abi.Float(float64(int64(v.Num))), nil
	case abi.KindText, abi.KindDecimal:
		x, err := strconv.ParseFloat(strings.TrimSpace(v.Str), 64)
		if err != nil && !isRange(err) {
			return abi.Null, valueError(owner, "expected a number but got '%s'", short(v.Str))
		}
		return abi.Float(x), nil
	}
	return abi.Null, valueError(owner, "expected a number but got %s", kindName(v.Kind))
}

func prepareBool(d *Dialect, owner *Field, v *abi.Value) (abi.Value, error) {
	var b, ok bool
	switch v.Kind {
	case abi.KindBool, abi.KindInt:
		b, ok = v.Num == 1, v.Num <= 1
	case abi.KindFloat:
		b, ok = v.Float64() == 1, v.Float64() == 1 || v.Float64() == 0
	case abi.KindText:
		switch v.Str {
		case "t", "True", "1":
			b, ok = true, true
		case "f", "False", "0":
			ok = true
		}
	}
	if !ok {
		return abi.Null, valueError(owner, "the value must be either true or false")
	}
	val := abi.Bool(b)
	return raw(d, owner, &val)
}

func prepareUUID(d *Dialect, owner *Field, v *abi.Value) (abi.Value, error) {
	switch v.Kind {
	case abi.KindUUID:
		return raw(d, owner, v)
	case abi.KindText:
		s := strings.NewReplacer("urn:", "", "uuid:", "", "{", "", "}", "", "-", "").Replace(v.Str)
		if b, err := hex.DecodeString(s); err == nil && len(b) == 16 {
			return raw(d, owner, &abi.Value{Kind: abi.KindUUID, Str: string(b)})
		}
		return abi.Null, valueError(owner, "'%s' is not a valid UUID", short(v.Str))
	case abi.KindInt:
		if n := v.Int64(); n >= 0 {
			b := binary.BigEndian.AppendUint64(make([]byte, 8), uint64(n))
			return raw(d, owner, &abi.Value{Kind: abi.KindUUID, Str: string(b)})
		}
	case abi.KindBytes:
		if len(v.Str) == 16 {
			return raw(d, owner, &abi.Value{Kind: abi.KindUUID, Str: v.Str})
		}
	}
	return abi.Null, valueError(owner, "expected a UUID but got %s", kindName(v.Kind))
}

// appendJSON writes v as Python's json.dumps does.
func appendJSON(b []byte, f *Field, v *abi.Value) ([]byte, error) {
	switch v.Kind {
	case abi.KindNull:
		return append(b, "null"...), nil
	case abi.KindBool:
		return strconv.AppendBool(b, v.Num != 0), nil
	case abi.KindInt:
		return strconv.AppendInt(b, v.Int64(), 10), nil
	case abi.KindFloat:
		return append(b, formatFloat(v.Float64())...), nil
	case abi.KindJSON:
		if err := checkText(f, v.Str); err != nil {
			return b, err
		}
		b, ok := appendDocument(b, v.Str)
		if !ok {
			return b, valueError(f, "'%s' is not valid JSON", short(v.Str))
		}
		return b, nil
	case abi.KindList, abi.KindArray:
		b = append(b, '[')
		for i := range v.List {
			if i > 0 {
				b = append(b, ", "...)
			}
			var err error
			if b, err = appendJSON(b, f, &v.List[i]); err != nil {
				return b, err
			}
		}
		return append(b, ']'), nil
	}
	s, err := text(f, v)
	if err != nil {
		return b, err
	}
	return appendQuoted(b, s), nil
}

func kindName(k abi.Kind) string {
	names := [...]string{
		"null", "an integer", "a float", "text", "bytes", "a boolean", "a datetime", "a datetime", "a date", "a time",
		"a duration", "a decimal", "a UUID", "JSON", "a list", "an array", "a range",
	}
	if int(k) < len(names) {
		return names[k]
	}
	return "an unknown value"
}

// dateTimeValue is a datetime as its column stores it.
func dateTimeValue(d *Dialect, micros int64, kind abi.Kind) abi.Value {
	if kind == abi.KindNaive && d.UseTZ {
		micros, kind = Instant(micros, d.Zone), abi.KindTime
	}
	if kind == abi.KindTime && !d.UseTZ {
		micros, kind = toZone(d, micros), abi.KindNaive
	}
	if d.NativeTypes {
		return abi.Value{Kind: kind, Num: uint64(micros)}
	}
	return abi.Text(formatDateTime(micros))
}

// toZone returns the wall time of micros in the dialect's zone.
func toZone(d *Dialect, micros int64) int64 {
	if d.Zone == time.UTC || d.Zone == nil {
		return micros
	}
	t := time.UnixMicro(micros).In(d.Zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC).UnixMicro()
}
