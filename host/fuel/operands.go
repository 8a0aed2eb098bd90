package fuel

// What follows an opcode must be read exactly as the engine does: one byte more
// or less, and it would run instructions that the meter took for numbers. So
// encodings that readers might disagree about are refused.

// operands skips the immediate operands of an instruction.
func (r *reader) operands(op byte) {
	switch {
	case op <= 0x01 || op == 0x05 || op == 0x0f || op == 0x1a || op == 0x1b: // unreachable … select
	case op == 0x1c: // select of a type
		if r.u8() != 1 {
			r.fail("select of other than one type")
		}
		r.valueType()
	case op >= 0x20 && op <= 0x26: // local and table access
		r.leb(5)
	case op >= 0x28 && op <= 0x3e: // loads and stores
		r.leb(5)
		r.leb(5)
	case op == 0x3f: // memory.size
		r.leb(5)
	case op == 0x41:
		r.leb(5)
	case op == 0x42:
		r.leb(10)
	case op == 0x43:
		r.skip(4)
	case op == 0x44:
		r.skip(8)
	case op >= 0x45 && op <= 0xc4 || op == 0xd1: // numeric, ref.is_null
	case op == 0xd0: // ref.null
		if t := r.u8(); t != 0x70 && t != 0x6f {
			r.fail("null of an unknown type")
		}
	case op == 0xd2: // ref.func
		r.leb(5)
	case op == 0xfd:
		r.vector()
	default:
		r.fail("unknown instruction")
	}
}

// valueType skips the type of a value.
func (r *reader) valueType() {
	if t := r.u8(); (t < 0x7b || t > 0x7f) && t != 0x70 && t != 0x6f {
		r.p--
		r.fail("unknown type of a value")
	}
}

// blockType skips nothing, a type of a value, or the number of a type.
func (r *reader) blockType() {
	switch c := r.u8(); {
	case c == 0x40:
	case c < 0x40: // a number is signed
	case c < 0x80:
		r.p--
		r.valueType()
	default:
		r.p--
		if n := r.u32(); n >= 1<<31 || r.b[r.p-1]&0x40 != 0 {
			r.fail("unknown type of a block")
		}
	}
}

// bulk skips the operands of saturating conversions and bulk operations. It
// tells whether the number of bytes that one concerns is on top of the stack.
func (r *reader) bulk(op uint32) (bytes bool, weight uint64) {
	switch {
	case op <= 7: // conversions
		return false, 1
	case op == 9 || op == 13 || op == 16: // data.drop, elem.drop, table.size
		r.leb(5)
		return false, 1
	case op == 11: // memory.fill
		r.leb(5)
		return true, 1
	case op == 8 || op == 10: // memory.init, memory.copy
		r.leb(5)
		r.leb(5)
		return true, 1
	case op == 12 || op == 14: // table.init, table.copy
		r.leb(5)
		r.leb(5)
		return false, bulkWeight
	case op == 15 || op == 17: // table.grow, table.fill
		r.leb(5)
		return false, bulkWeight
	}
	r.fail("unknown instruction")
	return false, 0
}

// vector skips the opcode and operands of a SIMD instruction.
func (r *reader) vector() {
	op := r.u8()
	if op >= 0x80 && r.u8() != 1 { // 128 to 255; some engines read one byte
		r.fail("unknown instruction")
	}
	switch {
	case op <= 11 || op == 92 || op == 93: // loads, stores
		r.leb(5)
		r.leb(5)
	case op == 12 || op == 13: // v128.const, i8x16.shuffle
		r.skip(16)
	case op >= 21 && op <= 34: // lanes
		r.skip(1)
	case op >= 84 && op <= 91: // load and store of lanes
		r.leb(5)
		r.leb(5)
		r.skip(1)
	}
}

// constant skips a constant expression.
func (r *reader) constant() {
	switch op := r.u8(); op {
	case 0x41, 0x42, 0x43, 0x44, 0xd0, 0xd2:
		r.operands(op)
	case 0x23: // global.get
		r.leb(5)
	case 0xfd:
		if r.u8() != 12 {
			r.fail("not a constant")
		}
		r.skip(16)
	default:
		r.fail("not a constant")
	}
	if r.u8() != 0x0b {
		r.fail("not a constant")
	}
}
