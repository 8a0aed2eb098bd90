package corpus

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// DiffArgs compares recorded parameters with bound values and says what
// differs; "" = nothing.
func DiffArgs(want []any, got []abi.Value) string {
	if len(want) != len(got) {
		return fmt.Sprintf("%d parameters, want %d", len(got), len(want))
	}
	for i := range want {
		if o, ok := want[i].(*Object); ok && got[i].Kind == abi.KindBytes && strings.HasPrefix(o.Str("$opaque"), "Binary:") {
			continue // psycopg's wrapper, whose bytes were not recorded
		}
		if o, ok := want[i].(*Object); ok && o.Get("$map") != nil { // an hstore, or a document
			if got[i].Kind == abi.KindText && len(o.Keys) == 1 && got[i].Str == hstore(o.Obj("$map")) {
				continue
			}
		}
		if w, g := recorded(want[i]), bound(&got[i]); w != g {
			return fmt.Sprintf("parameter %d is %s, want %s", i, g, w)
		}
	}
	return ""
}

// recorded is a parameter as the database compares it: its type, as far as it
// matters there, and value.
func recorded(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		if v {
			return "int 1"
		}
		return "int 0"
	case string:
		return "text " + v
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return "int " + strconv.FormatInt(n, 10)
		}
		x, _ := v.Float64()
		return "float " + strconv.FormatFloat(x, 'g', -1, 64)
	case *Object:
		return object(v)
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = recorded(v[i])
		}
		return "list " + strings.Join(parts, ", ")
	}
	return fmt.Sprint(v)
}

// wrapped takes psycopg's integers of a size out of a list's text.
var wrapped = strings.NewReplacer("[", "list ", "]", "", "Int2(", "int ", "Int4(", "int ", "Int8(", "int ", ")", "")

// hstore is a recorded map of texts as it is bound.
func hstore(m *Object) string {
	parts := make([]string, len(m.Keys))
	for i, k := range m.Keys {
		parts[i] = strconv.Quote(k) + "=>NULL"
		if s, ok := m.Get(k).(string); ok {
			parts[i] = strconv.Quote(k) + "=>" + strconv.Quote(s)
		}
	}
	return strings.Join(parts, ", ")
}

func object(v *Object) string {
	if len(v.Keys) != 1 {
		return fmt.Sprint(v.Keys)
	}
	key := v.Keys[0]
	s := v.Str(key)
	switch key {
	case "$dec", "$ip":
		return "text " + s
	case "$bytes":
		b, _ := base64.StdEncoding.DecodeString(s)
		return "bytes " + string(b)
	case "$opaque": // psycopg's integers of a size: "Int4:5"
		name, n, ok := strings.Cut(s, ":")
		if ok && strings.HasPrefix(name, "Int") {
			return "int " + n
		}
		if ok && name == "list" { // "list:[Int4(1), Int4(2)]"
			return wrapped.Replace(n)
		}
	case "$dt":
		for layout, kind := range map[string]string{"2006-01-02T15:04:05.999999Z07:00": "moment ", "2006-01-02T15:04:05.999999": "naive "} {
			if t, err := time.Parse(layout, s); err == nil {
				return kind + strconv.FormatInt(t.UnixMicro(), 10)
			}
		}
	case "$date", "$time", "$uuid":
		return key[1:] + " " + s
	case "$td":
		return "duration " + fmt.Sprint(v.Get(key))
	case "$map":
		b, _ := json.Marshal(plain(v))
		return "json " + string(b)
	case "$range":
		r, err := rangeOf(v.Obj(key))
		if err != nil {
			return err.Error()
		}
		return bound(&r)
	case "$json":
		b, _ := json.Marshal(plain(v.Get(key)))
		return "json " + string(b)
	}
	return fmt.Sprint(v.Keys)
}

// plain is a value of a JSON document without the corpus' own objects.
func plain(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plain(v[i])
		}
		return out
	case *Object:
		if m := v.Obj("$map"); m != nil && len(v.Keys) == 1 {
			v = m
		}
		out := map[string]any{}
		for _, k := range v.Keys {
			out[k] = plain(v.Get(k))
		}
		return out
	}
	return v
}

func bound(v *abi.Value) string {
	switch v.Kind {
	case abi.KindNull:
		return "null"
	case abi.KindInt, abi.KindBool:
		return "int " + strconv.FormatInt(v.Int64(), 10)
	case abi.KindFloat:
		return "float " + strconv.FormatFloat(v.Float64(), 'g', -1, 64)
	case abi.KindText, abi.KindDecimal:
		return "text " + v.Str
	case abi.KindBytes:
		return "bytes " + v.Str
	case abi.KindTime:
		return "moment " + strconv.FormatInt(v.Int64(), 10)
	case abi.KindNaive:
		return "naive " + strconv.FormatInt(v.Int64(), 10)
	case abi.KindDate:
		return "date " + time.Unix(v.Int64()*86400, 0).UTC().Format("2006-01-02")
	case abi.KindClock:
		s := time.UnixMicro(v.Int64()).UTC().Format("15:04:05.000000")
		return "time " + strings.TrimSuffix(s, ".000000")
	case abi.KindDuration:
		return "duration " + strconv.FormatInt(v.Int64(), 10)
	case abi.KindUUID:
		u := hex.EncodeToString([]byte(v.Str))
		return "uuid " + u[:8] + "-" + u[8:12] + "-" + u[12:16] + "-" + u[16:20] + "-" + u[20:]
	case abi.KindRange:
		s := "range " + strconv.FormatUint(v.Num, 10)
		for i := range v.List {
			s += ", " + bound(&v.List[i])
		}
		return s
	case abi.KindList, abi.KindArray:
		parts := make([]string, len(v.List))
		for i := range v.List {
			parts[i] = bound(&v.List[i])
		}
		return "list " + strings.Join(parts, ", ")
	case abi.KindJSON:
		var x any
		if err := json.Unmarshal([]byte(v.Str), &x); err != nil {
			return "json " + v.Str
		}
		b, _ := json.Marshal(x)
		return "json " + string(b)
	}
	return fmt.Sprintf("kind %d", v.Kind)
}
