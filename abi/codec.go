package abi

import "math"

// U16, U32 and U64 read little-endian integers; b must be long enough.
func U16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }

// U32 reads a little-endian u32.
func U32(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// U64 reads a little-endian u64.
func U64(b []byte) uint64 { return uint64(U32(b)) | uint64(U32(b[4:]))<<32 }

// PutU32 writes a little-endian u32.
func PutU32(b []byte, v uint32) {
	_ = b[3]
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
}

// PutU64 writes a little-endian u64.
func PutU64(b []byte, v uint64) { PutU32(b, uint32(v)); PutU32(b[4:], uint32(v>>32)) }

// The Append functions add one item of a message to b.
// A string is its length as an unsigned LEB128 and its bytes.

// AppendU16 appends a little-endian u16.
func AppendU16(b []byte, v uint16) []byte { return append(b, byte(v), byte(v>>8)) }

// AppendU32 appends a little-endian u32.
func AppendU32(b []byte, v uint32) []byte {
	return append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
}

// AppendU64 appends a little-endian u64.
func AppendU64(b []byte, v uint64) []byte { return AppendU32(AppendU32(b, uint32(v)), uint32(v>>32)) }

// AppendUvarint appends an unsigned LEB128.
func AppendUvarint(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// AppendString appends length and bytes.
func AppendString(b []byte, s string) []byte {
	if len(s) < 0x80 { // as most are
		return append(append(b, byte(len(s))), s...)
	}
	return append(AppendUvarint(b, uint64(len(s))), s...)
}

// AppendBytes appends length and bytes.
func AppendBytes(b, s []byte) []byte { return append(AppendUvarint(b, uint64(len(s))), s...) }

// AppendBool appends 0 or 1.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// Reader takes a message apart. After the first item that is not there every
// method returns zero and Err returns ErrMessage; nothing is ever allocated
// beyond the message's own size. Strings share the message's memory.
type Reader struct {
	s      string
	off    int
	bad    bool
	values int // read so far
}

// NewReader reads s.
func NewReader(s string) *Reader { return &Reader{s: s} }

// ReadBytes reads b, which must not change while the reader's strings live.
func ReadBytes(b []byte) *Reader { return &Reader{s: bytesAsString(b)} }

// Err returns ErrMessage after a failed read.
func (r *Reader) Err() error {
	if r.bad {
		return ErrMessage
	}
	return nil
}

// Fail marks the message as malformed.
func (r *Reader) Fail() { r.bad = true; r.off = len(r.s) }

// Rest returns what has not been read and ends the reading.
func (r *Reader) Rest() string { s := r.s[r.off:]; r.off = len(r.s); return s }

// Len returns the number of bytes not yet read.
func (r *Reader) Len() int { return len(r.s) - r.off }

func (r *Reader) take(n int) string {
	if n < 0 || n > len(r.s)-r.off {
		r.Fail()
		return ""
	}
	s := r.s[r.off : r.off+n]
	r.off += n
	return s
}

// U8 reads a byte.
func (r *Reader) U8() uint8 {
	if r.off >= len(r.s) {
		r.Fail()
		return 0
	}
	c := r.s[r.off]
	r.off++
	return c
}

// Bool reads a byte; only 0 and 1 are allowed.
func (r *Reader) Bool() bool {
	c := r.U8()
	if c > 1 {
		r.Fail()
	}
	return c == 1
}

// U16 reads a little-endian u16.
func (r *Reader) U16() uint16 {
	s := r.take(2)
	if len(s) < 2 {
		return 0
	}
	return uint16(s[0]) | uint16(s[1])<<8
}

// U32 reads a little-endian u32.
func (r *Reader) U32() uint32 {
	s := r.take(4)
	if len(s) < 4 {
		return 0
	}
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// U64 reads a little-endian u64.
func (r *Reader) U64() uint64 {
	if r.Len() < 8 {
		r.Fail()
		return 0
	}
	lo := r.U32()
	return uint64(lo) | uint64(r.U32())<<32
}

// I64 reads a little-endian i64.
func (r *Reader) I64() int64 { return int64(r.U64()) }

// F64 reads an IEEE 754 double.
func (r *Reader) F64() float64 { return math.Float64frombits(r.U64()) }

// Uvarint reads an unsigned LEB128 of at most 64 bits.
func (r *Reader) Uvarint() uint64 {
	var v uint64
	for shift := uint(0); shift < 64; shift += 7 {
		c := r.U8()
		if r.bad || shift == 63 && c > 1 {
			r.Fail()
			return 0
		}
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	r.Fail()
	return 0
}

// Count reads the number of items that follow, each at least size bytes long,
// so that a forged count cannot cause a large allocation.
func (r *Reader) Count(size int) int {
	n := r.Uvarint()
	if n > uint64(r.Len()/max(size, 1)) {
		r.Fail()
		return 0
	}
	return int(n)
}

// String reads length and bytes.
func (r *Reader) String() string {
	if r.off < len(r.s) && r.s[r.off] < 0x80 { // a short one, as most are
		if from, n := r.off+1, int(r.s[r.off]); n <= len(r.s)-from {
			r.off = from + n
			return r.s[from:r.off]
		}
	}
	n := r.Uvarint()
	if n > uint64(r.Len()) {
		r.Fail()
		return ""
	}
	return r.take(int(n))
}
