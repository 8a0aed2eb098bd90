package orm

import (
	"context"
	"hash/fnv"
	"strconv"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Models are models described as data, for code that meets them only when it
// runs: tools, migrations over tables of the past, tests. Their records are
// [Dynamic]; the same code serves them as serves models that are structs.
type Models struct {
	reg     *schema.Registry
	byLabel map[string]*modelInfo
}

// NewModels makes models of a description, which must not change afterwards.
func NewModels(reg *schema.Registry) (*Models, error) {
	m := &Models{reg: reg, byLabel: map[string]*modelInfo{}}
	for i := range reg.Models {
		sm := &reg.Models[i]
		if m.byLabel[sm.Label()] != nil {
			return nil, &ModelError{Model: sm.Label(), Reason: "it is described twice"}
		}
		m.byLabel[sm.Label()] = newInfo(m, sm)
	}
	inherit := func(sm *schema.Model) error { return m.byLabel[sm.Label()].inherit(0) }
	for _, stage := range []func(*schema.Model) error{m.extend, inherit, m.link, m.linkGeneric} {
		for i := range reg.Models {
			if err := stage(&reg.Models[i]); err != nil {
				return nil, err
			}
		}
	}
	done := map[*modelInfo]bool{}
	for i := range reg.Models {
		info := m.byLabel[reg.Models[i].Label()]
		info.inheritRelations(done)
		info.layOut(reg.Naive)
	}
	return m, nil
}

// Connection is a host's knowledge of models.
type Connection struct {
	h *hub
	c *conn // to the default database
}

// Connect describes the models to the host that ctx belongs to: in its default
// database, and in another one when that is used first.
func (m *Models) Connect(ctx context.Context) (*Connection, error) {
	port, err := abi.PortFrom(ctx)
	if err != nil {
		return nil, err
	}
	h := &hub{reg: m.reg}
	ready.Store(true) // there is a request: sets that are made from now on are its own
	c, err := h.conn(ctx, port, Default)
	return &Connection{h, c}, err
}

// Dialect is the default database's language, "sqlite" or "postgresql".
func (c *Connection) Dialect() string { return c.c.dialect }

// Context makes ctx reach the tables of the models, inside of the transaction
// that ctx may be in.
func (c *Connection) Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, connKey{}, c.h)
}

// Set selects all records of a model by its label, "polls.Question".
func (m *Models) Set(label string) (*DynamicSet, error) {
	info := m.byLabel[label]
	if info == nil {
		known := make([]string, len(m.reg.Models))
		for i := range m.reg.Models {
			known[i] = m.reg.Models[i].Label()
		}
		return nil, &ModelError{Model: label, Reason: "it is not described" + nearest(label, known)}
	}
	return &DynamicSet{q: info.root}, nil
}

// connect describes models and returns the line to them.
func connect(ctx context.Context, port abi.Port, reg *schema.Registry) (*conn, error) {
	r := *reg
	if r.Build == "" {
		h := fnv.New64a()
		h.Write(r.Append(nil))
		r.Build = strconv.FormatUint(h.Sum64(), 16)
	}
	res, err := port.Do(ctx, abi.OpDescribe, r.Append(nil))
	if err != nil {
		return nil, err
	}
	rd := abi.ReadBytes(res)
	if err := rd.Begin(); err != nil {
		return nil, err
	}
	d, err := abi.ReadDescribeResult(rd)
	if err != nil {
		return nil, err
	}
	return &conn{registry: d.Registry, dialect: d.Dialect}, nil
}

// cellSlot is the room of one column or relation in the memory of a Dynamic;
// the first slot is that of the record itself.
type cellSlot struct {
	info  *modelInfo
	state state
	value abi.Value
	exprs map[string]query.Expr // what columns are to be set to, by field
	key   foreign
	many  manyState
	one   oneState
}

const slotSize = unsafe.Sizeof(cellSlot{})

func newInfo(all *Models, sm *schema.Model) *modelInfo {
	m := &modelInfo{
		app: sm.App, name: sm.Name, goType: sm.Name, label: sm.Label(), table: sm.Table, auto: sm.AutoCreated, dynamic: true, among: all,
		orderedIn: sm.OrderedIn,
		opts:      Options{Ordering: sm.Ordering, Latest: sm.Latest, UniqueTogether: sm.Unique, Indexes: sm.Indexes, SelectOnSave: sm.SelectFirst},
		byName:    map[string]*field{}, byRel: map[string]*accessor{},
	}
	for _, c := range sm.Constraints {
		m.opts.Constraints = append(m.opts.Constraints, Constraint{c: c})
	}
	m.root = &core{info: m, shared: true}
	m.line = &lineage{all: all, concrete: m, bring: bringDynamic}
	for i := range sm.Fields {
		sf := &sm.Fields[i]
		f := &field{
			model: m, goName: sf.Name, name: sf.Name, att: sf.Attname, column: sf.Column, class: sf.Type, kind: kDynamic,
			null: sf.Null, pk: sf.PK, auto: sf.Auto, unique: sf.Unique, db: sf.Index, maxLength: sf.MaxLength, digits: sf.Digits, places: sf.Places,
			autoNow: sf.AutoNow, autoAdd: sf.AutoAdd,
		}
		f.base = baseOf(sf)
		if sf.Default != nil {
			f.dflt = &fallback{*sf.Default, sf.Type}
		}
		if r := sf.Rel; r != nil {
			if r.Kind == schema.ForeignObject {
				m.line.objects = append(m.line.objects, &objectKey{name: sf.Name, from: r.FromFields, to: r.ToFields})
				continue
			}
			f.rel = &relation{kind: r.Kind, onDelete: r.OnDelete, related: r.RelatedName, queryName: r.QueryName, symmetrical: r.Symmetrical, set: r.Set}
			f.kind = kForeign
		}
		m.byName[f.name] = f
		if f.att != "" {
			m.byName[f.att] = f
		}
		if f.rel != nil && f.rel.kind == schema.ManyToMany {
			m.line.ownMany = append(m.line.ownMany, f)
			continue
		}
		m.line.own = append(m.line.own, f)
	}
	return m
}

