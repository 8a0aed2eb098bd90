package hrana

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vinyl-edge/vinyl/abi"
)

// value is a value as a client sends it.
type value struct {
	Type   string          `json:"type"`
	Value  json.RawMessage `json:"value"`
	Base64 string          `json:"base64"`
}

// read makes a value of SQLite of it.
func (v *value) read() (abi.Value, error) {
	switch v.Type {
	case "null":
		return abi.Null, nil
	case "integer":
		text := string(v.Value)
		if len(text) >= 2 && text[0] == '"' {
			text = text[1 : len(text)-1]
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return abi.Null, fail(CodeArgs, "an integer must be a text of a number with up to 64 bits")
		}
		return abi.Int(n), nil
	case "float":
		var f float64
		if len(v.Value) == 0 || json.Unmarshal(v.Value, &f) != nil {
			return abi.Null, fail(CodeArgs, "a float must be a number")
		}
		return abi.Float(f), nil
	case "text":
		var s string
		if len(v.Value) == 0 || json.Unmarshal(v.Value, &s) != nil {
			return abi.Null, fail(CodeArgs, "a text must be a string")
		}
		return abi.Text(s), nil
	case "blob":
		b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(v.Base64, "="))
		if err != nil {
			return abi.Null, fail(CodeArgs, "a blob must be in base64")
		}
		return abi.Bytes(b), nil
	}
	return abi.Null, fail(CodeArgs, "a value has type null, integer, float, text or blob, not "+strconv.Quote(v.Type))
}

// appendValue appends v as JSON.
func appendValue(b []byte, v *abi.Value) ([]byte, error) {
	switch v.Kind {
	case abi.KindInt:
		b = append(b, `{"type":"integer","value":"`...)
		return append(strconv.AppendInt(b, v.Int64(), 10), `"}`...), nil
	case abi.KindFloat:
		f := v.Float64()
		if math.IsInf(f, 0) || math.IsNaN(f) {
			return b, fail(CodeInvalidValue, "JSON has no infinite numbers: select them as text")
		}
		b = append(b, `{"type":"float","value":`...)
		return append(strconv.AppendFloat(b, f, 'g', -1, 64), '}'), nil
	case abi.KindText:
		if !utf8.ValidString(v.Str) {
			return b, fail(CodeInvalidValue, "a text is not valid UTF-8: select it as a blob, with CAST(... AS BLOB)")
		}
		b = append(b, `{"type":"text","value":`...)
		return append(appendString(b, v.Str), '}'), nil
	case abi.KindBytes:
		b = append(b, `{"type":"blob","base64":"`...)
		return append(base64.RawStdEncoding.AppendEncode(b, []byte(v.Str)), `"}`...), nil
	}
	return append(b, `{"type":"null"}`...), nil
}

const hexDigits = "0123456789abcdef"

// appendString appends a JSON string of valid UTF-8.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(b, s[start:]...), '"')
}
