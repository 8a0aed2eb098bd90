package gomodels

import (
	"go/types"
	"reflect"
	"slices"
	"strings"
)

// ORM is the import path of package orm.
const ORM = "github.com/vinyl-edge/vinyl/orm"

// Set is the models of some packages, and those that they point to.
type Set struct {
	Models []*Model // in the order of packages, then of names
	byName map[string]*Model
	seen   map[string]bool
}

// Model is a struct that embeds orm.Model.
type Model struct {
	Package   *types.Package
	Name      string
	Own       []*Field // columns and many-to-many fields of its own table, the key first
	Fields    []*Field // with those of models that it extends, theirs first
	Accessors []*Accessor
	Generics  []*Generic // own ones, then those of models that it extends
	generics  int        // how many are its own
	Parents   []*Parent
	Proxy     bool   // another name for its only parent
	App       string // by the package; Meta may say otherwise
}

// Label is the model's label if Meta does not name another App.
func (m *Model) Label() string { return m.App + "." + m.Name }

// Parent is a model that another one extends; a proxy has no link to it.
type Parent struct {
	Model *Model
	Link  *Field
}

// Field is a column, or a many-to-many field.
type Field struct {
	GoName, Name, Attname string
	Class                 string     // Django's
	Type                  types.Type // of its values; nil of relations
	Null, PK, Unique      bool
	link                  bool // to what the model extends
	Relation              *Relation
}

// Relation is where a field points.
type Relation struct {
	Kind           string // ForeignKey, OneToOne, ManyToMany
	Target         *Model
	Related, Query string // names at the target
	Hidden         bool   // there is no accessor there
	Through        string
	ThroughFields  string // "from:to", of the through model
	ToField        string // of the target, "" is its key
}

// Accessor is a Reverse or ReverseOne.
type Accessor struct {
	GoName, Name string
	Target       *Model
	One          bool
	Via          string
	Field        *Field // of Target, behind it; nil when it can't be told
}

// New returns the models of packages and of those that they import.
func New(pkgs ...*types.Package) *Set {
	s := &Set{byName: map[string]*Model{}, seen: map[string]bool{}}
	for _, p := range pkgs {
		s.find(p)
	}
	for i := 0; i < len(s.Models); i++ { // it grows
		s.related(s.Models[i])
	}
	for _, m := range s.Models {
		s.read(m)
	}
	for _, m := range s.Models {
		m.mirror()
	}
	for _, m := range s.Models {
		m.name()
		m.columns()
	}
	done := map[*Model]bool{}
	for _, m := range s.Models {
		m.extend(done)
	}
	return s
}

// find lists the models of a package and of its imports. Imports come first.
func (s *Set) find(p *types.Package) {
	if p == nil || s.seen[p.Path()] {
		return
	}
	s.seen[p.Path()] = true
	imports := slices.Clone(p.Imports())
	slices.SortFunc(imports, func(a, b *types.Package) int { return strings.Compare(a.Path(), b.Path()) })
	direct := false
	for _, q := range imports {
		s.find(q)
		direct = direct || q.Path() == ORM
	}
	if !direct {
		return
	}
	for _, name := range p.Scope().Names() {
		if t, ok := p.Scope().Lookup(name).(*types.TypeName); ok {
			s.add(t)
		}
	}
}

// add lists a type if it is a model.
func (s *Set) add(t *types.TypeName) {
	if t.IsAlias() || t.Pkg() == nil || s.byName[key(t)] != nil {
		return
	}
	st, ok := t.Type().Underlying().(*types.Struct)
	if !ok || st.NumFields() == 0 || !st.Field(0).Anonymous() || generic(st.Field(0).Type(), "Model") == nil {
		return
	}
	m := &Model{Package: t.Pkg(), Name: t.Name(), App: appLabel(t.Pkg().Path())}
	s.byName[key(t)] = m
	s.Models = append(s.Models, m)
}

