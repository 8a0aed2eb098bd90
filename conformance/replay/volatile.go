package replay

import (
	"github.com/vinyl-edge/vinyl/conformance/corpus"
)

// volatile are the columns whose values depend on the clock or on chance, by
// the label of their model and their attribute.
type volatile struct {
	columns map[string]map[string]bool
	keys    map[string]bool // models whose primary key is one
}

// anything is the key of an object that stands for any value but null.
const anything = "$volatile"

func volatiles(models *corpus.Object) *volatile {
	vol := &volatile{columns: map[string]map[string]bool{}, keys: map[string]bool{}}
	for _, label := range models.Keys {
		for _, x := range models.Obj(label).List("fields") {
			f := x.(*corpus.Object)
			if !f.Bool("volatile") {
				continue
			}
			if vol.columns[label] == nil {
				vol.columns[label] = map[string]bool{}
			}
			vol.columns[label][attname(f)] = true
			vol.keys[label] = vol.keys[label] || f.Bool("primary_key")
		}
	}
	return vol
}

func attname(f *corpus.Object) string {
	if att := f.Str("attname"); att != "" {
		return att
	}
	return f.Str("name")
}

// blank is a recorded result whose volatile values may be any.
func (vol *volatile) blank(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = vol.blank(v[i])
		}
		return out
	case *corpus.Object:
		if ref := v.List("$ref"); len(ref) == 2 {
			if label, _ := ref[0].(string); vol.keys[label] {
				return corpus.NewObject("$ref", []any{label, corpus.NewObject(anything, true)})
			}
		}
		label, out := v.Str("model"), corpus.NewObject()
		for _, k := range v.Keys {
			x := v.Get(k)
			switch {
			case k == "fields" && label != "":
				out.Set(k, vol.fields(label, v.Obj(k)))
			case k == "pk" && vol.keys[label] && x != nil:
				out.Set(k, corpus.NewObject(anything, true))
			default:
				out.Set(k, vol.blank(x))
			}
		}
		return out
	}
	return v
}

func (vol *volatile) fields(label string, fields *corpus.Object) *corpus.Object {
	out := corpus.NewObject()
	for _, k := range fields.Keys {
		x := fields.Get(k)
		if vol.columns[label][k] && x != nil {
			x = corpus.NewObject(anything, true)
		}
		out.Set(k, x)
	}
	return out
}

// recorded is op with its volatile results blanked.
func (vol *volatile) recorded(op *corpus.Object) *corpus.Object {
	out := corpus.NewObject()
	for _, k := range op.Keys {
		x := op.Get(k)
		if k == "out" {
			x = vol.blank(x)
		}
		out.Set(k, x)
	}
	return out
}
