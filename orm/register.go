package orm

import (
	"reflect"
	"strings"
	"sync"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// registry has every registered model by a typed nil pointer, so that finding
// a model needs no reflection. It is written by package initialisation only.
var (
	registry = map[any]*modelInfo{}
	models   []*modelInfo
	resolve  = sync.OnceValue(resolveModels)
)

func infoOf[T any]() *modelInfo {
	if m := registry[(*T)(nil)]; m != nil {
		return m
	}
	t := reflect.TypeFor[T]()
	panic(&ModelError{Model: t.String(), Reason: "it is not registered: declare var " + t.Name() + "s = orm.Register[" + t.Name() + "]()"})
}

// Register declares a model and returns the queryset of all its records. It
// is called from a package-level var. Mistakes in the declaration are reported
// at setup; relations may refer to models that are registered later.
func Register[T any, P Record[T]]() *QuerySet[T] {
	if len(models) == 0 {
		abi.Extend(extension{})
	}
	var zero T
	m := &modelInfo{typ: reflect.TypeFor[T](), size: unsafe.Sizeof(zero)}
	m.slab = func(n int) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(make([]T, n))) }
	m.record = func(p unsafe.Pointer) any { return P((*T)(p)) }
	m.list = func(ps []unsafe.Pointer) any { return typed[T](ps) }
	m.root = &core{info: m, shared: true}
	if o, ok := any(&zero).(interface{ Meta() Options }); ok {
		m.opts = o.Meta()
		m.given = m.opts
	}
	if prev := registry[(*T)(nil)]; prev == nil {
		registry[(*T)(nil)] = m
		models = append(models, m)
	} else {
		m = prev
	}
	m.name, m.goType = m.ownName(), m.typ.Name()
	if m.app = m.opts.App; m.app == "" {
		m.app = appLabel(m.typ.PkgPath())
	}
	m.label = m.app + "." + m.name
	return &QuerySet[T]{q: m.root}
}

