package planner

import (
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
)

// placeholder is a bound value of f: what has a type of PostgreSQL's own names
// it, since the server would not guess it everywhere.
func (c *compiler) placeholder(f *Field) (string, error) {
	if s := f.stored(); s != nil && (s.class == clsArray || s.class == clsRange) {
		typ, err := c.d.castType(s)
		return phMark + "::" + typ, err
	}
	return phMark, nil
}

// composite tells whether the values of f are made of others: arrays and ranges.
func composite(f *Field) bool {
	f = f.stored()
	return f != nil && (f.class == clsArray || f.class == clsRange)
}

// prepareArray makes an array of a list whose elements are f's. What is no list
// is the database's to understand.
func prepareArray(d *Dialect, owner, f *Field, v *abi.Value, save bool) (abi.Value, error) {
	if !v.IsList() {
		return raw(d, owner, v)
	}
	out := abi.Value{Kind: abi.KindArray, List: make([]abi.Value, len(v.List))}
	for i := range v.List {
		var err error
		if out.List[i], err = prepare(d, f.base, &v.List[i], save); err != nil {
			return out, err
		}
	}
	return out, nil
}

// prepareRange makes a range of one, or of a list of two bounds.
func prepareRange(d *Dialect, owner, f *Field, v *abi.Value) (abi.Value, error) {
	r := *v
	if v.IsList() {
		if len(v.List) != 2 {
			return abi.Null, valueError(owner, "expected a range, or a list of its two bounds, but got a list of %d", len(v.List))
		}
		bounds := f.Bounds
		if bounds == "" {
			bounds = "[)"
		}
		r = abi.Range(v.List[0], v.List[1], 0)
		if bounds[0] == '[' {
			r.Num |= abi.RangeLower
		}
		if bounds[1] == ']' {
			r.Num |= abi.RangeUpper
		}
	}
	return rawRange(d, owner, &r)
}

// rawRange is the database's form of a range: its bounds are not interpreted.
// Naive ones are sent as they are, in the session's zone.
func rawRange(d *Dialect, f *Field, v *abi.Value) (abi.Value, error) {
	if v.Kind != abi.KindRange {
		return raw(d, f, v)
	}
	out := abi.Value{Kind: abi.KindRange, Num: v.Num, List: make([]abi.Value, len(v.List))}
	for i := range v.List {
		if out.List[i] = v.List[i]; out.List[i].Kind == abi.KindNaive {
			continue
		}
		var err error
		if out.List[i], err = raw(d, f, &v.List[i]); err != nil {
			return out, err
		}
	}
	return out, nil
}

// rawArray is the database's form of an array that no field interprets.
func rawArray(d *Dialect, f *Field, v *abi.Value) (abi.Value, error) {
	out := abi.Array(make([]abi.Value, len(v.List))...)
	for i := range v.List {
		var err error
		if out.List[i], err = raw(d, f, &v.List[i]); err != nil {
			return out, err
		}
	}
	return out, nil
}

// prepareHStore makes the text of a map of texts from a JSON document.
func prepareHStore(d *Dialect, owner *Field, v *abi.Value) (abi.Value, error) {
	if v.Kind != abi.KindJSON {
		return raw(d, owner, v)
	}
	b, ok := appendHStore(nil, v.Str)
	if !ok {
		return abi.Null, valueError(owner, "'%s' is no JSON object of texts and nulls", short(v.Str))
	}
	return abi.Text(string(b)), checkText(owner, string(b))
}

// appendHStore writes a JSON object as hstore does. Members that are numbers or
// booleans become texts, as Python's str() makes them.
func appendHStore(b []byte, doc string) ([]byte, bool) {
	plain, ok := appendDocument(nil, doc)
	if !ok || len(plain) == 0 || plain[0] != '{' {
		return b, false
	}
	p := documentReader{s: string(plain)}
	p.next('{')
	for first := true; !p.next('}'); first = false {
		if !first {
			b = append(b, ", "...)
			p.next(',')
			p.space()
		}
		b = append(appendElement(b, p.plainText()), "=>"...)
		p.next(':')
		p.space()
		if p.s[p.i] == '"' {
			b = appendElement(b, p.plainText())
			continue
		}
		end := p.i + strings.IndexAny(p.s[p.i:], ",}[{")
		word := p.s[p.i:end]
		switch p.i = end; word {
		case "":
			return b, false // a member that is an object or a list
		case "null":
			b = append(b, "NULL"...)
		case "true":
			b = append(b, `"True"`...)
		case "false":
			b = append(b, `"False"`...)
		default:
			b = appendElement(b, word)
		}
	}
	return b, true
}

// appendElement quotes a text as arrays, ranges and hstore do.
func appendElement(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}
