package orm

import (
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
)

// A program reads rows into memory, cell by cell: it is made once for a layout
// and a struct. What most cells are is stored right where it is found; the rest
// goes through storeCell.
type program []instr

// instr is what becomes of a column's cells.
type instr struct {
	want  uint16 // kind of the cells that code is for
	code  opcode
	pk    bool // without it there is no record
	off   uintptr
	valid uintptr // of Null's flag, 0 = none
	kind  kind
	f     *field // that the cell is for
	of    *field // behind the column, where f is "any"
	more  program
}

type opcode uint8

const (
	opOther opcode = iota // by storeCell
	opWord                // eight bytes as they are
	opText                // in the memory of the frame
	opBool
	opKey  // of a foreign key, an integer
	opSkip // nobody wants it
)

// never is the kind of no cell, whatever byte it has for one.
const never = 1 << 8

func instruct(k kind, off, valid uintptr, f *field) instr {
	in := instr{want: never, kind: k, off: off, valid: valid, f: f}
	switch k {
	case kInt64:
		in.want, in.code = uint16(abi.KindInt), opWord
	case kFloat64:
		in.want, in.code = uint16(abi.KindFloat), opWord
	case kString, kJSON, kDecimal:
		in.want, in.code = uint16(abi.KindText), opText
	case kBool:
		in.want, in.code = uint16(abi.KindInt), opBool
	case kForeign:
		in.want, in.code = uint16(abi.KindInt), opKey
	}
	return in
}

// reader is where in a frame's cells the reading is.
type reader struct {
	cells  string
	off    int
	absent bool // the last row had no primary key
}

// read runs p for n rows, each in size bytes of memory behind the one before:
// memory that is zero, as NULL is.
func (r *reader) read(p program, n int, at unsafe.Pointer, size uintptr) error {
	base, end, off := unsafe.Pointer(unsafe.StringData(r.cells)), len(r.cells), r.off
	r.absent = false
	for row := range uintptr(n) {
		rec := unsafe.Add(at, row*size)
		for i := range p {
			in := &p[i]
			if off >= end {
				return abi.ErrMessage
			}
			cell := unsafe.Add(base, off)
			if uint16(*(*abi.Kind)(cell)) != in.want {
				r.off = off
				if err := r.other(in, rec); err != nil {
					return err
				}
				off = r.off
				continue
			}
			to := unsafe.Add(rec, in.off)
			if in.code == opText {
				if end-off < 5 {
					return abi.ErrMessage
				}
				size := int(u32At(unsafe.Add(cell, 1)))
				if off += 5; size > end-off {
					return abi.ErrMessage
				}
				*(*string)(to) = r.cells[off : off+size]
				off += size
			} else {
				if end-off < 9 {
					return abi.ErrMessage
				}
				x := u64At(unsafe.Add(cell, 1))
				off += 9
				switch in.code {
				case opWord:
					*(*uint64)(to) = x
				case opBool:
					*(*bool)(to) = x != 0
				default:
					fk := (*foreign)(to)
					fk.field, fk.obj, fk.loaded = in.f, nil, false
					fk.key = Key{kind: abi.KindInt, n: int64(x)}
				}
			}
			if in.valid != 0 {
				*(*bool)(unsafe.Add(rec, in.valid)) = true
			}
		}
	}
	r.off = off
	return nil
}

// other reads a cell of another kind than is usual.
func (r *reader) other(in *instr, rec unsafe.Pointer) error {
	c, v := cursor{s: r.cells, off: r.off}, abi.Value{}
	if !c.cell(&v) {
		return abi.ErrMessage
	}
	r.off = c.off
	if err := in.store(rec, &v); err != nil {
		return err
	}
	for i := range in.more {
		if err := in.more[i].store(rec, &v); err != nil {
			return err
		}
	}
	r.absent = r.absent || in.pk && v.Kind == abi.KindNull
	return nil
}

// raw reads cells as they are.
func (r *reader) raw(into []abi.Value) error {
	c := cursor{s: r.cells, off: r.off}
	for i := range into {
		if !c.cell(&into[i]) {
			return abi.ErrMessage
		}
	}
	r.off = c.off
	return nil
}

// skip passes over n cells.
func (r *reader) skip(n int) error {
	c, v := cursor{s: r.cells, off: r.off}, abi.Value{}
	for range n {
		if !c.cell(&v) {
			return abi.ErrMessage
		}
	}
	r.off = c.off
	return nil
}

func (in *instr) store(rec unsafe.Pointer, v *abi.Value) error {
	to := unsafe.Add(rec, in.off)
	switch {
	case in.code == opSkip:
		return nil
	case v.Kind == abi.KindNull:
		if in.kind == kForeign {
			(*foreign)(to).field = in.f
		}
		return nil // the memory is zero, and zero is NULL
	case in.kind == kInvalid:
		*(*any)(to) = goValue(v, in.of)
	case !storeCell(in.kind, to, v, in.f):
		return cellError(in.f, v)
	}
	if in.valid != 0 {
		*(*bool)(unsafe.Add(rec, in.valid)) = true
	}
	return nil
}

func u32At(p unsafe.Pointer) uint32 {
	b := (*[4]byte)(p)
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func u64At(p unsafe.Pointer) uint64 {
	b := (*[8]byte)(p)
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}
