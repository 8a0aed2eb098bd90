// Package corpus reads what was recorded of Django's ORM - the files of
// conformance/testdata/corpus, whose README has the format - and turns
// querysets into models and query trees, for tests.
package corpus

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Object is a JSON object that keeps the order of its keys.
type Object struct {
	Keys []string
	m    map[string]any
}

// NewObject makes an object of keys and values by turns.
func NewObject(pairs ...any) *Object {
	o := &Object{m: map[string]any{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		o.Set(pairs[i].(string), pairs[i+1])
	}
	return o
}

// Set sets the value of a key.
func (o *Object) Set(key string, v any) {
	if _, ok := o.m[key]; !ok {
		o.Keys = append(o.Keys, key)
	}
	o.m[key] = v
}

// keys are the keys, none of a missing object.
func (o *Object) keys() []string {
	if o == nil {
		return nil
	}
	return o.Keys
}

// Has tells whether a key is there.
func (o *Object) Has(key string) bool {
	if o == nil {
		return false
	}
	_, ok := o.m[key]
	return ok
}

// Text is a value as JSON.
func Text(v any) string {
	var b strings.Builder
	text(&b, v)
	return b.String()
}

func text(b *strings.Builder, v any) {
	switch v := v.(type) {
	case *Object:
		b.WriteByte('{')
		for i, k := range v.Keys {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(strconv.Quote(k) + ": ")
			text(b, v.m[k])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			text(b, x)
		}
		b.WriteByte(']')
	case json.Number:
		b.WriteString(v.String())
	case nil:
		b.WriteString("null")
	default:
		j, err := json.Marshal(v)
		if err != nil {
			j = []byte(fmt.Sprint(v))
		}
		b.Write(j)
	}
}

// Get returns the value of a key, nil when it is not there.
func (o *Object) Get(key string) any {
	if o == nil {
		return nil
	}
	return o.m[key]
}

// Str, Bool, Obj and List return values of one type, or its zero.
func (o *Object) Str(key string) string { s, _ := o.Get(key).(string); return s }

// Bool returns a boolean.
func (o *Object) Bool(key string) bool { b, _ := o.Get(key).(bool); return b }

// Obj returns an object.
func (o *Object) Obj(key string) *Object { x, _ := o.Get(key).(*Object); return x }

// List returns an array.
func (o *Object) List(key string) []any { x, _ := o.Get(key).([]any); return x }

// Parse reads one JSON value; objects become *Object, numbers json.Number.
func Parse(r io.Reader) (any, error) {
	d := json.NewDecoder(r)
	d.UseNumber()
	return parse(d)
}

func parse(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := parse(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	case json.Delim('{'):
		o := &Object{m: map[string]any{}}
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			key, ok := k.(string)
			if !ok {
				return nil, fmt.Errorf("corpus: key %v", k)
			}
			v, err := parse(d)
			if err != nil {
				return nil, err
			}
			o.Keys = append(o.Keys, key)
			o.m[key] = v
		}
		_, err := d.Token()
		return o, err
	}
	return t, nil
}
