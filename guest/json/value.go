package json

import "strconv"

// Value is a parsed JSON value. Looking into what isn't there, or isn't of the
// type asked for, gives Missing and zeroes: check Kind where it matters.
type Value struct {
	kind  Kind
	text  string
	names []string
	items []Value
}

// Kind returns the type of v.
func (v Value) Kind() Kind { return v.kind }

// Get returns the member called name; of several the last counts.
func (v Value) Get(name string) Value {
	for i := len(v.names) - 1; i >= 0; i-- {
		if v.names[i] == name {
			return v.items[i]
		}
	}
	return Value{}
}

// Names returns the names of an object's members in their order.
func (v Value) Names() []string { return v.names }

// Items returns the values of an array, or of an object's members.
func (v Value) Items() []Value { return v.items }

// Len is the number of items.
func (v Value) Len() int { return len(v.items) }

// Text returns a string's value, or a number as it was written; else "".
func (v Value) Text() string {
	if v.kind == String || v.kind == Number {
		return v.text
	}
	return ""
}

// Int returns a whole number, and whether v is one that fits.
func (v Value) Int() (int64, bool) {
	if v.kind != Number {
		return 0, false
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	return n, err == nil
}

// Float returns a number, and whether v is one.
func (v Value) Float() (float64, bool) {
	if v.kind != Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(v.text, 64)
	return f, err == nil
}

// Bool tells whether v is true.
func (v Value) Bool() bool { return v.kind == Bool && v.text == "true" }

// AppendJSON writes v again.
func (v Value) AppendJSON(b []byte) ([]byte, error) {
	switch v.kind {
	case Null, Missing:
		return append(b, "null"...), nil
	case String:
		return AppendString(b, v.text), nil
	case Bool, Number:
		return append(b, v.text...), nil
	}
	open, end := byte('['), byte(']')
	if v.kind == Map {
		open, end = '{', '}'
	}
	b = append(b, open)
	for i, item := range v.items {
		if i > 0 {
			b = append(b, ',')
		}
		if v.kind == Map {
			b = append(AppendString(b, v.names[i]), ':')
		}
		b, _ = item.AppendJSON(b)
	}
	return append(b, end), nil
}
