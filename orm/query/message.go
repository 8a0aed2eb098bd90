package query

import "github.com/vinyl-edge/vinyl/abi"

// AppendStatement appends a statement that has no plan yet: its shape as a
// string, then its parameters.
func AppendStatement(b, shape []byte, params []abi.Value) []byte {
	return AppendParams(abi.AppendBytes(b, shape), params)
}

// AppendParams appends the parameters: all that a statement with a plan handle
// consists of.
func AppendParams(b []byte, params []abi.Value) []byte {
	b = abi.AppendUvarint(b, uint64(len(params)))
	for i := range params {
		b = params[i].Append(b)
	}
	return b
}

// ReadStatement reads what AppendStatement wrote. The shape shares the
// message's memory.
func ReadStatement(r *abi.Reader) (shape string, params []abi.Value, err error) {
	shape = r.String()
	params, err = ReadParams(r)
	return shape, params, err
}

// ReadParams reads what AppendParams wrote.
func ReadParams(r *abi.Reader) ([]abi.Value, error) {
	n := r.Count(1)
	if n == 0 {
		return nil, r.Err()
	}
	// A value is larger in memory than on the wire: growing by need keeps a
	// forged count from costing more than the message itself.
	params := make([]abi.Value, 0, min(n, 2048))
	for ; n > 0 && r.Err() == nil; n-- {
		params = append(params, r.Value())
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return params, nil
}

// AppendSaved ends a statement that does the work of several: n fetches of one
// record each that need none of their own.
func AppendSaved(b []byte, n uint32) []byte {
	if n > 0 {
		b = abi.AppendU32(b, n)
	}
	return b
}

// ReadSaved reads what AppendSaved wrote; it comes after the parameters.
func ReadSaved(r *abi.Reader) uint32 {
	if r.Len() == 0 {
		return 0
	}
	return r.U32()
}
