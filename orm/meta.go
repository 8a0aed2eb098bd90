package orm

import (
	"context"
	"reflect"
	"strings"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Options is what a model's Meta method returns: Django's class Meta.
type Options struct {
	App            string     // default: the last element of the package's path, without a final "models"
	Table          string     // default: app_model
	Ordering       []string   // as OrderBy takes it
	Latest         []string   // what Latest and Earliest compare when they are given no fields
	UniqueTogether [][]string // field names
	Indexes        [][]string // field names
	Constraints    []Constraint
	// OnDelete is what relations tagged on_delete=set are set to, by their names.
	OnDelete map[string]OnDelete
	// SelectOnSave makes Save ask whether a record exists before it updates it,
	// for databases with triggers that answer an update of one row with none.
	SelectOnSave bool
	// OrderBy is the default order with expressions among its terms, as OrderBy
	// takes it, instead of Ordering.
	OrderBy []any
	// Name is the model's name in its label and in the names made of it, where
	// the struct has another one.
	Name string
	// Unmanaged says that the table is made by somebody else, or is a view, or
	// another model's.
	Unmanaged bool
}

// modelInfo is everything the ORM knows of a model. It is built by reflection
// once, at Setup, and never changes afterwards.
type modelInfo struct {
	label, app, name, goType string
	table                    string
	opts                     Options
	given                    Options  // what Meta returned
	orderBy                  []string // the expressions of the order, as schema.Model has them
	fields                   []*field // columns, in order
	m2m                      []*field
	accessors                []*accessor // Reverse, ReverseOne and ManyToMany fields of the struct
	byName                   map[string]*field
	byRel                    map[string]*accessor
	pk                       *field
	inbound                  []*field // foreign keys that point here
	reached                  []*field // fields of other models that lookups can name from here
	auto                     bool     // through table
	dynamic                  bool     // records are Dynamic
	orderedIn                string   // the relation whose records this model's are in order of
	line                     *lineage // of dynamic models, and of those that extend others or are extended
	embeds                   []embedding
	ends                     []schema.Generic // what the host gets to know of the struct's relations through content types
	idOff                    uintptr          // of Model's ID
	naive                    bool             // Dynamic: times without zone
	typ                      reflect.Type
	slab                     func(n int) unsafe.Pointer
	size                     uintptr
	stateOff                 uintptr
	among                    *Models                       // of a dynamic model: the others
	record                   func(p unsafe.Pointer) any    // *T
	list                     func(ps []unsafe.Pointer) any // []*T
	root                     *core
	manager, baseManager     *core // what relations begin with, nil = root
	signals                  signals
}

// field is a column, or a many-to-many field.
type field struct {
	model             *modelInfo
	index             int
	goName, tag       string
	name, att, column string
	class             string // Django's
	kind              kind
	off               uintptr
	valid             uintptr // offset of Null's flag from the model, 0 = not in Null
	null, pk, auto    bool
	unique, db        bool // db: index
	maxLength         int
	digits, places    int
	autoNow, autoAdd  bool
	orderIn           string // the relation whose records this numbers
	def               string
	hasDef            bool
	dflt              *fallback // Dynamic
	rel               *relation
	naive             bool   // Dynamic: times without zone
	base              *field // of an array or range: what it holds
	array             *arrayOps
	span              *span
	size              int    // of an array, as its column says
	nothing           bool   // computed: NULL stands for the empty value
	from              *field // Dynamic: the field of a parent that this is a child's copy of
}

func (f *field) label() string { return f.model.goType + "." + f.goName }

// relation is what a foreign key or many-to-many field points to.
type relation struct {
	kind        schema.RelationKind
	key         any // (*Target)(nil): finds target when all models are known
	target      *modelInfo
	toField     *field // of target, nil = its primary key
	toTag       string
	onDelete    schema.OnDelete
	related     string
	queryName   string
	throughTag  string
	through     *modelInfo
	endTags     [2]string // through_fields
	from, to    *field    // of the through model
	symmetrical bool
	set         abi.Value                              // onDelete SetTo
	setFrom     func(ctx context.Context) (any, error) // instead of set
	fallback    Key                                    // the default, of structs
	parent      bool                                   // a ParentLink
}

// all is what relations to many begin with.
func (m *modelInfo) all() *core {
	if m.manager != nil {
		return m.manager
	}
	return m.root
}

// base is what relations to one look in.
func (m *modelInfo) base() *core {
	if m.baseManager != nil {
		return m.baseManager
	}
	return m.root
}

// key1 is the field whose value a foreign key holds.
func (r *relation) key1() *field {
	if r.toField != nil {
		return r.toField
	}
	return r.target.pk
}

// hidden tells whether nothing leads back to m, whose many-to-many field it is.
func (r *relation) hidden(m *modelInfo) bool {
	return r.queryName == "" && (strings.HasSuffix(r.related, "+") || r.related == "" && r.symmetrical && r.target == m)
}

// keyOf is the key that points to the record at p.
func (r *relation) keyOf(p unsafe.Pointer) Key {
	if r.target.dynamic { // perhaps of a model that extends the target
		return keyOfValue((*Dynamic)(p).slot.info.same(r.key1()).value(p))
	}
	if r.toField == nil {
		return r.target.keyOf(p)
	}
	return keyOfValue(r.toField.value(p))
}

// byOther tells whether the other side knows the owner by another value than
// its primary key.
func (a *accessor) byOther() bool {
	switch {
	case a.field == nil:
		return false
	case a.m2m():
		own, _ := a.ends() // none if the declaration is wrong
		return own != nil && own.rel.toField != nil
	}
	return a.field.rel.toField != nil
}

// path is the lookup of the target by the keys.
func (r *relation) path() string {
	if r.toField == nil {
		return "pk"
	}
	return r.toField.name
}

// accessor is the end of a relation at which many records, or the other side
// of a one-to-one, stand.
type accessor struct {
	owner   *modelInfo
	target  *modelInfo
	goName  string
	name    string
	tag     string
	via     string
	off     uintptr
	key     any
	field   *field // the foreign key or many-to-many field behind it
	forward bool   // the many-to-many field itself
	one     bool   // ReverseOne
	lookup  string // from target back to the owner
	// Instead of field: a relation through content types, or, of dynamic models,
	// by several columns; then prefix leads from the target to the owner when a
	// through model is between them.
	generic *genericEnd
	object  *objectKey
	prefix  string
	other   bool        // of structs: the other side knows the owner by something else than its key
	points  *genericKey // of a GenericForeignKey, which is listed among them to be told of its record
	gen     genericTag  // of the fields of structs
}

func (a *accessor) label() string { return a.owner.goType + "." + a.goName }
func (a *accessor) m2m() bool     { return a.field != nil && a.field.rel.kind == schema.ManyToMany }

// through returns the fields of the through model that point to the owner and to the target.
func (a *accessor) ends() (own, other *field) {
	if a.forward {
		return a.field.rel.from, a.field.rel.to
	}
	return a.field.rel.to, a.field.rel.from
}

// kind is how a field lies in memory.
type kind uint8

const (
	kInvalid kind = iota
	kString
	kInt64
	kInt32
	kInt16
	kInt8
	kUint64
	kUint32
	kUint16
	kUint8
	kBool
	kFloat64
	kFloat32
	kBytes
	kTime
	kDate
	kClock
	kDuration
	kDecimal
	kUUID
	kJSON
	kForeign
	kDynamic // an abi.Value
	kArray   // and what else is made of others
	kRange
	kHStore
)

// value reads the field of the record at p.
func (f *field) value(p unsafe.Pointer) abi.Value {
	if f.valid != 0 && !*(*bool)(unsafe.Add(p, f.valid)) {
		return abi.Null
	}
	if f.kind >= kArray {
		return f.compose(unsafe.Add(p, f.off))
	}
	if f.kind == kForeign { // of a literal it does not know yet by what it points
		(*foreign)(unsafe.Add(p, f.off)).field = f
	}
	return loadValue(f.kind, unsafe.Add(p, f.off))
}

// keyOf returns the primary key of the record at p: none for an integer 0,
// which is the ID of a record that has not been saved.
func (m *modelInfo) keyOf(p unsafe.Pointer) Key {
	if m.pk == nil {
		return Key{}
	}
	return m.pk.keyAt(p)
}

// keyless tells whether the record at p has no primary key.
func (m *modelInfo) keyless(p unsafe.Pointer) bool {
	if m.pk != nil && m.pk.kind == kInt64 {
		return *(*int64)(unsafe.Add(p, m.pk.off)) == 0
	}
	return m.keyOf(p).IsZero()
}

// keyAt is the field of the record at p as a key.
func (f *field) keyAt(p unsafe.Pointer) Key {
	v := f.value(p)
	if f.model.dynamic {
		return keyOfValue(v)
	}
	if v.Kind == abi.KindInt && v.Num == 0 || v.Kind == abi.KindText && v.Str == "" {
		return Key{}
	}
	if v.Kind == abi.KindUUID && v.Str == string(make([]byte, 16)) {
		return Key{}
	}
	return keyOfValue(v)
}

func (m *modelInfo) state(p unsafe.Pointer) *state { return (*state)(unsafe.Add(p, m.stateOff)) }

// settle tells the relations of the record at p, which has a key now, whose they are.
func (m *modelInfo) settle(p unsafe.Pointer) {
	var k Key
	for _, a := range m.accessors {
		if k.IsZero() {
			k = m.keyOf(p)
		}
		a.bind(p, k)
	}
	for _, f := range m.fields {
		if f.kind == kForeign {
			(*foreign)(unsafe.Add(p, f.off)).field = f
		}
	}
	m.place(p, m.state(p).db)
	m.spread(p)
}

// place tells the relations of the record at p which database it is in.
func (m *modelInfo) place(p unsafe.Pointer, db databaseID) {
	for _, a := range m.accessors {
		if a.one {
			(*oneState)(unsafe.Add(p, a.off)).db = db
		} else {
			(*manyState)(unsafe.Add(p, a.off)).db = db
		}
	}
	for _, f := range m.fields {
		if f.kind == kForeign {
			fk := (*foreign)(unsafe.Add(p, f.off))
			fk.db, fk.given = db, false
		}
	}
}

// ownerKey is the key by which the other side knows the record at p.
func (a *accessor) ownerKey(p unsafe.Pointer) Key {
	if a.generic != nil {
		return a.owner.keyOf(p).text()
	}
	if a.object != nil {
		return a.owner.keyOf(p)
	}
	r := a.field.rel
	if a.m2m() {
		own, _ := a.ends()
		r = own.rel
	}
	if a.owner.dynamic {
		return r.keyOf(p)
	}
	f := a.owner.same(r.key1()) // the owner may extend what is pointed to
	if f == a.owner.pk || r.toField == nil {
		return f.keyAt(p)
	}
	return keyOfValue(f.value(p))
}

func (a *accessor) bind(p unsafe.Pointer, k Key) {
	if a.points != nil {
		a.points.bind(a, p)
		return
	}
	stored := !k.IsZero()
	if stored && (a.other || a.owner.dynamic) {
		k = a.ownerKey(p)
	}
	if a.one {
		o := (*oneState)(unsafe.Add(p, a.off))
		o.acc, o.owner = a, k
		return
	}
	r := (*manyState)(unsafe.Add(p, a.off))
	r.acc, r.owner, r.in, r.null = a, k, p, stored && k.IsZero()
}
