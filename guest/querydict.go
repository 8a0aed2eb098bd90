package guest

import (
	"strings"

	"github.com/vinyl-edge/vinyl/guest/internal/uri"
)

// QueryDict is names with one or more values each, as a query string or a form
// has them. Names keep the order of their first appearance.
type QueryDict struct {
	keys   []string
	values map[string][]string
}

// errTooManyFields is answered with 400.
func errTooManyFields() error {
	return SuspiciousOperation("the number of GET/POST parameters exceeded Settings.DataUploadMaxNumberFields")
}

// ParseQuery reads a query string; max bounds its fields when above 0.
func ParseQuery(s string, max int) (*QueryDict, error) {
	q := &QueryDict{}
	if s == "" {
		return q, nil
	}
	if max > 0 && strings.Count(s, "&")+1 > max {
		return q, errTooManyFields()
	}
	for pair := range strings.SplitSeq(s, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		q.Add(uri.ValidText(uri.UnquotePlus(name)), uri.ValidText(uri.UnquotePlus(value)))
	}
	return q, nil
}

// Get returns the last value of name, "" when there is none.
func (q *QueryDict) Get(name string) string { return q.GetOr(name, "") }

// GetOr returns the last value of name, or def.
func (q *QueryDict) GetOr(name, def string) string {
	if v := q.values[name]; len(v) > 0 {
		return v[len(v)-1]
	}
	return def
}

// Has tells whether name appears, even without a value.
func (q *QueryDict) Has(name string) bool { _, ok := q.values[name]; return ok }

// List returns all values of name.
func (q *QueryDict) List(name string) []string { return q.values[name] }

// Keys returns the names in order.
func (q *QueryDict) Keys() []string { return q.keys }

// Len returns the number of names.
func (q *QueryDict) Len() int { return len(q.keys) }

// Set makes value the only value of name.
func (q *QueryDict) Set(name, value string) { q.SetList(name, []string{value}) }

// SetList replaces the values of name.
func (q *QueryDict) SetList(name string, values []string) {
	q.key(name)
	q.values[name] = values
}

// Add appends a value to name's.
func (q *QueryDict) Add(name, value string) {
	q.key(name)
	q.values[name] = append(q.values[name], value)
}

func (q *QueryDict) key(name string) {
	if q.values == nil {
		q.values = map[string][]string{}
	}
	if _, ok := q.values[name]; !ok {
		q.keys = append(q.keys, name)
	}
}

// Del removes name.
func (q *QueryDict) Del(name string) {
	if !q.Has(name) {
		return
	}
	delete(q.values, name)
	for i, k := range q.keys {
		if k == name {
			q.keys = append(q.keys[:i:i], q.keys[i+1:]...)
			return
		}
	}
}

// Update adds all values of other to q's.
func (q *QueryDict) Update(other *QueryDict) {
	for _, k := range other.keys {
		for _, v := range other.values[k] {
			q.Add(k, v)
		}
	}
}

// Copy returns a copy that can be changed on its own.
func (q *QueryDict) Copy() *QueryDict {
	c := &QueryDict{}
	for _, k := range q.keys {
		c.SetList(k, append([]string(nil), q.values[k]...))
	}
	return c
}

// Encode returns q as a query string; bytes in safe stay as they are.
func (q *QueryDict) Encode(safe string) string {
	var b strings.Builder
	for _, k := range q.keys {
		for _, v := range q.values[k] {
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			if safe == "" {
				b.WriteString(uri.QuotePlus(k, ""))
				b.WriteByte('=')
				b.WriteString(uri.QuotePlus(v, ""))
			} else {
				b.WriteString(uri.Quote(k, safe) + "=" + uri.Quote(v, safe))
			}
		}
	}
	return b.String()
}

// Query returns the parsed query string. Beyond Settings.DataUploadMaxNumberFields
// it is empty: use ParseQuery where that must be an error.
func (r *Request) Query() *QueryDict {
	if r.query == nil {
		r.query, _ = ParseQuery(r.head.Query, r.app.settings.DataUploadMaxNumberFields)
	}
	return r.query
}
