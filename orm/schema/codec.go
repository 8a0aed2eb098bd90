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
	fieldFlags = 1<<iota - 1
)

// Append appends the registry's message.
func (r *Registry) Append(b []byte) []byte {
	b = abi.AppendString(abi.AppendString(append(b, Version), r.App), r.Build)
	b = abi.AppendUvarint(b, uint64(len(r.Models)))
	for i := range r.Models {
		b = r.Models[i].append(b)
	}
	return b
}

func (m *Model) append(b []byte) []byte {
	b = abi.AppendString(abi.AppendString(abi.AppendString(b, m.App), m.Name), m.Table)
	b = abi.AppendBool(b, m.AutoCreated)
	b = abi.AppendUvarint(b, uint64(len(m.Fields)))
	for i := range m.Fields {
		b = m.Fields[i].append(b)
	}
	b = appendStrings(b, m.Ordering)
	return appendLists(appendLists(b, m.Unique), m.Indexes)
}

func (f *Field) append(b []byte) []byte {
	for _, s := range [...]string{f.Name, f.Attname, f.Column, f.Type} {
		b = abi.AppendString(b, s)
	}
	var flags uint8
	for bit, set := range [...]bool{f.Null, f.PK, f.Auto, f.Unique, f.Index, f.Rel != nil} {
		if set {
			flags |= 1 << bit
		}
	}
	b = append(b, flags)
	for _, n := range [...]int{f.MaxLength, f.Digits, f.Places} {
		b = abi.AppendUvarint(b, uint64(n))
	}
	if f.Rel == nil {
		return b
	}
	b = append(b, byte(f.Rel.Kind), byte(f.Rel.OnDelete))
	for _, s := range f.Rel.strings() {
		b = abi.AppendString(b, *s)
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
	reg := &Registry{App: r.String(), Build: r.String()}
	for n := r.Count(8); n > 0 && r.Err() == nil; n-- {
		reg.Models = append(reg.Models, readModel(r))
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
	m := Model{App: r.String(), Name: r.String(), Table: r.String(), AutoCreated: r.Bool()}
	for n := r.Count(8); n > 0 && r.Err() == nil; n-- {
		m.Fields = append(m.Fields, readField(r))
	}
	m.Ordering = readStrings(r)
	m.Unique, m.Indexes = readLists(r), readLists(r)
	return m
}

func readField(r *abi.Reader) Field {
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
	if flags&flagRel == 0 {
		return f
	}
	f.Rel = &Relation{Kind: RelationKind(r.U8()), OnDelete: OnDelete(r.U8())}
	if f.Rel.Kind < ForeignKey || f.Rel.Kind > ManyToMany || f.Rel.OnDelete > Restrict {
		r.Fail()
	}
	for _, s := range f.Rel.strings() {
		*s = r.String()
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
