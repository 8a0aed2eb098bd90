package fetch

import (
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
)

// Header is the header fields of a request or a response. The zero value has
// none. Names are compared without regard to case and kept in lower case.
type Header struct{ list []abi.Header }

// Get returns the first value of name, "" without one.
func (h *Header) Get(name string) string {
	for _, f := range h.list {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Values returns all values of name.
func (h *Header) Values(name string) (values []string) {
	for _, f := range h.list {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// Has tells whether name is there.
func (h *Header) Has(name string) bool { return len(h.Values(name)) > 0 }

// Set replaces all values of name by one.
func (h *Header) Set(name, value string) {
	h.Del(name)
	h.Add(name, value)
}

// Add adds a value to those of name.
func (h *Header) Add(name, value string) {
	h.list = append(h.list, abi.Header{Name: strings.ToLower(name), Value: value})
}

// Del removes all values of name.
func (h *Header) Del(name string) {
	h.keep(func(n string) bool { return !strings.EqualFold(n, name) })
}

// keep drops the fields whose names don't pass. The list it leaves is a new
// one: copies of h don't change.
func (h *Header) keep(pass func(name string) bool) {
	var kept []abi.Header
	for _, f := range h.list {
		if pass(f.Name) {
			kept = append(kept, f)
		}
	}
	h.list = kept
}

// Len returns the number of fields.
func (h *Header) Len() int { return len(h.list) }

// All ranges over names and values.
func (h *Header) All(yield func(name, value string) bool) {
	for _, f := range h.list {
		if !yield(f.Name, f.Value) {
			return
		}
	}
}