// baseOf is what an array's elements are.
func baseOf(sf *schema.Field) *field {
	if sf.Base == nil {
		return nil
	}
	return &field{class: sf.Base.Type, kind: kDynamic, null: sf.Base.Null, maxLength: sf.Base.MaxLength, digits: sf.Base.Digits, places: sf.Base.Places, base: baseOf(sf.Base)}
}

// link finds what the relations of a model point to, and gives those models
// their accessors.
func (m *Models) link(sm *schema.Model) error {
	info := m.byLabel[sm.Label()]
	for i := range sm.Fields {
		sf := &sm.Fields[i]
		if sf.Rel == nil {
			continue
		}
		if sf.Rel.Kind == schema.ForeignObject {
			if err := m.linkObject(info, sf); err != nil {
				return err
			}
			continue
		}
		f := info.byName[sf.Name]
		r := f.rel
		fail := func(what string) error {
			return &ModelError{Model: info.label, Field: f.name, Reason: "it names " + what + ", which is not described"}
		}
		if r.target = m.byLabel[sf.Rel.To]; r.target == nil {
			return fail(sf.Rel.To)
		}
		if sf.Rel.ToField != "" {
			if r.toField = r.target.byName[sf.Rel.ToField]; r.toField == nil {
				return fail(sf.Rel.To + "." + sf.Rel.ToField)
			}
		}
		if r.kind == schema.ManyToMany {
			if r.through = m.byLabel[sf.Rel.Through]; r.through == nil {
				return fail(sf.Rel.Through)
			}
			back := r.queryName
			if back == "" { // hidden, but the planner knows it
				back = r.related
			}
			if own, other := r.through.object(sf.Rel.FromField), r.through.object(sf.Rel.TargetField); own != nil && other != nil {
				info.reach(&accessor{owner: info, target: r.target, goName: f.name, name: f.name, object: own, prefix: back + "__", forward: true})
				if name := accessorName(info, r); name != "" {
					to := r.target.line.concrete
					to.reach(&accessor{owner: to, target: info, goName: name, name: name, object: other, prefix: f.name + "__"})
				}
				continue
			}
			r.from, r.to = r.through.byName[sf.Rel.FromField], r.through.byName[sf.Rel.TargetField]
			if r.from == nil || r.to == nil {
				return fail(sf.Rel.Through + "'s fields")
			}
			info.reach(&accessor{owner: info, target: r.target, goName: f.name, name: f.name, field: f, forward: true, lookup: back})
		}
		if r.queryName != "" {
			r.target.reached = append(r.target.reached, f)
		}
		if r.kind != schema.ManyToMany {
			to := r.target.line.concrete
			to.inbound = append(to.inbound, f)
		}
		if name := accessorName(info, r); name != "" {
			to := r.target.line.concrete
			to.reach(&accessor{owner: to, target: info, goName: name, name: name, field: f, one: r.kind == schema.OneToOne, lookup: f.name})
		}
	}
	return nil
}

func (m *modelInfo) reach(a *accessor) {
	m.accessors = append(m.accessors, a)
	m.byRel[a.name] = a
}

// accessorName is what the target calls the other end: "" when it is hidden.
func accessorName(m *modelInfo, r *relation) string {
	switch {
	case strings.HasSuffix(r.related, "+"):
		return ""
	case r.related != "":
		return r.related
	case r.kind == schema.OneToOne:
		return strings.ToLower(m.name)
	}
	return strings.ToLower(m.name) + "_set"
}

