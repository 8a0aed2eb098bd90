package query

import "github.com/vinyl-edge/vinyl/abi"

// EncodeInsert is EncodeUsing of an insert of n rows whose values are asked for
// one after the other, so that there need not be a tree of many rows. A value
// may be an expression instead. params is the message that AppendParams makes.
func EncodeInsert(q *Query, n int, cell func(row, column int) (abi.Value, Expr, error)) (shape, params []byte, using []string, err error) {
	cells := n * len(q.Set)
	e := encoder{b: append(make([]byte, 0, 256+3*cells), Dialect)}
	values, count := make([]byte, 0, 12*cells), 0
	e.head(q, bit(n > 0, hasRows))
	e.set(q.Set)
	if n > 0 {
		e.count(n)
	}
	for i := range n {
		e.count(len(q.Set))
		for j := range q.Set {
			v, x, err := cell(i, j)
			if err != nil {
				return nil, nil, nil, err
			}
			if x == nil {
				e.u8(tagParam)
				e.kind(&v)
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
