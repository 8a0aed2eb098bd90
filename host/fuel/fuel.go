package fuel

import (
	"errors"
	"fmt"
)

// Import is the function that metered code calls: () -> i32, the number of
// loops and calls until the next call.
const (
	ImportModule = "vinyl"
	ImportName   = "tick"
)

// ErrNoTick is returned for a module that doesn't import vinyl.tick.
var ErrNoTick = errors.New("the module does not import vinyl.tick () -> i32: it is not a Vinyl guest, or its runtime is too old to be metered")

// ErrMalformed is wrapped by errors about bytes that are not a wasm module.
var ErrMalformed = errors.New("malformed wasm module")

// ErrTooLarge is wrapped by errors about modules that would take too much of the
// host before they run.
var ErrTooLarge = errors.New("the wasm module asks for too much")

// Sections of a wasm module.
const (
	secCustom   = 0
	secType     = 1
	secImport   = 2
	secFunction = 3
	secTable    = 4
	secGlobal   = 6
	secExport   = 7
	secCode     = 10
	secDataCnt  = 12
)

type module struct {
	params  []uint32 // number of parameters, by type
	funcs   []uint32 // type of every defined function
	globals uint32   // defined
	locals  uint64   // of all functions
	effort  uint64   // to compile them
	tick    uint32   // function index
	hasTick bool
}

// maxTable bounds the elements of all tables: they are the host's memory.
const maxTable = 1 << 20

// tooLarge is a module that is refused.
type tooLarge string

func (m *module) refuse(why string) { panic(tooLarge(why)) }

// Instrument returns the metered module. Its functions keep their indices and
// its custom sections are dropped.
func Instrument(wasm []byte) (out []byte, err error) {
	defer func() {
		if e := recover(); e != nil {
			switch e := e.(type) {
			case malformed:
				out, err = nil, fmt.Errorf("%w: %s at byte %d", ErrMalformed, e.what, e.at)
			case tooLarge:
				out, err = nil, fmt.Errorf("%w: %s", ErrTooLarge, string(e))
			default:
				panic(e)
			}
		}
	}()
	if len(wasm) < 8 || string(wasm[:4]) != "\x00asm" {
		return nil, fmt.Errorf("%w: it does not begin with \\0asm: is this a wasm file?", ErrMalformed)
	}
	if wasm[4] != 1 || wasm[5] != 0 || wasm[6] != 0 || wasm[7] != 0 {
		return nil, fmt.Errorf("%w: version % x instead of 1: components are not supported, build a core module", ErrMalformed, wasm[4:8])
	}
	var m module
	out = append(make([]byte, 0, len(wasm)+len(wasm)/16), wasm[:8]...)
	r := &reader{b: wasm, p: 8}
	metered := false
	last := 0
	for r.p < len(wasm) {
		id := r.u8()
		if id != secCustom {
			if order(id) <= last {
				r.fail("section out of order")
			}
			last = order(id)
		}
		size := r.u32()
		start := r.p
		body := r.sub(size)
		if id != secCustom && !metered && order(id) > order(secGlobal) {
			out = m.globalSection(out, nil)
			metered = true
		}
		switch id {
		case secCustom:
			continue
		case secType:
			m.types(body)
		case secImport:
			m.imports(body)
			if !m.hasTick {
				return nil, ErrNoTick
			}
		case secFunction:
			for n := body.u32(); n > 0; n-- {
				m.funcs = append(m.funcs, body.u32())
			}
		case secTable:
			out = m.tables(out, body)
			continue
		case secGlobal:
			out = m.globalSection(out, body)
			metered = true
			continue
		case secCode:
			out = m.code(out, body)
			continue
		}
		out = section(out, id, wasm[start:start+int(size)])
	}
	if !m.hasTick {
		return nil, ErrNoTick
	}
	return out, nil
}

// order ranks sections: the data count stands before the code.
func order(id byte) int {
	if id == secDataCnt {
		return secCode*2 - 1
	}
	return int(id) * 2
}

func section(out []byte, id byte, body []byte) []byte {
	return append(putU32(append(out, id), uint32(len(body))), body...)
}

func (m *module) types(r *reader) {
	for n := r.u32(); n > 0; n-- {
		if r.u8() != 0x60 {
			r.fail("type that is not a function")
		}
		params := r.u32()
		m.params = append(m.params, params)
		for range params {
			r.valueType()
		}
		for range r.u32() {
			r.valueType()
		}
	}
}

func (m *module) imports(r *reader) {
	var fn uint32
	for n := r.u32(); n > 0; n-- {
		mod, name := r.name(), r.name()
		if r.u8() != 0 {
			r.fail("import of " + mod + "." + name + ", which is not a function: a guest imports functions only")
		}
		t := r.u32()
		if mod == ImportModule && name == ImportName {
			if int64(t) >= int64(len(m.params)) || m.params[t] != 0 {
				r.fail("vinyl.tick with parameters")
			}
			m.tick, m.hasTick = fn, true
		}
		fn++
	}
}

// tables copies the tables and fixes how large they may become.
func (m *module) tables(out []byte, r *reader) []byte {
	n := r.u32()
	body := putU32(nil, n)
	var total uint64
	for range n {
		kind := r.u8()
		if kind != 0x70 && kind != 0x6f {
			r.fail("table of an unknown type")
		}
		flags := r.u8()
		least := r.u32()
		most := least // one that says nothing must not grow
		if flags > 1 {
			r.fail("table with unknown limits")
		} else if flags == 1 {
			most = r.u32()
		}
		if total += uint64(max(least, most)); total > maxTable {
			m.refuse("its tables have too many elements")
		}
		body = putU32(putU32(append(body, kind, 1), least), most)
	}
	r.end()
	return section(out, secTable, body)
}

// globalSection appends the counter to the module's globals.
func (m *module) globalSection(out []byte, r *reader) []byte {
	var n uint32
	var defined []byte
	if r != nil {
		n = r.u32()
		start := r.p
		for range n {
			r.valueType()
			r.u8() // mutable
			r.constant()
		}
		r.end()
		defined = r.b[start:]
	}
	m.globals += n
	body := append(putU32(nil, n+1), defined...)
	body = append(body, 0x7f, 1, 0x41, 0, 0x0b) // (global (mut i32) (i32.const 0))
	return section(out, secGlobal, body)
}
