package query

import "github.com/vinyl-edge/vinyl/abi"

// EncodeInsert is EncodeUsing of an insert of n rows whose values are asked for
// one after the other, so that there need not be a tree of many rows. A value
// may be an expression instead. params is the message that AppendParams makes.
func EncodeInsert(q *Query, n int, cell func(row, column int) (abi.Value, Expr, error)) (shape, params []byte, using []string, err error) {
	cells := n * len(q.Set)
	e := encoder{b: append(make([]byte, 0, 256+2*cells), Dialect)}
	values, count := make([]byte, 0, 12*cells), 0
	e.insert(q, n)
	for i := range n {
		e.count(len(q.Set))
		for j := range q.Set {
			v, x, err := cell(i, j)
			if err != nil {
				return nil, nil, nil, err
			}
			if x == nil {
				e.u8(tagCell)
				values = v.Append(values)
				count++
				continue
			}
			e.expr(x)
			for k := range e.params {
				values = e.params[k].Append(values)
			}
			count += len(e.params)
			e.params = e.params[:0]
		}
	}
	e.conflict(q.Conflict)
	params = append(abi.AppendUvarint(make([]byte, 0, len(values)+4), uint64(count)), values...)
	return e.b, params, e.using, nil
}

// InsertShape is the shape of an insert of n rows that have a value for each
// assignment, and no expressions.
func InsertShape(q *Query, n int) []byte {
	e := encoder{b: append(make([]byte, 0, 256+n*(len(q.Set)+2)), Dialect)}
	e.insert(q, n)
	at := len(e.b)
	e.count(len(q.Set))
	for range q.Set {
		e.u8(tagCell)
	}
	row := e.b[at:]
	for range n - 1 {
		e.b = append(e.b, row...)
	}
	e.conflict(q.Conflict)
	return e.b
}

// insert writes an insert of n rows up to the first.
func (e *encoder) insert(q *Query, n int) {
	e.head(q, bit(n > 0, hasRows))
	e.set(q.Set)
	if n > 0 {
		e.count(n)
	}
}
