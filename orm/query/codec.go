package query

import "github.com/vinyl-edge/vinyl/abi"

// Append appends the message of l.
func (l *Layout) Append(b []byte) []byte {
	b = abi.AppendUvarint(b, uint64(len(l.Groups)))
	for i := range l.Groups {
		g := &l.Groups[i]
		b = abi.AppendString(b, g.Model)
		b = abi.AppendUvarint(b, uint64(g.Parent+1))
		b = abi.AppendString(b, g.Field)
		var bits uint8
		if g.Reverse {
			bits = 1
		}
		if g.Extends {
			bits |= 2
		}
		if g.Alias {
			bits |= 4
		}
		b = append(b, bits)
		b = abi.AppendUvarint(b, uint64(g.First))
		b = appendStrings(b, g.Fields)
		if g.Alias {
			b = abi.AppendString(b, g.Back)
		}
	}
	b = appendStrings(appendStrings(b, l.Names), l.Types)
	b = abi.AppendUvarint(b, uint64(l.Extra))
	b = abi.AppendBool(b, l.Flat)
	if l.Lead > 0 {
		b = abi.AppendUvarint(b, uint64(l.Lead))
	}
	return b
}

// ReadLayout reads the message.
func ReadLayout(s string) (l Layout, err error) {
	r := abi.NewReader(s)
	for n := r.Count(6); n > 0 && r.Err() == nil; n-- {
		g := Group{Model: r.String(), Parent: column(r) - 1, Field: r.String()}
		bits := r.U8()
		g.Reverse, g.Extends, g.First = bits&1 != 0, bits&2 != 0, column(r)
		g.Alias = bits&4 != 0
		if g.Parent >= len(l.Groups) || bits > 7 || g.Extends && g.Parent < 0 {
			r.Fail()
		}
		if g.Fields = readStrings(r); g.Alias {
			g.Back = r.String()
		}
		l.Groups = append(l.Groups, g)
	}
	l.Names, l.Types = readStrings(r), readStrings(r)
	l.Extra, l.Flat = column(r), r.Bool()
	if r.Len() > 0 {
		l.Lead = column(r)
	}
	return l, r.Err()
}

// column reads an index: a result has at most 65,535 columns.
func column(r *abi.Reader) int {
	v := r.Uvarint()
	if v > 1<<16-1 {
		r.Fail()
		return 0
	}
	return int(v)
}

func appendStrings(b []byte, ss []string) []byte {
	b = abi.AppendUvarint(b, uint64(len(ss)))
	for _, s := range ss {
		b = abi.AppendString(b, s)
	}
	return b
}

func readStrings(r *abi.Reader) []string {
	var ss []string
	for n := r.Count(1); n > 0 && r.Err() == nil; n-- {
		ss = append(ss, r.String())
	}
	return ss
}
