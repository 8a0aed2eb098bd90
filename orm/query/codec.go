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
		b = abi.AppendBool(b, g.Reverse)
		b = abi.AppendUvarint(b, uint64(g.First))
		b = appendStrings(b, g.Fields)
	}
	b = appendStrings(b, l.Names)
	b = abi.AppendUvarint(b, uint64(l.Extra))
	return abi.AppendBool(b, l.Flat)
}

// ReadLayout reads the message.
func ReadLayout(s string) (l Layout, err error) {
	r := abi.NewReader(s)
	for n := r.Count(6); n > 0 && r.Err() == nil; n-- {
		g := Group{Model: r.String(), Parent: int(r.Uvarint()) - 1, Field: r.String(), Reverse: r.Bool(), First: int(r.Uvarint())}
		if g.Parent >= len(l.Groups) {
			r.Fail()
		}
		g.Fields = readStrings(r)
		l.Groups = append(l.Groups, g)
	}
	l.Names = readStrings(r)
	l.Extra, l.Flat = int(r.Uvarint()), r.Bool()
	return l, r.Err()
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
