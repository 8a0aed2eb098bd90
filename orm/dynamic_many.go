package orm

import (
	"context"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
)

// DynamicMany is a relation of a record to many, as it is written.
type DynamicMany struct{ r relating }

// Many is the relation to many that the record calls name, for writing: its
// records taken from those of a set, nil for what the relation begins with.
func (d *Dynamic) Many(name string, among *DynamicSet, opts ...ManyOption) (*DynamicMany, error) {
	p := unsafe.Pointer(d)
	a := d.slot.info.byRel[name]
	if a == nil || a.one {
		return nil, d.slot.info.noRelation(name, name)
	}
	m := &DynamicMany{relating{acc: a, owner: a.ownerKey(p), db: d.slot.state.db, obj: p}}
	if among != nil {
		m.r.among = among.q
	}
	for _, o := range opts {
		o.ormMany(&m.r.manyOptions)
	}
	return m, m.r.check()
}

// DynamicMember is a record, or the key of one, to be related.
type DynamicMember struct {
	Record *Dynamic
	Key    abi.Value // when there is no record
}

func dynamicMembers(list []DynamicMember) []member {
	out := make([]member, len(list))
	for i, x := range list {
		if x.Record != nil {
			out[i] = member{info: x.Record.slot.info, p: unsafe.Pointer(x.Record)}
		} else {
			out[i].key = keyOfValue(x.Key)
		}
	}
	return out
}

// Target selects all records that the relation may hold.
func (m *DynamicMany) Target() *DynamicSet { return &DynamicSet{q: m.r.base()} }

// Add is [Many.Add].
func (m *DynamicMany) Add(ctx context.Context, list ...DynamicMember) error {
	defer m.forget()
	return m.r.add(ctx, dynamicMembers(list))
}

// Remove is [Many.Remove].
func (m *DynamicMany) Remove(ctx context.Context, list ...DynamicMember) error {
	defer m.forget()
	return m.r.remove(ctx, dynamicMembers(list))
}

// Set is [Many.Set].
func (m *DynamicMany) Set(ctx context.Context, list ...DynamicMember) error {
	defer m.forget()
	return m.r.set(ctx, dynamicMembers(list))
}

// Clear is [Many.Clear].
func (m *DynamicMany) Clear(ctx context.Context) error {
	defer m.forget()
	return m.r.clearAll(ctx)
}

// Create is [Many.Create].
func (m *DynamicMany) Create(ctx context.Context, d *Dynamic) error {
	defer m.forget()
	return m.r.create(ctx, unsafe.Pointer(d))
}

// Records selects the relation's records, where they are looked for when they
// are written.
func (m *DynamicMany) Records(ctx context.Context) (*DynamicSet, error) {
	q, err := m.r.records(m.r.home(ctx))
	if err != nil {
		return nil, err
	}
	return &DynamicSet{q: q}, nil
}

// GetOrCreate is [DynamicSet.GetOrCreate] among the relation's records.
func (m *DynamicMany) GetOrCreate(ctx context.Context, match *DynamicSet, fill func(*Dynamic) error) (d *Dynamic, created bool, err error) {
	return m.find(ctx, m.Target().finding(match, fill))
}

// UpdateOrCreate is [DynamicSet.UpdateOrCreate] among the relation's records.
func (m *DynamicMany) UpdateOrCreate(ctx context.Context, match *DynamicSet, fill func(*Dynamic) error, change func(*Dynamic) ([]string, error)) (d *Dynamic, created bool, err error) {
	f := m.Target().finding(match, fill)
	f.changing(change)
	return m.find(ctx, f)
}

func (m *DynamicMany) find(ctx context.Context, f *finding) (*Dynamic, bool, error) {
	defer m.forget()
	p, created, err := m.r.getOrCreate(ctx, f)
	return (*Dynamic)(p), created, err
}

func (m *DynamicMany) forget() {
	(*manyState)(unsafe.Add(m.r.obj, m.r.acc.off)).rows = nil
}
