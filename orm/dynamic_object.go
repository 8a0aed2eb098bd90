package orm

import (
	"context"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// objectKey points by several columns: Django's ForeignObject.
type objectKey struct {
	name     string
	target   *modelInfo
	from, to []string // fields of the model, and of the target
	off      uintptr
}

func (m *modelInfo) object(name string) *objectKey {
	if m.line != nil {
		for _, o := range m.line.objects {
			if o.name == name {
				return o
			}
		}
	}
	return nil
}

// linkObject finds what a foreign object points to.
func (m *Models) linkObject(info *modelInfo, sf *schema.Field) error {
	r, o := sf.Rel, info.object(sf.Name)
	fail := func(what string) error {
		return &ModelError{Model: info.label, Field: sf.Name, Reason: "it names " + what + ", which is not described"}
	}
	if o.target = m.byLabel[r.To]; o.target == nil {
		return fail(r.To)
	}
	if len(o.from) == 0 || len(o.from) != len(o.to) {
		return fail("as many fields of " + r.To + " as of its own")
	}
	for i := range o.from {
		if info.byName[o.from[i]] == nil {
			return fail(o.from[i])
		}
		if o.target.byName[o.to[i]] == nil {
			return fail(r.To + "." + o.to[i])
		}
	}
	rel := &relation{kind: schema.ForeignKey, related: r.RelatedName, queryName: r.QueryName}
	if name := accessorName(info, rel); name != "" {
		to := o.target.line.concrete
		to.reach(&accessor{owner: to, target: info, goName: name, name: name, object: o, lookup: sf.Name})
	}
	return nil
}

// values are what the fields of the record at p hold; none when one is NULL.
func (m *modelInfo) keys(p unsafe.Pointer, names []string) []Key {
	keys := make([]Key, len(names))
	for i, n := range names {
		if keys[i] = keyOfValue(m.byName[n].value(p)); keys[i].IsZero() {
			return nil
		}
	}
	return keys
}

// matching selects q's records whose fields have the keys.
func matching(q *core, prefix string, names []string, keys []Key) *core {
	c := &query.Cond{}
	for i, n := range names {
		c.Children = append(c.Children, &query.Lookup{Path: prefix + n, Value: &query.Param{Value: keys[i].value()}})
	}
	return q.with(query.Step{Kind: query.StepFilter, Cond: c}, nil)
}

// fetch returns the record that o points to from that at p, nil for none.
func (o *objectKey) fetch(ctx context.Context, p unsafe.Pointer) (unsafe.Pointer, error) {
	st := (*oneState)(unsafe.Add(p, o.off))
	if st.loaded {
		return st.obj, nil
	}
	keys := (*Dynamic)(p).slot.info.keys(p, o.from)
	if keys == nil {
		return nil, nil
	}
	far, err := matching(o.target.root, "", o.to, keys).get(ctx)
	if err == nil {
		st.obj, st.loaded = far, true
	}
	return far, err
}

// owned selects the accessor's records for the owner at p, which they point to
// by several columns.
func (a *accessor) owned(p unsafe.Pointer, base *core) (*core, error) {
	keys := (*Dynamic)(p).slot.info.keys(p, a.object.to)
	if keys == nil {
		return nil, ErrNotSaved
	}
	if a.prefix != "" {
		return matching(base, a.prefix, a.object.to, keys), nil
	}
	return matching(base, "", a.object.from, keys), nil
}