// related finds the models that fields are of. An importer that reads compiled
// packages, as go vet's does, need not list the imports of what it imports.
func (s *Set) related(m *Model) {
	for v := range m.Package.Scope().Lookup(m.Name).Type().Underlying().(*types.Struct).Fields() {
		n, ok := types.Unalias(v.Type()).(*types.Named)
		if !ok {
			continue
		}
		if v.Embedded() {
			s.add(n.Obj())
		}
		for t := range n.TypeArgs().Types() {
			if to, ok := types.Unalias(t).(*types.Named); ok {
				s.add(to.Obj())
			}
		}
	}
}

func key(t *types.TypeName) string {
	if t.Pkg() == nil {
		return t.Name()
	}
	return t.Pkg().Path() + "." + t.Name()
}

// Of returns the model that a type is, or nil. Pointers are looked through.
func (s *Set) Of(t types.Type) *Model {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return s.byName[key(n.Obj())]
	}
	return nil
}

// generic returns the type argument of a type of package orm, nil if t is not
// that type.
func generic(t types.Type, name string) types.Type {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Obj().Pkg() == nil || n.Obj().Pkg().Path() != ORM || n.Obj().Name() != name || n.TypeArgs().Len() != 1 {
		return nil
	}
	return n.TypeArgs().At(0)
}

// read reads the struct.
func (s *Set) read(m *Model) {
	s.fields(m, m.Package.Scope().Lookup(m.Name).Type().Underlying().(*types.Struct), 1)
	for _, p := range m.Parents {
		for _, f := range m.Own {
			if f.link && f.Relation.Target == p.Model {
				p.Link = f
			}
		}
	}
	hasKey := func(f *Field) bool { return f.PK }
	switch {
	case m.Proxy || slices.ContainsFunc(m.Own, hasKey):
	case len(m.Parents) > 0 && m.Parents[0].Link != nil:
		m.Parents[0].Link.PK = true
	default:
		id := &Field{GoName: "ID", Name: "id", Attname: "id", Class: "BigAutoField", Type: types.Typ[types.Int64], PK: true, Unique: true}
		m.Own = append([]*Field{id}, m.Own...)
	}
}

// fields reads a struct from a field on. An embedded one is a model that m
// extends, or an abstract base, whose fields are m's.
func (s *Set) fields(m *Model, st *types.Struct, from int) {
	for i := from; i < st.NumFields(); i++ {
		v := st.Field(i)
		tag := strings.NewReplacer("%(class)s", strings.ToLower(m.Name), "%(app_label)s", m.App).Replace(reflect.StructTag(st.Tag(i)).Get("orm"))
		switch base, isStruct := v.Type().Underlying().(*types.Struct); {
		case tag == "-" || !v.Exported() && !v.Anonymous():
		case v.Anonymous() && s.Of(v.Type()) != nil:
			m.Parents = append(m.Parents, &Parent{Model: s.Of(v.Type())})
			_, m.Proxy = options(tag)["proxy"]
		case v.Anonymous() && isStruct:
			s.fields(m, base, 0)
		default:
			s.field(m, v, tag)
		}
	}
}

// extend gives m what it has of the models that it extends.
func (m *Model) extend(done map[*Model]bool) {
	if done[m] {
		return
	}
	done[m] = true
	var fields []*Field
	var accessors []*Accessor
	for _, p := range m.Parents {
		p.Model.extend(done)
		for _, f := range p.Model.Fields {
			if f.PK && !m.Proxy {
				plain := *f
				plain.PK = false
				f = &plain
			}
			fields = append(fields, f)
		}
		accessors = append(accessors, p.Model.Accessors...)
	}
	m.generics = len(m.Generics)
	for _, p := range m.Parents {
		m.Generics = append(m.Generics, p.Model.Generics...)
	}
	m.Fields, m.Accessors = append(fields, m.Own...), append(accessors, m.Accessors...)
}

// is tells whether m is o, or extends it.
func (m *Model) is(o *Model) bool {
	return m == o || slices.ContainsFunc(m.Parents, func(p *Parent) bool { return p.Model.is(o) })
}

