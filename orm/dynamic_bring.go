package orm

import (
	"context"
	"strconv"
	"strings"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// loose is what the record at p knows of the record at the other end of a
// relation that is no column: nil when name is none.
func (m *modelInfo) loose(name string, p unsafe.Pointer) *oneState {
	if g := m.generic(name); g != nil {
		return (*oneState)(unsafe.Add(p, g.off))
	}
	if o := m.object(name); o != nil {
		return (*oneState)(unsafe.Add(p, o.off))
	}
	return nil
}

// pointLoose points the record at p, by a relation that is no column, to obj:
// its columns get what they hold then. False when name is no such relation.
func (m *modelInfo) pointLoose(name string, p, obj unsafe.Pointer) bool {
	o := m.loose(name, p)
	if o == nil {
		return false
	}
	o.obj, o.loaded = obj, true
	if g := m.generic(name); g != nil {
		o.given = obj != nil
		key := Key{}
		if obj == nil {
			m.byName[g.typ].put(p, abi.Null)
		} else {
			key = (*Dynamic)(obj).key()
		}
		m.byName[g.object].put(p, key.value())
		return true
	}
	k := m.object(name)
	for i, n := range k.from {
		v := abi.Null
		if obj != nil {
			v = (*Dynamic)(obj).slot.info.byName[k.to[i]].value(obj)
		}
		m.byName[n].put(p, v)
	}
	return true
}

// byColumns is a relation of several columns seen from one of its ends.
type byColumns struct {
	owner, target *modelInfo
	key           *objectKey // the end that points
	acc           *accessor  // the other
	own, far      []string   // fields whose values are equal, the far ones as lookups
}

// objects is the relation of several columns that m calls name, nil if there
// is none.
func (m *modelInfo) objects(name string) *byColumns {
	if o := m.object(name); o != nil {
		return &byColumns{owner: m, target: o.target, key: o, own: o.from, far: o.to}
	}
	a := m.byRel[name]
	if a == nil || a.object == nil {
		return nil
	}
	b := &byColumns{owner: m, target: a.target, acc: a, own: a.object.to, far: a.object.from}
	if a.prefix != "" { // through a model with two such keys
		b.far = nil
		for _, n := range a.object.to {
			b.far = append(b.far, a.prefix+n)
		}
	}
	return b
}

// joined makes one key of several.
func joined(keys []Key) string {
	var b strings.Builder
	for _, k := range keys {
		b.WriteString(k.String() + "\x00")
	}
	return b.String()
}

// bring fetches the records of q at the far end of the relation from ps.
func (b *byColumns) bring(ctx context.Context, ps []unsafe.Pointer, q *core, attr string) ([]unsafe.Pointer, error) {
	owners, rows := map[string][]int{}, make([][]unsafe.Pointer, len(ps))
	any := &query.Cond{Conn: query.Or}
	for i, p := range ps {
		keys := b.owner.keys(p, b.own)
		if keys == nil {
			continue
		}
		at := joined(keys)
		if owners[at] = append(owners[at], i); len(owners[at]) > 1 {
			continue
		}
		all := &query.Cond{}
		for j, k := range keys {
			all.Children = append(all.Children, &query.Lookup{Path: b.far[j], Value: &query.Param{Value: k.value()}})
		}
		any.Children = append(any.Children, all)
	}
	var far []unsafe.Pointer
	for rest := any.Children; len(rest) > 0; {
		n := min(chunk, len(rest))
		got, err := b.among(q, rest[:n]).fetch(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range got {
			for _, i := range owners[joined(b.keys(p))] {
				rows[i] = append(rows[i], p)
			}
		}
		far, rest = append(far, got...), rest[n:]
	}
	for i, p := range ps {
		b.put(p, rows[i], attr)
	}
	return far, nil
}

// among selects q's records that meet one of the conditions. Those found
// through another model say whose they are.
func (b *byColumns) among(q *core, conds []query.Expr) *core {
	q = q.with(query.Step{Kind: query.StepFilter, Cond: &query.Cond{Conn: query.Or, Children: conds}}, nil)
	if b.acc == nil || b.acc.prefix == "" {
		return q
	}
	var notes []query.Named
	for i, path := range b.far {
		notes = append(notes, query.Named{Name: ownKey + strconv.Itoa(i), Expr: &query.Ref{Name: path}})
	}
	return q.with(query.Step{Kind: query.StepAnnotate, Named: notes}, nil)
}

// keys are the owner's that the record at p was found for.
func (b *byColumns) keys(p unsafe.Pointer) []Key {
	if b.acc == nil || b.acc.prefix == "" {
		return b.target.keys(p, b.far)
	}
	keys := make([]Key, len(b.far))
	for i := range keys {
		if v, err := toValue(b.target.takeExtra(p, ownKey+strconv.Itoa(i))); err == nil {
			keys[i] = keyOfValue(v)
		}
	}
	return keys
}

// put keeps the records found for the one at p.
func (b *byColumns) put(p unsafe.Pointer, rows []unsafe.Pointer, attr string) {
	one := unsafe.Pointer(nil)
	if len(rows) > 0 {
		one = rows[0]
	}
	switch {
	case attr != "" && b.key != nil:
		b.owner.putExtra(p, attr, b.target.one(one))
	case attr != "":
		b.owner.putExtra(p, attr, b.target.list(rows))
	case b.key != nil:
		o := (*oneState)(unsafe.Add(p, b.key.off))
		o.obj, o.loaded = one, true
	default:
		(*manyState)(unsafe.Add(p, b.acc.off)).rows = &rows
	}
}
