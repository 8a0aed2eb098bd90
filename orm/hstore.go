package orm

import (
	"slices"

	"github.com/vinyl-edge/vinyl/abi"
)

// HStore is a map of texts in one column of PostgreSQL, whose extension hstore a
// host that creates tables installs. A value can be absent (NULL). Lookups:
// contains, contained_by, has_key, has_keys, has_any_keys, keys, values, and the
// names of keys (attrs__size). A nil HStore is stored as an empty one.
type HStore map[string]Null[string]

// Pairs makes an HStore of keys and values by turns.
func Pairs(keysAndValues ...string) HStore {
	h := make(HStore, len(keysAndValues)/2)
	for i := 0; i+1 < len(keysAndValues); i += 2 {
		h[keysAndValues[i]] = Some(keysAndValues[i+1])
	}
	return h
}

func (h HStore) add(key, value string, null bool) { h[key] = Null[string]{V: value, Valid: !null} }

// value is the document that stands for h.
func (h HStore) value() abi.Value {
	keys := make([]string, 0, len(h))
	for k := range h {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b := []byte{'{'}
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendJSONText(b, k), ':')
		if v, ok := h[k].Get(); ok {
			b = appendJSONText(b, v)
		} else {
			b = append(b, "null"...)
		}
	}
	return abi.Value{Kind: abi.KindJSON, Str: string(append(b, '}'))}
}

func (h HStore) ormValue() (abi.Value, error) { return h.value(), nil }

// extensions are what RequireExtension declared.
var extensions []string

// RequireExtension says that the app needs an extension of PostgreSQL besides
// those that have the types of its fields, such as pg_trgm for trigram_similar or
// unaccent. A host that creates tables installs it; other databases need none. It
// is called before setup, from an init function.
func RequireExtension(name string) { extensions = append(extensions, name) }