func (s *Set) field(m *Model, v *types.Var, tag string) {
	opts := options(tag)
	f := &Field{GoName: v.Name(), Name: Snake(v.Name()), Type: v.Type()}
	for _, kind := range []string{"Reverse", "ReverseOne"} {
		if to := generic(v.Type(), kind); to != nil {
			if target := s.Of(to); target != nil {
				m.Accessors = append(m.Accessors, &Accessor{GoName: f.GoName, Name: f.Name, Target: target, One: kind == "ReverseOne", Via: opts["via"]})
			}
			return
		}
	}
	if n := opts["name"]; n != "" {
		f.Name = n
	}
	if s.generic(m, v, f, opts) {
		return
	}
	f.Attname = f.Name
	_, f.PK = opts["primary_key"]
	_, f.Null = opts["null"]
	_, f.Unique = opts["unique"]
	f.Unique = f.Unique || f.PK
	for _, name := range []string{"ForeignKey", "OneToOne", "ManyToMany", "ParentLink"} {
		kind, to := name, generic(v.Type(), name)
		if name == "ParentLink" && to != nil {
			kind, f.link = "OneToOne", true
		}
		if to == nil {
			continue
		}
		target := s.Of(to)
		if target == nil {
			return // not registered, which the app's start tells
		}
		f.Type, f.Class = nil, map[string]string{"ForeignKey": "ForeignKey", "OneToOne": "OneToOneField", "ManyToMany": "ManyToManyField"}[kind]
		f.Relation = &Relation{Kind: kind, Target: target, Related: opts["related"], Query: opts["query_name"], Through: opts["through"], ThroughFields: opts["through_fields"], ToField: opts["to_field"]}
		f.Relation.Hidden = strings.HasSuffix(f.Relation.Related, "+")
		f.Unique = f.Unique || kind == "OneToOne"
		if kind != "ManyToMany" {
			f.Attname += "_id"
		}
		m.Own = append(m.Own, f)
		return
	}
	if elem := generic(v.Type(), "Null"); elem != nil {
		f.Type, f.Null = elem, true
	}
	if f.Class = classOf(f.Type); f.Class == "" {
		return
	}
	if _, sized := opts["max_length"]; sized && f.Class == "TextField" {
		f.Class = "CharField"
	}
	if c := opts["type"]; c != "" {
		f.Class = c
		f.PK = f.PK || strings.HasSuffix(c, "AutoField")
	}
	m.Own = append(m.Own, f)
}

// mirror finds the fields behind m's accessors, which name relations that have
// no name of their own.
func (m *Model) mirror() {
	for _, a := range m.Accessors {
		var all, free []*Field
		for _, f := range a.Target.Own {
			if f.Relation == nil || f.Relation.Target != m || a.One != (f.Relation.Kind == "OneToOne") {
				continue
			}
			all = append(all, f)
			switch {
			case a.Via == f.Name, a.Via == "" && f.Relation.Related == a.Name:
				a.Field = f
			case f.Relation.Related == "":
				free = append(free, f)
			}
		}
		if a.Field == nil && a.Via == "" && len(all) == 1 && len(free) == 1 {
			a.Field = free[0]
		}
		if a.Field != nil && a.Field.Relation.Related == "" {
			a.Field.Relation.Related = a.Name
		}
	}
}

// name gives relations the names that Django would choose.
func (m *Model) name() {
	lower := strings.ToLower(m.Name)
	for _, f := range m.Own {
		r := f.Relation
		if r == nil {
			continue
		}
		if r.Query == "" {
			if r.Query = strings.TrimSuffix(r.Related, "+"); r.Query == "" {
				r.Query = lower
			}
		}
		if r.Related == "" {
			if r.Related = lower + "_set"; r.Kind == "OneToOne" {
				r.Related = lower
			}
		}
	}
}

// Inbound calls f with the relations of other models, and m's own, that lookups
// can name from m.
func (s *Set) Inbound(m *Model, f func(from *Model, by *Field)) {
	for _, other := range s.Models {
		for _, by := range other.Own {
			if by.Relation != nil && m.is(by.Relation.Target) && !(by.link && m.is(other)) {
				f(other, by)
			}
		}
	}
}

// Field returns a field by its name or its attribute's, nil if there is none.
func (m *Model) Field(name string) *Field {
	for _, f := range m.Fields {
		if f.Name == name || f.Attname == name || name == "pk" && f.PK {
			return f
		}
	}
	return nil
}