// resolveModels reads the structs and connects the relations.
func resolveModels() error {
	var errs modelErrors
	declared := models
	for _, m := range declared {
		m.readStruct(&errs)
	}
	for _, m := range declared {
		m.connect(&errs)
	}
	for _, m := range declared {
		m.nameReverse(&errs)
	}
	for _, m := range declared {
		m.makeThrough(&errs)
	}
	before := len(errs)
	for _, m := range declared {
		m.rootGeneric()
		m.findParents(&errs)
	}
	for _, m := range declared {
		if m.line != nil && len(errs) == before {
			if err := m.inherit(0); err != nil {
				errs = append(errs, err)
			}
		}
	}
	for _, m := range declared {
		m.linkGeneric(&errs)
		m.linkFields(&errs)
		m.linkOnDelete(&errs)
	}
	for _, m := range declared {
		m.finish(&errs)
	}
	done := map[*modelInfo]bool{}
	for _, m := range declared {
		if len(errs) == before {
			m.inheritRelations(done)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return errs
}

// modelErrors is every mistake at once: fixing them one by one is tedious.
type modelErrors []error

func (e modelErrors) Error() string {
	s := make([]string, len(e))
	for i, x := range e {
		s[i] = x.Error()
	}
	return strings.Join(s, "\n")
}

func (e modelErrors) Unwrap() []error { return e }

func appLabel(pkg string) string {
	pkg = strings.TrimSuffix(pkg, "/models")
	pkg = strings.TrimSuffix(pkg[strings.LastIndexByte(pkg, '/')+1:], "_test")
	return strings.NewReplacer("-", "_", ".", "_").Replace(pkg)
}

// relField is a ForeignKey, OneToOne or ManyToMany; revField a Reverse or ReverseOne.
type relField interface{ ormRelation() relation }

type revField interface{ ormReverse() (key any, one bool) }

type nullLayout interface {
	ormNull() (elem reflect.Type, valid uintptr)
}

func (*Null[T]) ormNull() (reflect.Type, uintptr) {
	var n Null[T]
	return reflect.TypeFor[T](), unsafe.Offsetof(n.Valid)
}

func (m *modelInfo) readStruct(errs *modelErrors) {
	m.order(errs)
	m.table = m.opts.Table
	if m.table == "" {
		m.table = m.app + "_" + strings.ToLower(m.name)
	}
	m.byName, m.byRel = map[string]*field{}, map[string]*accessor{}
	if m.typ.NumField() == 0 || !m.typ.Field(0).Anonymous || m.typ.Field(0).Name != "Model" {
		*errs = append(*errs, &ModelError{Model: m.goType, Reason: "embed orm.Model[" + m.name + "] as its first field"})
		return
	}
	base := m.typ.Field(0)
	st, _ := base.Type.FieldByName("state")
	m.stateOff = st.Offset
	id := &field{
		model: m, goName: "ID", name: "id", att: "id", column: "id", class: "BigAutoField", kind: kInt64,
		pk: true, auto: true, unique: true,
	}
	idField, _ := base.Type.FieldByName("ID")
	id.off = idField.Offset
	m.readFields(m.typ, 1, 0, errs)
	for _, f := range m.fields {
		if f.pk {
			if m.pk != nil {
				*errs = append(*errs, &ModelError{Model: m.goType, Field: f.goName, Tag: f.tag, Reason: "the model has two fields tagged primary_key: tag one"})
			}
			m.pk = f
		}
	}
	if m.pk == nil && len(m.embeds) == 0 { // else it is the first of the parents' keys
		m.pk = id
		m.fields = append([]*field{id}, m.fields...)
	}
	m.idOff = id.off
	m.index(errs)
}

// readFields reads a struct's fields from the one numbered first. base is
// where the struct begins in the model's.
func (m *modelInfo) readFields(t reflect.Type, first int, base uintptr, errs *modelErrors) {
	for i := first; i < t.NumField(); i++ {
		sf := t.Field(i)
		sf.Offset += base
		if sf.Anonymous && m.embedsModel(sf) {
			continue
		}
		if sf.Anonymous && m.abstract(sf) {
			m.readFields(sf.Type, 0, sf.Offset, errs)
			continue
		}
		m.readField(sf, errs)
	}
}

// abstract tells whether an embedded struct is none of orm's and no model: its
// fields are the model's own then, as those of an abstract base of Django's.
func (m *modelInfo) abstract(sf reflect.StructField) bool {
	if sf.Type.Kind() != reflect.Struct || sf.Tag.Get("orm") == "-" || sf.Type.NumField() == 0 {
		return false
	}
	if kind, _ := typeOf(sf.Type); kind != kInvalid {
		return false
	}
	switch reflect.New(sf.Type).Interface().(type) {
	case revField, relField, genericField, nullLayout, record:
		return false
	}
	return true
}

func (m *modelInfo) readField(sf reflect.StructField, errs *modelErrors) {
	tag, ok := sf.Tag.Lookup("orm")
	fail := func(reason string) {
		*errs = append(*errs, &ModelError{Model: m.goType, Field: sf.Name, Tag: tag, Reason: reason})
	}
	switch {
	case tag == "-":
		return
	case !ok && strings.Contains(string(sf.Tag), "orm:"):
		// reflect knows no tag then, and the field would be another one
		fail("its tag `" + string(sf.Tag) + "` can't be read: write it as `orm:\"max_length=100\"`, with quotes, and a space before the next")
		return
	case sf.PkgPath != "":
		if ok {
			fail("a field in lower case can't be stored: write " + strings.ToUpper(sf.Name[:1]) + sf.Name[1:] + ", or take the tag away")
		}
		return
	}
	f := &field{model: m, goName: sf.Name, tag: tag, name: snake(sf.Name), off: sf.Offset}
	switch x := reflect.New(sf.Type).Interface().(type) {
	case genericField:
		a := &accessor{owner: m, goName: sf.Name, name: f.name, tag: tag, off: sf.Offset}
		x.ormGeneric(a)
		m.parseTag(f, a, fail)
		m.accessors = append(m.accessors, a)
		return
	case revField:
		a := &accessor{owner: m, goName: sf.Name, name: f.name, tag: tag, off: sf.Offset}
		a.key, a.one = x.ormReverse()
		m.parseTag(f, a, fail)
		m.accessors = append(m.accessors, a)
		return
	case relField:
		r := x.ormRelation()
		f.rel, f.kind = &r, kForeign
	case nullLayout:
		elem, valid := x.ormNull()
		f.typeIn(elem)
		f.valid, f.null = sf.Offset+valid, true
	default:
		f.typeIn(sf.Type)
	}
	if f.rel != nil {
		f.class = [...]string{"", "ForeignKey", "OneToOneField", "ManyToManyField"}[f.rel.kind]
	}
	if f.class == "" {
		fail("the type " + sf.Type.String() + " cannot be stored: use a string, number, bool, []byte, time.Time, one of orm's types, or tag the field `orm:\"-\"`")
		return
	}
	m.parseTag(f, nil, fail)
	m.checkField(f, fail)
	if f.class == "ManyToManyField" {
		m.m2m = append(m.m2m, f)
		return
	}
	m.fields = append(m.fields, f)
}

func (m *modelInfo) checkField(f *field, fail func(string)) {
	f.att = f.name
	if f.kind == kArray {
		f.settleArray()
		if in := f.innermost(); in.class == "DecimalField" && in.digits == 0 {
			fail("an array of Decimal needs digits and places, as in `orm:\"digits=8,places=2\"`")
		}
	} else if f.size > 0 {
		fail("size is an option of orm.Array")
	}
	if f.class == "TextField" && f.maxLength > 0 {
		f.class = "CharField"
	}
	if strings.HasSuffix(f.class, "AutoField") {
		f.auto, f.pk = true, true
	}
	switch {
	case f.auto && f.kind != kInt64:
		fail("an automatic key is an int64")
	case f.class == "DecimalField" && f.digits == 0:
		fail("a Decimal needs digits and places, as in `orm:\"digits=8,places=2\"`")
	case f.null && f.valid == 0 && f.rel == nil:
		fail("null needs a type that can hold it: orm.Null[" + f.goName + "'s type]")
	case (f.autoNow || f.autoAdd) && f.kind != kTime && f.kind != kDate && f.kind != kClock:
		fail("auto_now and auto_now_add are for time.Time, Date and Clock")
	case f.pk && f.null:
		fail("a primary key cannot be null")
	case f.rel != nil && f.rel.onDelete == onDeleteUnset && f.class != "ManyToManyField":
		fail("say what happens when the record it points to is deleted: on_delete=cascade, protect, restrict, set_null, set_default, set or do_nothing")
	case f.rel != nil && f.rel.onDelete == schema.SetNull && !f.null:
		fail("on_delete=set_null needs null: add null to the tag, or choose another on_delete")
	case f.rel != nil && f.rel.onDelete == schema.SetDefault && !f.hasDef:
		fail("on_delete=set_default needs a default: add default=KEY to the tag, or choose another on_delete")
	case f.orderIn != "" && (f.kind < kInt64 || f.kind > kInt16 || f.null):
		fail("order_in is for an int that can hold the place in the order")
	case strings.Contains(f.name, "__") || strings.HasSuffix(f.name, "_"):
		fail("the name " + f.name + " cannot be told apart from a lookup: no double underscore, no underscore at its end")
	}
	if f.hasDef && f.kind != kForeign { // what that points to is not known yet: linkOnDelete
		if err := storeDefault(f, m.slab(1)); err != nil {
			fail("default=" + f.def + " does not fit: " + err.Error())
		}
	}
	if f.pk {
		f.unique = true
	}
	if f.rel != nil && f.class != "ManyToManyField" {
		f.att, f.db = f.name+"_id", f.class == "ForeignKey"
		f.unique = f.unique || f.class == "OneToOneField"
	}
	if f.orderIn != "" {
		f.class, f.name, f.att, m.orderedIn = "OrderWrt", "_order", "_order", f.orderIn
	}
	if f.column == "" {
		f.column = f.att
	}
}

// index gives every column its place and its names.
func (m *modelInfo) index(errs *modelErrors) {
	clash := func(name string, f *field) {
		*errs = append(*errs, &ModelError{Model: m.goType, Field: f.goName, Tag: f.tag, Reason: "another field is called " + name + " too: rename one or give it name="})
	}
	for i, f := range m.fields {
		f.index = i
		if m.byName[f.name] != nil {
			clash(f.name, f)
		}
		m.byName[f.name] = f
		if f.att != f.name {
			if m.byName[f.att] != nil {
				clash(f.att, f)
			}
			m.byName[f.att] = f
		}
	}
	for _, f := range m.m2m {
		if m.byName[f.name] != nil {
			clash(f.name, f)
		}
		m.byName[f.name] = f
	}
	if m.byName["pk"] == nil && m.pk != nil {
		m.byName["pk"] = m.pk
	}
}
