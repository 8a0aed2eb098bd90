package schema

import "github.com/vinyl-edge/vinyl/abi"

// Version is the first byte of the message.
const Version = 1

// Flags of a field.
const (
	flagNull = 1 << iota
	flagPK
	flagAuto
	flagUnique
	flagIndex
	flagRel
	flagDefault
	flagTimes
	fieldFlags = 1<<iota - 1
)

// Flags of a model.
const (
	flagAutoModel = 1 << iota
	flagProxy
	flagUnmanaged
	flagSelectFirst
	flagConstraints
	modelFlags = 1<<iota - 1
)

// Append appends the registry's message.
func (r *Registry) Append(b []byte) []byte {
	b = abi.AppendString(abi.AppendString(abi.AppendString(append(b, Version), r.App), r.Build), r.Database)
	b = abi.AppendString(abi.AppendBool(b, r.Naive), r.TimeZone)
	b = abi.AppendUvarint(b, uint64(len(r.Models)))
	for i := range r.Models {
		b = r.Models[i].append(b)
	}
	if len(r.Lookups)+len(r.Extensions) == 0 {
		return b
	}
	b = abi.AppendUvarint(b, uint64(len(r.Lookups)))
	for _, l := range r.Lookups {
		b = abi.AppendString(abi.AppendString(abi.AppendString(b, l.Class), l.Name), l.Func)
	}
	if len(r.Extensions) == 0 {
		return b
	}
	return appendStrings(b, r.Extensions)
}

func bits(set ...bool) (flags uint8) {
	for bit, on := range set {
		if on {
			flags |= 1 << bit
		}
	}
	return flags
}

func (m *Model) append(b []byte) []byte {
	b = abi.AppendString(abi.AppendString(abi.AppendString(b, m.App), m.Name), m.Table)
	b = append(b, bits(m.AutoCreated, m.Proxy, m.Unmanaged, m.SelectFirst, len(m.Constraints) > 0))
	b = abi.AppendUvarint(b, uint64(len(m.Parents)))
	for _, p := range m.Parents {
		b = abi.AppendString(abi.AppendString(b, p.Model), p.Link)
	}
	b = abi.AppendUvarint(b, uint64(len(m.Fields)))
	for i := range m.Fields {
		b = m.Fields[i].append(b)
	}
	b = abi.AppendUvarint(b, uint64(len(m.Generic)))
	for _, g := range m.Generic {
		for _, s := range [...]string{g.Name, g.TypeField, g.ObjectField} {
			b = abi.AppendString(b, s)
		}
		b = abi.AppendString(abi.AppendString(abi.AppendBool(b, g.Proxies), g.To), g.QueryName)
	}
	b = appendStrings(appendStrings(appendStrings(b, m.Ordering), m.OrderBy), m.Latest)
	b = abi.AppendString(b, m.OrderedIn)
	b = appendLists(appendLists(b, m.Unique), m.Indexes)
	if len(m.Constraints) > 0 {
		b = abi.AppendUvarint(b, uint64(len(m.Constraints)))
		for i := range m.Constraints {
			b = m.Constraints[i].append(b)
		}
	}
	return b
}

func (f *Field) append(b []byte) []byte {
	for _, s := range [...]string{f.Name, f.Attname, f.Column, f.Type} {
		b = abi.AppendString(b, s)
	}
	b = append(b, bits(f.Null, f.PK, f.Auto, f.Unique, f.Index, f.Rel != nil, f.Default != nil, f.AutoNow || f.AutoAdd))
	for _, n := range [...]int{f.MaxLength, f.Digits, f.Places} {
		b = abi.AppendUvarint(b, uint64(n))
	}
	if f.AutoNow || f.AutoAdd {
		b = append(b, bits(f.AutoNow, f.AutoAdd))
	}
	if f.Default != nil {
		b = f.Default.Value.Append(append(b, byte(f.Default.Kind)))
	}
	if f.Type == Array {
		base := f.Base
		if base == nil {
			base = &Field{}
		}
		b = base.append(b)
	}
	if bounded(f.Type) {
		b = abi.AppendString(b, f.Bounds)
	}
	if f.Rel == nil {
		return b
	}
	b = append(b, byte(f.Rel.Kind), byte(f.Rel.OnDelete))
	for _, s := range f.Rel.strings() {
		b = abi.AppendString(b, *s)
	}
	if f.Rel.Kind == ForeignObject {
		b = appendStrings(appendStrings(b, f.Rel.FromFields), f.Rel.ToFields)
	}
	if f.Rel.OnDelete == SetTo {
		b = f.Rel.Set.Append(b)
	}
	if f.Rel.Kind == ManyToMany {
		b = abi.AppendBool(b, f.Rel.Symmetrical)
	}
	return b
}

func (r *Relation) strings() [7]*string {
	return [...]*string{&r.To, &r.ToField, &r.RelatedName, &r.QueryName, &r.Through, &r.FromField, &r.TargetField}
}

