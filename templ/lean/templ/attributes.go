package templ

import (
	"context"
	"io"
	"slices"
	"strings"
	"unsafe"
)

// KeyValue is a key and its value.
type KeyValue[TKey comparable, TValue any] struct {
	Key   TKey   `json:"name"`
	Value TValue `json:"value"`
}

// KV makes a KeyValue.
func KV[TKey comparable, TValue any](key TKey, value TValue) KeyValue[TKey, TValue] {
	return KeyValue[TKey, TValue]{Key: key, Value: value}
}

// Attributer is what { attrs... } spreads.
type Attributer interface {
	Items() []KeyValue[string, any]
}

// Attributes spreads in the order of its keys.
type Attributes map[string]any

// Items returns the attributes sorted by key.
func (a Attributes) Items() []KeyValue[string, any] {
	items := make([]KeyValue[string, any], 0, len(a))
	for k, v := range a {
		items = append(items, KV(k, v))
	}
	slices.SortFunc(items, func(a, b KeyValue[string, any]) int { return strings.Compare(a.Key, b.Key) })
	return items
}

// OrderedAttributes spreads in its own order.
type OrderedAttributes []KeyValue[string, any]

// Items returns a.
func (a OrderedAttributes) Items() []KeyValue[string, any] { return a }

func writeStrings(w io.Writer, ss ...string) error {
	for _, s := range ss {
		if _, err := io.WriteString(w, s); err != nil {
			return err
		}
	}
	return nil
}

// RenderAttributes writes spread attributes. Values of other types than
// strings, numbers, booleans and their pointers and pairs are left out.
func RenderAttributes(_ context.Context, w io.Writer, attributes Attributer) error {
	for _, item := range attributes.Items() {
		value, form := attribute(item.Value)
		var err error
		switch form {
		case withValue:
			err = writeStrings(w, ` `, EscapeString(item.Key), `="`, EscapeString(value), `"`)
		case nameOnly:
			err = writeStrings(w, ` `, EscapeString(item.Key))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type form uint8

const (
	leftOut form = iota
	nameOnly
	withValue
)

func when(on bool) form {
	if on {
		return nameOnly
	}
	return leftOut
}

func attribute(v any) (string, form) {
	switch v := v.(type) {
	case string:
		return v, withValue
	case *string:
		if v != nil {
			return *v, withValue
		}
	case bool:
		return "", when(v)
	case *bool:
		return "", when(v != nil && *v)
	case KeyValue[string, bool]:
		if v.Value {
			return v.Key, withValue
		}
	case KeyValue[bool, bool]:
		return "", when(v.Key && v.Value)
	case func() bool:
		return "", when(v())
	default:
		return number(v)
	}
	return "", leftOut
}

func number(v any) (string, form) {
	switch v := v.(type) {
	case int:
		return num(&v)
	case int8:
		return num(&v)
	case int16:
		return num(&v)
	case int32:
		return num(&v)
	case int64:
		return num(&v)
	case uint:
		return num(&v)
	case uint8:
		return num(&v)
	case uint16:
		return num(&v)
	case uint32:
		return num(&v)
	case uint64:
		return num(&v)
	case uintptr:
		return num(&v)
	case float32:
		return num(&v)
	case float64:
		return num(&v)
	case complex64:
		return num(&v)
	case complex128:
		return num(&v)
	case *int:
		return num(v)
	case *int8:
		return num(v)
	case *int16:
		return num(v)
	case *int32:
		return num(v)
	case *int64:
		return num(v)
	case *uint:
		return num(v)
	case *uint8:
		return num(v)
	case *uint16:
		return num(v)
	case *uint32:
		return num(v)
	case *uint64:
		return num(v)
	case *uintptr:
		return num(v)
	case *float32:
		return num(v)
	case *float64:
		return num(v)
	case *complex64:
		return num(v)
	case *complex128:
		return num(v)
	}
	return "", leftOut
}

func num[T stringable](p *T) (string, form) {
	if p == nil {
		return "", leftOut
	}
	return text(any(*p), unsafe.Pointer(p)), withValue
}