// layOut gives every column and relation its slot.
func (m *modelInfo) layOut(naive bool) {
	slots := 1
	m.naive = naive
	for _, f := range m.fields {
		f.naive = naive
		f.off = uintptr(slots)*slotSize + unsafe.Offsetof(cellSlot{}.value)
		if f.kind == kForeign {
			f.off = uintptr(slots)*slotSize + unsafe.Offsetof(cellSlot{}.key)
		}
		slots++
	}
	for _, a := range m.accessors {
		a.off = uintptr(slots)*slotSize + unsafe.Offsetof(cellSlot{}.many)
		if a.one {
			a.off = uintptr(slots)*slotSize + unsafe.Offsetof(cellSlot{}.one)
		}
		slots++
	}
	for _, g := range m.line.generics {
		g.off = uintptr(slots)*slotSize + unsafe.Offsetof(cellSlot{}.one)
		slots++
	}
	for _, o := range m.line.objects {
		o.off = uintptr(slots)*slotSize + unsafe.Offsetof(cellSlot{}.one)
		slots++
	}
	m.size, m.stateOff = uintptr(slots)*slotSize, unsafe.Offsetof(cellSlot{}.state)
	m.slab = func(n int) unsafe.Pointer {
		mem := make([]cellSlot, n*slots)
		for i := range n {
			mem[i*slots].info = m
		}
		return unsafe.Pointer(unsafe.SliceData(mem))
	}
	m.record = func(p unsafe.Pointer) any { return (*Dynamic)(p) }
	m.list = func(ps []unsafe.Pointer) any { return typed[Dynamic](ps) }
}

// DynamicSet is a queryset over records that are known only at run time. It is
// immutable, as a QuerySet is.
type DynamicSet struct {
	q    *core
	rows atomic.Pointer[[]*Dynamic]
	vals atomic.Pointer[[]DynamicRow] // instead, of values
}

func (s *DynamicSet) coreQuery() *core { return s.q }

// With is the queryset after one more step, checked when it is fetched.
func (s *DynamicSet) With(step query.Step) *DynamicSet { return &DynamicSet{q: s.q.with(step, nil)} }

// Query is the queryset as data, as it stands in other querysets.
func (s *DynamicSet) Query() (*query.Query, error) { return s.q.tree(query.VerbSelect) }

// Fresh is [QuerySet.Fresh].
func (s *DynamicSet) Fresh() *DynamicSet { return &DynamicSet{q: s.q.copy()} }

// Filter keeps records that match, see [QuerySet.Filter].
func (s *DynamicSet) Filter(args ...any) *DynamicSet {
	return &DynamicSet{q: s.q.filter(conds("Filter", args), false)}
}

// And is [QuerySet.And].
func (s *DynamicSet) And(o *DynamicSet) *DynamicSet {
	return &DynamicSet{q: s.q.operator(query.And, o.q)}
}

// Or is [QuerySet.Or].
func (s *DynamicSet) Or(o *DynamicSet) *DynamicSet {
	return &DynamicSet{q: s.q.operator(query.Or, o.q)}
}

// Xor is [QuerySet.Xor].
func (s *DynamicSet) Xor(o *DynamicSet) *DynamicSet {
	return &DynamicSet{q: s.q.operator(query.Xor, o.q)}
}

// Using is [QuerySet.Using].
func (s *DynamicSet) Using(alias string) *DynamicSet { return &DynamicSet{q: s.q.in(alias)} }

// OrderBy orders the records, see [QuerySet.OrderBy].
func (s *DynamicSet) OrderBy(by ...any) *DynamicSet { return &DynamicSet{q: s.q.orderBy(by)} }

// PrefetchRelated is [QuerySet.PrefetchRelated].
func (s *DynamicSet) PrefetchRelated(related ...any) *DynamicSet {
	return &DynamicSet{q: s.q.prefetchRelated(related)}
}

// SelectsValues tells whether the queryset selects values and not records.
func (s *DynamicSet) SelectsValues() bool { return s.q.values }

// Sole is what Get asks for, of a queryset that selects values: as many rows as
// it takes to know if there is one.
func (s *DynamicSet) Sole() *DynamicSet { return &DynamicSet{q: s.q.sole()} }

// Ends keeps the first row by the queryset's order, else by primary key, or
// the last one: First and Last of a queryset that selects values.
func (s *DynamicSet) Ends(last bool) *DynamicSet { return &DynamicSet{q: s.q.end(last)} }

// Extreme keeps the row with the smallest values of the fields, or the largest:
// Earliest and Latest of a queryset that selects values.
func (s *DynamicSet) Extreme(last bool, fields ...string) *DynamicSet {
	return &DynamicSet{q: s.q.extreme(fields, last)}
}

// Contains tells whether the queryset has the record.
func (s *DynamicSet) Contains(ctx context.Context, d *Dynamic) (bool, error) {
	return contains(ctx, s.q, s.rows.Load(), d, d.slot.info)
}

// PrefetchTo prefetches a relation from a queryset, nil for all records, and
// puts the records into the extra value named attr unless it is empty.
func PrefetchTo(path string, s *DynamicSet, attr string) Prefetch {
	p := Prefetch{path: path, attr: attr}
	if s != nil {
		p.query = s.q
	}
	return p
}

// SetManager makes of what relations to the set's model begin with: Django's
// default manager. It is called before the models are used.
func (s *DynamicSet) SetManager(of *DynamicSet) { s.q.info.manager = of.q }

// SetBaseManager makes of what foreign keys to the set's model look in:
// Django's base manager.
func (s *DynamicSet) SetBaseManager(of *DynamicSet) { s.q.info.baseManager = of.q }

// Model is the label of the records' model.
func (s *DynamicSet) Model() string { return s.q.info.label }