// Read reads the message that Append wrote. Strings share its memory.
func Read(s string) (*Registry, error) {
	r := abi.NewReader(s)
	if v := r.U8(); v != Version && r.Err() == nil {
		return nil, &abi.OpError{
			Code:    abi.CodeNotSupported,
			Message: "vinyl schema: the models are described in a version that the host does not know: update the host",
		}
	}
	reg := &Registry{App: r.String(), Build: r.String(), Database: r.String(), Naive: r.Bool(), TimeZone: r.String()}
	for n := r.Count(8); n > 0 && r.Err() == nil; n-- {
		reg.Models = append(reg.Models, readModel(r))
	}
	if r.Len() > 0 {
		for n := r.Count(3); n > 0 && r.Err() == nil; n-- {
			reg.Lookups = append(reg.Lookups, Lookup{Class: r.String(), Name: r.String(), Func: r.String()})
		}
	}
	if r.Len() > 0 {
		reg.Extensions = readStrings(r)
	}
	if r.Len() > 0 {
		r.Fail()
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return reg, nil
}

func readModel(r *abi.Reader) Model {
	m := Model{App: r.String(), Name: r.String(), Table: r.String()}
	flags := r.U8()
	if flags&^modelFlags != 0 {
		r.Fail()
	}
	m.AutoCreated, m.Proxy, m.Unmanaged = flags&flagAutoModel != 0, flags&flagProxy != 0, flags&flagUnmanaged != 0
	m.SelectFirst = flags&flagSelectFirst != 0
	for n := r.Count(2); n > 0 && r.Err() == nil; n-- {
		m.Parents = append(m.Parents, Parent{Model: r.String(), Link: r.String()})
	}
	for n := r.Count(8); n > 0 && r.Err() == nil; n-- {
		m.Fields = append(m.Fields, readField(r, 0))
	}
	for n := r.Count(6); n > 0 && r.Err() == nil; n-- {
		m.Generic = append(m.Generic, Generic{
			Name: r.String(), TypeField: r.String(), ObjectField: r.String(), Proxies: r.Bool(), To: r.String(), QueryName: r.String(),
		})
	}
	m.Ordering, m.OrderBy, m.Latest = readStrings(r), readStrings(r), readStrings(r)
	m.OrderedIn = r.String()
	m.Unique, m.Indexes = readLists(r), readLists(r)
	if flags&flagConstraints != 0 {
		for n := r.Count(10); n > 0 && r.Err() == nil; n-- {
			m.Constraints = append(m.Constraints, readConstraint(r))
		}
	}
	return m
}

// maxArrays bounds arrays of arrays.
const maxArrays = 6

func readField(r *abi.Reader, depth int) Field {
	f := Field{Name: r.String(), Attname: r.String(), Column: r.String(), Type: r.String()}
	flags := r.U8()
	if flags&^fieldFlags != 0 {
		r.Fail()
	}
	f.Null, f.PK, f.Auto = flags&flagNull != 0, flags&flagPK != 0, flags&flagAuto != 0
	f.Unique, f.Index = flags&flagUnique != 0, flags&flagIndex != 0
	for _, p := range [...]*int{&f.MaxLength, &f.Digits, &f.Places} {
		v := r.Uvarint()
		if v > 1<<31-1 {
			r.Fail()
		}
		*p = int(v)
	}
	if flags&flagTimes != 0 {
		times := r.U8()
		if times == 0 || times > 3 {
			r.Fail()
		}
		f.AutoNow, f.AutoAdd = times&1 != 0, times&2 != 0
	}
	if flags&flagDefault != 0 {
		f.Default = &Default{Kind: DefaultKind(r.U8()), Value: r.Value()}
		if f.Default.Kind > RandomUUID {
			r.Fail()
		}
	}
	if f.Type == Array {
		if depth >= maxArrays || r.Err() != nil {
			r.Fail()
			return f
		}
		base := readField(r, depth+1)
		f.Base = &base
	}
	if bounded(f.Type) {
		switch f.Bounds = r.String(); f.Bounds {
		case "", "[)", "[]", "()", "(]":
		default:
			r.Fail()
		}
	}
	if flags&flagRel == 0 {
		return f
	}
	f.Rel = &Relation{Kind: RelationKind(r.U8()), OnDelete: OnDelete(r.U8())}
	if f.Rel.Kind < ForeignKey || f.Rel.Kind > ForeignObject || f.Rel.OnDelete > SetTo {
		r.Fail()
	}
	for _, s := range f.Rel.strings() {
		*s = r.String()
	}
	if f.Rel.Kind == ForeignObject {
		f.Rel.FromFields, f.Rel.ToFields = readStrings(r), readStrings(r)
	}
	if f.Rel.OnDelete == SetTo {
		f.Rel.Set = r.Value()
	}
	if f.Rel.Kind == ManyToMany {
		f.Rel.Symmetrical = r.Bool()
	}
	return f
}

func appendStrings(b []byte, ss []string) []byte {
	b = abi.AppendUvarint(b, uint64(len(ss)))
	for _, s := range ss {
		b = abi.AppendString(b, s)
	}
	return b
}

func appendLists(b []byte, ls [][]string) []byte {
	b = abi.AppendUvarint(b, uint64(len(ls)))
	for _, l := range ls {
		b = appendStrings(b, l)
	}
	return b
}

func readStrings(r *abi.Reader) (ss []string) {
	for n := r.Count(1); n > 0 && r.Err() == nil; n-- {
		ss = append(ss, r.String())
	}
	return ss
}

func readLists(r *abi.Reader) (ls [][]string) {
	for n := r.Count(1); n > 0 && r.Err() == nil; n-- {
		ls = append(ls, readStrings(r))
	}
	return ls
}
