package orm

import (
	"slices"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// known is a record that a queryset's records may point to: one that began at a
// relation to many has the owner of the relation, and when two are combined,
// both have both. Of an owner whose relation was copied out of it the key is
// known only.
type known struct {
	f   *field
	key Key
	to  *modelInfo
	p   unsafe.Pointer // nil: not here
}

// recognize lets the records ps have what they point to, where that is known
// and they have not been fetched with it.
func (q *core) recognize(ps []unsafe.Pointer) {
	all := len(q.known) == 1 && !q.joined()
	for _, k := range q.known {
		for _, p := range ps {
			if l := q.info.state(p).loaded; all && l != nil && !(*l)[k.f.index] {
				q.info.learn(p, k.f, k.key)
			}
			if fk := (*foreign)(unsafe.Add(p, k.f.off)); !fk.loaded && fk.obj == nil && k.p != nil && fk.key == k.key {
				fk.obj, fk.target, fk.loaded = k.p, k.to, true
			}
		}
	}
}

// joined tells whether q has records of several querysets.
func (q *core) joined() bool {
	for n := q; n.depth > 0; n = n.parent {
		if n.step.Kind == query.StepCombine || n.step.Kind == query.StepUnion {
			return true
		}
	}
	return false
}

// knows adds what others know to what q does.
func (q *core) knows(others ...known) {
	for _, k := range others {
		if !slices.Contains(q.known, k) {
			q.known = append(slices.Clip(q.known), k)
		}
	}
}
