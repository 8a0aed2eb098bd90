package guest

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vinyl-edge/vinyl/abi"
)

// Header is the header fields of a response in the order they were set.
// Names are compared without regard to case and kept in lower case.
type Header struct {
	list  []abi.Header
	err   error
	first [7]abi.Header // what most responses need
}

// ErrBadHeader is the error of a name or value that could break out of its field.
var ErrBadHeader = errors.New("guest: invalid header")

// Get returns the value of name, "" without one.
func (h *Header) Get(name string) string {
	if i := h.index(lower(name)); i >= 0 {
		return h.list[i].Value
	}
	return ""
}

// Has tells whether name is set.
func (h *Header) Has(name string) bool { return h.index(lower(name)) >= 0 }

// set is Set for what the framework itself sends: a name in lower case and a
// value that are known to be valid.
func (h *Header) set(name, value string) {
	if i := h.index(name); i >= 0 {
		h.list[i].Value = value
		return
	}
	h.add(name, value)
}

// add is set for a name that isn't there yet.
func (h *Header) add(name, value string) {
	if h.list == nil {
		h.list = h.first[:0]
	}
	h.list = append(h.list, abi.Header{Name: name, Value: value})
}

// setDefault is SetDefault for what the framework itself sends.
func (h *Header) setDefault(name, value string) {
	if h.index(name) < 0 {
		h.add(name, value)
	}
}

// Set replaces the value of name. A value with a line break, or a name that is
// no token, is not set: the response then becomes a 500 that says so in the log.
func (h *Header) Set(name, value string) {
	name = lower(name)
	value, err := encodeHeader(name, value)
	if err != nil {
		h.err = errors.Join(h.err, err)
		return
	}
	h.set(name, value)
}

// SetDefault sets name when it has no value yet.
func (h *Header) SetDefault(name, value string) {
	if !h.Has(name) {
		h.Set(name, value)
	}
}

// Del removes name.
func (h *Header) Del(name string) {
	if i := h.index(lower(name)); i >= 0 {
		h.list = append(h.list[:i], h.list[i+1:]...)
	}
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

// Err returns the errors of Set so far.
func (h *Header) Err() error { return h.err }

func (h *Header) index(name string) int {
	for i := range h.list {
		if h.list[i].Name == name {
			return i
		}
	}
	return -1
}

// lower is strings.ToLower for ASCII; what is lower already isn't copied.
func lower(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			return strings.ToLower(s)
		}
	}
	return s
}

// token are the characters that names of fields are made of.
var token = func() (t [256]bool) {
	for c := byte(' ' + 1); c < 0x7f; c++ {
		t[c] = strings.IndexByte("()<>@,;:\\\"/[]?={}", c) < 0
	}
	return t
}()

// encodeHeader checks name and value; a value beyond Latin-1 becomes a MIME
// encoded word, one within stays as it is in UTF-8.
func encodeHeader(name, value string) (string, error) {
	if name == "" {
		return "", badHeader(name, "the name is empty")
	}
	for i := range len(name) {
		if !token[name[i]] {
			return "", badHeader(name, "the name has a character that is not allowed")
		}
	}
	ascii := true
	for i := range len(value) {
		switch c := value[i]; {
		case c == '\r' || c == '\n':
			return "", badHeader(name, "the value has a line break")
		case c == 0:
			return "", badHeader(name, "the value has a NUL")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if ascii {
		return value, nil
	}
	if !utf8.ValidString(value) {
		return "", badHeader(name, "the value is no UTF-8")
	}
	for _, r := range value {
		if r > 0xff {
			return "=?utf-8?b?" + base64.StdEncoding.EncodeToString([]byte(value)) + "?=", nil
		}
	}
	return value, nil
}

func badHeader(name, why string) error {
	return &wrapped{"guest: header " + strconv.Quote(name) + ": " + why, ErrBadHeader}
}

// wrapped is an error with its own text that wraps another.
type wrapped struct {
	text string
	err  error
}

func (w *wrapped) Error() string { return w.text }
func (w *wrapped) Unwrap() error { return w.err }
