package fuel

type malformed struct {
	what string
	at   int
}

// reader takes bytes apart and panics with malformed at the first that does
// not fit; Instrument turns that into its error.
type reader struct {
	b    []byte
	p    int
	base int // offset of b in the file
}

func (r *reader) fail(what string) { panic(malformed{what, r.base + r.p}) }

func (r *reader) u8() byte {
	if r.p >= len(r.b) {
		r.fail("unexpected end")
	}
	c := r.b[r.p]
	r.p++
	return c
}

func (r *reader) skip(n uint32) {
	if uint64(n) > uint64(len(r.b)-r.p) {
		r.fail("length beyond the end")
	}
	r.p += int(n)
}

func (r *reader) sub(n uint32) *reader {
	start := r.p
	r.skip(n)
	return &reader{b: r.b[start:r.p], base: r.base + start}
}

func (r *reader) name() string {
	s := r.sub(r.u32())
	return string(s.b)
}

// u32 reads an unsigned LEB128 of 32 bits.
func (r *reader) u32() uint32 {
	var v uint64
	for shift := 0; shift < 35; shift += 7 {
		c := r.u8()
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			if v > 1<<32-1 {
				break
			}
			return uint32(v)
		}
	}
	r.fail("number too large")
	return 0
}

// leb skips a LEB128 of at most n bytes.
func (r *reader) leb(n int) {
	for ; n > 0; n-- {
		if r.u8() < 0x80 {
			return
		}
	}
	r.fail("number too long")
}

// end fails if anything is left.
func (r *reader) end() {
	if r.p < len(r.b) {
		r.fail("more bytes than items")
	}
}

func putU32(b []byte, v uint32) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// putS32 appends v, which is below 2^31, as a signed number.
func putS32(b []byte, v uint32) []byte {
	for v >= 0x40 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}
