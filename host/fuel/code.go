package fuel

// A unit of fuel stands for so many instructions at most, and for so many
// bytes that are filled or moved. Loops and functions that are longer cost
// more: otherwise few units could buy very much time.
const (
	unitCode  = 128
	unitShift = 8
	maxCharge = 1 << 20

	leafMax    = 64      // instructions of a function that calls nothing and goes unmetered
	callWeight = leafMax // and so a call weighs that much
	growWeight = 8 * unitCode
	bulkWeight = 1 << 20 // of tables, which are of bounded size
)

const (
	maxLocals      = 50_000 // of a function, as in all engines
	maxTotalLocals = 1 << 24

	// Engines need time that grows with the square of a function's branches, and
	// with the variables that each of them concerns: wazero 15 s for maxEffort.
	// The largest functions of large Go programs come to a thirtieth.
	maxEffort      = 400_000_000
	maxTotalEffort = 10 * maxEffort
	localEffort    = 100
)

// spot is a place for a check: behind the opcode of a loop, or before an
// instruction that fills or moves memory.
type spot struct {
	at     int
	weight uint64
	bulk   bool
}

// code rewrites the code section.
func (m *module) code(out []byte, r *reader) []byte {
	n := r.u32()
	if int64(n) != int64(len(m.funcs)) {
		r.fail("functions and bodies differ in number")
	}
	body := putU32(make([]byte, 0, len(r.b)+len(r.b)/16), n)
	for i := range m.funcs {
		f := r.sub(r.u32())
		t := m.funcs[i]
		if int64(t) >= int64(len(m.params)) {
			f.fail("function of an unknown type")
		}
		body = m.function(body, f, m.params[t])
	}
	r.end()
	return section(out, secCode, body)
}

// function appends one metered body.
func (m *module) function(out []byte, f *reader, params uint32) []byte {
	groups := f.u32()
	declared := f.p
	locals := uint64(params)
	for i := uint32(0); i < groups; i++ {
		locals += uint64(f.u32())
		f.valueType()
	}
	if locals >= maxLocals {
		f.fail("too many locals")
	}
	if m.locals += locals; m.locals > maxTotalLocals {
		m.refuse("its functions have too many local variables")
	}
	last := f.p
	spots, entry, branches := m.scan(f, last)
	effort := branches * (branches + localEffort*locals)
	if m.effort += effort; effort > maxEffort || m.effort > maxTotalEffort {
		m.refuse("its functions have too many branches and loops to be compiled in a reasonable time")
	}
	if len(spots) == 0 && entry == 0 {
		return append(putU32(out, uint32(len(f.b))), f.b...)
	}
	b := append(putU32(nil, groups+1), f.b[declared:last]...)
	b = append(b, 1, 0x7f) // one more local: i32
	if entry > 0 {
		b = m.check(b, uint32(locals), entry)
	}
	for _, s := range spots {
		b = append(b, f.b[last:s.at]...)
		if last = s.at; s.bulk {
			b = m.bulkCheck(b, uint32(locals))
		} else {
			b = m.check(b, uint32(locals), s.weight)
		}
	}
	b = append(b, f.b[last:]...)
	return append(putU32(out, uint32(len(b))), b...)
}

// check is: fuel -= weight; if fuel < 0 { fuel = tick() }
func (m *module) check(b []byte, local uint32, weight uint64) []byte {
	b = putU32(append(b, 0x23), m.globals)                                 // global.get fuel
	b = putS32(append(b, 0x41), uint32(min(1+weight/unitCode, maxCharge))) // i32.const
	return m.spend(append(b, 0x6b), local)                                 // i32.sub
}

// bulkCheck is the same for the number of bytes on top of the stack, which it
// leaves there.
func (m *module) bulkCheck(b []byte, local uint32) []byte {
	b = putU32(append(b, 0x22), local)                            // local.tee
	b = putU32(append(b, 0x23), m.globals)                        // global.get fuel
	b = putU32(append(b, 0x20), local)                            // local.get
	return m.spend(append(b, 0x41, unitShift, 0x76, 0x6b), local) // i32.const; i32.shr_u; i32.sub
}

// spend makes what is on the stack the fuel that is left.
func (m *module) spend(b []byte, local uint32) []byte {
	b = putU32(append(b, 0x22), local)                      // local.tee
	b = putU32(append(b, 0x24), m.globals)                  // global.set fuel
	b = putU32(append(b, 0x20), local)                      // local.get
	b = append(b, 0x41, 0, 0x48, 0x04, 0x40)                // i32.const 0; i32.lt_s; if
	b = putU32(append(b, 0x10), m.tick)                     // call tick
	return append(putU32(append(b, 0x24), m.globals), 0x0b) // global.set fuel; end
}

// scan returns the places of a body's checks, and the weight of one at its
// entry, 0 if it needs none: it calls nothing, or not without having passed a
// loop head, and is short. branches is a measure of its control flow.
func (m *module) scan(f *reader, start int) (spots []spot, entry, branches uint64) {
	r := &reader{b: f.b, p: start, base: f.base}
	open := []int{-1}  // for each open block the loop it is in, -1 none
	var outside uint64 // weight of what is in no loop
	calls := false     // before a loop head was passed
	straight := true   // nothing so far could leave the straight line to the first loop
	covered := false
	for r.p < len(r.b) {
		if len(open) == 0 {
			r.fail("code behind the end")
		}
		at := r.p
		weight := uint64(1)
		loop := open[len(open)-1]
		switch op := r.u8(); op {
		case 0x02, 0x03, 0x04: // block, loop, if
			r.blockType()
			branches++
			if op == 0x03 {
				branches += 2
				loop = len(spots)
				spots = append(spots, spot{at: r.p})
				covered = covered || straight
			}
			straight = straight && op != 0x04
			open = append(open, loop)
		case 0x0b: // end
			open = open[:len(open)-1]
		case 0x0c, 0x0d: // br, br_if
			straight = false
			branches++
			r.leb(5)
		case 0x0e: // br_table
			straight = false
			n := r.u32()
			for branches += uint64(n / 4); ; n-- {
				r.leb(5)
				if n == 0 {
					break
				}
			}
		case 0x10, 0x12: // call, return_call
			r.leb(5)
			weight, calls = callWeight, calls || !covered
		case 0x11, 0x13: // call_indirect, return_call_indirect
			r.leb(5)
			r.leb(5)
			weight, calls = callWeight, calls || !covered
		case 0x23, 0x24: // global.get, global.set
			if r.u32() >= m.globals {
				r.fail("global that is not defined")
			}
		case 0x40: // memory.grow
			r.leb(5)
			weight = growWeight
		case 0xfc:
			bulk, w := r.bulk(r.u32())
			if weight = w; bulk {
				spots = append(spots, spot{at: at, bulk: true})
			}
		default:
			r.operands(op)
		}
		if loop < 0 {
			outside += weight
		} else {
			spots[loop].weight += weight
		}
	}
	if len(open) > 0 {
		r.fail("block without an end")
	}
	if calls || outside > leafMax {
		entry = outside
	}
	return spots, entry, branches
}
